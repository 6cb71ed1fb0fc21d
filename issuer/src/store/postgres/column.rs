//! Values of the store as columns hold them, and back. What cannot be what this program wrote is a damage with a name,
//! never a guess.

use sanad_credential::{CredentialId, FixedBytes};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::super::RecordsFault;
use super::super::document::{Issued, Place};
use crate::permutation::{Index, Sequence, Shard};
use crate::register::Digest;

pub(super) const DOCUMENT: &str = "a document";
pub(super) const BLOCK: &str = "a block of a status list";

/// A number as a column has it. One beyond all columns stands for the greatest: no row has it.
pub(super) fn big(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How many rows are asked for.
pub(super) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The number of a list.
pub(super) fn list(shard: Shard) -> i64 {
    i64::from(shard.number())
}

/// The entry of a document in its list.
pub(super) fn entry(place: Place) -> i32 {
    i32::try_from(place.index.number()).unwrap_or(i32::MAX)
}

/// A column of a row.
pub(super) fn read<'r, T: FromSql<'r>>(
    row: &'r Row,
    column: &str,
    what: &'static str,
) -> Result<T, RecordsFault> {
    row.try_get(column).map_err(|_| RecordsFault::Damaged { what })
}

/// A column with a number that is not negative.
pub(super) fn number(row: &Row, column: &str, what: &'static str) -> Result<u64, RecordsFault> {
    u64::try_from(read::<i64>(row, column, what)?).map_err(|_| RecordsFault::Damaged { what })
}

/// A column with as many bytes as it has to have.
pub(super) fn fixed<const N: usize>(
    row: &Row,
    column: &str,
    what: &'static str,
) -> Result<[u8; N], RecordsFault> {
    read::<&[u8]>(row, column, what)?.try_into().map_err(|_| RecordsFault::Damaged { what })
}

/// The column `id`.
pub(super) fn id(row: &Row, what: &'static str) -> Result<CredentialId, RecordsFault> {
    Ok(FixedBytes(fixed(row, "id", what)?))
}

/// Of the columns `number` and `entry`.
pub(super) fn place(row: &Row) -> Result<(Sequence, Place), RecordsFault> {
    let damaged = || RecordsFault::Damaged { what: "the number of a document" };
    let sequence = Sequence(number(row, "number", "the number of a document")?);
    let shard = Shard::of(sequence).map_err(|_| damaged())?;
    let entry = u32::try_from(read::<i32>(row, "entry", DOCUMENT)?).ok();
    let index = entry.and_then(Index::of_number).ok_or(RecordsFault::Damaged { what: DOCUMENT })?;
    Ok((sequence, Place { shard, index }))
}

/// Of the columns `number`, `entry`, `id`, `digest`, `document`.
pub(super) fn issued(row: &Row) -> Result<Issued, RecordsFault> {
    let (sequence, place) = place(row)?;
    Ok(Issued {
        cti: id(row, DOCUMENT)?,
        sequence,
        place,
        digest: Digest(fixed(row, "digest", DOCUMENT)?),
        document: read::<&[u8]>(row, "document", DOCUMENT)?.to_vec(),
    })
}

/// The first text, in the order of bytes, behind all that start with `start` and are no longer than any text here.
pub(super) fn behind(start: &str) -> String {
    let mut letters: Vec<char> = start.chars().collect();
    while let Some(last) = letters.pop() {
        // The numbers of letters have one gap, of the surrogates of UTF-16.
        let next = u32::from(last).saturating_add(1);
        let next = if next == 0xd800 { 0xe000 } else { next };
        if let Some(next) = char::from_u32(next) {
            letters.push(next);
            return letters.into_iter().collect();
        }
    }
    // Longer than whatever is searched by its start: a name's form has 24 characters, a paper's id 96 bytes.
    "\u{10ffff}".repeat(97)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_starts_alike_lies_before_the_text_behind_it_and_nothing_else_does() {
        for start in ["a", "njoki w", "\u{d7ff}", "x\u{10ffff}", "", "\u{12a2}\u{1275}"] {
            let behind = behind(start);
            for more in ["", "a", "\u{10ffff}", "\u{10ffff}\u{10ffff}zz"] {
                assert!(format!("{start}{more}") < behind, "{start:?} {more:?}");
            }
        }
        assert_eq!(
            (behind("ab"), behind("\u{d7ff}"), behind("x\u{10ffff}")),
            ("ac".into(), "\u{e000}".into(), "y".into())
        );
    }
}

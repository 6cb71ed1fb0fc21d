//! Finding documents, each with its status, by one statement over one index.

use sanad_credential::Status;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::super::RecordsFault;
use super::super::document::{Cursor, Held, NameForm, Query};
use super::column::{self, BLOCK};
use super::database::Database;

/// Documents with the byte of their list in which their status is: nothing where the list has no such block, -1 where
/// the block is damaged.
macro_rules! held {
    ($condition_and_order:literal) => {
        concat!(
            "SELECT document.number, document.id, document.entry, document.digest, document.document, document.name, \
                CASE WHEN kept.bytes IS NULL THEN NULL WHEN octet_length(kept.bytes) <> 1024 THEN -1 \
                    ELSE get_byte(kept.bytes, (document.entry >> 2) & 1023) END AS status_byte \
            FROM sanad.documents AS document LEFT JOIN sanad.status_blocks AS kept \
                ON kept.list = document.number >> 20 AND kept.block = (document.entry >> 12)::smallint ",
            $condition_and_order
        )
    };
}

const BY_ID: &str = held!("WHERE document.id = $1 AND document.number > $2 LIMIT $3");
const BY_RECORD: &str = held!("WHERE document.digest = $1 AND document.number > $2 LIMIT $3");
const BY_REQUEST: &str = held!(
    "WHERE document.id = (SELECT id FROM sanad.requests WHERE client = $1 COLLATE \"C\" AND key = $2 COLLATE \"C\") \
    AND document.number > $3 LIMIT $4"
);
const BY_MEMBER_NUMBER: &str = held!(
    "WHERE document.member_number = $1 AND document.number > $2 \
    ORDER BY document.member_number, document.number LIMIT $3"
);
const BY_DELEGATION: &str = held!(
    "WHERE document.delegation = $1 AND document.number > $2 ORDER BY document.delegation, document.number LIMIT $3"
);
const BY_NAME: &str = held!(
    "WHERE document.name < $1 AND (document.name, document.number) > ($2, $3) \
    ORDER BY document.name, document.number LIMIT $4"
);
const ALL: &str = held!("WHERE document.number > $1 ORDER BY document.number LIMIT $2");
const NEWEST: &str = held!(
    "WHERE document.number = (SELECT max(number) FROM sanad.documents) AND document.number > $1 LIMIT $2"
);

pub(super) fn find(
    database: &Database,
    query: &Query,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Vec<Held>, RecordsFault> {
    let limit = column::rows(limit);
    let after_number = after.map_or(-1, |cursor| column::big(cursor.sequence.0));
    let ask = |statement: &'static str, values: &[&(dyn ToSql + Sync)]| {
        database.act(async |client| {
            let statement = client.prepare_cached(statement).await?;
            Ok(client.query(&statement, values).await?)
        })
    };
    let by_text = |statement, text: &str| {
        // No text of the store has such a letter, and PostgreSQL takes none with it.
        if text.contains('\0') { Ok(Vec::new()) } else { ask(statement, &[&text, &after_number, &limit]) }
    };
    let rows = match query {
        Query::Id(cti) => ask(BY_ID, &[&cti.0.as_slice(), &after_number, &limit]),
        Query::Record(digest) => ask(BY_RECORD, &[&digest.0.as_slice(), &after_number, &limit]),
        Query::Request(asks, key) => ask(BY_REQUEST, &[&asks.as_str(), &key.as_str(), &after_number, &limit]),
        Query::Delegation(id) => by_text(BY_DELEGATION, id.as_str()),
        Query::Number(text) => by_text(BY_MEMBER_NUMBER, text),
        Query::Name(start) => {
            let start = start.as_str();
            let from = after.and_then(|cursor| cursor.name.as_ref()).map_or(start, NameForm::as_str);
            // A cursor of another search does not lead out of this one.
            let (from, from_number) = if from < start { (start, -1) } else { (from, after_number) };
            ask(BY_NAME, &[&column::behind(start), &from, &from_number, &limit])
        }
        Query::All => ask(ALL, &[&after_number, &limit]),
        Query::Newest => ask(NEWEST, &[&after_number, &limit]),
    };
    let cursor = if matches!(query, Query::Name(_)) { InOrderOf::Names } else { InOrderOf::Numbers };
    rows?.iter().map(|row| held(row, cursor)).collect()
}

/// What an answer is in the order of.
#[derive(Clone, Copy)]
enum InOrderOf {
    Names,
    Numbers,
}

fn held(row: &Row, order: InOrderOf) -> Result<Held, RecordsFault> {
    let issued = column::issued(row)?;
    let status = match column::read::<Option<i32>>(row, "status_byte", BLOCK)? {
        None => Status::Valid,
        Some(byte) => {
            let byte = u8::try_from(byte).map_err(|_| RecordsFault::Damaged { what: BLOCK })?;
            crate::status_bits::status_in(byte, issued.place.index)
        }
    };
    let name = match order {
        InOrderOf::Names => Some(NameForm::as_kept(column::read(row, "name", column::DOCUMENT)?)),
        InOrderOf::Numbers => None,
    };
    let cursor = Cursor { name, sequence: issued.sequence };
    Ok(Held { issued, status, cursor })
}

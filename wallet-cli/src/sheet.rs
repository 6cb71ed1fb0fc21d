//! A backup as QR codes on paper: pieces that can be scanned in any order, and a page to print them on.
//!
//! `SNDB:` and the Base45 text of one byte of version, 4 bytes that all codes of a sheet share, the number of the code, how
//! many there are, and a piece of the backup. Refused: codes of two sheets together, and a sheet that lacks one; the numbers
//! of those that lack are told.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sanad_credential::{Fault, PREFIX, QrText};
use sanad_qr::Encoder;
use sanad_trust::client::sha256;

use crate::show::ShowFault;

/// Start of a code.
pub const SHEET_PREFIX: &str = "SNDB:";

const VERSION: u8 = 1;

/// Bytes of a backup in one code: with error correction Q the symbol has version 19 at most, which a worn print bears.
const PIECE_BYTES: usize = 420;

/// Most codes of a sheet: more are a stack of paper that nobody scans. About 150 documents.
pub const CODES_MAX: usize = 240;

const HEAD_BYTES: usize = 9;

/// Why a sheet was not made or read.
#[derive(Debug, thiserror::Error)]
pub enum SheetFault {
    /// Too much for paper.
    #[error("this backup needs {codes} codes, a sheet has at most {CODES_MAX}: use a file")]
    TooMany {
        /// How many it needs.
        codes: usize,
    },
    /// A code that is none of a sheet.
    #[error("this is no code of a backup sheet: {0}")]
    Foreign(Fault),
    /// A code that differs from its form.
    #[error("this code of a backup sheet has version {found}, this program reads version {VERSION}")]
    Version {
        /// The version found.
        found: u8,
    },
    /// A code whose numbers make no sense.
    #[error("this code of a backup sheet is damaged")]
    Damaged,
    /// Codes of two backups.
    #[error("code {number} is of another backup than the first one: put each sheet in on its own")]
    OtherSheet {
        /// Its number.
        number: usize,
    },
    /// Codes are missing.
    #[error("of {of} codes these are missing: {missing}")]
    Missing {
        /// Their numbers.
        missing: String,
        /// How many there must be.
        of: usize,
    },
    /// No code at all.
    #[error("there is no code of a backup sheet")]
    Empty,
    /// A code cannot be drawn or read back.
    #[error("{0}")]
    Show(ShowFault),
}

/// The texts of the codes of a backup.
///
/// # Errors
/// [`SheetFault::TooMany`].
pub fn codes(backup: &[u8]) -> Result<Vec<String>, SheetFault> {
    let pieces: Vec<&[u8]> = backup.chunks(PIECE_BYTES).collect();
    let of = u16::try_from(pieces.len()).unwrap_or(u16::MAX);
    if pieces.len() > CODES_MAX {
        return Err(SheetFault::TooMany { codes: pieces.len() });
    }
    let hash = sha256(backup);
    let set = hash.0.first_chunk::<4>().copied().unwrap_or_default();
    let code = |(number, piece): (u16, &&[u8])| {
        let head = [&[VERSION][..], &set, &number.to_be_bytes(), &of.to_be_bytes()].concat();
        let text = QrText::from_document(&[head.as_slice(), piece].concat()).map_err(SheetFault::Foreign)?;
        Ok(format!("{SHEET_PREFIX}{}", text.as_str().strip_prefix(PREFIX).unwrap_or_default()))
    };
    (1_u16..).zip(&pieces).map(code).collect()
}

/// Puts scanned codes together; the same one twice does no harm.
///
/// # Errors
/// [`SheetFault`].
pub fn join<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Vec<u8>, SheetFault> {
    let mut pieces: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
    let mut sheet: Option<([u8; 4], usize)> = None;
    for text in texts {
        let (set, number, of, piece) = piece_of(text)?;
        match sheet {
            None => sheet = Some((set, of)),
            Some(first) if first == (set, of) => {}
            Some(_) => return Err(SheetFault::OtherSheet { number }),
        }
        pieces.insert(number, piece);
    }
    let Some((set, of)) = sheet else { return Err(SheetFault::Empty) };
    let missing: Vec<String> =
        (1..=of).filter(|number| !pieces.contains_key(number)).map(|number| number.to_string()).collect();
    if !missing.is_empty() {
        return Err(SheetFault::Missing { missing: missing.join(", "), of });
    }
    let backup = pieces.into_values().flatten().collect::<Vec<u8>>();
    if sha256(&backup).0.first_chunk() == Some(&set) { Ok(backup) } else { Err(SheetFault::Damaged) }
}

fn piece_of(text: &str) -> Result<([u8; 4], usize, usize, Vec<u8>), SheetFault> {
    let symbols = text.trim().strip_prefix(SHEET_PREFIX).unwrap_or_default();
    let bytes = QrText::decode(&format!("{PREFIX}{symbols}")).map_err(SheetFault::Foreign)?;
    let [version, a, b, c, d, number_high, number_low, of_high, of_low, piece @ ..] = bytes.as_slice() else {
        return Err(SheetFault::Damaged);
    };
    if *version != VERSION {
        return Err(SheetFault::Version { found: *version });
    }
    let number = usize::from(u16::from_be_bytes([*number_high, *number_low]));
    let of = usize::from(u16::from_be_bytes([*of_high, *of_low]));
    if number == 0 || number > of || of > CODES_MAX || piece.is_empty() || piece.len() > PIECE_BYTES {
        return Err(SheetFault::Damaged);
    }
    Ok(([*a, *b, *c, *d], number, of, piece.to_vec()))
}

/// A page to print, each code read back as it stands on it.
///
/// # Errors
/// [`SheetFault`].
pub fn page(backup: &[u8], day: &str) -> Result<String, SheetFault> {
    let codes = codes(backup)?;
    let mut figures = String::new();
    for (number, code) in (1_usize..).zip(&codes) {
        let drawing = sanad_qr::draw(code, Encoder::Bulk);
        let symbol = drawing.map_err(|fault| SheetFault::Show(ShowFault::Draw(fault)))?.symbol;
        let svg = sanad_qr::svg(&symbol, sanad_qr::PrintedSide::OfTheReader);
        match sanad_qr::read_svg(&svg) {
            Ok(read) if read == *code => {}
            Ok(_) => return Err(SheetFault::Show(ShowFault::Differs)),
            Err(fault) => return Err(SheetFault::Show(ShowFault::Read(fault))),
        }
        // Writing to a String cannot fail.
        let _ = write!(
            figures,
            "<figure>{}<figcaption>{number} of {}</figcaption></figure>",
            svg.trim_end(),
            codes.len()
        );
    }
    let set: String = sha256(backup).to_string().chars().take(8).collect();
    Ok(PAGE
        .replace("{day}", day)
        .replace("{set}", &set)
        .replace("{count}", &codes.len().to_string())
        .replace("{figures}", &figures))
}

/// Codes of 80 mm: 97 modules at most, of 0.8 mm each.
const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Backup of a wallet</title><style>
body{font:11pt sans-serif;margin:12mm}figure{display:inline-block;width:80mm;margin:3mm;text-align:center;break-inside:avoid}
figure svg{width:80mm;height:80mm}
</style></head><body>
<h1>Backup of a wallet, {day}</h1>
<p>{count} codes, sheet {set}. They are encrypted: without the passphrase nobody can read them, and nobody can restore them
either. Keep the sheet dry and apart from the phone; do not write the passphrase on it. To restore, scan or photograph every
code, in any order: <code>sanad-wallet restore PHOTO… --wallet NEW</code></p>
{figures}
</body></html>
"#;

/// The head of a code and its piece fit into a document.
const _: () = assert!(HEAD_BYTES + PIECE_BYTES <= sanad_credential::OWN_BYTES_MAX);

#[cfg(test)]
mod tests {
    use super::*;

    fn backup(bytes: usize) -> Vec<u8> {
        (0_u8..=250).cycle().take(bytes).collect()
    }

    #[test]
    fn codes_in_any_order_and_twice_give_the_backup() {
        let backup = backup(2_000);
        let mut codes = codes(&backup).unwrap();
        assert_eq!(codes.len(), 5);
        codes.reverse();
        codes.push(codes[0].clone());
        assert_eq!(join(codes.iter().map(String::as_str)).unwrap(), backup);
    }

    #[test]
    fn a_missing_code_is_named_and_one_of_another_sheet_is_refused() {
        let codes_of = |bytes| codes(&backup(bytes)).unwrap();
        let mut some = codes_of(2_000);
        some.remove(1);
        some.remove(2);
        let fault = join(some.iter().map(String::as_str)).unwrap_err().to_string();
        assert_eq!(fault, "of 5 codes these are missing: 2, 4");
        let other = codes_of(1_000);
        let mixed = [some[0].as_str(), other[1].as_str()];
        assert!(matches!(join(mixed), Err(SheetFault::OtherSheet { number: 2 })));
        assert!(matches!(join([]), Err(SheetFault::Empty)));
        for bad in ["SNDB:", "SNDB:%%%", "SND1:ABC", "", "SNDB:000000"] {
            assert!(join([bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_sheet_of_more_codes_than_anybody_scans_is_refused() {
        assert!(matches!(codes(&backup(420 * 241)), Err(SheetFault::TooMany { codes: 241 })));
        assert!(page(&backup(900), "2026-02-10").unwrap().contains("3 of 3"));
    }
}

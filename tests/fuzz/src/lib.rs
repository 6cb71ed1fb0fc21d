//! What the targets share.

pub mod open;

use sanad_credential::{Claims, Date, Draft, FixedBytes, IssuerId, KeyId, Sealed, Sign, UnixTime};
use sanad_issuer::register::{Entry, Register, Rules};
use sanad_issuer::scheme::Scheme;
use sanad_issuer::transfer::ExportReader;
use sanad_issuer::transfer::form::{Line, row_line};
use sanad_trust::IssuerRecord;
use sanad_verify::receipts::chain::Wanted;
use sanad_verify::receipts::delegations::Trusted;
use sanad_verify::receipts::examine::{Declared, Examination};
use sanad_verify::receipts::log::{self, Log, LogFault};
use sanad_verify::receipts::sources::Feed;
use sanad_verify::state::State;
use std::collections::HashSet;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

/// "Signs" by repeating the key id and the signature of a document, so that what was read from a document can be
/// written again without its key, and compared byte for byte.
pub struct Echo {
    kid: KeyId,
    signature: [u8; 64],
}

impl Echo {
    /// The signature is the last item of every document.
    pub fn of(sealed: &Sealed<'_>) -> Self {
        Self { kid: sealed.kid(), signature: *sealed.as_bytes().last_chunk().unwrap() }
    }
}

impl Sign for Echo {
    type Fault = Infallible;

    fn key_id(&self) -> KeyId {
        self.kid
    }

    fn sign(&self, _: &[u8]) -> Result<[u8; 64], Infallible> {
        Ok(self.signature)
    }
}

/// A document around any payload of at most 65,535 bytes, in the one form that envelopes have; its signature does
/// not hold.
pub fn envelope(typ: u16, payload: &[u8]) -> Vec<u8> {
    let [high, low] = typ.to_be_bytes();
    let mut document = vec![0xD2, 0x84, 0x51, 0xA3, 0x01, 0x32, 0x04, 0x48, 1, 2, 3, 4, 5, 6, 7, 8];
    document.extend([0x10, 0x19, high, low, 0xA0]);
    match u16::try_from(payload.len()).unwrap() {
        length @ 0..24 => document.push(0x40 | length as u8),
        length @ 24..256 => document.extend([0x58, length as u8]),
        length => document.extend([[0x59].as_slice(), &length.to_be_bytes()].concat()),
    }
    document.extend(payload);
    document.extend([0x58, 0x40]);
    document.extend([0x5A; 64]);
    document
}

/// Reads a register to its end: it ends, its records are claims, and no two have the same content. Registers are
/// read from files, so each process has one of its own, named by the form.
pub fn check_register(file: &[u8], form: &str) {
    let path = std::env::temp_dir().join(format!("sanad-fuzz-{}.{form}", std::process::id()));
    std::fs::write(&path, file).unwrap();
    let iss = IssuerId::new("KE-SHA").unwrap();
    let Ok(mut register) = Register::open(&path, iss.clone()) else { return };
    let mut digests = HashSet::new();
    let mut rows = 0;
    while let Some(row) = register.next_record().unwrap() {
        rows += 1;
        assert!(rows <= file.len());
        let Ok((record, _)) = row else { continue };
        assert!(digests.insert(record.digest));
        let iat = UnixTime::new(1_800_000_000).unwrap();
        let claims = Draft {
            iss: iss.clone(),
            exp: iat.plus_seconds(86_400).unwrap(),
            iat,
            cti: FixedBytes([0; 8]),
            status: None,
            holder_key: None,
            common: record.common,
            right: record.right,
        };
        let claims = claims.check().unwrap();
        assert_eq!(Claims::from_json(&claims.to_json()).unwrap(), claims);
    }
}

/// The schemes whose registers are read.
const SCHEMES: [&str; 9] = [
    include_str!("../../../schemes/br-mei/scheme.json"),
    include_str!("../../../schemes/et-cbhi/scheme.json"),
    include_str!("../../../schemes/gh-nhis/scheme.json"),
    include_str!("../../../schemes/in-pmjay/scheme.json"),
    include_str!("../../../schemes/ke-sha/scheme.json"),
    include_str!("../../../schemes/na-msd/scheme.json"),
    include_str!("../../../schemes/pt-independent/scheme.json"),
    include_str!("../../../schemes/rw-cbhi/scheme.json"),
    include_str!("../../../schemes/sn-mutuelle/scheme.json"),
];

/// Reads a register under the rules of a scheme to its end: it ends, and every row is a mistake, cover within its
/// period from registration on, or no cover with a reason.
pub fn check_registrations(choice: u8, file: &[u8]) {
    let scheme = Scheme::parse(SCHEMES[usize::from(choice / 2) % SCHEMES.len()]).unwrap();
    let form = if choice.is_multiple_of(2) { "csv" } else { "ndjson" };
    let path = std::env::temp_dir().join(format!("sanad-fuzz-scheme-{}.{form}", std::process::id()));
    std::fs::write(&path, file).unwrap();
    let (iss, as_of) = (scheme.issuer.clone(), Date::parse("2027-03-01").unwrap());
    let rules = Rules { scheme: Arc::new(scheme), as_of };
    let Ok(mut register) = Register::open_under(&path, iss, Some(rules)) else { return };
    let mut rows = 0;
    while let Some(row) = register.next_entry().unwrap() {
        rows += 1;
        assert!(rows <= file.len());
        let explanation = match row {
            Err(_) => continue,
            Ok(Entry::Record { explanation, .. }) => {
                let explanation = explanation.unwrap();
                let cover = explanation.outcome.cover.as_ref().unwrap();
                assert!(cover.start <= cover.end && !cover.functions.is_empty());
                assert!(cover.paid_through.is_none_or(|paid| cover.start <= paid && paid < cover.end));
                assert!(cover.waits.iter().all(|(_, first)| *first > cover.start));
                explanation
            }
            Ok(Entry::NotCovered(explanation)) => {
                assert!(explanation.outcome.cover.is_none());
                explanation
            }
        };
        assert!(!explanation.sentences().is_empty());
        assert_eq!(explanation.row(None).len(), sanad_issuer::scheme::HEADER.len());
    }
}

/// A directory of this process's own.
fn directory(name: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("sanad-fuzz-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Verifies a file as an export, with a record whose keys have delegated nothing: it ends, and nothing in it counts.
pub fn check_export(file: &[u8], record: &IssuerRecord) {
    let path = directory("export").join("export");
    std::fs::write(&path, file).unwrap();
    let mut examination = Examination::new(Trusted::Record(record), Vec::new());
    let declared = Declared::nothing();
    let mut feed = Feed { examination: &mut examination, threads: 1, progress: &|_| (), declared };
    let _ = feed.file(path.to_str().unwrap(), 0);
    let report = examination.finish(Wanted::Part);
    assert_eq!(report.totals.receipts(), 0);
    assert!(report.receipts <= file.len());
    assert!(report.receipts == 0 || !report.faults.is_empty());
}

/// Opens a file as the log of a device: what was there is there afterwards, in the log or beside it, and what is read
/// without the lock is what stays.
pub fn check_log(file: &[u8]) {
    let dir = directory("log");
    std::fs::create_dir(dir.join("receipts")).unwrap();
    let path = dir.join("receipts/00000001.log");
    std::fs::write(&path, file).unwrap();
    let state = State::locate(Some(&dir)).unwrap();
    let read = || {
        let mut found = Vec::new();
        let ended = log::read(&state, |entry| {
            found.push((entry.resolves, entry.document.to_vec()));
            Ok::<(), LogFault>(())
        });
        ended.map(|()| found)
    };
    let before = read();
    match Log::open(&state) {
        Ok(opened) => {
            let tail = opened.cut().map(|cut| std::fs::read(&cut.kept).unwrap()).unwrap_or_default();
            let kept = std::fs::read(&path).unwrap();
            // A file that was begun and not finished has nothing in it.
            if file.len() > 16 {
                assert_eq!([kept, tail].concat(), file);
                assert_eq!(before.unwrap(), read().unwrap());
            }
        }
        Err(_) => assert_eq!(std::fs::read(&path).unwrap(), file),
    }
}

/// Reads a file as an export of a store, row by row and line by line: what is read is written again byte for byte. The
/// SHA-256 at the end keeps a fuzzer from a whole file, so each line is also read on its own.
pub fn check_store_export(file: &[u8]) {
    for line in file.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok()) {
        match Line::parse(line) {
            Ok(Line::Row(row)) => assert_eq!(row_line(&row), line),
            Ok(Line::End(end)) => assert_eq!(end.line(), line),
            Err(_) => {}
        }
    }
    let Ok(mut reader) = ExportReader::new(Box::new(file), Path::new("export")) else { return };
    let mut again = format!("{}\n", reader.header().line());
    let mut rows = 0;
    while let Ok(Some(numbered)) = reader.next_row() {
        again += &format!("{}\n", row_line(&numbered.row));
        rows += 1;
    }
    assert!(file.starts_with(again.as_bytes()));
    if let Some(end) = reader.trailer() {
        again += &format!("{}\n", end.line());
        assert_eq!(again.as_bytes(), file);
        assert_eq!(end.counts.rows(), rows);
    }
}

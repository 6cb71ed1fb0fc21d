//! An export of receipts: see `check_export`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_fuzz::check_export;
use sanad_trust::IssuerRecord;
use std::sync::LazyLock;

/// An invented issuer that delegated nothing.
static RECORD: LazyLock<IssuerRecord> =
    LazyLock::new(|| IssuerRecord::parse(include_str!("../seeds/target/issuer").split_at(1).1).unwrap());

fuzz_target!(|file: &[u8]| check_export(file, &RECORD));

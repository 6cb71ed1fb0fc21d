//! A register as CSV. It ends, its records are claims, and no two have the same content.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_credential::{Claims, Draft, FixedBytes, IssuerId, UnixTime};
use sanad_issuer::register::Register;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Registers are read from files; each process has one of its own.
static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("sanad-fuzz-{}.csv", std::process::id())));

fuzz_target!(|file: &[u8]| {
    std::fs::write(&*FILE, file).unwrap();
    let iss = IssuerId::new("KE-SHA").unwrap();
    let Ok(mut register) = Register::open(&FILE, iss.clone()) else { return };
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
});

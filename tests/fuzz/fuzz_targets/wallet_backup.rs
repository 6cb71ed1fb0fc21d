//! What a wallet restores from: a backup file, what is in it, the codes of a sheet. The first byte chooses. What reads is
//! written again and reads as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_keyfile::passphrase::{Passphrase, Purpose};
use sanad_wallet::{backup, sheet, vault};

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let passphrase = Passphrase::parse("millet and rain", Purpose::Open).unwrap();
    match choice % 4 {
        // A derivation of more than a moment is a header that asks for it; the fuzzer learns nothing by waiting.
        0 if bytes.get(5..9).is_none_or(|memory| memory <= [0, 0, 0, 64].as_slice()) => {
            let _ = backup::read(bytes, &passphrase);
        }
        1 => {
            let Ok(text) = std::str::from_utf8(bytes) else { return };
            let Ok(contents) = backup::read_content(text) else { return };
            let made = backup::make(&contents, &passphrase, 8).unwrap();
            let again = backup::read(&made, &passphrase).unwrap();
            assert!(again.documents == contents.documents && again.holders == contents.holders);
            assert!(again.keys == contents.keys && again.records == contents.records);
        }
        2 => {
            let Ok(text) = std::str::from_utf8(bytes) else { return };
            if let Ok(joined) = sheet::join(text.lines()) {
                assert_eq!(
                    sheet::join(sheet::codes(&joined).unwrap().iter().map(String::as_str)).unwrap(),
                    joined
                );
            }
        }
        _ => {
            let _ = vault::Derivation::read(bytes);
        }
    }
});

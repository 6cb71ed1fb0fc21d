//! A status list: a list credential, held against a credential that names it, or, behind a zero byte, a JWT. An index
//! past the end is a refusal, never an answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_fuzz::open;
use sanad_openvc::open_status_list;

fuzz_target!(|data: &[u8]| {
    let controllers = open::controllers();
    match data {
        [0, token @ ..] => {
            let Ok(token) = std::str::from_utf8(token) else { return };
            let list = open_status_list(token, open::LIST, open::ISSUER_HTTPS, &controllers, open::now());
            if let Ok(list) = list {
                assert!(list.status(0).is_ok());
                assert!(list.status(8_388_608).is_err());
            }
        }
        list => {
            let credential = open::with_status();
            let _ = credential.check_status(&open::verifying(&controllers), &|_| Some(list));
        }
    }
});

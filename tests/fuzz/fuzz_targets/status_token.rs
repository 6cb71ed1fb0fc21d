//! A status list token. It may be encoded in foreign ways, so what is read and written again is compared by what it
//! says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_credential::{Sealed, seal_status_list};
use sanad_fuzz::Echo;

fuzz_target!(|document: &[u8]| {
    let Ok(sealed) = Sealed::parse(document) else { return };
    if let Ok(token) = sealed.unverified_status_list() {
        let written = seal_status_list(token.look(), &Echo::of(&sealed)).unwrap();
        let again = Sealed::parse(&written).unwrap().unverified_status_list().unwrap();
        assert_eq!(again.look(), token.look());
    }
});

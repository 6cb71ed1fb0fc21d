//! A register of registrations under the rules of one of the nine schemes: see `check_registrations`. The first byte
//! chooses the scheme and the form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_fuzz::check_registrations;

fuzz_target!(|data: &[u8]| {
    let Some((choice, file)) = data.split_first() else { return };
    check_registrations(*choice, file);
});

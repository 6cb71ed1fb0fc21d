//! A register as CSV: see `check_register`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_fuzz::check_register;

fuzz_target!(|file: &[u8]| check_register(file, "csv"));

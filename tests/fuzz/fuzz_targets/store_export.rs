//! An export of a store: see `check_store_export`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_fuzz::check_store_export;

fuzz_target!(|file: &[u8]| check_store_export(file));

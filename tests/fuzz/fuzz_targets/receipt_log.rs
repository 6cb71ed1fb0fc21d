//! The log of a device: see `check_log`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_fuzz::check_log;

fuzz_target!(|file: &[u8]| check_log(file));

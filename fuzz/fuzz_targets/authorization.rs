//! libFuzzer's entry into `authorization`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::authorization::run(data));

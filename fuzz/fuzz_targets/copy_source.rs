//! libFuzzer's entry into `copy_source`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::copy_source::run(data));

//! libFuzzer's entry into `lifecycle`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::lifecycle::run(data));

//! libFuzzer's entry into `stream`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::stream::run(data));

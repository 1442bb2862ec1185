//! libFuzzer's entry into `range`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::range::run(data));

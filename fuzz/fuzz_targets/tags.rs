//! libFuzzer's entry into `tags`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::tags::run(data));

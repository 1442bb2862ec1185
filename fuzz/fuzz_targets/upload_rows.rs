//! libFuzzer's entry into `upload_rows`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::upload_rows::run(data));

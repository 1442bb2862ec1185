//! libFuzzer's entry into `presigned`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::presigned::run(data));

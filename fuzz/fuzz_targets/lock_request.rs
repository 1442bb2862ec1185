//! libFuzzer's entry into `lock_request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::lock_request::run(data));

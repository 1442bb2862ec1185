//! libFuzzer's entry into `session_token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::session_token::run(data));

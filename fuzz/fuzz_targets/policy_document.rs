//! libFuzzer's entry into `policy_document`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::policy_document::run(data));

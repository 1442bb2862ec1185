//! libFuzzer's entry into `framed_record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::framed_record::run(data));

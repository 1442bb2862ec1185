//! libFuzzer's entry into `envelope`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::envelope::run(data));

//! libFuzzer's entry into `object_record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::object_record::run(data));

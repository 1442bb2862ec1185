//! libFuzzer's entry into `xml_request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::xml_request::run(data));

//! libFuzzer's entry into `aws_chunked`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::aws_chunked::run(data));

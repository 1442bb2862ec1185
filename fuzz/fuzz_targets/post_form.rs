//! libFuzzer's entry into `post_form`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::post_form::run(data));

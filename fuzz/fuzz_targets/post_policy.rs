//! libFuzzer's entry into `post_policy`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::post_policy::run(data));

//! libFuzzer's entry into `keyring`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::keyring::run(data));

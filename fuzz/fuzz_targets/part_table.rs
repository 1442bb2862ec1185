//! libFuzzer's entry into `part_table`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| riznica_fuzz::part_table::run(data));

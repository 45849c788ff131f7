//! Images in the IDX format, and all that is not gzipped.
#![no_main]

mod opened;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| opened::open(bytes));

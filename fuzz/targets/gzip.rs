//! Gzipped files: whole ones around any content, the same with a few bytes changed, and what only begins like one.
#![no_main]

mod opened;

use flate2::{Compression, write::GzEncoder};
use std::io::Write;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((&[kind, edits @ ..], content)) = input.split_first_chunk::<7>() else { return };
    if kind & 3 == 0 {
        return opened::open(&[&[0x1f, 0x8b], content].concat());
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(u32::from(kind >> 4 & 7)));
    encoder.write_all(content).expect("a Vec takes every byte");
    let mut file = encoder.finish().expect("a Vec takes every byte");
    for edit in edits.chunks_exact(2).take(usize::from(kind & 3) - 1) {
        let at = usize::from(edit[0]) % file.len();
        file[at] = edit[1];
    }
    opened::open(&file);
});

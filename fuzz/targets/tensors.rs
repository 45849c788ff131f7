//! Files of tensors that other programs wrote, for `wngan replay`.
#![no_main]
#![allow(dead_code, reason = "modules of the program, of which this uses a part")]

#[path = "../../src/bin/wngan/files.rs"]
mod files;
#[path = "../../src/bin/wngan/replay/tensors.rs"]
mod tensors;

use std::path::Path;
use tensors::Tensors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(tensors) = Tensors::parse(bytes, Path::new("file")) else { return };
    let _ = tensors.get("real.0", &[2, 1, 4, 4]);
    assert!(tensors.count("real") as usize <= tensors.names().count());
    let _ = tensors.checkpoint();
});

//! Two things that are settled before anything is compiled.
//!
//! `WNGAN_NO_GPU=1` marks the tests that need a GPU as ignored; without it a missing adapter fails them.
//!
//! The shaders that a processor can run are written out as Rust, so that the same WGSL that a GPU's driver compiles is
//! also what the compiler of everything else compiles: `processor.rs` in the output folder, used by src/processor.

#[path = "build/function.rs"]
mod function;
#[allow(dead_code, unreachable_pub, reason = "the table of the library, of which names and sources are read here")]
#[path = "src/kernels.rs"]
mod kernels;
#[path = "build/module.rs"]
mod module;
#[path = "build/types.rs"]
mod types;

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-env-changed=WNGAN_NO_GPU");
    println!("cargo::rustc-check-cfg=cfg(no_gpu)");
    if std::env::var("WNGAN_NO_GPU").is_ok_and(|value| value == "1") {
        println!("cargo::rustc-cfg=no_gpu");
    }
    for path in ["build.rs", "build", "shaders", "src/kernels.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let written = module::of_kernels(kernels::ALL.iter().filter(|kernel| kernel.runs_on_processors()));
    let folder = std::env::var("OUT_DIR").expect("cargo names the output folder");
    std::fs::write(Path::new(&folder).join("processor.rs"), written).expect("the output folder can be written");
}

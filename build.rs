//! Two things that are settled before anything is compiled.
//!
//! `WNGAN_NO_GPU=1` marks the tests that need a GPU as ignored; without it a missing adapter fails them.
//!
//! The shaders are read by naga, and two files written of them: `kernels.rs`, the table of kernels with their bindings
//! and parameter blocks, used by src/kernels.rs; and `cpu.rs`, the kernels themselves as Rust, so that the same WGSL that
//! a GPU's driver compiles is also what the compiler of everything else compiles, used by src/cpu.

#[path = "build/function.rs"]
mod function;
#[path = "build/kernels.rs"]
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
    for path in ["build.rs", "build", "shaders"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let all = kernels::read(Path::new("shaders"));
    let folder = std::env::var("OUT_DIR").expect("cargo names the output folder");
    let write = |name: &str, text: String| {
        std::fs::write(Path::new(&folder).join(name), text).expect("the output folder can be written");
    };
    write("kernels.rs", kernels::table(&all));
    write("cpu.rs", module::of_kernels(all.iter().filter(|kernel| kernel.runs_on_cpu)));
}

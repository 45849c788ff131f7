//! What is settled before anything is compiled.
//!
//! Tests that cannot run here are ignored, with the reason beside their names. `WNGAN_NO_GPU=1` says so of those that need
//! a GPU (`no_gpu`); without it a missing adapter fails them. Those that read CIFAR-10 (`no_cifar10`) need its files beside
//! the checkout.
//!
//! The shaders are read by naga, and two files written of them: `kernels.rs`, the table of kernels with their bindings
//! and parameter blocks, used by src/kernels.rs; and `cpu.rs`, the kernels themselves as Rust, so that the same WGSL that
//! a GPU's driver compiles is also what the compiler of everything else compiles, used by src/device/cpu.

#[path = "build/function.rs"]
mod function;
#[path = "build/kernels.rs"]
mod kernels;
#[path = "build/module.rs"]
mod module;
#[path = "build/types.rs"]
mod types;

use std::path::Path;

/// Files that tests/data.rs reads.
const CIFAR10: [&str; 2] = ["../shared/data/cifar10/data_batch_1.bin", "../shared/data/cifar10/test_batch.bin"];

fn main() {
    println!("cargo::rerun-if-env-changed=WNGAN_NO_GPU");
    mark("no_gpu", std::env::var("WNGAN_NO_GPU").is_ok_and(|value| value == "1"));
    mark("no_cifar10", !CIFAR10.map(Path::new).iter().all(|file| file.exists()));
    // Only what is there is watched: Cargo takes a missing file for one that has changed, in every build.
    for file in CIFAR10.into_iter().filter(|file| Path::new(file).exists()) {
        println!("cargo::rerun-if-changed={file}");
    }
    for path in ["build.rs", "build", "shaders"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let all = kernels::read(Path::new("shaders"));
    let folder = std::env::var("OUT_DIR").expect("cargo names the output folder");
    let write = |name: &str, text: String| {
        std::fs::write(Path::new(&folder).join(name), text).expect("the output folder can be written");
    };
    kernels::write_code(Path::new("shaders"), &all, &Path::new(&folder).join("shaders"));
    write("kernels.rs", kernels::table(&all));
    write("cpu.rs", module::of_kernels(all.iter().filter(|kernel| kernel.runs_on_cpu)));
}

/// Sets a name that `#[cfg_attr(NAME, ignore = "why")]` stands on.
fn mark(name: &str, is_so: bool) {
    println!("cargo::rustc-check-cfg=cfg({name})");
    if is_so {
        println!("cargo::rustc-cfg={name}");
    }
}

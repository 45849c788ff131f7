//! `WNGAN_NO_GPU=1` marks the tests that need a GPU as ignored; without it a missing adapter fails them.

fn main() {
    println!("cargo::rerun-if-env-changed=WNGAN_NO_GPU");
    println!("cargo::rustc-check-cfg=cfg(no_gpu)");
    if std::env::var("WNGAN_NO_GPU").is_ok_and(|value| value == "1") {
        println!("cargo::rustc-cfg=no_gpu");
    }
}

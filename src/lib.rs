//! Weight-normalised GANs (Xiang and Li, "On the Effects of Batch and Weight Normalization in GANs", arXiv
//! 1704.03971), trained by WGSL compute shaders on the GPU of whoever opens the page.
//!
//! Imports point one way: `web` and the `wngan` program use [`gan`], which uses [`nn`], which uses [`device`], which
//! uses [`kernels`], which includes the shaders, and [`cpu`], where the same shaders run as Rust. [`data`],
//! [`config`], [`rng`], [`clock`] and [`error`] are leaves. [`mod@reference`] holds the f64 twins and never sees the GPU.

pub mod clock;
pub mod config;
pub mod cpu;
pub mod data;
pub mod device;
pub mod error;
pub mod gan;
pub mod kernels;
pub mod nn;
pub mod reference;
pub mod rng;
pub mod theorem;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use config::Config;
pub use error::{Error, Result};

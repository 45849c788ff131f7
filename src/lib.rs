//! Weight-normalised GANs (Xiang and Li, "On the Effects of Batch and Weight Normalization in GANs", arXiv
//! 1704.03971), trained by WGSL compute shaders on the GPU of whoever opens the page.
//!
//! Imports point one way: `web` and the `wngan` program use [`gan`], which uses [`nn`], which uses [`device`], which
//! uses [`kernels`], the table of the shaders. [`data`] and [`config`] use at most [`rng`] and [`error`], which use nothing,
//! like [`clock`]. [`mod@reference`] is the reference implementation in f64 and never sees a device; [`theorem`] is the
//! paper's theorem on its functions. docs/architecture.md has the whole table, and tests/architecture.rs checks it.

pub mod clock;
pub mod config;
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

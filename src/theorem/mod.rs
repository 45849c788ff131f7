//! The paper's theorem, executable: layers with biases and ReLU (or PReLU) express the same functions as strict
//! weight-normalised layers with TReLU (or TPReLU) and one affine layer at the end, given one threshold for each position
//! where padding or strides ask for it. `docs/theorem.md` has statement, proof and counter-examples.
//!
//! For every scale `n > 0`, weight `v`, offset `c` and slope `s`
//!
//! `PReLU_s(<v,x> + c) = n (TPReLU_{s,a}(<v,x> / n) - a)` with `a = -c / n`,
//!
//! and with `n = ||v||` the inner layer is strict. The outer map, scale `n` and shift `-n a` per channel, belongs to no
//! strict layer; the next one absorbs it: the scale multiplies the weights that read the channel, the shift adds to its
//! own offset `c`. The last layer keeps scale and offset: it is affine.
//!
//! Three things that the short form of the theorem passes over:
//! - **Padding and strides.** A convolution's zero padding is not shifted along, and a transposed convolution reaches its
//!   output pixels by different taps. There the absorbed shift differs between the positions of a channel, so the exact
//!   theorem needs a threshold for each position ([`Offset::Positions`]), or one more channel that is constant.
//! - **Zero weights.** Such a unit is constant and has no direction. Its row stays zero with `n = 1` (or the root of
//!   epsilon); the constant is carried by its threshold.
//! - **Linear layers that feed feature maps** need one norm per channel, not per unit: a convolution, whose weights are
//!   shared by all positions, cannot absorb scales that differ between them. Here such a layer is the transposed
//!   convolution of a 1x1 image that it is; [`Kind::Linear`] ends in channels of one pixel.
//!
//! [`Conversion`] takes the networks of this program, by the names of their parameters. All in f64 on the functions of
//! [`mod@crate::reference`].

pub mod comparison;
pub mod convert;
pub mod demonstration;
pub mod map;
pub mod named;
pub mod network;
pub mod rounding;

pub use comparison::{Comparison, Conversion};
pub use demonstration::{Demonstration, demonstration};
pub use map::{Kind, Map};
pub use network::{Layer, Offset, Plain, Strict};

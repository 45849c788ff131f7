//! How far from double precision the device may be where no sum's length says it.
//!
//! PyTorch's own single precision is in the goldens beside its double (column `float32`) and says what rounding alone does.
//! `bounds_follow_single_precision` in tests/pytorch.rs holds these numbers to it: none is more than sixteen times the
//! largest deviation there. tests/browser/trajectory.test.js reads this file.
#![allow(dead_code, reason = "each test crate that includes this file uses its part of it")]

/// How many times as far from double precision as PyTorch's single precision the device may be: the largest of a few
/// deviations, which sums in another order move by as much. Between this program's own kernel variants they differ by 3.
pub const FACTOR: f64 = 4.0;
/// Losses of the first forward pass, relative.
pub const FORWARD: f64 = 1e-5;
/// Norms of the first gradients, relative.
pub const GRADIENTS: f64 = 3e-4;
/// Losses after updates, relative. RMSprop's first step has one size whatever the gradient's, so where a gradient is near
/// zero rounding decides over a full step; in front of a batch norm every bias has a gradient of nothing but rounding.
pub const AFTER_UPDATES: f64 = 5e-4;
/// What three steps change, relative. The few elements whose gradient is rounding noise go either way by RMSprop's whole
/// step: a hundredth allows one element in ten thousand to turn round.
pub const CHANGE: f64 = 1e-2;
/// Mean squared errors of a reconstruction, and the norm of its last z, relative.
pub const RECONSTRUCTION: f64 = 4e-6;
/// The same by a network that has been trained for three steps, which the changes of these steps move.
pub const TRAINED_RECONSTRUCTION: f64 = 1e-3;

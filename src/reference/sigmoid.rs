//! The logistic function.

use super::Tensor;

/// `1 / (1 + exp(-x))`, which neither overflows nor loses the small tail.
pub fn logistic(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// [`logistic`] of every element.
pub fn sigmoid(x: &Tensor) -> Tensor {
    x.map(logistic)
}

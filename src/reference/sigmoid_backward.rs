//! Gradient of the logistic function.

use super::Tensor;

/// `dx = dy * y * (1 - y)` from the output `y` of [`sigmoid`](super::sigmoid::sigmoid).
pub fn sigmoid_backward(y: &Tensor, dy: &Tensor) -> Tensor {
    y.zip_map(dy, |y, dy| dy * y * (1.0 - y))
}

//! Mean squared error per pixel, the reconstruction loss.

use super::Tensor;

/// `mse[b] = mean_{c,h,w} (y - target)^2` of every image; `y` and `target` are `[B, C, H, W]`.
pub fn mse(y: &Tensor, target: &Tensor) -> Vec<f64> {
    let squares = y.zip_map(target, |y, target| (y - target).powi(2));
    let pixels = squares.data.len() / squares.shape[0];
    squares.data.chunks_exact(pixels).map(|image| image.iter().sum::<f64>() / pixels as f64).collect()
}

/// Gradient of the mean of the first `rows` images' errors: `2 (y - target) / (rows C H W)`.
///
/// Images past `rows` only fill up a remainder batch: their gradient is 0.
pub fn mse_gradient(y: &Tensor, target: &Tensor, rows: usize) -> Tensor {
    let kept = rows * y.data.len() / y.shape[0];
    let mut dy = y.zip_map(target, |y, target| 2.0 * (y - target) / kept as f64);
    dy.data[kept..].fill(0.0);
    dy
}

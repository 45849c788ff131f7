//! The weight gradient of convolution and transposed convolution.

use super::Tensor;
use super::conv::Geometry;
use super::patches::{patches, product, swapped};

/// `dw[s,l,k,m] = sum_{b,p,q} small[b,s,p,q] large[b,l, p s + k - pad, q s + m - pad]`, a sum over batch and pixels.
///
/// For a convolution `small` is the output's gradient and `large` the input; the result is `[out, in, kh, kw]`. For a
/// transposed convolution `small` is the input and `large` the output's gradient; the result is `[in, out, kh, kw]`.
pub fn conv_weight_gradient(large: &Tensor, small: &Tensor, geometry: &Geometry) -> Tensor {
    let [batch, larges, height, width] = large.axes();
    let [b, smalls, rows, columns] = small.axes();
    assert_eq!((b, [rows, columns]), (batch, geometry.small([height, width])), "the images must fit the geometry");
    let [kh, kw] = geometry.kernel;
    product(&swapped(small), &swapped(&patches(large, geometry))).reshaped(&[smalls, larges, kh, kw])
}

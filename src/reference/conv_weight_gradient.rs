//! The weight gradient of convolution and transposed convolution.

use super::Tensor;
use super::conv::Geometry;

/// `dw[s,l,k,m] = sum_{b,p,q} small[b,s,p,q] large[b,l, p s + k - pad, q s + m - pad]`, a sum over batch and pixels.
///
/// For a convolution `small` is the output's gradient and `large` the input; the result is `[out, in, kh, kw]`. For a
/// transposed convolution `small` is the input and `large` the output's gradient; the result is `[in, out, kh, kw]`.
pub fn conv_weight_gradient(large: &Tensor, small: &Tensor, geometry: &Geometry) -> Tensor {
    let [batch, larges, height, width] = large.axes();
    let [b, smalls, rows, columns] = small.axes();
    assert_eq!((b, [rows, columns]), (batch, geometry.small([height, width])), "the images must fit the geometry");
    let [kh, kw] = geometry.kernel;
    let mut dw = Tensor::zeros(&[smalls, larges, kh, kw]);
    for (index, sum) in dw.data.iter_mut().enumerate() {
        let (s, l, k, m) = (index / (kw * kh * larges), index / (kw * kh) % larges, index / kw % kh, index % kw);
        for b in 0..batch {
            let small = &small.data[(b * smalls + s) * rows * columns..][..rows * columns];
            let large = &large.data[(b * larges + l) * height * width..][..height * width];
            for p in geometry.inside(0, k, height, rows) {
                let row = &large[(p * geometry.stride[0] + k - geometry.padding[0]) * width..][..width];
                for q in geometry.inside(1, m, width, columns) {
                    *sum += small[p * columns + q] * row[q * geometry.stride[1] + m - geometry.padding[1]];
                }
            }
        }
    }
    dw
}

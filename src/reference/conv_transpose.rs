//! Transposed convolution: the adjoint of [`conv`](super::conv::conv).

use super::Tensor;
use super::conv::Geometry;
use super::patches::{product, swapped, unpatches};

/// `y[b,o, p s + k - pad, q s + l - pad] += x[b,i,p,q] w[i,o,k,l]` over all `i, p, q, k, l`.
///
/// `x` is `[B, I, h, w]`, `w` is `[I, O, kh, kw]`, the result `[B, O, large[0], large[1]]`. It is also the gradient of a
/// convolution with respect to its input, given the gradient of its output and its weight `[out, in, kh, kw]`; then
/// `large` is the size of that input, which may have rows and columns that no kernel position covers fully.
pub fn conv_transpose(x: &Tensor, w: &Tensor, geometry: &Geometry, large: [usize; 2]) -> Tensor {
    let ([batch, inputs, rows, columns], [i, outputs, kh, kw]) = (x.axes(), w.axes());
    assert_eq!((i, [kh, kw]), (inputs, geometry.kernel), "the weight must fit the image and the geometry");
    assert_eq!(geometry.small(large), [rows, columns], "the output size {large:?} must belong to this input");
    let rows_of_w = swapped(&w.clone().reshaped(&[inputs, outputs * geometry.taps()]));
    unpatches(&product(&rows_of_w, &swapped(x)), geometry, [batch, outputs, large[0], large[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_computed_transposed_convolution() {
        // Two positions in a row, 2x2 kernel, stride (1, 2), padding (0, 1): the outer columns are cut off.
        let x = Tensor::new(&[1, 1, 1, 2], vec![1.0, 2.0]);
        let w = Tensor::new(&[1, 1, 2, 2], vec![1.0, 10.0, 100.0, 1000.0]);
        let geometry = Geometry { kernel: [2, 2], stride: [1, 2], padding: [0, 1] };
        let y = conv_transpose(&x, &w, &geometry, geometry.large([1, 2]));
        assert_eq!((y.shape, y.data), (vec![1, 1, 2, 2], vec![10.0, 2.0, 1000.0, 200.0]));
    }
}

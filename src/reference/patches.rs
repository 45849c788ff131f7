//! Convolution as a matrix product: the one fast loop that all convolutions share.

use super::Tensor;
use super::geometry::Geometry;

/// `patches[(c,k,l), (b,p,q)] = x[b,c, p s + k - pad, q s + l - pad]`, 0 outside the large image `x` `[B, C, H, W]`.
pub(super) fn patches(x: &Tensor, geometry: &Geometry) -> Tensor {
    let [batch, channels, height, width] = x.axes();
    let [rows, columns] = geometry.small([height, width]);
    let mut result = Tensor::zeros(&[channels * geometry.taps(), batch * rows * columns]);
    each_tap(geometry, x, |patch, pixel| result.data[patch] = x.data[pixel]);
    result
}

/// The adjoint of [`patches`]: adds every element back to the pixel it came from.
pub(super) fn unpatches(patches: &Tensor, geometry: &Geometry, shape: [usize; 4]) -> Tensor {
    let mut x = Tensor::zeros(&shape);
    let frame = x.clone();
    each_tap(geometry, &frame, |patch, pixel| x.data[pixel] += patches.data[patch]);
    x
}

/// Calls `visit(patch, pixel)` with the places of every tap inside the image, in the matrix and in `x`.
fn each_tap(geometry: &Geometry, x: &Tensor, mut visit: impl FnMut(usize, usize)) {
    let [batch, channels, height, width] = x.axes();
    let ([rows, columns], [kh, kw]) = (geometry.small([height, width]), geometry.kernel);
    for tap in 0..channels * kh * kw {
        let (c, k, l) = (tap / (kh * kw), tap / kw % kh, tap % kw);
        let (inside_p, inside_q) = (geometry.inside(0, k, height, rows), geometry.inside(1, l, width, columns));
        for b in 0..batch {
            for p in inside_p.clone() {
                let patch = ((tap * batch + b) * rows + p) * columns;
                let pixel = ((b * channels + c) * height + p * geometry.stride[0] + k - geometry.padding[0]) * width;
                for q in inside_q.clone() {
                    visit(patch + q, pixel + q * geometry.stride[1] + l - geometry.padding[1]);
                }
            }
        }
    }
}

/// `[A, B, ...]` with its first two axes exchanged, as a matrix `[B, A * ...]`: images by channel, for a product.
pub(super) fn swapped(x: &Tensor) -> Tensor {
    let (first, second) = (x.shape[0], x.shape[1]);
    let inner = x.data.len() / (first * second);
    let mut result = Tensor::zeros(&[second, first * inner]);
    for (i, row) in x.data.chunks_exact(inner).enumerate() {
        let (a, b) = (i / second, i % second);
        result.data[(b * first + a) * inner..][..inner].copy_from_slice(row);
    }
    result
}

/// The matrix product of `a` `[m, k]` and `b` `[k, n]`: every element is summed in the order of `k`.
pub(super) fn product(a: &Tensor, b: &Tensor) -> Tensor {
    /// Columns at a time: their sums stay in registers.
    const STRIP: usize = 16;
    let ([m, k], [inner, n]) = (a.axes(), b.axes());
    assert_eq!(k, inner, "the matrices must fit");
    let mut c = Tensor::zeros(&[m, n]);
    for start in (0..n).step_by(STRIP) {
        let width = STRIP.min(n - start);
        let strip = b.data.chunks_exact(n).map(|row| {
            let mut part = [0.0; STRIP];
            part[..width].copy_from_slice(&row[start..start + width]);
            part
        });
        let strip: Vec<[f64; STRIP]> = strip.collect();
        for (row, out) in a.data.chunks_exact(k).zip(c.data.chunks_exact_mut(n)) {
            let mut sums = [0.0; STRIP];
            for (a, part) in row.iter().zip(&strip) {
                for (sum, b) in sums.iter_mut().zip(part) {
                    *sum += a * b;
                }
            }
            out[start..start + width].copy_from_slice(&sums[..width]);
        }
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_the_sum_over_the_inner_axis() {
        let whole = |shape: &[usize], factor: usize| {
            Tensor::new(shape, (0..shape[0] * shape[1]).map(|i| (i * factor % 11) as f64 - 5.0).collect())
        };
        let (a, b) = (whole(&[3, 5], 7), whole(&[5, 35], 3));
        let c = product(&a, &b);
        for (i, &found) in c.data.iter().enumerate() {
            let expected: f64 = (0..5).map(|k| a.data[i / 35 * 5 + k] * b.data[k * 35 + i % 35]).sum();
            assert_eq!(found, expected, "element {i}");
        }
        assert_eq!(swapped(&a).data, (0..15).map(|i| a.data[i % 3 * 5 + i / 3]).collect::<Vec<_>>());
    }
}

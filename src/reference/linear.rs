//! The linear layer without bias and its two gradients.

use super::Tensor;

/// `y[b,o] = sum_i w[o,i] x[b,i]`: `x` is `[B, I]`, `w` is `[O, I]`, the result `[B, O]`.
pub fn linear(x: &Tensor, w: &Tensor) -> Tensor {
    let ([batch, inputs], [outputs, i]) = (x.axes(), w.axes());
    assert_eq!(i, inputs, "the weight must fit the input");
    let mut y = Tensor::zeros(&[batch, outputs]);
    for b in 0..batch {
        for o in 0..outputs {
            for i in 0..inputs {
                y.data[b * outputs + o] += w.data[o * inputs + i] * x.data[b * inputs + i];
            }
        }
    }
    y
}

/// `dx[b,i] = sum_o dy[b,o] w[o,i]`: `dy` is `[B, O]`, `w` is `[O, I]`, the result `[B, I]`.
pub fn linear_input_gradient(dy: &Tensor, w: &Tensor) -> Tensor {
    let ([batch, outputs], [o, inputs]) = (dy.axes(), w.axes());
    assert_eq!(o, outputs, "the weight must fit the gradient");
    let mut dx = Tensor::zeros(&[batch, inputs]);
    for b in 0..batch {
        for o in 0..outputs {
            for i in 0..inputs {
                dx.data[b * inputs + i] += dy.data[b * outputs + o] * w.data[o * inputs + i];
            }
        }
    }
    dx
}

/// `dw[o,i] = sum_b dy[b,o] x[b,i]`: `x` is `[B, I]`, `dy` is `[B, O]`, the result `[O, I]`.
pub fn linear_weight_gradient(x: &Tensor, dy: &Tensor) -> Tensor {
    let ([batch, inputs], [b, outputs]) = (x.axes(), dy.axes());
    assert_eq!(b, batch, "the gradient must fit the input");
    let mut dw = Tensor::zeros(&[outputs, inputs]);
    for b in 0..batch {
        for o in 0..outputs {
            for i in 0..inputs {
                dw.data[o * inputs + i] += dy.data[b * outputs + o] * x.data[b * inputs + i];
            }
        }
    }
    dw
}

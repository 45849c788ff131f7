//! Optimisers over flat buffers: one dispatch per network, slopes projected to [0, 1] in the same dispatch.

use crate::device::{Buffer, Dispatch};
use crate::kernels::{self, Adam, Rmsprop};

/// RMSprop (paper, section 4). Updates `values` by `gradients`; the learning rate comes from the step block. Elements
/// from `pair_begin` on are (threshold, slope) pairs.
pub fn rmsprop(
    values: &Buffer,
    gradients: &Buffer,
    mean_squares: &Buffer,
    pair_begin: u32,
    decay: f32,
    eps: f32,
) -> Dispatch {
    let count = values.len();
    Dispatch::new(&kernels::RMSPROP, "rmsprop")
        .params(&Rmsprop { count: count as u32, pair_begin, decay, eps })
        .buffers(&[gradients, mean_squares, values])
        .elements(count)
}

/// Adam, with the bias corrections of the step block.
pub fn adam(
    values: &Buffer,
    gradients: &Buffer,
    [means, mean_squares]: [&Buffer; 2],
    pair_begin: u32,
    [beta1, beta2]: [f32; 2],
    eps: f32,
) -> Dispatch {
    let count = values.len();
    Dispatch::new(&kernels::ADAM, "adam")
        .params(&Adam { count: count as u32, pair_begin, beta1, beta2, eps })
        .buffers(&[gradients, means, mean_squares, values])
        .elements(count)
}

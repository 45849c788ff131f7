//! RMSprop (paper, section 4): one dispatch per network, slopes projected to [0, 1] in the same dispatch.

use crate::gpu::{Buffer, Call};
use crate::kernels::{self, Rmsprop};

/// Updates `values` by its `gradients`; the learning rate comes from the step block. Elements from `pair_begin` on are
/// (threshold, slope) pairs.
pub fn rmsprop(
    values: &Buffer,
    gradients: &Buffer,
    mean_squares: &Buffer,
    pair_begin: u32,
    decay: f32,
    eps: f32,
) -> Call {
    let count = values.len();
    Call::new(&kernels::RMSPROP, "rmsprop")
        .params(&Rmsprop { count: count as u32, pair_begin, decay, eps })
        .buffers(&[gradients, mean_squares, values])
        .elements(count)
}

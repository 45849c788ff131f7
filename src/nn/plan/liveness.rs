//! Memory that serves twice: what a pass keeps of its values is not alive all the time.
//!
//! | buffer | alive | lies in the same memory |
//! |--|--|--|
//! | D's largest kept GEMM output | from D's forward pass to its activation's backward | the gradient of the images, then G's gradients |
//! | D's values of the fakes, smaller ones | in the pass for G's update | the largest one's second half, where they fit |
//! | G's values | in G's own passes | D's values of the real images, in the order `alternating` |
//! | a value's gradient | once its only reader has summed its parameters' gradients | the value itself |

use super::Activations;
use crate::device::Buffer;
use crate::nn::network::Network;

/// Buffers that are not needed while other passes run, each from its beginning on.
#[derive(Debug, Default)]
pub struct FreeBuffers {
    /// How many elements are free, and of which buffer; the fewest first.
    free: Vec<(u32, Buffer)>,
}

impl FreeBuffers {
    /// Takes the smallest buffer with room for `len` elements, if there is one.
    pub fn take(&mut self, len: u32) -> Option<Buffer> {
        let fits = self.free.iter().position(|&(room, _)| room >= len)?;
        Some(self.free.remove(fits).1)
    }
}

impl Activations {
    /// The same memory for passes over the last of several groups that learn nothing, and what is free meanwhile.
    ///
    /// In such passes [kept inputs](Network::kept_inputs) may share a buffer, because no dispatch binds two of them. They
    /// lie in the largest one's, each where its last group would lie in a buffer of its own, from `(groups - 1) * len` to
    /// `groups * len`: of two groups, one at most half as large ends before the larger one begins, and others stay. Free
    /// are all groups of a value that has moved and the first group of every other value, but nothing of the buffer that
    /// is shared.
    pub fn of_last_group(&self, network: &Network) -> (Activations, FreeBuffers) {
        let mut shared = self.clone();
        let len = |layer: usize| self.group_rows * network.specs[layer].io.output.len();
        let mut room: Vec<u32> = (0..network.specs.len()).map(len).collect();
        if let Some((&largest, smaller)) = network.kept_inputs().split_first() {
            room[largest] = 0;
            let mut begin = (self.groups - 1) * len(largest);
            for &layer in smaller {
                if self.groups * len(layer) <= begin {
                    begin = (self.groups - 1) * len(layer);
                    room[layer] = self.groups * len(layer);
                    shared.values[layer].clone_from(&self.values[largest]);
                }
            }
        }
        let free = room.into_iter().zip(&self.values).filter_map(|(room, value)| Some((room, value.clone()?)));
        let mut free: Vec<(u32, Buffer)> = free.collect();
        free.sort_by_key(|&(room, _)| room);
        (shared, FreeBuffers { free })
    }
}

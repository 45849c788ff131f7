//! Memory that serves twice: what a pass keeps of its values is not needed all the time.

use crate::device::Buffer;
use crate::nn::network::{Activations, Network};

/// Buffers that nobody needs for a while, each from its beginning on.
#[derive(Debug, Default)]
pub struct Spare {
    /// How many elements are free, and of which buffer; the fewest first.
    free: Vec<(u32, Buffer)>,
}

impl Spare {
    /// Lends the smallest buffer with room for `len` elements, if there is one.
    pub fn lend(&mut self, len: u32) -> Option<Buffer> {
        let fits = self.free.iter().position(|&(room, _)| room >= len)?;
        Some(self.free.remove(fits).1)
    }
}

impl Activations {
    /// The same memory for passes over the last of several groups that learn nothing, and what is free meanwhile.
    ///
    /// In such passes [outputs that wait](Network::waiting) may share a buffer, because no dispatch binds two of them. They
    /// lie in the largest one's, each where its last group would lie in a buffer of its own, from `(groups - 1) * len` to
    /// `groups * len`: of two groups, one at most half as large ends before the larger one begins, and others stay. Free
    /// are all groups of an output that has moved and the first group of every other value, but nothing of the buffer that
    /// is shared.
    pub fn folded(&self, network: &Network) -> (Activations, Spare) {
        let mut folded = self.clone();
        let len = |layer: usize| self.group_rows * network.specs[layer].output.len();
        let mut room: Vec<u32> = (0..network.specs.len()).map(len).collect();
        if let Some((&largest, smaller)) = network.waiting().split_first() {
            room[largest] = 0;
            let mut begin = (self.groups - 1) * len(largest);
            for &layer in smaller {
                if self.groups * len(layer) <= begin {
                    begin = (self.groups - 1) * len(layer);
                    room[layer] = self.groups * len(layer);
                    folded.values[layer].clone_from(&self.values[largest]);
                }
            }
        }
        let free = room.into_iter().zip(&self.values).filter_map(|(room, value)| Some((room, value.clone()?)));
        let mut free: Vec<(u32, Buffer)> = free.collect();
        free.sort_by_key(|&(room, _)| room);
        (folded, Spare { free })
    }
}

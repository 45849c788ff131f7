//! Which images are trained on and which are held out for the reconstruction test (the paper's evaluation).

use super::Dataset;
use crate::error::{Error, Result, sentences};
use crate::rng::{Stream, words};

/// A seeded partition of a data set. The counts say what is in force, which for small sets is less than was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Every image's index once: first the held-out images, then the training images.
    pub order: Vec<u32>,
    /// Images of the running test: the first of the held-out ones.
    pub running: u32,
    /// All held-out images, which the final test uses.
    pub final_count: u32,
}

impl Split {
    /// Indices of the images that are never trained on.
    pub fn held_out(&self) -> &[u32] {
        &self.order[..self.final_count as usize]
    }

    /// Indices of the training images.
    pub fn training(&self) -> &[u32] {
        &self.order[self.final_count as usize..]
    }
}

impl Dataset {
    /// Holds out `final_count` images, the first `running` of them for the running test; the rest is for training.
    ///
    /// At most a fifth of the set is held out (but at least one image), so that a small set keeps enough to train on.
    ///
    /// # Errors
    /// [`Error::Data`] when the set has fewer than two images.
    pub fn split(&self, seed: u32, running: u32, final_count: u32) -> Result<Split> {
        let count = self.len() as u32;
        if count < 2 {
            return Err(Error::Data(sentences::data::too_few(&self.name, count)));
        }
        let (running, final_count) = held_out_counts(count, running, final_count);
        Ok(Split { order: permutation(count, seed), running, final_count })
    }

    /// The images in the order of `split`: held-out ones first.
    pub fn arranged(&self, split: &Split) -> Dataset {
        let bytes = self.image_bytes();
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for &index in &split.order {
            let start = index as usize * bytes;
            pixels.extend_from_slice(&self.pixels[start..start + bytes]);
        }
        Dataset { name: self.name.clone(), pixels, ..*self }
    }
}

/// Of `count` images, those of the running test and all that are held out, where `running` and `final_count` are asked for.
pub fn held_out_counts(count: u32, running: u32, final_count: u32) -> (u32, u32) {
    let final_count = final_count.min(count / 5).max(1);
    (running.clamp(1, final_count), final_count)
}

/// The shuffle of Fisher and Yates, driven by the counter-based generator: the same on every machine.
fn permutation(count: u32, seed: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    for last in (1..count).rev() {
        let word = words(last, 0, Stream::Split as u32, seed)[0];
        // The high half of word * n is a uniform number below n, up to n / 2^32.
        let other = ((u64::from(word) * (u64::from(last) + 1)) >> 32) as usize;
        order.swap(last as usize, other);
    }
    order
}

//! A training batch from the packed data set.

use super::Tensor;
use crate::rng::shuffled;

/// The batch of training step `step` as `[batch, C, H, W]` in `[0, 1]`.
///
/// `pixels` holds `count` images of `shape = [H, W, C]` interleaved bytes. Image `b` of the batch is number
/// `position = step * batch + b` of the endless shuffled sequence: place `position % count` of epoch `position / count`.
pub fn gather_batch(pixels: &[u8], shape: [usize; 3], batch: u32, step: u32, seed: u32) -> Tensor {
    let [height, width, channels] = shape;
    let size = height * width * channels;
    let count = (pixels.len() / size) as u32;
    let mut images = Tensor::zeros(&[batch as usize, channels, height, width]);
    for (b, image) in images.data.chunks_exact_mut(size).enumerate() {
        let position = step.wrapping_mul(batch).wrapping_add(b as u32);
        let index = shuffled(position % count, count, position / count, seed) as usize;
        let source = &pixels[index * size..][..size];
        for (i, &byte) in source.iter().enumerate() {
            let (pixel, channel) = (i / channels, i % channels);
            image[channel * height * width + pixel] = f64::from(byte) / 255.0;
        }
    }
    images
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six images of 1x2 RGB pixels; image `i` has the bytes `10 i + (0, 1, 2 | 3, 4, 5)`. Returns the number of every
    /// image of two epochs, gathered in batches of 4: the second batch runs over the end of the first epoch.
    fn two_epochs() -> Vec<u8> {
        let pixels: Vec<u8> = (0..6u8).flat_map(|i| (0..6).map(move |j| 10 * i + j)).collect();
        let batches = (0..3).map(|step| gather_batch(&pixels, [1, 2, 3], 4, step, 5));
        let bytes = batches.flat_map(|batch| batch.data).map(|value| (value * 255.0).round() as u8);
        let bytes: Vec<u8> = bytes.collect();
        for image in bytes.chunks_exact(6) {
            assert_eq!(image, [0, 3, 1, 4, 2, 5].map(|j| image[0] + j), "channels must be separated");
        }
        bytes.chunks_exact(6).map(|image| image[0] / 10).collect()
    }

    #[test]
    fn every_epoch_holds_every_image_once_in_another_order() {
        let images = two_epochs();
        let (first, second) = images.split_at(6);
        assert_ne!(first, second);
        for epoch in [first, second] {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5]);
        }
    }
}

//! The data set on the device: packed bytes, held-out images first, then the training images.

use crate::device::{Buffer, Device, Dispatch, View};
use crate::error::{Error, Result, sentences};
use crate::kernels::{self, GatherBatch};
use crate::rng;

/// Packed u8 images on the device.
#[derive(Debug)]
pub struct DeviceImages {
    packed: Buffer,
    values: u32,
    held_out: u32,
    training: u32,
}

impl DeviceImages {
    /// Uploads images `[h, w, c]` of `values` bytes each, held-out ones first.
    ///
    /// # Errors
    /// [`Error::Limit`] when they exceed the device's binding limit; [`Error::Data`] without training images, or where the
    /// bytes are no whole number of images of a multiple of four bytes.
    pub fn new(device: &Device, held_out: &[u8], training: &[u8], values: u32) -> Result<DeviceImages> {
        let bytes = held_out.len() + training.len();
        if !values.is_multiple_of(4) || training.is_empty() || !bytes.is_multiple_of(values as usize) {
            return Err(Error::Data(sentences::data::no_image(values, training.len())));
        }
        let count = |bytes: &[u8]| (bytes.len() / values as usize) as u32;
        let images = DeviceImages::reserve(device, count(held_out), count(training), values)?;
        images.packed.write(device, held_out);
        images.packed.write_at(device, (held_out.len() / 4) as u32, training);
        Ok(images)
    }

    /// Room for so many images of `values` bytes, a multiple of four.
    ///
    /// # Errors
    /// [`Error::Limit`] when they exceed the device's binding limit.
    pub(super) fn reserve(device: &Device, held_out: u32, training: u32, values: u32) -> Result<DeviceImages> {
        let bytes = (u64::from(held_out) + u64::from(training)) * u64::from(values);
        let packed = Buffer::new(device, "packed images", (bytes / 4) as usize)?;
        Ok(DeviceImages { packed, values, held_out, training })
    }

    /// Number of held-out images.
    pub fn held_out(&self) -> u32 {
        self.held_out
    }

    /// The training batch of the running step, [batch, values] in [0, 1], written at `output`.
    pub fn training_batch(&self, batch: u32, output: &View) -> Dispatch {
        self.gather("training batch", batch, output, true)
    }

    /// The held-out images from the step block's `first` on, [batch, values] in [0, 1], written at `output`.
    pub fn held_out_batch(&self, batch: u32, output: &View) -> Dispatch {
        self.gather("held-out batch", batch, output, false)
    }

    fn gather(&self, label: &str, batch: u32, output: &View, shuffle: bool) -> Dispatch {
        let block = GatherBatch {
            count: batch * self.values / 4,
            batch,
            values: self.values,
            first: self.held_out,
            images: self.training,
            half_bits: rng::half_bits(self.training),
            shuffle: u32::from(shuffle),
            output_offset: output.offset,
        };
        Dispatch::new(&kernels::GATHER_BATCH, label)
            .params(&block)
            .buffers(&[&self.packed, &output.buffer])
            .touches(u64::from(batch) * u64::from(self.values / 4 + self.values))
            .elements(block.count as usize)
    }
}

//! Sets of images as packed bytes: built-in faces, files of the CIFAR and MNIST families, sizes, colours, the split.
//!
//! A file is recognised by its content, never by its name. A new format is one file beside [`idx`] and one line in
//! the table of `open.rs`.

pub mod cifar;
mod crop;
pub mod faces;
pub mod idx;
mod open;
mod preview;
mod resize;
mod split;

pub use faces::{face_count, faces};
pub use open::open;
pub use split::{Split, held_out_counts};

use crate::error::{Error, Result, sentences};
use std::borrow::Cow;

/// Most bytes of pixels that one set may hold. In a 32-bit address space the file, its pixels, the same at another size
/// and in another order, and the networks have to find room together.
pub const MAX_BYTES: u64 = if cfg!(target_pointer_width = "32") { 256 << 20 } else { 1 << 30 };
/// Most pixels on a side of an image: resizing keeps one image of this height in single precision.
pub const MAX_SIDE: u32 = 16_384;

/// Images of one size, one byte per channel, without labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// What the set is called: `faces`, `CIFAR-10`, or the name of the file.
    pub name: String,
    /// Width of every image in pixels.
    pub width: u32,
    /// Height of every image in pixels.
    pub height: u32,
    /// 1 (grey) or 3 (RGB).
    pub channels: u32,
    /// All images one after another, `[image][row][column][channel]`; 0 is black, 255 is full intensity.
    pub pixels: Vec<u8>,
}

impl Dataset {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.pixels.len().checked_div(self.image_bytes()).unwrap_or(0)
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of one image.
    pub fn image_bytes(&self) -> usize {
        self.width as usize * self.height as usize * self.channels as usize
    }

    /// Image `index`, `[row][column][channel]`, or nothing beyond the last one.
    pub fn image(&self, index: usize) -> Option<&[u8]> {
        self.pixels.chunks_exact(self.image_bytes().max(1)).nth(index)
    }

    /// "32x32 RGB" or "28x28 grey".
    pub fn shape(&self) -> String {
        let colours = if self.channels == 1 { "grey" } else { "RGB" };
        format!("{}x{} {colours}", self.width, self.height)
    }

    /// Adds the images of another file of the same shape, e.g. the next CIFAR-10 batch.
    ///
    /// # Errors
    /// [`Error::Data`] when the shapes differ, or when both together would be larger than [`MAX_BYTES`]; `self` is then unchanged.
    pub fn append(&mut self, other: &Dataset) -> Result<()> {
        if self.shape() != other.shape() {
            return Err(Error::Data(sentences::data::other_shape(
                &self.name,
                self.shape(),
                &other.name,
                other.shape(),
            )));
        }
        fits_in_memory(self.len() + other.len(), self.width, self.height, self.channels)?;
        if self.name != other.name {
            self.name = format!("{} + {}", self.name, other.name);
        }
        self.pixels.extend_from_slice(&other.pixels);
        Ok(())
    }

    /// The same images in grey (1) or RGB (3), without a copy where they are: grey is the luma of ITU-R BT.601, RGB from
    /// grey repeats the value.
    ///
    /// # Errors
    /// [`Error::Data`] when `channels` is neither 1 nor 3, or the result would be larger than [`MAX_BYTES`].
    pub fn with_channels(&self, channels: u32) -> Result<Cow<'_, Dataset>> {
        fits_in_memory(self.len(), self.width, self.height, channels)?;
        let pixels = match (self.channels, channels) {
            (have, want) if have == want => return Ok(Cow::Borrowed(self)),
            (3, 1) => self.pixels.chunks_exact(3).map(|rgb| luma([rgb[0], rgb[1], rgb[2]])).collect(),
            (1, 3) => self.pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
            (have, want) => {
                return Err(Error::Data(sentences::data::channels(want, have)));
            }
        };
        Ok(Cow::Owned(Dataset { name: self.name.clone(), channels, pixels, ..*self }))
    }
}

/// ITU-R BT.601 luma, 0.299 R + 0.587 G + 0.114 B, in whole numbers and rounded to nearest.
fn luma([r, g, b]: [u8; 3]) -> u8 {
    ((299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b) + 500) / 1000) as u8
}

/// Refuses a set that no 32-bit program could hold, before anything is allocated for it.
fn fits_in_memory(count: usize, width: u32, height: u32, channels: u32) -> Result<()> {
    let bytes = count as u128 * u128::from(width) * u128::from(height) * u128::from(channels);
    if bytes <= u128::from(MAX_BYTES) {
        return Ok(());
    }
    let (needed, most) = (bytes >> 20, MAX_BYTES >> 20);
    Err(Error::Data(sentences::data::too_large(count, width, height, channels, needed, most)))
}

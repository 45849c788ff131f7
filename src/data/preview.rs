//! A few images, small enough to be shown.

use super::Dataset;
use crate::error::Result;

/// Longest side of an image of a preview, in pixels.
const MAX_PREVIEW_SIDE: u32 = 64;

impl Dataset {
    /// The first `count` images, with their larger side brought down to at most 64 pixels.
    ///
    /// # Errors
    /// As [`Self::resized`].
    pub fn preview(&self, count: u32) -> Result<Dataset> {
        let bytes = (self.image_bytes() as u64).saturating_mul(u64::from(count)).min(self.pixels.len() as u64);
        let first = Dataset { name: self.name.clone(), pixels: self.pixels[..bytes as usize].to_vec(), ..*self };
        let longest = u64::from(self.width.max(self.height).max(1));
        let most = u64::from(MAX_PREVIEW_SIDE).min(longest);
        let side = |side: u32| ((u64::from(side) * most / longest) as u32).max(1);
        Ok(first.resized(side(self.width), side(self.height))?.into_owned())
    }
}

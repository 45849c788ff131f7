//! Images at another size: centre crop to the new aspect, then area averaging or bilinear interpolation.

use super::{Dataset, fits_in_memory};
use crate::error::{Error, Result, sentences};
use std::borrow::Cow;

impl Dataset {
    /// The same images at `width` x `height`, without a copy where they are. The largest centred rectangle of the new
    /// aspect is kept, then each axis averages the area under the new pixel when it shrinks and interpolates linearly
    /// when it grows. Stored values are averaged as they are, as is usual for training sets.
    ///
    /// # Errors
    /// [`Error::Data`] when a side is zero, or the result would be larger than [`super::MAX_BYTES`].
    pub fn resized(&self, width: u32, height: u32) -> Result<Cow<'_, Dataset>> {
        if width == 0 || height == 0 {
            return Err(Error::Data(sentences::data::no_pixel(width, height)));
        }
        fits_in_memory(self.len(), width, height, self.channels)?;
        if (width, height) == (self.width, self.height) {
            return Ok(Cow::Borrowed(self));
        }
        let (have_w, have_h) = (f64::from(self.width), f64::from(self.height));
        let (want_w, want_h) = (f64::from(width), f64::from(height));
        let scale = (have_w / want_w).min(have_h / want_h);
        let columns = taps(self.width, scale, width);
        let rows = taps(self.height, scale, height);

        let channels = self.channels as usize;
        let mut pixels = Vec::with_capacity(self.len() * width as usize * height as usize * channels);
        let mut narrow = vec![0f32; self.height as usize * width as usize * channels];
        let mut line = vec![0f32; width as usize * channels];
        for image in self.pixels.chunks_exact(self.image_bytes().max(1)) {
            for (row, out) in
                image.chunks_exact(self.width as usize * channels).zip(narrow.chunks_exact_mut(line.len()))
            {
                for (pixel, taps) in out.chunks_exact_mut(channels).zip(&columns) {
                    for (channel, value) in pixel.iter_mut().enumerate() {
                        *value =
                            taps.iter().map(|&(at, weight)| f32::from(row[at * channels + channel]) * weight).sum();
                    }
                }
            }
            for taps in &rows {
                line.fill(0.0);
                for &(at, weight) in taps {
                    for (sum, value) in line.iter_mut().zip(&narrow[at * width as usize * channels..]) {
                        *sum += value * weight;
                    }
                }
                pixels.extend(line.iter().map(|value| (value + 0.5) as u8));
            }
        }
        Ok(Cow::Owned(Dataset { name: self.name.clone(), width, height, channels: self.channels, pixels }))
    }
}

/// For each of `want` new pixels along one axis the old pixels it reads, with weights that sum to one.
///
/// The new pixels share the centred stretch of `scale * want` old pixels: new pixel `i` covers
/// `[start + i * scale, start + (i + 1) * scale)` in old coordinates.
fn taps(have: u32, scale: f64, want: u32) -> Vec<Vec<(usize, f32)>> {
    let last = have.saturating_sub(1);
    let start = (f64::from(have) - scale * f64::from(want)) / 2.0;
    let area = |i: u32| {
        let (from, to) = (start + f64::from(i) * scale, start + f64::from(i + 1) * scale);
        (from.max(0.0) as u32..=(to as u32).min(last))
            .map(|at| (at as usize, to.min(f64::from(at + 1)) - from.max(f64::from(at))))
            .filter(|&(_, overlap)| overlap > 0.0)
            .map(|(at, overlap)| (at, (overlap / scale) as f32))
            .collect()
    };
    let linear = |i: u32| {
        let centre = (start + (f64::from(i) + 0.5) * scale - 0.5).clamp(0.0, f64::from(last));
        let (at, share) = (centre as usize, centre.fract() as f32);
        vec![(at, 1.0 - share), ((at + 1).min(last as usize), share)]
    };
    (0..want).map(|i| if scale >= 1.0 { area(i) } else { linear(i) }).collect()
}

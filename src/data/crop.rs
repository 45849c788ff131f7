//! The middle of every image.

use super::Dataset;
use crate::error::{Error, Result, sentences};

impl Dataset {
    /// The middle `side` x `side` pixels of every image; where the margins cannot be equal, the one on the left or top
    /// is the smaller.
    ///
    /// # Errors
    /// [`Error::Data`] when `side` is zero or larger than the images.
    pub fn cropped(&self, side: u32) -> Result<Dataset> {
        if side == 0 || side > self.width.min(self.height) {
            let most = self.width.min(self.height);
            return Err(Error::Data(sentences::data::crop(most, &self.name, self.shape(), side)));
        }
        let (left, top) = ((self.width - side) / 2, (self.height - side) / 2);
        let channels = self.channels as usize;
        let row_bytes = self.width as usize * channels;
        let kept = left as usize * channels..(left + side) as usize * channels;
        let mut pixels = Vec::with_capacity(self.len() * side as usize * kept.len());
        for image in self.pixels.chunks_exact(self.image_bytes()) {
            for row in image.chunks_exact(row_bytes).skip(top as usize).take(side as usize) {
                pixels.extend_from_slice(&row[kept.clone()]);
            }
        }
        Ok(Dataset { name: self.name.clone(), width: side, height: side, channels: self.channels, pixels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_kept_pixel_by_pixel() {
        let pixel = |image: u32, y: u32, x: u32, c: u32| (60 * image + 10 * y + 2 * x + c) as u8;
        let coordinates = |image, ys: std::ops::Range<u32>, xs: std::ops::Range<u32>| {
            ys.flat_map(move |y| xs.clone().flat_map(move |x| (0..3).map(move |c| pixel(image, y, x, c))))
        };
        let pixels = (0..2).flat_map(|image| coordinates(image, 0..4, 0..5)).collect();
        let data = Dataset { name: "numbers".into(), width: 5, height: 4, channels: 3, pixels };
        let expected: Vec<u8> = (0..2).flat_map(|image| coordinates(image, 1..3, 1..3)).collect();
        assert_eq!(data.cropped(2).map(|middle| middle.pixels), Ok(expected));
        assert_eq!(data.cropped(4).map(|middle| (middle.width, middle.height, middle.len())), Ok((4, 4, 2)));
        for side in [0, 5] {
            let error = data.cropped(side).expect_err("larger than the images").to_string();
            assert!(error.contains("between 1 and 4 pixels"), "{error}");
        }
    }
}

//! Images: sets of them, and pictures.

use super::JsResult;
use crate::{data, gan};
use js_sys::Uint8ClampedArray;
use wasm_bindgen::prelude::*;

/// A set of images.
#[wasm_bindgen]
pub struct Dataset(pub(super) data::Dataset);

#[wasm_bindgen]
impl Dataset {
    /// The built-in cartoon faces, 32x32 RGB.
    pub fn faces(count: u32, seed: u32) -> Dataset {
        Dataset(data::faces(count, seed))
    }

    /// How many built-in faces a run of the given image size uses.
    #[wasm_bindgen(js_name = faceCount)]
    pub fn face_count(width: u32, height: u32, channels: u32) -> u32 {
        data::face_count(width, height, channels)
    }

    /// Reads a file by its content.
    ///
    /// # Errors
    /// Where the bytes are not a whole file of a format that [`data::open`] knows.
    pub fn open(name: &str, bytes: Vec<u8>) -> JsResult<Dataset> {
        Ok(Dataset(data::open(name, bytes)?))
    }

    /// Both sets as one.
    ///
    /// # Errors
    /// Where their images differ in size or colours, or where both together would be too large.
    pub fn append(&self, other: &Dataset) -> JsResult<Dataset> {
        let mut both = self.0.clone();
        both.append(&other.0)?;
        Ok(Dataset(both))
    }

    /// What it is called.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.0.name.clone()
    }

    /// Number of images.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> u32 {
        self.0.len() as u32
    }

    /// Width of an image.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> u32 {
        self.0.width
    }

    /// Height of an image.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> u32 {
        self.0.height
    }

    /// 1 (grey) or 3 (RGB).
    #[wasm_bindgen(getter)]
    pub fn channels(&self) -> u32 {
        self.0.channels
    }

    /// The first images, `columns` to a row, each of at most 64 pixels a side.
    ///
    /// # Errors
    /// As [`data::Dataset::preview`].
    pub fn preview(&self, images: u32, columns: u32) -> JsResult<ImageGrid> {
        Ok(ImageGrid(gan::ImageGrid::of_dataset(&self.0.preview(images)?, images, columns)))
    }
}

/// An RGBA picture.
#[wasm_bindgen]
pub struct ImageGrid(pub(super) gan::ImageGrid);

#[wasm_bindgen]
impl ImageGrid {
    /// Width in pixels.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> u32 {
        self.0.width
    }

    /// Height in pixels.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> u32 {
        self.0.height
    }

    /// A copy of the pixels, four bytes each, row by row from the top.
    #[wasm_bindgen(unchecked_return_type = "Uint8ClampedArray<ArrayBuffer>")]
    pub fn rgba(&self) -> Uint8ClampedArray {
        Uint8ClampedArray::from(self.0.rgba.as_slice())
    }
}

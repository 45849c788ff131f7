//! Pictures for people: the grid of samples from fixed latent codes, and images side by side.

use crate::config::Config;
use crate::data::Dataset;
use crate::device::{Buffer, Device, Dispatch, DispatchList, Progress, StepUniforms};
use crate::error::Result;
use crate::gan::networks::{Gan, latent_codes};
use crate::kernels::{self, Step};
use crate::nn::Shape;
use crate::rng::Stream;

/// An RGBA picture, rows from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageGrid {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Four bytes per pixel.
    pub rgba: Vec<u8>,
}

impl ImageGrid {
    /// The first `images` images of a data set, `columns` to a row.
    pub fn of_dataset(data: &Dataset, images: u32, columns: u32) -> ImageGrid {
        let images = images.min(data.len() as u32);
        let columns = columns.clamp(1, images.max(1));
        let (width, height) = (columns * data.width, images.div_ceil(columns) * data.height);
        let mut rgba = vec![0; 4 * (width * height) as usize];
        let channels = data.channels as usize;
        for (tile, image) in data.pixels.chunks_exact(data.image_bytes().max(1)).take(images as usize).enumerate() {
            let (left, top) = (tile as u32 % columns * data.width, tile as u32 / columns * data.height);
            for (i, pixel) in image.chunks_exact(channels).enumerate() {
                let (x, y) = (left + i as u32 % data.width, top + i as u32 / data.width);
                let at = 4 * (y * width + x) as usize;
                let colour = [pixel[0], pixel[channels / 2], pixel[channels - 1], 255];
                rgba[at..at + 4].copy_from_slice(&colour);
            }
        }
        ImageGrid { width, height, rgba }
    }

    /// The picture as a PNG file, RGBA with eight bits per channel.
    ///
    /// # Panics
    /// If the picture has no pixel, or `rgba` another number of bytes than four per pixel.
    pub fn png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&self.rgba));
        written.expect("a grid has pixels of four bytes, and memory does not fail to be written");
        bytes
    }
}

/// Lays images of `shape` out `columns` to a row and turns them into an RGBA grid.
#[derive(Debug)]
pub struct GridWriter {
    grid: Buffer,
    width: u32,
    height: u32,
}

impl GridWriter {
    /// Room for `images` images, and the dispatch that fills the grid from `pixels` `[images, h, w, c]` in `[0, 1]`.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] when the grid is too large for the device.
    pub fn new(
        device: &Device,
        pixels: &Buffer,
        shape: Shape,
        images: u32,
        columns: u32,
    ) -> Result<(GridWriter, Dispatch)> {
        let columns = columns.clamp(1, images.max(1));
        let tile_rows = images.div_ceil(columns).max(1);
        let (width, height) = (columns * shape.w, tile_rows * shape.h);
        let grid = Buffer::new(device, "grid", (width * height) as usize)?;
        let block = kernels::ImageGrid {
            count: width * height,
            images,
            height: shape.h,
            width: shape.w,
            channels: shape.c,
            columns,
        };
        let dispatch = Dispatch::new(&kernels::IMAGE_GRID, "grid")
            .params(&block)
            .buffers(&[pixels, &grid])
            .touches(u64::from(images * shape.len() + width * height))
            .elements((width * height) as usize);
        Ok((GridWriter { grid, width, height }, dispatch))
    }

    /// The grid as it was last filled.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device failed.
    pub async fn read(&self, device: &Device) -> Result<ImageGrid> {
        let words: Vec<u32> = self.grid.read(device).await?;
        Ok(ImageGrid {
            width: self.width,
            height: self.height,
            rgba: words.iter().flat_map(|w| w.to_le_bytes()).collect(),
        })
    }
}

/// The sample grid: `vis_size` x `vis_size` images from latent codes that never change.
#[derive(Debug)]
pub struct Samples {
    uniforms: StepUniforms,
    list: DispatchList,
    writer: GridWriter,
    seed: u32,
    rows: u32,
}

impl Samples {
    /// Allocates codes, images and grid. G runs one batch at a time, in the memory of the training step.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] when a buffer is too large for the device, [`crate::Error::Shader`] when a kernel is refused.
    pub async fn new(device: &Device, config: &Config, gan: &Gan, progress: &mut Progress<'_>) -> Result<Samples> {
        let shape = Shape::new(config.height, config.width, config.channels);
        let batch = config.batch_size;
        let images = config.vis_size * config.vis_size;
        let pieces = images.div_ceil(batch);
        let codes = Buffer::new(device, "fixed latent codes", (pieces * batch * config.code_size) as usize)?;
        let pixels = Buffer::new(device, "samples", (pieces * batch * shape.len()) as usize)?;
        let weights = gan.evaluated_weights();
        let mut dispatches = vec![latent_codes(&codes, pieces * batch * config.code_size, &[Stream::LatentFixed])];
        dispatches.extend(gan.prepare_evaluation());
        for piece in 0..pieces {
            let z = codes.at(piece * batch * config.code_size);
            dispatches.extend(gan.generate(weights.clone(), z, pixels.at(piece * batch * shape.len())).forward());
        }
        let (writer, dispatch) = GridWriter::new(device, &pixels, shape, images, config.vis_size)?;
        dispatches.push(dispatch);
        let uniforms = StepUniforms::new(device, 1)?;
        let list = DispatchList::compile(device, &uniforms, dispatches, progress).await?;
        Ok(Samples { uniforms, list, writer, seed: config.seed, rows: batch })
    }

    /// The samples of the present weights, averaged ones where the settings ask for them.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device failed.
    pub async fn grid(&self, device: &Device) -> Result<ImageGrid> {
        self.write_uniforms(device);
        device.submit_with_pauses("sample grid", |encoder| self.list.record(encoder, 0)).await;
        self.writer.read(device).await
    }

    /// Learns how fast the device is, unless it is known, by drawing samples: that leaves training as it is.
    ///
    /// # Errors
    /// As [`Device::calibrate`].
    pub async fn calibrate(&self, device: &Device) -> Result<()> {
        self.write_uniforms(device);
        device.calibrate(&self.list).await
    }

    /// Estimated work of its largest dispatch.
    pub fn largest_cost(&self) -> u64 {
        self.list.largest_cost()
    }

    fn write_uniforms(&self, device: &Device) {
        self.uniforms.write(device, &[Step { seed: self.seed, rows: self.rows, ..Step::default() }]);
    }
}

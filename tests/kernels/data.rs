//! Batches, latent codes and sample grids.

use super::compare::{Expected, Report, Tolerance};
use super::device::{dispatch, filled, nhwc, poisoned, random};
use wn_gan::device::Dispatch;
use wn_gan::kernels::{GatherBatch, ImageGrid, Kernel, Latent, Step};
use wn_gan::reference::gather_batch::gather_batch as gather_batch_reference;
use wn_gan::reference::image_grid::image_grid as image_grid_reference;
use wn_gan::reference::latent::latent as latent_reference;
use wn_gan::rng::{self, Stream};

/// Training batches in shuffled order, over the end of an epoch, and held-out batches that run out of images.
pub fn gather_batch(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    let offset = 9;
    for (shape, batch, held_out, training) in
        [([2, 2, 3], 4u32, 3u32, 7u32), ([3, 4, 1], 5, 0, 1), ([6, 5, 2], 33, 5, 70), ([2, 2, 1], 3, 2, 4)]
    {
        let values: usize = shape.iter().product();
        let all = (held_out + training) as usize;
        let bytes: Vec<u8> =
            (0..all * values).map(|i| rng::words(i as u32, 0, Stream::Data as u32, 5)[0].to_le_bytes()[0]).collect();
        let packed: Vec<u32> = bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
        let params = GatherBatch {
            count: batch * values as u32 / 4,
            batch,
            values: values as u32,
            first: held_out,
            images: training,
            half_bits: rng::half_bits(training),
            shuffle: 1,
            output_offset: offset as u32,
        };
        let mut gather = |name: &str, params: GatherBatch, step: Step, expected: Vec<f64>| {
            let call = Dispatch::new(kernel, "test").params(&params).elements(expected.len() / 4);
            let after = dispatch(call, &step, &[packed.clone(), poisoned(offset, expected.len())]);
            // byte / 255, a division.
            let expected =
                Expected::untouched(after[1].len()).at(offset, &expected, |i| Tolerance::rounded(2.5, expected[i]));
            report.compare(&format!("{shape:?} of {held_out} + {training}: {name}"), &after[1], &expected);
        };
        for (step, seed) in [(0, 1), (1, 1), (2, 1), (3, 1), (1_000, 77)] {
            let reference = gather_batch_reference(&bytes[held_out as usize * values..], shape, batch, step, seed);
            gather(
                &format!("step {step}"),
                params,
                Step { draw: step, seed, ..Step::default() },
                nhwc(&reference).data,
            );
        }
        for first in 0..all {
            let images = (first..first + batch as usize).map(|image| image.min(all - 1));
            let expected = images.flat_map(|image| &bytes[image * values..(image + 1) * values]);
            let expected = expected.map(|&byte| f64::from(byte) / 255.0).collect();
            let step = Step { first: first as u32, ..Step::default() };
            gather(&format!("from image {first}"), GatherBatch { shuffle: 0, ..params }, step, expected);
        }
    }
    report
}

/// Ulps that a latent code may be off, derived from shaders/shared/rng.wgsl.
///
/// ln u = exponent ln 2 + ln m. For exponent 0 the series loses 5 (m+1 and 2t*series 0.5 each, the division 2.5, the
/// series 1). Otherwise |ln m| <= |ln u| and |exponent ln 2| <= 2 |ln u|: the constant and its product lose 0.5 each,
/// so 2 + 5, and the sum 0.5. The root of it halves 7.5 and loses 4.5. On the circle the angle loses 1 (constant,
/// product), which the cosine (>= 0.707, slope <= 0.707, angle <= pi/4) feels as 0.8; its series loses 3 more, the
/// sine's 2.5. Their product with the radius rounds once more.
const LATENT_ULPS: f64 = 7.5 / 2.0 + 4.5 + 4.0 + 0.5;

/// Latent codes against the reference.
pub fn latent(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (batch, code, step, stream, seed) in [
        (1, 1, 0, Stream::LatentD, 0),
        (3, 7, 1, Stream::LatentG, 9),
        (5, 33, 123_456, Stream::LatentFixed, u32::MAX),
        (64, 50, u32::MAX, Stream::LatentD, 20),
    ] {
        let count: usize = batch * code;
        let params = Latent { count: 2 * count.div_ceil(4) as u32, length: count as u32, first_stream: stream as u32 };
        let call = Dispatch::new(kernel, "test").params(&params).elements(2 * count.div_ceil(4));
        let after = dispatch(call, &Step { draw: step, seed, ..Step::default() }, &[poisoned(0, 2 * count)]);
        let of_stream = |number: u32| latent_reference(batch, code, step, stream as u32 + number, seed).data;
        let z = [of_stream(0), of_stream(1)].concat();
        let expected = Expected::untouched(after[0].len()).at(0, &z, |i| Tolerance::rounded(LATENT_ULPS, z[i]));
        report.compare(&format!("[{batch}, {code}] step {step} {stream:?} seed {seed}"), &after[0], &expected);
    }
    report
}

/// Grids in grey and colour, with missing tiles and with more images than tiles.
pub fn image_grid(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (images, [height, width, channels], columns, tile_rows) in
        [(1, [1, 1, 1], 1, 1), (5, [3, 7, 1], 3, 2), (6, [5, 3, 3], 4, 3), (9, [4, 4, 3], 2, 2), (33, [9, 11, 3], 8, 5)]
    {
        // Multiples of 1/512 in [-0.5, 1.5): times 255 they are exact, so both sides round the same number, and 0.5
        // lies exactly between two bytes.
        let pixels = random(&[images, height, width, channels], 1).map(|v| ((v + 0.5) * 512.0).floor() / 512.0);
        let mut pixels = pixels.data;
        pixels[0] = 0.5;
        let words = (columns * tile_rows) as usize * height * width;
        let params = ImageGrid {
            count: words as u32,
            images: images as u32,
            height: height as u32,
            width: width as u32,
            channels: channels as u32,
            columns,
        };
        let call = Dispatch::new(kernel, "test").params(&params).elements(words);
        let after = dispatch(call, &Step::default(), &[filled(0, &pixels), poisoned(0, words)]);
        let name = format!("{images} images [{height}, {width}, {channels}] on {columns}x{tile_rows}");
        // Bytes are compared as numbers; what lies behind the grid must still be poison.
        let (grid, behind) = after[1].split_at(words);
        let bytes = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let found: Vec<u32> = bytes(grid).iter().map(|&byte| f32::from(byte).to_bits()).collect();
        let reference = image_grid_reference(&pixels, [height, width, channels], tile_rows as usize, columns as usize);
        let reference: Vec<f64> = reference.iter().map(|&byte| f64::from(byte)).collect();
        report.compare(&name, &found, &Expected::untouched(found.len()).at(0, &reference, |_| Tolerance::exact()));
        report.compare(&format!("{name}: behind"), behind, &Expected::untouched(behind.len()));
    }
    report
}

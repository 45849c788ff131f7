//! Samples tiled into one picture.

/// Tiles images into an RGBA8 grid of `rows` x `columns` tiles without gaps: `[rows H, columns W, 4]` bytes.
///
/// `images` holds values of shape `[n, H, W, C]` with `shape = [H, W, C]`; image `t` is tile `t`, row by row. A value `v`
/// becomes the byte `floor(clamp(v, 0, 1) * 255 + 0.5)`; grey is replicated; alpha is 255, and 0 where no image is left.
pub fn image_grid(images: &[f64], shape: [usize; 3], rows: usize, columns: usize) -> Vec<u8> {
    let [height, width, channels] = shape;
    let mut grid = vec![0; rows * height * columns * width * 4];
    for (tile, image) in images.chunks_exact(height * width * channels).take(rows * columns).enumerate() {
        let (top, left) = (tile / columns * height, tile % columns * width);
        for (pixel, values) in image.chunks_exact(channels).enumerate() {
            let (y, x) = (top + pixel / width, left + pixel % width);
            let byte = |channel: usize| (values[channel % channels].clamp(0.0, 1.0) * 255.0 + 0.5).floor() as u8;
            grid[(y * columns * width + x) * 4..][..4].copy_from_slice(&[byte(0), byte(1), byte(2), 255]);
        }
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_go_row_by_row_and_missing_ones_are_transparent() {
        // Three grey 1x2 images on a grid of 2x2 tiles.
        let grid = image_grid(&[0.0, 0.5, 1.0, 2.0, -1.0, 0.2], [1, 2, 1], 2, 2);
        let grey = |v: u8| [v, v, v, 255];
        let expected = [grey(0), grey(128), grey(255), grey(255), grey(0), grey(51), [0; 4], [0; 4]];
        assert_eq!(grid, expected.concat());
    }

    #[test]
    fn colours_keep_their_order() {
        assert_eq!(image_grid(&[0.0, 0.4, 1.0], [1, 1, 3], 1, 1), [0, 102, 255, 255]);
    }
}

// Images as one RGBA grid, ready for a canvas or a PNG: tile t shows image t, `columns` tiles to a row, no gap.
// pixels [images, height, width, channels] in [0,1]; grey is shown as equal red, green and blue; tiles without an
// image are transparent. One word of the grid per invocation, red in the lowest byte.
// use: shared/elements

struct Params {
    count: u32,    // pixels of the grid
    images: u32,
    height: u32,
    width: u32,
    channels: u32, // 1 or 3
    columns: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> pixels: array<f32>;
@group(0) @binding(2) var<storage, read_write> grid: array<u32>;

fn element(i: u32) {
    let grid_width = p.columns * p.width;
    let x = i % grid_width;
    let y = i / grid_width;
    let image = (y / p.height) * p.columns + x / p.width;
    if (image >= p.images) {
        grid[i] = 0u;
        return;
    }
    let at = ((image * p.height + y % p.height) * p.width + x % p.width) * p.channels;
    let red = byte(pixels[at]);
    var green = red;
    var blue = red;
    if (p.channels == 3u) {
        green = byte(pixels[at + 1u]);
        blue = byte(pixels[at + 2u]);
    }
    grid[i] = red | (green << 8u) | (blue << 16u) | (255u << 24u);
}

fn byte(value: f32) -> u32 {
    return u32(floor(clamp(value, 0.0, 1.0) * 255.0 + 0.5));
}

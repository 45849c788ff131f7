// Two images of a 2x2 average pool or nearest-neighbour upsampling, [batch, h, w, channels]: small pixel (y, x) belongs
// to big pixels (2y - pad_h + i, 2x - pad_w + j) with i, j in {0, 1}, as far as they exist.

struct Pooling {
    count: u32,  // elements of the output
    batch: u32,
    big_h: u32,
    big_w: u32,
    small_h: u32,
    small_w: u32,
    channels: u32,
    pad_h: u32,
    pad_w: u32,
    big_offset: u32,
    small_offset: u32,
    factor: f32,
}

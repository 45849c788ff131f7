// One convolution, named by its two images: the gather direction reads `big` and writes `small`, the transposed
// direction reads `small` and writes `big`. A transposed convolution is therefore the same geometry run backwards,
// and a linear layer is the geometry with 1x1 images. Layouts:
//   big    [batch, big_h, big_w, big_c]          small  [batch, small_h, small_w, small_c]
//   weight [kernel_h, kernel_w, big_c, small_c]

struct Geometry {
    batch: u32,
    big_h: u32,
    big_w: u32,
    big_c: u32,
    small_h: u32,
    small_w: u32,
    small_c: u32,
    kernel_h: u32,
    kernel_w: u32,
    stride: u32,
    pad_h: u32,
    pad_w: u32,
    big_offset: u32,    // first element of `big` in its buffer
    small_offset: u32,  // first element of `small` in its buffer
    weight_offset: u32, // first element of the weight (or of its gradient) in its buffer
    bias_offset: u32,   // first element of the bias, or NO_BIAS
    split: u32,         // rows of small per split of the weight gradient
}

const NO_BIAS: u32 = 0xffffffffu;

// The four columns from 4 n4 on of a matrix with `count` columns; beyond the last one, the last one again: such a
// column is computed and not stored, which is cheaper than four branches in the inner loop.
fn columns(n4: u32, count: u32) -> vec4<u32> {
    return min(vec4<u32>(4u * n4) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(count - 1u));
}

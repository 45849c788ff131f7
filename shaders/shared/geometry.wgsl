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
    big_offset: u32,    // first element of `big` in its buffer, where it is read
    small_offset: u32,  // first element of `small` in its buffer, where it is read
    weight_offset: u32, // first element of the weight in its buffer
    output_offset: u32, // first element of the output in its buffer
    bias_offset: u32,   // first element of the bias in params, where there is one
    pair_offset: u32,   // first (threshold, slope) pair in params
    pair_channels: u32, // number of pairs; columns of a linear layer are pixels times channels
    pre_offset: u32,    // first element of what the activation reads
    split: u32,         // rows of small per split of the weight gradient
    scaled_by: u32,     // pixels of small per factor of the weight gradient, or 0: no factors
}

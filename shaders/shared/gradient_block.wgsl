// Up to 256 neighbouring elements of one tensor's gradient, which lies in parts.

struct GradientBlock {
    source: u32, // first element of the first part
    parts: u32,
    stride: u32, // elements of a part
    first: u32,  // first element of the block in each part
    count: u32,  // elements of the block
    target_offset: u32, // where the block lies in the flat parameters
}

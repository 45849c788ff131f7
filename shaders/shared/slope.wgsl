// Element i of the flat parameters after an update: from pair_begin on they are (threshold, slope) pairs, and slopes
// are projected to [0, 1] (never clamped in the forward pass, which would freeze them).
fn projected(value: f32, i: u32, pair_begin: u32) -> f32 {
    let is_slope = i >= pair_begin && (i - pair_begin) % 2u == 1u;
    return select(value, clamp(value, 0.0, 1.0), is_slope);
}

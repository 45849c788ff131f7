// Element i of the flat parameters after an update: from pair_begin on they are (threshold, slope) pairs, and slopes
// are projected to [0, 1] (never clamped in the forward pass, which would freeze them). Not by clamp(), which may make a
// bound of NaN.
fn projected(value: f32, i: u32, pair_begin: u32) -> f32 {
    let is_slope = i >= pair_begin && (i - pair_begin) % 2u == 1u;
    let beyond = is_slope && (value < 0.0 || value > 1.0);
    return select(value, select(0.0, 1.0, value > 0.0), beyond);
}

// softplus(x) = ln(1 + e^x) and its derivative sigmoid(x), for losses on logits.

// (softplus(x), sigmoid(x)): nothing overflows, and neither loses digits where it is small.
fn softplus(x: f32) -> vec2<f32> {
    let e = exp(-abs(x));
    return vec2<f32>(max(x, 0.0) + log_1p(e), select(e, 1.0, x >= 0.0) / (1.0 + e));
}

// ln(1 + e) for e in [0, 1] as 2 artanh(s), s = e/(2 + e) <= 1/3, of which seven terms leave less than 2^-26 of it: WGSL's
// own log is exact to 2^-21 only near 1, and an e below that would be lost in 1 + e.
fn log_1p(e: f32) -> f32 {
    let s = e / (2.0 + e);
    let q = s * s;
    let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q / 13.0)))));
    return 2.0 * s * series;
}

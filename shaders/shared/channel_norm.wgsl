// Norm and effective weight of an invocation's channel, from bindings `params`, `norms` and `weights`:
//   n = sqrt(factor * |v|^2 + 1e-6)        w = gain * v / n
// use: shared/channel_block, shared/channel_sum

// n; every invocation of a workgroup must call it.
fn norm_of(own: Channel) -> f32 {
    var squares = 0.0;
    if (exists(own)) {
        for (var run = 0u; run < own.runs; run++) {
            for (var e = own.lane; e < own.length; e += LANES) {
                let v = params[own.first + run * own.jump + e * own.stride];
                squares += v * v;
            }
        }
    }
    return sqrt(own.block.factor * channel_sum(own.place, vec2<f32>(squares, 0.0)).x + NORM_EPS);
}

// Writes n and w.
fn normalise(own: Channel, n: f32) {
    if (own.lane == 0u) {
        norms[own.block.norm_offset + own.number] = n;
    }
    let scale = gain_of(own) / n;
    for (var run = 0u; run < own.runs; run++) {
        for (var e = own.lane; e < own.length; e += LANES) {
            let at = own.first + run * own.jump + e * own.stride;
            weights[at] = scale * params[at];
        }
    }
}

fn gain_of(own: Channel) -> f32 {
    if (own.block.gain_offset == NO_GAIN) {
        return 1.0;
    }
    return params[own.block.gain_offset + own.number];
}

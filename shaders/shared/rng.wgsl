// Counter-based random numbers: bit-equal to src/rng.rs.
// pcg4d of Jarzynski and Olano, "Hash Functions for GPU Rendering" (JCGT 2020).

fn pcg4d(counter: vec4<u32>) -> vec4<u32> {
    var v = counter * 1664525u + 1013904223u;
    v = pcg4d_mix(v);
    v ^= v >> vec4<u32>(16u);
    return pcg4d_mix(v);
}

fn pcg4d_mix(words: vec4<u32>) -> vec4<u32> {
    var v = words;
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    return v;
}

// ln(u) for u = count * 2^-24, count in 1..2^24. WGSL only promises log() to an absolute 2^-21 near 1, so the
// mantissa m in [1/sqrt 2, sqrt 2) is taken out by its bits: ln m = 2 artanh(t), t = (m-1)/(m+1), |t| < 0.1716;
// the series ends at t^9, its remainder is below 2 t^11 / 11 = 7e-10.
fn ln_count24(count: u32) -> f32 {
    let bits = bitcast<u32>(f32(count));
    var exponent = i32(bits >> 23u) - 127 - 24;
    var m = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
    if (m > 1.4142135) {
        m *= 0.5;
        exponent += 1;
    }
    let t = (m - 1.0) / (m + 1.0);
    let s = t * t;
    let series = 1.0 + s * (1.0 / 3.0 + s * (1.0 / 5.0 + s * (1.0 / 7.0 + s * (1.0 / 9.0))));
    return f32(exponent) * 0.6931472 + 2.0 * t * series;
}

// (cos, sin) of 2 pi count / 2^24. WGSL promises sin() and cos() only to 2^-11, so the quarter turn is split off
// exactly and the rest, at most pi/4, goes through Taylor series whose remainders are below 3e-9.
fn unit_circle(count: u32) -> vec2<f32> {
    let turns = f32(count) * (4.0 / 16777216.0);
    let quarter = floor(turns + 0.5);
    let x = (turns - quarter) * 1.5707964;
    let s = x * x;
    let c = 1.0 + s * (-0.5 + s * (1.0 / 24.0 + s * (-1.0 / 720.0 + s * (1.0 / 40320.0 - s * (1.0 / 3628800.0)))));
    let n = x * (1.0 + s * (-1.0 / 6.0 + s * (1.0 / 120.0 + s * (-1.0 / 5040.0 + s * (1.0 / 362880.0)))));
    switch (u32(quarter) & 3u) {
        case 0u: { return vec2<f32>(c, n); }
        case 1u: { return vec2<f32>(-n, c); }
        case 2u: { return vec2<f32>(-c, -n); }
        default: { return vec2<f32>(n, -c); }
    }
}

// Two independent normal numbers from two words (Box and Muller): sqrt(-2 ln u) (cos 2 pi t, sin 2 pi t).
fn normal_pair(first: u32, second: u32) -> vec2<f32> {
    let radius = sqrt(max(-2.0 * ln_count24((first >> 8u) + 1u), 0.0));
    return radius * unit_circle(second >> 8u);
}

// Image at `position` of epoch `epoch`: a keyed permutation of 0..count (balanced Feistel network, cycle walking).
fn shuffled(position: u32, count: u32, epoch: u32, seed: u32, half_bits: u32) -> u32 {
    let mask = (1u << half_bits) - 1u;
    var value = position;
    loop {
        var left = value >> half_bits;
        var right = value & mask;
        for (var round = 0u; round < 4u; round++) {
            let key = pcg4d(vec4<u32>(right, epoch, STREAM_SHUFFLE, seed + round)).x;
            let next = left ^ (key & mask);
            left = right;
            right = next;
        }
        value = (left << half_bits) | right;
        if (value < count) {
            break;
        }
    }
    return value;
}

const STREAM_SHUFFLE: u32 = 3u;

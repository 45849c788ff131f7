// Latent codes z ~ N(0, 1) of several streams, one after the other: elements 4q .. 4q+3 of a stream come from counter
// (q, draw, stream, seed) by two Box-Muller pairs.
// use: shared/elements, shared/step, shared/rng

struct Params {
    count: u32,        // counters of all streams
    length: u32,       // of a stream: batch * code_size
    first_stream: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;

// Four numbers each.
fn counters() -> u32 {
    return (p.length + 3u) / 4u;
}

fn element(id: u32) {
    let stream = id / counters();
    let counter = id % counters();
    let words = pcg4d(vec4<u32>(counter, now.draw, p.first_stream + stream, now.seed));
    let first = normal_pair(words.x, words.y);
    let second = normal_pair(words.z, words.w);
    let i = 4u * counter;
    let at = stream * p.length + i;
    z[at] = first.x;
    if (i + 1u < p.length) { z[at + 1u] = first.y; }
    if (i + 2u < p.length) { z[at + 2u] = second.x; }
    if (i + 3u < p.length) { z[at + 3u] = second.y; }
}

// Latent codes z ~ N(0, 1) of several streams, one after the other: elements 4q .. 4q+3 of a stream come from counter
// (q, draw, stream, seed) by two Box-Muller pairs.
// use: shared/grid, shared/step, shared/rng

struct Params {
    count: u32,        // of a stream: batch * code_size
    streams: u32,
    first_stream: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let counters = (p.count + 3u) / 4u;
    let id = flat_id(group, groups, lane);
    let stream = id / counters;
    if (stream >= p.streams) {
        return;
    }
    let counter = id % counters;
    let words = pcg4d(vec4<u32>(counter, now.draw, p.first_stream + stream, now.seed));
    let first = normal_pair(words.x, words.y);
    let second = normal_pair(words.z, words.w);
    let i = 4u * counter;
    let at = stream * p.count + i;
    z[at] = first.x;
    if (i + 1u < p.count) { z[at + 1u] = first.y; }
    if (i + 2u < p.count) { z[at + 2u] = second.x; }
    if (i + 3u < p.count) { z[at + 3u] = second.y; }
}

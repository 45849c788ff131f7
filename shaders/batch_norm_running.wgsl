// Running statistics as those of every group, for samples and reconstructions:
//   statistics[group, c] = (running mean, 1/sqrt(running variance + 1e-5))
// use: shared/elements, shared/variance

struct Params {
    count: u32,         // groups * channels
    channels: u32,
    running_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> running: array<f32>;
@group(0) @binding(2) var<storage, read_write> statistics: array<f32>;

fn element(i: u32) {
    let index = p.running_offset + 2u * (i % p.channels);
    statistics[2u * i] = running[index];
    statistics[2u * i + 1u] = 1.0 / sqrt(running[index + 1u] + VARIANCE_EPS);
}

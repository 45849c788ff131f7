// Second stage of all long sums of a network's backward pass: each element of the flat gradient is the sum of its parts,
// in their order. One workgroup per block of up to 256 elements.
// use: shared/gradient_block, shared/part_sum

@group(0) @binding(0) var<storage, read> blocks: array<GradientBlock>;
@group(0) @binding(1) var<storage, read> partial: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradient: array<f32>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = group.y * groups.x + group.x;
    if (number >= arrayLength(&blocks)) {
        return;
    }
    let block = blocks[number];
    if (lane < block.count) {
        gradient[block.target_offset + lane] = part_sum(block.source, block.parts, block.stride, block.first + lane);
    }
}

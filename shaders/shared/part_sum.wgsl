// Sum over the parts of a tensor's gradient, in their order: element i of part q is partial[source + q*stride + i]. The
// second stage of every long sum of a backward pass, done by gather_gradients.wgsl or within weight_norm_rmsprop.wgsl.
fn part_sum(source: u32, parts: u32, stride: u32, i: u32) -> f32 {
    var sum = 0.0;
    for (var part = 0u; part < parts; part++) {
        sum += partial[source + part * stride + i];
    }
    return sum;
}

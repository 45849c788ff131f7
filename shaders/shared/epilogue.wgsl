// What happens to a product where it is stored: a bias is added where there is one, and then by EPILOGUE
//   PLAIN      y = v
//   TPRELU     pre = v, y = TPReLU(v)                       (the activation that follows a layer)
//   SIGMOID    y = 1 / (1 + exp(-v))
//   GRADIENT   y = v if pre > a, else s v                   (v is the gradient of an activation's output, y of its input)
// with the (threshold a, slope s) of column n at params[g.pair_offset + 2 (n % g.pair_channels)]. The kernel binds
// `params`, `pre` and `output`.

const PLAIN: u32 = 0u;
const TPRELU: u32 = 1u;
const SIGMOID: u32 = 2u;
const GRADIENT: u32 = 3u;

override EPILOGUE: u32 = PLAIN;
override BIASED: bool = false;

// What is known of four columns before any row is stored.
struct Columns {
    first: u32,
    count: u32, // of the matrix
    bias: vec4<f32>,
    threshold: vec4<f32>,
    slope: vec4<f32>,
}

fn describe_channels(n4: u32, count: u32) -> Columns {
    let n = columns(n4, count);
    var known = Columns(4u * n4, count, vec4<f32>(0.0), vec4<f32>(0.0), vec4<f32>(0.0));
    if (BIASED) {
        let at = vec4<u32>(g.bias_offset) + n;
        known.bias = vec4<f32>(params[at.x], params[at.y], params[at.z], params[at.w]);
    }
    if (EPILOGUE == TPRELU || EPILOGUE == GRADIENT) {
        let at = vec4<u32>(g.pair_offset) + 2u * (n % g.pair_channels);
        known.threshold = vec4<f32>(params[at.x], params[at.y], params[at.z], params[at.w]);
        known.slope = vec4<f32>(params[at.x + 1u], params[at.y + 1u], params[at.z + 1u], params[at.w + 1u]);
    }
    return known;
}

// Four channels of the pixel that begins at element `pixel` of the image block.
fn finish(pixel: u32, known: Columns, product: vec4<f32>) {
    let at = pixel + known.first;
    let before = g.pre_offset + at;
    var v = product + known.bias;
    if (EPILOGUE == TPRELU) {
        if (known.first < known.count) { pre[before] = v.x; }
        if (known.first + 1u < known.count) { pre[before + 1u] = v.y; }
        if (known.first + 2u < known.count) { pre[before + 2u] = v.z; }
        if (known.first + 3u < known.count) { pre[before + 3u] = v.w; }
        v = select(known.slope * v + (1.0 - known.slope) * known.threshold, v, v > known.threshold);
    }
    if (EPILOGUE == SIGMOID) {
        let e = exp(-abs(v)); // never of a positive number, so nothing overflows
        v = select(e, vec4<f32>(1.0), v >= vec4<f32>(0.0)) / (1.0 + e);
    }
    if (EPILOGUE == GRADIENT) {
        let i = vec4<u32>(g.pre_offset + pixel) + columns(known.first / 4u, known.count);
        let x = vec4<f32>(pre[i.x], pre[i.y], pre[i.z], pre[i.w]);
        v = select(known.slope * v, v, x > known.threshold);
    }
    let to = g.output_offset + at;
    if (known.first < known.count) { output[to] = v.x; }
    if (known.first + 1u < known.count) { output[to + 1u] = v.y; }
    if (known.first + 2u < known.count) { output[to + 2u] = v.z; }
    if (known.first + 3u < known.count) { output[to + 3u] = v.w; }
}

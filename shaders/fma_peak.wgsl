// What the adapter's arithmetic can do at most: forty-eight independent chains x = a x + b per invocation, in registers,
// with two numbers read and one written. y = the sum of the chains, which all start at different values.
// use: shared/elements

struct Params {
    count: u32,
    rounds: u32,
    a: f32,
    b: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

fn element(i: u32) {
    let a = vec4<f32>(p.a);
    let b = vec4<f32>(p.b);
    let start = vec4<f32>(0.0, 0.25, 0.5, 0.75) + vec4<f32>(f32(i % 16u) / 16.0);
    var x0 = start;
    var x1 = start + 1.0;
    var x2 = start + 2.0;
    var x3 = start + 3.0;
    var x4 = start + 4.0;
    var x5 = start + 5.0;
    var x6 = start + 6.0;
    var x7 = start + 7.0;
    var x8 = start + 8.0;
    var x9 = start + 9.0;
    var x10 = start + 10.0;
    var x11 = start + 11.0;
    for (var round = 0u; round < p.rounds; round++) {
        x0 = fma(x0, a, b);
        x1 = fma(x1, a, b);
        x2 = fma(x2, a, b);
        x3 = fma(x3, a, b);
        x4 = fma(x4, a, b);
        x5 = fma(x5, a, b);
        x6 = fma(x6, a, b);
        x7 = fma(x7, a, b);
        x8 = fma(x8, a, b);
        x9 = fma(x9, a, b);
        x10 = fma(x10, a, b);
        x11 = fma(x11, a, b);
    }
    let sum = ((x0 + x1) + (x2 + x3)) + ((x4 + x5) + (x6 + x7)) + ((x8 + x9) + (x10 + x11));
    y[i] = (sum.x + sum.y) + (sum.z + sum.w);
}

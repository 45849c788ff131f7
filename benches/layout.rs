//! Which layout images should have: the convolution kernel as it is (NHWC) against the same kernel over NCHW.
//!
//! `cargo bench --bench layout`. The layers are D's second and third of gan32; both kernels do the same arithmetic with
//! the same body, and run in turn. The ratio is what counts: machines differ, and so do their moods.

use pollster::block_on;
use std::time::Instant;
use wn_gan::gpu::context::Limits;
use wn_gan::gpu::{Buffer, Call, Gpu, Program, Progress, StepSlots};
use wn_gan::kernels::{self, Geometry, Kernel, NO_BIAS};
use wn_gan::nn::convolution::Body;

const RUNS: usize = 9;

/// The functions of conv.wgsl that know the layout, for images [batch, c, h, w] and weights [c, kernel_h, kernel_w, n]:
/// a segment is then one row of taps in one channel.
const NCHW: &str = "
fn segment_length() -> u32 { return g.kernel_w; }
fn segment(row: vec4<i32>, s: u32) -> vec3<i32> {
    let c = s / g.kernel_h;
    let y = row.y + i32(s % g.kernel_h);
    if (row.w == 0 || y < 0 || y >= i32(g.big_h)) {
        return vec3<i32>(0);
    }
    return vec3<i32>(row.x + (i32(c * g.big_h) + y) * i32(g.big_w) + row.z, -row.z, i32(g.big_w) - row.z);
}
fn load_b(s: u32, j: u32, n4: u32) -> vec4<f32> {
    let at = g.weight_offset + (s * g.kernel_w + j) * g.small_c;
    let n = columns(n4, g.small_c);
    return vec4<f32>(weight[at + n.x], weight[at + n.y], weight[at + n.z], weight[at + n.w]);
}
fn store(m: u32, n4: u32, value: vec4<f32>) {
    let pixels = g.small_h * g.small_w;
    if (m >= g.batch * pixels) {
        return;
    }
    for (var i = 0u; i < 4u && 4u * n4 + i < g.small_c; i++) {
        small[((m / pixels) * g.small_c + 4u * n4 + i) * pixels + m % pixels] = value[i] + bias_of(4u * n4 + i);
    }
}
";

/// conv.wgsl with its layout functions replaced.
fn nchw(kernel: &'static Kernel) -> &'static Kernel {
    let mut own = kernel.parts[0].to_string();
    for name in ["segment_length", "segment", "load_b", "store"] {
        let start = own.find(&format!("fn {name}(")).expect("conv.wgsl has these functions");
        let end = start + own[start..].find("\n}\n").expect("and they end") + 3;
        own.replace_range(start..end, "");
    }
    own = own.replace("0u, g.kernel_h)", "0u, g.big_c * g.kernel_h)");
    let own: &'static str = Box::leak((own + NCHW).into_boxed_str());
    let parts = [&[own], &kernel.parts[1..]].concat();
    let name = Box::leak(format!("{} NCHW", kernel.name).into_boxed_str());
    Box::leak(Box::new(Kernel { name, parts: Box::leak(parts.into_boxed_slice()), ..*kernel }))
}

fn main() -> wn_gan::Result<()> {
    let gpu = block_on(Gpu::open(Limits::Adapter))?;
    println!("{} ({})", gpu.name(), gpu.backend());
    for (side, big_c, small_c) in [(16, 64, 128), (8, 128, 256)] {
        let g = Geometry {
            batch: 32,
            big_h: side,
            big_w: side,
            big_c,
            small_h: side / 2,
            small_w: side / 2,
            small_c,
            kernel_h: 4,
            kernel_w: 4,
            stride: 2,
            pad_h: 1,
            pad_w: 1,
            bias_offset: NO_BIAS,
            ..Geometry::default()
        };
        for (body, kernel) in [(Body::Tile, &kernels::CONV), (Body::Direct, &kernels::CONV_DIRECT)] {
            let programs = [compile(&gpu, kernel, body, &g)?, compile(&gpu, nchw(kernel), body, &g)?];
            let mut times = [Vec::new(), Vec::new()];
            for _ in 0..RUNS {
                for (program, times) in programs.iter().zip(&mut times) {
                    times.push(time(&gpu, program)?);
                }
            }
            let [nhwc, nchw] = times.map(|mut times| {
                times.sort_by(f64::total_cmp);
                times[RUNS / 2]
            });
            println!(
                "{side}x{side}, {big_c} to {small_c}, {body:?}: NHWC {nhwc:.1} ms, NCHW {nchw:.1} ms, ratio {:.2}",
                nchw / nhwc
            );
        }
    }
    Ok(())
}

fn compile(gpu: &Gpu, kernel: &'static Kernel, body: Body, g: &Geometry) -> wn_gan::Result<Program> {
    let (m, n) = (g.batch * g.small_h * g.small_w, g.small_c);
    let tile = body.tile(m, n);
    let [x, y] = body.groups(tile, m, n);
    let buffer = |name: &str, len: u32| Buffer::new(gpu, name, len as usize);
    let big = buffer("big", g.batch * g.big_h * g.big_w * g.big_c)?;
    let weight = buffer("weight", 16 * g.big_c * g.small_c)?;
    let bias = buffer("bias", 1)?;
    let small = buffer("small", m * n)?;
    let values: Vec<f32> = wn_gan::rng::uniforms(big.len(), 0, 0, 1).collect();
    big.write(gpu, &values);
    weight.write(gpu, &values[..weight.len().min(values.len())]);
    let call = Call::new(kernel, "conv").params(g).buffers(&[&big, &weight, &bias, &small]).tile(tile).grid([x, y, 1]);
    let slots = StepSlots::new(gpu, 1)?;
    block_on(Program::compile(gpu, &slots, vec![call], &mut Progress::new(1, &mut |_, _, _| {})))
}

fn time(gpu: &Gpu, program: &Program) -> wn_gan::Result<f64> {
    let fence = Buffer::new(gpu, "fence", 1)?;
    let start = Instant::now();
    gpu.submit("timed", |encoder| program.record(gpu, encoder, 0));
    block_on(fence.read::<f32>(gpu))?;
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

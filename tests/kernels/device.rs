//! One dispatch on the shared device, with poison around every input and in every output; kernels with another text;
//! random inputs; layouts.

use super::compare::{POISON, Tolerance};
use super::gpu::gpu;
use pollster::block_on;
use wn_gan::Result;
use wn_gan::device::{Buffer, Device, Dispatch, DispatchList, Progress, StepUniforms};
use wn_gan::kernels::{Kernel, Step};
use wn_gan::reference::Tensor;
use wn_gan::rng;

/// Poisoned elements behind every buffer.
const GUARD: usize = 37;

/// A copy of `kernel` in which `text`, which must occur exactly once, is replaced.
pub fn planted(kernel: &Kernel, text: &str, replacement: &str) -> &'static Kernel {
    let source = kernel.source();
    assert_eq!(source.matches(text).count(), 1, "{} must contain {text:?} once", kernel.name);
    let parts = vec![&*source.replace(text, replacement).leak()];
    // Pipelines are shared by kernel name.
    let name = format!("{} with {replacement:?} for {text:?}", kernel.name).leak();
    Box::leak(Box::new(Kernel { name, parts: parts.leak(), ..*kernel }))
}

/// Runs `call` on buffers with the given contents, in binding order, and returns all contents afterwards.
///
/// On the device every buffer has a poison of its own: one that a kernel carried from an input, which arithmetic does,
/// is not taken for the output's.
pub fn dispatch(call: Dispatch, step: &Step, contents: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let exchanged = |words: &[u32], from: u32, to: u32| -> Vec<u32> {
        words.iter().map(|&word| if word == from { to } else { word }).collect()
    };
    let own = |index: usize| POISON + 1 + index as u32;
    let marked = contents.iter().enumerate().map(|(index, words)| exchanged(words, POISON, own(index)));
    let gpu = &gpu();
    let buffers: Vec<Buffer> = marked.map(|words| upload_to(gpu, &words)).collect();
    // A GEMM binds each operand twice, as numbers and four numbers at a time.
    let twice = if is_gemm(call.kernel()) { 2 } else { 0 };
    let bound: Vec<&Buffer> =
        buffers.iter().enumerate().flat_map(|(i, b)| vec![b; 1 + usize::from(i < twice)]).collect();
    run_on(gpu, vec![call.buffers(&bound)], step);
    let words = |buffer: &Buffer| download_from(gpu, buffer);
    buffers.iter().enumerate().map(|(index, buffer)| exchanged(&words(buffer), own(index), POISON)).collect()
}

fn is_gemm(kernel: &Kernel) -> bool {
    kernel.has_override("VEC4_A")
}

/// A buffer of exactly these words.
#[allow(dead_code, reason = "each test crate that includes this file uses its part of it")]
pub fn upload(words: &[u32]) -> Buffer {
    upload_to(&gpu(), words)
}

/// The same on a given device.
pub fn upload_to(gpu: &Device, words: &[u32]) -> Buffer {
    let buffer = Buffer::new(gpu, "test", words.len()).expect("test buffers are small");
    buffer.write(gpu, words);
    buffer
}

/// A buffer's words.
#[allow(dead_code, reason = "each test crate that includes this file uses its part of it")]
pub fn download(buffer: &Buffer) -> Vec<u32> {
    download_from(&gpu(), buffer)
}

/// The same on a given device.
pub fn download_from(gpu: &Device, buffer: &Buffer) -> Vec<u32> {
    block_on(buffer.read(gpu)).unwrap_or_else(|e| panic!("{e}"))
}

/// Compiles calls into a program.
pub fn compile(gpu: &Device, slots: &StepUniforms, calls: Vec<Dispatch>) -> Result<DispatchList> {
    block_on(DispatchList::compile(gpu, slots, calls, &mut Progress::new(1, &mut |_, _, _| {})))
}

/// Runs calls one after the other. The step block lies in slot 1, behind one that nobody may read.
#[allow(dead_code, reason = "each test crate that includes this file uses its part of it")]
pub fn run(calls: Vec<Dispatch>, step: &Step) {
    run_on(&gpu(), calls, step);
}

/// The same on a given device.
pub fn run_on(gpu: &Device, calls: Vec<Dispatch>, step: &Step) {
    let slots = StepUniforms::new(gpu, 2).expect("two slots are small");
    let wrong = Step {
        draw: 999,
        metric_row: 0,
        seed: 999,
        lr: f32::NAN,
        rows: 999,
        first: 999,
        correction1: f32::NAN,
        correction2: f32::NAN,
    };
    slots.write(gpu, &[wrong, *step]);
    let program = compile(gpu, &slots, calls).unwrap_or_else(|e| panic!("{e}"));
    gpu.submit("test", |encoder| program.record(encoder, 1));
}

/// `values` from element `offset` on, rounded to f32, with poison before and behind.
pub fn filled(offset: usize, values: &[f64]) -> Vec<u32> {
    let mut words = poisoned(offset, values.len());
    for (word, &value) in words[offset..].iter_mut().zip(values) {
        *word = (value as f32).to_bits();
    }
    words
}

/// Room for `len` elements from element `offset` on, all poison.
pub fn poisoned(offset: usize, len: usize) -> Vec<u32> {
    vec![POISON; offset + len + GUARD]
}

/// Numbers in [-1, 1), exact in f32; every `stream` has its own.
pub fn random(shape: &[usize], stream: u32) -> Tensor {
    let count = shape.iter().product();
    Tensor::new(shape, rng::uniforms(count, 0, stream, 20).map(|u| 2.0 * f64::from(u) - 1.0).collect())
}

/// How far apart a tolerance allows numbers to be: for errors that a later formula stretches or shrinks.
pub fn bound(tolerance: Tolerance) -> f64 {
    match tolerance {
        Tolerance::Exact => 0.0,
        Tolerance::Within(bound) => bound,
    }
}

/// Absolute values.
pub fn abs(tensor: &Tensor) -> Tensor {
    tensor.map(f64::abs)
}

/// The same elements with axis `order[i]` as axis `i`.
pub fn permuted(tensor: &Tensor, order: [usize; 4]) -> Tensor {
    let shape: [usize; 4] = tensor.axes();
    let strides = [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1];
    let (lengths, steps) = (order.map(|axis| shape[axis]), order.map(|axis| strides[axis]));
    let mut data = Vec::with_capacity(tensor.data.len());
    for i in 0..lengths[0] {
        for j in 0..lengths[1] {
            for k in 0..lengths[2] {
                for l in 0..lengths[3] {
                    data.push(tensor.data[i * steps[0] + j * steps[1] + k * steps[2] + l * steps[3]]);
                }
            }
        }
    }
    Tensor::new(&lengths, data)
}

/// Images [B, H, W, C] as [B, C, H, W].
pub fn nchw(images: &Tensor) -> Tensor {
    permuted(images, [0, 3, 1, 2])
}

/// Images [B, C, H, W] as [B, H, W, C].
pub fn nhwc(images: &Tensor) -> Tensor {
    permuted(images, [0, 2, 3, 1])
}

//! Layers without parameters: average pooling and nearest-neighbour upsampling, each the other's gradient up to 1/4, and
//! the rescaling 2x - 1.

use crate::device::{Buffer, Dispatch, View};
use crate::kernels::{self, Add, Pooling, Rescale};
use crate::nn::layer::{LayerSpec, Shape};

/// Share of each of the four pixels of an average.
const QUARTER: f32 = 0.25;

/// 2x2 average pooling of `rows` images.
pub fn average_pool(spec: &LayerSpec, pad: [u32; 2], rows: u32, x: &View, y: &View) -> Dispatch {
    gather(&spec.name, pooling(spec.input, spec.output, pad, rows, QUARTER), x, y)
}

/// Its gradient.
pub fn average_pool_backward(spec: &LayerSpec, pad: [u32; 2], rows: u32, dy: &View, dx: &View) -> Dispatch {
    scatter(&format!("{} backward", spec.name), pooling(spec.input, spec.output, pad, rows, QUARTER), dy, dx)
}

/// Nearest-neighbour upsampling of `rows` images to twice the size, cropped by `pad`.
pub fn upsample(spec: &LayerSpec, pad: [u32; 2], rows: u32, x: &View, y: &View) -> Dispatch {
    scatter(&spec.name, pooling(spec.output, spec.input, pad, rows, 1.0), x, y)
}

/// Its gradient.
pub fn upsample_backward(spec: &LayerSpec, pad: [u32; 2], rows: u32, dy: &View, dx: &View) -> Dispatch {
    gather(&format!("{} backward", spec.name), pooling(spec.output, spec.input, pad, rows, 1.0), dy, dx)
}

fn pooling(big: Shape, small: Shape, [pad_h, pad_w]: [u32; 2], batch: u32, factor: f32) -> Pooling {
    Pooling {
        batch,
        big_h: big.h,
        big_w: big.w,
        small_h: small.h,
        small_w: small.w,
        channels: big.c,
        pad_h,
        pad_w,
        factor,
        ..Pooling::default()
    }
}

fn gather(name: &str, pooling: Pooling, big: &View, small: &View) -> Dispatch {
    let block = Pooling { big_offset: big.offset, small_offset: small.offset, ..pooling };
    Dispatch::new(&kernels::AVERAGE_POOL, name)
        .params(&block)
        .buffers(&[&big.buffer, &small.buffer])
        .elements((block.batch * block.small_h * block.small_w * block.channels) as usize)
}

fn scatter(name: &str, pooling: Pooling, small: &View, big: &View) -> Dispatch {
    let block = Pooling { big_offset: big.offset, small_offset: small.offset, ..pooling };
    Dispatch::new(&kernels::UPSAMPLE, name)
        .params(&block)
        .buffers(&[&small.buffer, &big.buffer])
        .elements((block.batch * block.big_h * block.big_w * block.channels) as usize)
}

/// y = 2x - 1 for `count` values.
pub fn rescale(name: &str, count: u32, x: &View, y: &View) -> Dispatch {
    linear(name, count, x, y, -1.0)
}

/// dx = 2dy for `count` values.
pub fn rescale_backward(name: &str, count: u32, dy: &View, dx: &View) -> Dispatch {
    linear(&format!("{name} backward"), count, dy, dx, 0.0)
}

fn linear(name: &str, count: u32, x: &View, y: &View, shift: f32) -> Dispatch {
    Dispatch::new(&kernels::RESCALE, name)
        .params(&Rescale { count, x_offset: x.offset, y_offset: y.offset, scale: 2.0, shift })
        .buffers(&[&x.buffer, &y.buffer])
        .elements(count as usize)
}

/// y = y + x for `count` values: the gradients of a value that two layers read. Both start at the same offset.
pub fn add(name: &str, count: u32, x: &View, y: &Buffer) -> Dispatch {
    Dispatch::new(&kernels::ADD, &format!("{name} both branches"))
        .params(&Add { count, offset: x.offset })
        .buffers(&[&x.buffer, y])
        .elements(count as usize)
}

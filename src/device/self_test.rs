//! A first kernel, with which a device is proved before anything is built on it.

use crate::device::buffer::Buffer;
use crate::device::context::Device;
use crate::device::dispatch::Dispatch;
use crate::device::dispatch_list::DispatchList;
use crate::device::progress::Progress;
use crate::device::step_uniforms::StepUniforms;
use crate::error::{Error, Result, sentences};
use crate::kernels::{self, ReducePartials};

/// Adds 1 + 2 and 3 + 4 on the device: a driver that builds pipelines but computes nothing is found here.
///
/// # Errors
/// [`Error::Device`] for another answer, and whatever the way there meets.
pub async fn run(device: &Device) -> Result<()> {
    let partial = Buffer::new(device, "first kernel input", 4)?;
    partial.write(device, &[1.0f32, 3.0, 2.0, 4.0]);
    let total = Buffer::new(device, "first kernel output", 2)?;
    let dispatch = Dispatch::new(&kernels::REDUCE_PARTIALS, "first kernel")
        .params(&ReducePartials { parts: 2, count: 2, total_offset: 0 })
        .buffers(&[&partial, &total])
        .elements(2);
    let steps = StepUniforms::new(device, 1)?;
    let list = DispatchList::compile(device, &steps, vec![dispatch], &mut Progress::new(1, &mut |_, _, _| {})).await?;
    device.submit("first kernel", |encoder| list.record(encoder, 0));
    let answer: Vec<f32> = total.read(device).await?;
    if answer != [3.0, 7.0] {
        return Err(Error::Device(sentences::device::first_kernel("[3, 7]", format_args!("{answer:?}"))));
    }
    Ok(())
}

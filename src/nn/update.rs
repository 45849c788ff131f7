//! A network's update: from the parts of its gradients to new parameters and effective weights.

use crate::device::{Buffer, Device, Dispatch};
use crate::error::Result;
use crate::kernels::{self, GradientBlock};
use crate::nn::network::Network;
use crate::nn::optimiser::{Flat, Optimiser};
use crate::nn::plan::{Activations, Parts};
use crate::nn::weight::FusedUpdate;

/// Elements of a block.
const BLOCK: u32 = 256;

/// The dispatches of the update of one network, for gradients that a pass over all of `activations` leaves: one, where a
/// kernel does all of it; else the sums of parts, pull-back, optimiser, effective weights.
///
/// # Errors
/// [`crate::Error::Limit`] when a buffer is too large for the device.
pub fn update(
    device: &Device,
    name: &str,
    network: &Network,
    activations: &Activations,
    optimiser: &dyn Optimiser,
) -> Result<Vec<Dispatch>> {
    let parameters = &network.parameters;
    let fused = FusedUpdate { device, name, specs: &network.specs, parameters, activations, optimiser };
    if let Some(dispatch) = parameters.reparameterisation.fused_update(&fused)? {
        return Ok(vec![dispatch]);
    }
    let blocks: Vec<GradientBlock> = activations.gradient_parts().all().flat_map(blocks_of).collect();
    let table = table(device, &format!("{name} gradient blocks"), &blocks)?;
    let gather = Dispatch::new(&kernels::GATHER_GRADIENTS, "sums of parts")
        .buffers(&[&table, activations.partial(), &parameters.gradients])
        .workgroups(blocks.len() as u32);
    let mut dispatches = vec![gather];
    dispatches.extend(parameters.reparameterisation.pull_back(&parameters.values, &parameters.gradients));
    dispatches.push(optimiser.update(Flat {
        values: &parameters.values,
        gradients: &parameters.gradients,
        state: &parameters.optimiser_state,
        kink_begin: parameters.layout.kink_begin,
    }));
    dispatches.extend(parameters.reparameterisation.after_update(&parameters.weights()));
    Ok(dispatches)
}

/// A table on the device.
pub(super) fn table<T: bytemuck::Pod>(device: &Device, name: &str, blocks: &[T]) -> Result<Buffer> {
    let buffer = Buffer::new(device, name, size_of_val(blocks) / 4)?;
    buffer.write(device, blocks);
    Ok(buffer)
}

/// A gradient that lies in its place already.
pub(super) fn in_place(target: u32, count: u32) -> Parts {
    Parts { source: 0, parts: 0, count, target }
}

/// A tensor's gradient in blocks.
pub(super) fn blocks_of(parts: Parts) -> impl Iterator<Item = GradientBlock> {
    (0..parts.count).step_by(BLOCK as usize).map(move |first| GradientBlock {
        source: parts.source,
        parts: parts.parts,
        stride: parts.count,
        first,
        count: BLOCK.min(parts.count - first),
        target_offset: parts.target + first,
    })
}

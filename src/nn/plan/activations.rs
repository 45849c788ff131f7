//! What a pass keeps of some groups of images, and the memory its gradients flow through.

use super::{BackwardPlan, GradientParts};
use crate::device::{Buffer, Device};
use crate::error::Result;
use crate::nn::layer::Source;
use crate::nn::network::Network;

/// Memory of the passes of a network. A clone shares it.
#[derive(Debug, Clone)]
pub struct Activations {
    /// Images of one group, which share batch statistics.
    pub(in crate::nn) group_rows: u32,
    pub(in crate::nn) groups: u32,
    /// Output of every layer, [rows, output]; the last layer's goes where the pass says, and so does that of a GEMM whose
    /// fused epilogue does not need it any more.
    pub(in crate::nn) values: Vec<Option<Buffer>>,
    /// What layers keep beside their outputs.
    pub(in crate::nn) memory: Vec<Option<Buffer>>,
    /// Memory of the gradients, see [`BackwardPlan`].
    pub(in crate::nn) slots: Vec<Buffer>,
    /// What layers need while their dispatches run.
    pub(in crate::nn) workspace: [Buffer; 2],
    gradient_parts: GradientParts,
    partial: Buffer,
}

impl Activations {
    /// Allocates for `groups` groups of `group_rows` images. The output of a layer lies in what `reuse` gives for the
    /// layer's number and a length, if it gives anything; large ones ask first.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] when a buffer is too large for the device.
    pub fn new(
        device: &Device,
        name: &str,
        network: &Network,
        [group_rows, groups]: [u32; 2],
        mut reuse: impl FnMut(usize, u32) -> Option<Buffer>,
    ) -> Result<Activations> {
        let specs = &network.specs;
        let rows = group_rows * groups;
        let buffer = |role: &str, len: u32| Buffer::new(device, &format!("{name} {role}"), len as usize);
        let stored = network.stored();
        let mut largest_first: Vec<usize> = (0..specs.len()).filter(|&i| stored[i + 1]).collect();
        largest_first.sort_by_key(|&i| std::cmp::Reverse(specs[i].io.output.len()));
        let mut values = vec![None; specs.len()];
        for i in largest_first {
            let len = rows * specs[i].io.output.len();
            values[i] = Some(match reuse(i, len) {
                Some(lent) => lent,
                None => buffer(&specs[i].name, len)?,
            });
        }
        let mut memory = Vec::new();
        for spec in specs {
            let asked = spec.layer.memory(spec.io, groups);
            memory.push(match asked {
                Some((pattern, times)) => {
                    let kept = buffer("statistics", pattern.len() as u32 * times)?;
                    kept.write(device, &pattern.repeat(times as usize));
                    Some(kept)
                }
                None => None,
            });
        }
        // A pass may want any of its gradients: slots hold the largest of every plan.
        let mut lengths: Vec<u32> = Vec::new();
        for (learn, input_wanted) in [(true, false), (true, true), (false, true)] {
            let slots = BackwardPlan::new(specs, learn, input_wanted).slots;
            lengths.resize(lengths.len().max(slots.len()), 0);
            lengths.iter_mut().zip(slots).for_each(|(length, slot)| *length = slot.max(*length));
        }
        let slots = lengths.iter().map(|&len| buffer("gradients", rows * len)).collect::<Result<_>>()?;
        let asked = specs.iter().map(|spec| spec.layer.workspace(spec.io, group_rows, groups));
        let [first, second] = asked.fold([0; 2], |[a, b], [c, d]| [a.max(c), b.max(d)]);
        let workspace = [buffer("workspace", first)?, buffer("second workspace", second)?];
        let weights = network.parameters.weights();
        let run =
            |layer: usize| network.run(layer, &weights, [group_rows, 0, groups], Source::Training, None, &workspace);
        let gradient_parts = GradientParts::new(specs, &network.parameters.layout, run);
        let partial = buffer("partial sums", gradient_parts.len)?;
        Ok(Activations { group_rows, groups, values, memory, slots, workspace, gradient_parts, partial })
    }

    /// Where the parts of all gradients lie.
    pub fn gradient_parts(&self) -> &GradientParts {
        &self.gradient_parts
    }

    /// The parts of all gradients, [`GradientParts::len`] elements.
    pub fn partial(&self) -> &Buffer {
        &self.partial
    }
}

//! The backward plan: which layers take part, and in which memory each gradient lies.
//!
//! A value that one layer alone reads is needed no more once that layer has summed the gradients of its parameters, so
//! its gradient takes its memory. What a sigmoid that is fused into a GEMM reads has no memory but the output's, and so has
//! its gradient. Elsewhere memory is a few slots that gradients take in turn: a chain of layers needs none, a residual
//! block up to two. A second backward pass over the same values is right only if it learns nothing and begins with no such
//! sigmoid: it reads what activations read, which stays, and not what maps read.

use crate::nn::layer::LayerSpec;

/// Where a gradient lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// That of the network's output, given from outside; not overwritten.
    Output,
    /// That of the network's input, wanted outside.
    Input,
    /// The memory of a value of this number.
    Value(usize),
    /// One of the slots.
    Slot(usize),
}

/// Where a layer writes the gradient of a value it read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Where it is written.
    pub location: Location,
    /// Where it is added afterwards, when another layer that read the value was there first.
    pub add_to: Option<Location>,
}

/// The backward pass through one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Number of the layer.
    pub layer: usize,
    /// The gradient of its output.
    pub dy: Location,
    /// Those of its inputs; `None` where it is not needed.
    pub inputs: Vec<Option<Target>>,
}

/// The backward pass through a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackwardPlan {
    /// Steps from the last layer to the first.
    pub steps: Vec<Step>,
    /// Values per image that each slot must hold.
    pub slots: Vec<u32>,
}

impl BackwardPlan {
    /// Plans it, to the parameters if `learn` and to the network's input if `input_wanted`.
    pub fn new(specs: &[LayerSpec], learn: bool, input_wanted: bool) -> BackwardPlan {
        let needed = needed(specs, learn, input_wanted);
        let is_free = |value: usize| {
            let mut readers = specs.iter().filter(|spec| spec.inputs.contains(&value));
            readers.next().is_some_and(|only| !only.layer.reads_inputs_late()) && readers.next().is_none()
        };
        let mut planner = Planner {
            reusable: (0..=specs.len()).map(is_free).collect(),
            location: vec![None; specs.len() + 1],
            free: Vec::new(),
            slots: Vec::new(),
        };
        planner.location[specs.len()] = Some(Location::Output);
        let mut steps = Vec::new();
        for (layer, spec) in specs.iter().enumerate().rev() {
            let Some(dy) = planner.location[layer + 1].filter(|_| needed[layer + 1]) else { continue };
            let last = spec.inputs.len() - 1;
            let mut kept = false;
            let mut inputs = Vec::new();
            for (number, &value) in spec.inputs.iter().enumerate() {
                if !needed[value] {
                    inputs.push(None);
                    continue;
                }
                let over = spec.layer.overwrites_output_gradient(number).then_some(dy);
                debug_assert!(over != Some(Location::Output), "the output's gradient is not overwritten");
                let (target, keeps) = planner.target(value, over, spec.io.input.len());
                kept |= keeps && number == last && over.is_some();
                inputs.push(Some(target));
            }
            if !kept {
                planner.release(dy);
            }
            steps.push(Step { layer, dy, inputs });
        }
        BackwardPlan { steps, slots: planner.slots }
    }
}

/// Which values' gradients somebody needs: those that parameters or the wanted input lie behind.
fn needed(specs: &[LayerSpec], learn: bool, input_wanted: bool) -> Vec<bool> {
    let mut needed = vec![input_wanted];
    for spec in specs {
        let behind = spec.inputs.iter().any(|&value| needed[value]);
        needed.push(behind || learn && spec.learns());
    }
    needed
}

struct Planner {
    /// Which values' memory their gradient may take.
    reusable: Vec<bool>,
    /// Where each value's gradient lies, once something has flowed into it.
    location: Vec<Option<Location>>,
    free: Vec<usize>,
    slots: Vec<u32>,
}

impl Planner {
    /// Where the gradient of `value` goes, over the gradient at `over` or into memory of its own, and whether it stays
    /// there.
    fn target(&mut self, value: usize, over: Option<Location>, len: u32) -> (Target, bool) {
        let location = match over {
            Some(location) => location,
            None if value == 0 => Location::Input,
            None if self.reusable[value] => Location::Value(value),
            None => Location::Slot(self.take(len)),
        };
        let Some(first) = self.location[value] else {
            self.location[value] = Some(location);
            return (Target { location, add_to: None }, true);
        };
        if over.is_none() {
            self.release(location);
        }
        (Target { location, add_to: Some(first) }, false)
    }

    fn take(&mut self, len: u32) -> usize {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(0);
            self.slots.len() - 1
        });
        self.slots[slot] = self.slots[slot].max(len);
        slot
    }

    fn release(&mut self, location: Location) {
        if let Location::Slot(slot) = location {
            self.free.push(slot);
        }
    }
}

//! How gradients flow back through a network: which layers take part, and in which memory each gradient lies.
//!
//! A value that one layer alone reads is needed no more once that layer has summed the gradients of its parameters, so
//! its gradient takes its memory. What a sigmoid that rides along with a linear map reads has no memory but the output's,
//! and so has its gradient. Elsewhere memory is a few slots that gradients take in turn: a chain of layers needs none, a
//! residual block up to two. A second way back over the same values is right only if it learns nothing and begins with no
//! such sigmoid: it reads what activations read, which stays, and not what maps read.

use crate::nn::layer::{LayerSpec, Op};

/// Where a gradient lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
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
    pub place: Place,
    /// Where it is added afterwards, when another layer that read the value was there first.
    pub add_to: Option<Place>,
}

/// The way back through one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Number of the layer.
    pub layer: usize,
    /// The gradient of its output.
    pub dy: Place,
    /// Those of its inputs; `None` where nobody needs it.
    pub inputs: Vec<Option<Target>>,
}

/// The way back through a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Stages from the last layer to the first.
    pub stages: Vec<Stage>,
    /// Values per image that each slot must hold.
    pub slots: Vec<u32>,
}

impl Flow {
    /// Plans the way back, to the parameters if `learn` and to the network's input if `input_wanted`.
    pub fn new(specs: &[LayerSpec], learn: bool, input_wanted: bool) -> Flow {
        let needed = needed(specs, learn, input_wanted);
        let is_free = |value: usize| {
            let mut readers = specs.iter().filter(|spec| spec.inputs.contains(&value));
            // An addition reads its branches while it writes their gradients.
            readers.next().is_some_and(|only| only.op != Op::Addition) && readers.next().is_none()
        };
        let mut planner = Planner {
            reusable: (0..=specs.len()).map(is_free).collect(),
            place: vec![None; specs.len() + 1],
            free: Vec::new(),
            slots: Vec::new(),
        };
        planner.place[specs.len()] = Some(Place::Output);
        let mut stages = Vec::new();
        for (layer, spec) in specs.iter().enumerate().rev() {
            let Some(dy) = planner.place[layer + 1].filter(|_| needed[layer + 1]) else { continue };
            let in_place = spec.backward_in_place();
            debug_assert!(!in_place || dy != Place::Output, "the output's gradient is not overwritten");
            let last = spec.inputs.len() - 1;
            let mut kept = false;
            let mut inputs = Vec::new();
            for (number, &value) in spec.inputs.iter().enumerate() {
                if !needed[value] {
                    inputs.push(None);
                    continue;
                }
                // A layer in place, and the second branch of an addition, write over dy.
                let over = (in_place || number > 0).then_some(dy);
                let (target, keeps) = planner.target(value, over, spec.input.len());
                kept |= keeps && number == last && over.is_some();
                inputs.push(Some(target));
            }
            if !kept {
                planner.release(dy);
            }
            stages.push(Stage { layer, dy, inputs });
        }
        Flow { stages, slots: planner.slots }
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
    place: Vec<Option<Place>>,
    free: Vec<usize>,
    slots: Vec<u32>,
}

impl Planner {
    /// Where the gradient of `value` goes, over the gradient at `over` or into memory of its own, and whether it stays
    /// there.
    fn target(&mut self, value: usize, over: Option<Place>, len: u32) -> (Target, bool) {
        let place = match over {
            Some(place) => place,
            None if value == 0 => Place::Input,
            None if self.reusable[value] => Place::Value(value),
            None => Place::Slot(self.take(len)),
        };
        let Some(first) = self.place[value] else {
            self.place[value] = Some(place);
            return (Target { place, add_to: None }, true);
        };
        if over.is_none() {
            self.release(place);
        }
        (Target { place, add_to: Some(first) }, false)
    }

    fn take(&mut self, len: u32) -> usize {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(0);
            self.slots.len() - 1
        });
        self.slots[slot] = self.slots[slot].max(len);
        slot
    }

    fn release(&mut self, place: Place) {
        if let Place::Slot(slot) = place {
            self.free.push(slot);
        }
    }
}

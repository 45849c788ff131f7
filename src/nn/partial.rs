//! Where the parts of long sums lie until the update adds them: every gradient of a network's backward pass has a place
//! of its own, so that one dispatch per network adds all of them.

use crate::nn::layer::{LayerSpec, Op};
use crate::nn::network::Network;
use crate::nn::parameters::LayerOffsets;
use crate::nn::sums::rows_per_part;

/// One tensor's gradient in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// First element of the first part.
    pub source: u32,
    /// Number of parts.
    pub parts: u32,
    /// Elements of a part.
    pub count: u32,
    /// Where the tensor lies in the flat parameters.
    pub target: u32,
}

/// The parts of all gradients of a network. A gradient without an entry is written to its place at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartialSums {
    /// Of each layer's effective weight.
    pub weights: Vec<Option<Parts>>,
    /// Of each layer's bias.
    pub biases: Vec<Option<Parts>>,
    /// Of each layer's thresholds and slopes, or gates.
    pub pairs: Vec<Option<Parts>>,
    /// Elements in all.
    pub len: u32,
}

impl PartialSums {
    /// The plan for a backward pass over `rows` images.
    pub fn new(network: &Network, rows: u32) -> PartialSums {
        let mut len = 0;
        let mut place = |parts: u32, count: u32, target: u32| {
            let source = len;
            len += parts * count;
            Parts { source, parts, count, target }
        };
        let (mut weights, mut biases, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        for (i, spec) in network.specs.iter().enumerate() {
            let at = &network.parameters.layout.layers[i];
            let convolution = network.convolution(i, rows);
            weights.push(
                convolution
                    .filter(|layer| layer.weight_parts() > 1)
                    .map(|layer| place(layer.weight_parts(), layer.map.weights(), at.weight)),
            );
            biases.push(convolution.and_then(|layer| Some(place(layer.bias_parts(), layer.map.units(), at.bias?))));
            pairs.push(pairs_of(spec, at).map(|target| {
                let rows = rows * spec.output.h * spec.output.w;
                place(rows.div_ceil(rows_per_part(rows)), 2 * spec.output.c, target)
            }));
        }
        PartialSums { weights, biases, pairs, len }
    }

    /// Every gradient that lies in parts.
    pub fn all(&self) -> impl Iterator<Item = Parts> {
        [&self.weights, &self.biases, &self.pairs].into_iter().flatten().filter_map(|parts| *parts)
    }
}

/// Where the pairs begin whose gradients come in parts; batch normalisation adds its own.
fn pairs_of(spec: &LayerSpec, at: &LayerOffsets) -> Option<u32> {
    if matches!(spec.op, Op::Tprelu { .. } | Op::Addition) { at.pairs } else { None }
}

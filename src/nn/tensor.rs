//! Named tensors: what a layer learns or keeps, under PyTorch's names and in PyTorch's layouts, and where each element
//! lies in the flat buffers of a network.

/// Parts of the flat parameter buffer, in their order. Weights come first, because effective weights have the same
/// offsets; kinks last, because the optimiser projects every second element from there on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Raw weights v, [kernel_h, kernel_w, big_c, small_c].
    Weight,
    /// Gains, one per unit.
    Gain,
    /// Biases, one per unit.
    Bias,
    /// Pairs per channel: (bias, scale), or gates of (residue, shortcut).
    Pair,
    /// Pairs per channel: (threshold, slope), whose slopes are kept in [0, 1].
    Kink,
}

impl Section {
    /// All of them, in order.
    pub const ALL: [Section; 5] = [Section::Weight, Section::Gain, Section::Bias, Section::Pair, Section::Kink];
}

/// What a tensor holds before anything was learned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// The same number everywhere.
    Constant(f32),
    /// Uniform in [-bound, bound).
    Symmetric(f32),
    /// Uniform in [0, 1).
    Unit,
    /// 0 in the first half, 1 in the second: gates of a residual block that starts as its shortcut.
    SecondHalf,
}

/// A tensor as the outside sees it, and where its elements lie in a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Last part of its name: `weight`, `scale`, `running_mean`.
    pub name: &'static str,
    /// PyTorch's shape.
    pub shape: Vec<usize>,
    /// First element in the block.
    pub offset: u32,
    /// Length and stride of every axis, the slowest first, in PyTorch's order of elements. There may be more axes than
    /// in `shape`, where one of PyTorch's (units of a linear layer) is two inside (pixels and channels).
    pub axes: Vec<(u32, u32)>,
    /// What it starts from.
    pub init: Init,
    /// Which of PyTorch's axes numbers the output units, where the tensor is a weight.
    pub unit_axis: Option<usize>,
}

impl Tensor {
    /// One number per channel, at every `stride`-th element from `offset` on.
    pub fn per_channel(name: &'static str, channels: u32, offset: u32, stride: u32, init: Init) -> Tensor {
        let (shape, axes) = (vec![channels as usize], vec![(channels, stride)]);
        Tensor { name, shape, offset, axes, init, unit_axis: None }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The index of every element in the block, in PyTorch's order.
    pub fn indices(&self) -> impl Iterator<Item = usize> {
        let count: u32 = self.axes.iter().map(|&(len, _)| len).product();
        (0..count).map(|number| {
            let mut rest = number;
            let along = |&(len, stride): &(u32, u32)| {
                let index = rest % len;
                rest /= len;
                index * stride
            };
            (self.offset + self.axes.iter().rev().map(along).sum::<u32>()) as usize
        })
    }
}

/// Neighbouring elements of a flat buffer that belong to one layer, and the tensors in them. Elements of no tensor are
/// held: they keep what they start from.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Where it lies.
    pub section: Section,
    /// Number of elements.
    pub len: u32,
    /// What it holds.
    pub tensors: Vec<Tensor>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_in_the_order_of_pytorch() {
        // [out 2, in 3, taps 4] of PyTorch lies inside as [taps, in, out], five elements behind the block's beginning.
        let axes = vec![(2, 1), (3, 2), (4, 6)];
        let shape = vec![2, 3, 2, 2];
        let tensor = Tensor { name: "weight", shape, offset: 5, axes, init: Init::Unit, unit_axis: Some(0) };
        let found: Vec<_> = tensor.indices().collect();
        assert_eq!(found.len(), tensor.len());
        let expected = |out: usize, input: usize, tap: usize| 5 + (tap * 3 + input) * 2 + out;
        assert_eq!(
            found[..5],
            [expected(0, 0, 0), expected(0, 0, 1), expected(0, 0, 2), expected(0, 0, 3), expected(0, 1, 0)]
        );
        assert_eq!(found[23], expected(1, 2, 3));
    }
}

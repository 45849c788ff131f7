//! Spectral normalisation (Miyato et al. 2018): w = W/sigma with sigma near the largest singular value of W [rows,
//! units], by one step of power iteration per update. For maps whose units are the last axis: not for transposed
//! convolutions.

use super::{MapsOfNetwork, Reparameterisation};
use crate::device::{Buffer, Device, Dispatch};
use crate::error::Result;
use crate::kernels::{self, CHANNELS_PER_BLOCK, SpectralBlock};
use crate::nn::layer::linear_map::LinearMap;
use crate::nn::parameters::Weights;
use crate::nn::tensor::{Block, Init, Section, Tensor};

/// Power iterations that bring a random vector near the singular one.
const INITIAL_ITERATIONS: u32 = 15;

/// Vectors and effective weights of a network, with the work lists of its rows and channels.
#[derive(Debug)]
pub struct SpectralNorm {
    effective: Buffer,
    /// s = W^T t/|t| of every layer, of length sigma.
    s: Buffer,
    /// t of every layer: the network's state.
    t: Buffer,
    inner: Buffer,
    row_blocks: Buffer,
    row_count: u32,
    channel_blocks: Buffer,
    channel_count: u32,
}

/// The vector t, PyTorch's `weight_v`: one number per row of W, whose rows PyTorch orders as the weight without its units.
pub fn state(map: &LinearMap) -> Option<Block> {
    debug_assert!(!map.is_transposed, "units are the last axis");
    let len = map.fan_in();
    // The axes of the weight that are no units, in rows instead of elements.
    let axes = map.weight_axes[map.unit_axes.len()..].iter().map(|&(len, stride)| (len, stride / map.units)).collect();
    let init = Init::Symmetric(1.0);
    let t = Tensor { name: "weight_v", shape: vec![len as usize], offset: 0, axes, init, unit_axis: None };
    Some(Block { section: Section::Pair, len, tensors: vec![t] })
}

impl SpectralNorm {
    /// Builds the work lists of all linear maps.
    pub(super) fn new(device: &Device, maps: &MapsOfNetwork<'_>) -> Result<SpectralNorm> {
        let (mut by_row, mut by_channel) = (Vec::new(), Vec::new());
        let mut s_offset = 0;
        for (layer, map, weight_offset) in maps.maps() {
            let whole = SpectralBlock {
                weight_offset,
                rows: map.fan_in(),
                channels: map.units,
                first: 0,
                t_offset: maps.layout.layers[layer].state.unwrap_or_default(),
                s_offset,
            };
            let every = |len: u32| (0..len).step_by(CHANNELS_PER_BLOCK as usize);
            by_row.extend(every(whole.rows).map(|first| SpectralBlock { first, ..whole }));
            by_channel.extend(every(whole.channels).map(|first| SpectralBlock { first, ..whole }));
            s_offset += whole.channels;
        }
        let vectors = |what: &str| Buffer::new(device, &format!("{} {what}", maps.name), s_offset as usize);
        Ok(SpectralNorm {
            effective: maps.effective_weights(device)?,
            s: vectors("singular vectors")?,
            t: maps.state.clone(),
            inner: vectors("inner products")?,
            row_blocks: maps.table(device, "row blocks", &by_row)?,
            row_count: by_row.len() as u32,
            channel_blocks: maps.table(device, "channel blocks", &by_channel)?,
            channel_count: by_channel.len() as u32,
        })
    }

    fn per_channel(&self, kernel: &'static kernels::Kernel, label: &str, buffers: &[&Buffer]) -> Dispatch {
        let all: Vec<_> = [&self.channel_blocks].into_iter().chain(buffers.iter().copied()).collect();
        Dispatch::new(kernel, label).buffers(&all).grid([self.channel_count, 1, 1])
    }
}

impl Reparameterisation for SpectralNorm {
    fn effective(&self) -> &Buffer {
        &self.effective
    }

    /// s, sigma and w from t as it is.
    fn normalise(&self, Weights { params, state, effective }: &Weights) -> Vec<Dispatch> {
        vec![
            self.per_channel(&kernels::SPECTRAL_COLUMNS, "power iteration, columns", &[params, state, &self.s]),
            self.per_channel(&kernels::SPECTRAL_NORM, "spectral norm", &[params, &self.s, effective]),
        ]
    }

    /// One power iteration with the new W, then w.
    fn after_update(&self, weights: &Weights) -> Vec<Dispatch> {
        let rows = Dispatch::new(&kernels::SPECTRAL_ROWS, "power iteration, rows")
            .buffers(&[&self.row_blocks, &weights.params, &self.s, &weights.state])
            .grid([self.row_count, 1, 1]);
        [rows].into_iter().chain(self.normalise(weights)).collect()
    }

    fn pull_back(&self, values: &Buffer, gradients: &Buffer) -> Vec<Dispatch> {
        let backward = [&self.t, &self.s, &self.inner, gradients];
        vec![
            self.per_channel(&kernels::SPECTRAL_INNER, "spectral norm, inner", &[values, gradients, &self.inner]),
            self.per_channel(&kernels::SPECTRAL_NORM_BACKWARD, "spectral norm backward", &backward),
        ]
    }

    fn initial_iterations(&self) -> u32 {
        INITIAL_ITERATIONS
    }
}

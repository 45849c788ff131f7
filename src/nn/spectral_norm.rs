//! Spectral normalisation (Miyato et al. 2018): w = W/sigma with sigma near the largest singular value of W [rows,
//! units], by one step of power iteration per update.

use crate::device::{Buffer, Device, Dispatch};
use crate::error::Result;
use crate::kernels::{self, CHANNELS_PER_BLOCK, SpectralBlock};
use crate::nn::layer::{Kind, LayerSpec};
use crate::nn::parameters::Layout;

/// Vectors and effective weights of a network, with the work lists of its rows and channels.
#[derive(Debug)]
pub struct SpectralNorm {
    /// Effective weights w, at the offsets of W.
    pub effective: Buffer,
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

impl SpectralNorm {
    /// Builds the work lists of all linear maps of `specs`; `state` holds t.
    pub fn new(
        device: &Device,
        name: &str,
        specs: &[LayerSpec],
        layout: &Layout,
        state: &Buffer,
    ) -> Result<SpectralNorm> {
        let (mut by_row, mut by_channel) = (Vec::new(), Vec::new());
        let mut s_offset = 0;
        for (spec, at) in specs.iter().zip(&layout.layers) {
            let Some(map) = spec.map() else { continue };
            debug_assert!(!matches!(map.kind, Kind::ConvTranspose { .. }), "units are the last axis");
            let whole = SpectralBlock {
                weight_offset: at.weight,
                rows: map.fan_in(),
                channels: map.units(),
                first: 0,
                t_offset: at.state.unwrap_or_default(),
                s_offset,
            };
            let every = |len: u32| (0..len).step_by(CHANNELS_PER_BLOCK as usize);
            by_row.extend(every(whole.rows).map(|first| SpectralBlock { first, ..whole }));
            by_channel.extend(every(whole.channels).map(|first| SpectralBlock { first, ..whole }));
            s_offset += whole.channels;
        }
        let table = |role: &str, blocks: &[SpectralBlock]| -> Result<Buffer> {
            let buffer = Buffer::new(device, &format!("{name} {role}"), size_of_val(blocks) / 4)?;
            buffer.write(device, blocks);
            Ok(buffer)
        };
        Ok(SpectralNorm {
            effective: Buffer::new(device, &format!("{name} effective weights"), layout.weights as usize)?,
            s: Buffer::new(device, &format!("{name} singular vectors"), s_offset as usize)?,
            t: state.clone(),
            inner: Buffer::new(device, &format!("{name} inner products"), s_offset as usize)?,
            row_blocks: table("row blocks", &by_row)?,
            row_count: by_row.len() as u32,
            channel_blocks: table("channel blocks", &by_channel)?,
            channel_count: by_channel.len() as u32,
        })
    }

    /// One power iteration with the new W, then w.
    pub fn iterate(&self, values: &Buffer) -> Vec<Dispatch> {
        let rows = Dispatch::new(&kernels::SPECTRAL_ROWS, "power iteration, rows")
            .buffers(&[&self.row_blocks, values, &self.s, &self.t])
            .grid([self.row_count, 1, 1]);
        [rows].into_iter().chain(self.normalise(values)).collect()
    }

    /// s, sigma and w from t as it is.
    pub fn normalise(&self, values: &Buffer) -> Vec<Dispatch> {
        vec![
            self.per_channel(&kernels::SPECTRAL_COLUMNS, "power iteration, columns", &[values, &self.t, &self.s]),
            self.per_channel(&kernels::SPECTRAL_NORM, "spectral norm", &[values, &self.s, &self.effective]),
        ]
    }

    /// Turns gradients of w into gradients of W, in place.
    pub fn pull_back(&self, values: &Buffer, gradients: &Buffer) -> Vec<Dispatch> {
        let backward = [&self.t, &self.s, &self.inner, gradients];
        vec![
            self.per_channel(&kernels::SPECTRAL_INNER, "spectral norm, inner", &[values, gradients, &self.inner]),
            self.per_channel(&kernels::SPECTRAL_NORM_BACKWARD, "spectral norm backward", &backward),
        ]
    }

    fn per_channel(&self, kernel: &'static kernels::Kernel, label: &str, buffers: &[&Buffer]) -> Dispatch {
        let all: Vec<_> = [&self.channel_blocks].into_iter().chain(buffers.iter().copied()).collect();
        Dispatch::new(kernel, label).buffers(&all).grid([self.channel_count, 1, 1])
    }
}

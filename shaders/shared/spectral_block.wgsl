// Sixteen neighbouring rows or channels of one layer with spectral norm, the unit of work of spectral_*.wgsl. The
// layer's weight is the matrix W[rows, channels]; power iteration keeps t[rows], near the first singular vector of
// the inputs, and s[channels] = W^T t/|t|, whose length is the singular value sigma.

struct SpectralBlock {
    weight_offset: u32, // of W in params, and of w in weights
    rows: u32,
    channels: u32,
    first: u32,         // first row or channel of the block
    t_offset: u32,
    s_offset: u32,
}

const MIN_LENGTH: f32 = 1e-12;

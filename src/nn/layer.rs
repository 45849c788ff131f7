//! What a layer is, as plain data: shapes, weights, activation. No GPU types.

use crate::kernels::Geometry;

/// Height, width and channels of one image or feature map, stored [h, w, c] with channels fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub h: u32,
    /// Columns.
    pub w: u32,
    /// Channels.
    pub c: u32,
}

impl Shape {
    /// A shape of `h` x `w` pixels with `c` channels.
    pub const fn new(h: u32, w: u32, c: u32) -> Shape {
        Shape { h, w, c }
    }

    /// Values per image.
    pub const fn len(&self) -> u32 {
        self.h * self.w * self.c
    }

    /// Whether it holds nothing.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Which linear map a layer applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Convolution: big image to small image.
    Conv {
        /// Kernel height and width.
        kernel: [u32; 2],
        /// Step between taps' origins.
        stride: u32,
        /// Padding above and left (and below and right).
        pad: [u32; 2],
    },
    /// Transposed convolution: small image to big image.
    ConvTranspose {
        /// Kernel height and width.
        kernel: [u32; 2],
        /// Step between taps' origins.
        stride: u32,
        /// Padding of the convolution this is the adjoint of.
        pad: [u32; 2],
    },
    /// Every output value sees every input value; one weight row (and norm) per output value.
    Linear,
    /// A convolution whose kernel covers the whole image: one output pixel. Computed as [`Kind::Linear`], stored and
    /// named as a convolution.
    FullConv,
}

/// How the effective weight w is made from the raw parameter v (paper, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reparameterisation {
    /// w = v, with a bias per unit.
    Plain,
    /// Strict weight normalisation, w = v/n: no gain, no bias.
    Strict,
    /// Affine weight normalisation, w = gain * v/n, with a bias per unit.
    Affine,
    /// Spectral normalisation, w = v/sigma, with a bias per unit (Miyato et al. 2018).
    Spectral,
}

/// What a layer computes from one earlier value, or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// A linear map with a reparameterised weight.
    Map(Kind, Reparameterisation),
    /// Batch normalisation, with a (bias, scale) pair per channel. It couples the samples of a batch, which no
    /// reparameterisation does.
    BatchNorm,
    /// TPReLU with one (threshold, slope) pair per channel; a held parameter keeps its initial value.
    Tprelu {
        /// Whether thresholds learn (TPReLU, TReLU) or stay 0 (PReLU, ReLU).
        learn_threshold: bool,
        /// Whether slopes learn (TPReLU, PReLU) or stay 0 (TReLU, ReLU).
        learn_slope: bool,
    },
    /// Sigmoid; only as a network's last layer.
    Sigmoid,
    /// Weight-normalised addition of a residue and a shortcut, with a pair of gates per channel.
    Addition,
    /// y = scale * x + bias per channel.
    ChannelAffine,
    /// 2x2 average pooling of the image padded by zeros.
    AveragePool {
        /// Padding above and left (and below and right).
        pad: [u32; 2],
    },
    /// Nearest-neighbour upsampling to twice the size, cropped.
    Upsample {
        /// Pixels cropped above and left (and below and right).
        pad: [u32; 2],
    },
    /// y = 2x - 1.
    Rescale,
}

/// One layer of a network. A network's values are its input, number 0, and the output of layer i, number i + 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerSpec {
    /// The authors' module name without the network's prefix: `initial.linear`, `level.0.tprelu`, `final.conv`.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// Numbers of the values it reads: two for [`Op::Addition`], residue first.
    pub inputs: Vec<usize>,
    /// Shape of one input image (both alike in an addition).
    pub input: Shape,
    /// Shape of one output image.
    pub output: Shape,
}

/// A linear map as part of a layer: what the convolution kernels and the reparameterisations work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinearMap {
    /// Which map.
    pub kind: Kind,
    /// How its weight is made.
    pub reparameterisation: Reparameterisation,
    /// Shape of one input image.
    pub input: Shape,
    /// Shape of one output image.
    pub output: Shape,
}

impl LayerSpec {
    /// The layer's linear map, if it is one.
    pub fn map(&self) -> Option<LinearMap> {
        match self.op {
            Op::Map(kind, reparameterisation) => {
                Some(LinearMap { kind, reparameterisation, input: self.input, output: self.output })
            }
            _ => None,
        }
    }

    /// Whether it learns anything.
    pub fn learns(&self) -> bool {
        match self.op {
            Op::Map(..) | Op::BatchNorm | Op::Addition | Op::ChannelAffine => true,
            Op::Tprelu { learn_threshold, learn_slope } => learn_threshold || learn_slope,
            Op::Sigmoid | Op::AveragePool { .. } | Op::Upsample { .. } | Op::Rescale => false,
        }
    }

    /// Whether dx replaces dy in its memory on the way back.
    pub fn backward_in_place(&self) -> bool {
        matches!(self.op, Op::BatchNorm | Op::Tprelu { .. } | Op::ChannelAffine)
    }
}

impl LinearMap {
    /// Number of weights.
    pub fn weights(&self) -> u32 {
        let g = self.geometry();
        g.kernel_h * g.kernel_w * g.big_c * g.small_c
    }

    /// Output units that have a weight vector (and norm, gain, bias) of their own: values for a linear layer, channels
    /// for convolutions.
    pub fn units(&self) -> u32 {
        if self.kind == Kind::Linear { self.output.len() } else { self.output.c }
    }

    /// Inputs that one weight vector sees: `in` for linear, `in * kh * kw` for convolutions (paper, initialisation).
    pub fn fan_in(&self) -> u32 {
        self.weights() / self.units()
    }

    /// Whether a bias is added.
    pub fn has_bias(&self) -> bool {
        self.reparameterisation != Reparameterisation::Strict
    }

    /// Whether a gain per unit is learned.
    pub fn has_gain(&self) -> bool {
        self.reparameterisation == Reparameterisation::Affine
    }

    /// Factor f of the squared norm: 1/stride^2 for transposed convolution, because only that share of the taps
    /// reaches any one output pixel; otherwise 1.
    pub fn norm_factor(&self) -> f32 {
        match self.kind {
            Kind::ConvTranspose { stride, .. } => 1.0 / (stride * stride) as f32,
            _ => 1.0,
        }
    }

    /// Whether the input is the small image of [`Self::geometry`].
    pub fn is_transposed(&self) -> bool {
        matches!(self.kind, Kind::ConvTranspose { .. })
    }

    /// The layer as one convolution, with batch, offsets and split still open.
    pub fn geometry(&self) -> Geometry {
        let (big, small) = if self.is_transposed() { (self.output, self.input) } else { (self.input, self.output) };
        let closed = Geometry::default();
        match self.kind {
            Kind::Conv { kernel, stride, pad } | Kind::ConvTranspose { kernel, stride, pad } => Geometry {
                big_h: big.h,
                big_w: big.w,
                big_c: big.c,
                small_h: small.h,
                small_w: small.w,
                small_c: small.c,
                kernel_h: kernel[0],
                kernel_w: kernel[1],
                stride,
                pad_h: pad[0],
                pad_w: pad[1],
                ..closed
            },
            // Images of one pixel whose channels are all values.
            Kind::Linear | Kind::FullConv => Geometry {
                big_h: 1,
                big_w: 1,
                big_c: big.len(),
                small_h: 1,
                small_w: 1,
                small_c: small.len(),
                kernel_h: 1,
                kernel_w: 1,
                stride: 1,
                ..closed
            },
        }
    }
}

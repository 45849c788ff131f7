//! The GEMMs of convolution, transposed convolution and linear layers: three kernels serve all of them, because a transposed
//! convolution is a convolution run backwards and a linear layer is a convolution of one pixel.

use super::epilogue::Epilogue;
use super::{GemmShape, Variant};
use crate::device::{Buffer, Dispatch, View};
use crate::kernels::{self, CHANNELS_PER_BLOCK, ColumnSum, Geometry, constants};
use crate::nn::gemm;
use crate::nn::layer::ImageFactors;
use crate::nn::layer::linear_map::LinearMap;
use crate::nn::parameters::{LayerOffsets, Weights};
use crate::nn::sums::rows_per_part;
use crate::nn::tensor::Section;

/// Pixels per split at least: below this the partial sums cost more than they save.
const SPLIT_PIXELS: u32 = 64;

/// A layer's linear map applied to `rows` images.
#[derive(Debug, Clone, Copy)]
pub struct Convolution<'a> {
    /// Name of the layer.
    pub name: &'a str,
    /// Its linear map.
    pub map: &'a LinearMap,
    /// Where its parameters lie.
    pub at: &'a LayerOffsets,
    /// Number of images.
    pub rows: u32,
    /// Kernel variant of its GEMMs.
    pub variant: Variant,
    /// Bound where a kernel has a binding that the dispatch does not use.
    pub dummy: &'a Buffer,
}

impl Convolution<'_> {
    /// y = W x + b and what follows (fprop): x [rows, input] at `input`, y [rows, output] written at `output`. What the
    /// epilogue keeps or reads lies at its view.
    pub fn forward(
        &self,
        weights: &Weights,
        input: &View,
        output: &View,
        epilogue: Option<(Epilogue, &View)>,
    ) -> Dispatch {
        let bias = self.at.offset(Section::Bias);
        if self.map.is_transposed {
            self.scatter(weights, input, output, bias, epilogue, "forward")
        } else {
            self.gather(weights, input, output, bias, epilogue, "forward")
        }
    }

    /// dx = W^T dy and what follows (dgrad): dy [rows, output] at `dy`, dx [rows, input] written at `dx`.
    pub fn input_gradient(
        &self,
        weights: &Weights,
        dy: &View,
        dx: &View,
        epilogue: Option<(Epilogue, &View)>,
    ) -> Dispatch {
        if self.map.is_transposed {
            self.gather(weights, dy, dx, None, epilogue, "input gradient")
        } else {
            self.scatter(weights, dy, dx, None, epilogue, "input gradient")
        }
    }

    /// From the big image to the small one: fprop of convolutions, dgrad of transposed ones.
    fn gather(
        &self,
        weights: &Weights,
        big: &View,
        small: &View,
        bias: Option<u32>,
        epilogue: Option<(Epilogue, &View)>,
        what: &str,
    ) -> Dispatch {
        let g = Geometry { big_offset: big.offset, ..self.geometry(bias, small.offset) };
        let shape = GemmShape {
            m: g.batch * g.small_h * g.small_w,
            n: g.small_c,
            batch: 1,
            runs: g.kernel_h,
            run_length: g.kernel_w * g.big_c,
        };
        let vec4 = [in_fours(g.big_c, big.offset), in_fours(g.small_c, self.weight_offset())];
        let call = gemm::dispatch(self.variant, &gemm::CONV, &self.label(what), shape, vec4);
        self.finish(call, g, [big, small], weights, bias.is_some(), epilogue)
    }

    /// From the small image to the big one, one phase of output pixels per z of the grid: fprop of transposed convolutions,
    /// dgrad of others.
    fn scatter(
        &self,
        weights: &Weights,
        small: &View,
        big: &View,
        bias: Option<u32>,
        epilogue: Option<(Epilogue, &View)>,
        what: &str,
    ) -> Dispatch {
        let g = Geometry { small_offset: small.offset, ..self.geometry(bias, big.offset) };
        let shape = GemmShape {
            m: g.batch * g.big_h.div_ceil(g.stride) * g.big_w.div_ceil(g.stride),
            n: g.big_c,
            batch: g.stride * g.stride,
            // Every tap belongs to one phase.
            runs: g.kernel_h * g.kernel_w,
            run_length: g.small_c,
        };
        let vec4 = [in_fours(g.small_c, small.offset), in_fours(g.small_c, self.weight_offset())];
        let call = gemm::dispatch(self.variant, &gemm::CONV_TRANSPOSE, &self.label(what), shape, vec4);
        self.finish(call, g, [small, big], weights, bias.is_some(), epilogue)
    }

    /// Parameters and buffers of a product from `input` to `output`.
    fn finish(
        &self,
        call: Dispatch,
        geometry: Geometry,
        [input, output]: [&View; 2],
        weights: &Weights,
        biased: bool,
        epilogue: Option<(Epilogue, &View)>,
    ) -> Dispatch {
        let kind = epilogue.map_or(constants::PLAIN, |(epilogue, _)| epilogue.kind);
        let pairs = epilogue.and_then(|(epilogue, _)| epilogue.pairs);
        let (pair_offset, pair_channels) = pairs.unwrap_or((0, 1));
        // What the epilogue reads, or keeps of what it reads.
        let pre = epilogue.filter(|(epilogue, _)| epilogue.keeps_input).map(|(_, pre)| pre);
        let pre_offset = pre.map_or(0, |pre| pre.offset);
        let pre = pre.map_or(self.dummy, |pre| &pre.buffer);
        let (x, w) = (&input.buffer, &weights.effective);
        call.params(&Geometry { pair_offset, pair_channels, pre_offset, ..geometry })
            .overrides(&[("EPILOGUE", kind), ("BIASED", u32::from(biased))])
            .buffers(&[x, x, w, w, &weights.params, pre, &output.buffer])
    }

    fn geometry(&self, bias: Option<u32>, output_offset: u32) -> Geometry {
        let bias_offset = bias.unwrap_or_default();
        Geometry {
            batch: self.rows,
            weight_offset: self.weight_offset(),
            bias_offset,
            output_offset,
            ..self.map.geometry
        }
    }

    /// The gradient of the effective weight, dW = sum dy x^T over images and pixels (wgrad): x [rows, input] at `input`,
    /// dy [rows, output] at `dy`, each image's share times its factor, if there are some. Written to `output` from its
    /// offset on as [parts, kernel_h, kernel_w, big_c, small_c] with [`Self::weight_parts`] parts.
    pub fn weight_gradient(
        &self,
        input: &View,
        dy: &View,
        factors: Option<ImageFactors<'_>>,
        output: &View,
    ) -> Dispatch {
        let (big, small) = if self.map.is_transposed { (dy, input) } else { (input, dy) };
        let plan = self.split();
        let geometry = Geometry {
            big_offset: big.offset,
            small_offset: small.offset,
            output_offset: output.offset,
            split: plan.rows,
            scaled_by: factors.map_or(0, |_| plan.pixels),
            ..plan.geometry
        };
        let vec4 = [in_fours(geometry.big_c, big.offset), in_fours(geometry.small_c, small.offset)];
        let label = self.label("weight gradient");
        let (big, small) = (&big.buffer, &small.buffer);
        let factors = factors.map_or(small, |factors| factors.of_image);
        let kernels = &gemm::CONV_WEIGHT_GRADIENT;
        gemm::dispatch(self.variant, kernels, &label, plan.shape, vec4).params(&geometry).buffers(&[
            big,
            big,
            small,
            small,
            factors,
            &output.buffer,
        ])
    }

    /// Parts of the weight gradient's sum.
    pub fn weight_parts(&self) -> u32 {
        self.split().shape.batch
    }

    /// The bias gradient, the sum of dy over images and pixels, as [parts, units] with [`Self::bias_parts`] parts at
    /// `output`.
    pub fn bias_gradient(&self, dy: &View, factors: Option<ImageFactors<'_>>, output: &View) -> Dispatch {
        let (channels, rows, rows_per_part) = self.bias_rows();
        let block = ColumnSum {
            rows,
            channels,
            rows_per_part,
            dy_offset: dy.offset,
            output_offset: output.offset,
            scaled_by: factors.map_or(0, |_| rows / self.rows),
        };
        let factors = factors.map_or(&dy.buffer, |factors| factors.of_image);
        Dispatch::new(&kernels::COLUMN_SUM, &self.label("bias gradient"))
            .params(&block)
            .buffers(&[&dy.buffer, factors, &output.buffer])
            .grid([channels.div_ceil(CHANNELS_PER_BLOCK), self.bias_parts(), 1])
    }

    /// Parts of the bias gradient's sum.
    pub fn bias_parts(&self) -> u32 {
        let (_, rows, rows_per_part) = self.bias_rows();
        rows.div_ceil(rows_per_part)
    }

    /// Units, rows of dy, and rows of a part.
    fn bias_rows(&self) -> (u32, u32, u32) {
        let channels = self.map.units;
        let rows = self.rows * self.map.output_len() / channels;
        (channels, rows, rows_per_part(rows))
    }

    fn weight_offset(&self) -> u32 {
        self.at.offset(Section::Weight).unwrap_or_default()
    }

    fn label(&self, what: &str) -> String {
        format!("{} {what}", self.name)
    }

    /// How a weight gradient's long sum over rows of pixels is cut into parts.
    fn split(&self) -> Split {
        let mut g = Geometry { batch: self.rows, ..self.map.geometry };
        let pixels = g.small_h * g.small_w;
        if g.big_h * g.big_w == 1 && g.kernel_h * g.kernel_w == 1 {
            // Images of one pixel lie side by side like the pixels of a row, and a row is what the sum runs along.
            g = Geometry { batch: 1, big_w: self.rows, small_w: self.rows, ..g };
        }
        let (m, n) = (g.kernel_h * g.kernel_w * g.big_c, g.small_c);
        let pixel_rows = g.batch * g.small_h;
        let most = (pixel_rows * g.small_w).div_ceil(SPLIT_PIXELS).min(pixel_rows);
        let whole = GemmShape { m, n, batch: 1, runs: pixel_rows, run_length: g.small_w };
        let [x, y] = self.variant.workgroup(&gemm::CONV_WEIGHT_GRADIENT, whole).workgroups(m, n);
        let wanted = self.variant.min_workgroups().div_ceil(x * y).clamp(1, most.max(1));
        let rows = pixel_rows.div_ceil(wanted);
        let shape = GemmShape { batch: pixel_rows.div_ceil(rows), ..whole };
        Split { shape, pixels, rows, geometry: g }
    }
}

/// Whether `count` neighbours from `offset` on can be read four at a time.
fn in_fours(count: u32, offset: u32) -> bool {
    count.is_multiple_of(4) && offset.is_multiple_of(4)
}

struct Split {
    /// Its batch is the number of parts.
    shape: GemmShape,
    /// Pixels of a small image.
    pixels: u32,
    /// Rows of pixels in a part.
    rows: u32,
    geometry: Geometry,
}

//! The table of all kernels: source, bindings and parameter block of each; nothing else.
//!
//! `tests/shaders.rs` holds this table against what naga reads from the shaders, so a line that drifts fails a test.

use bytemuck::{Pod, Zeroable};

/// What a kernel binds at one slot of group 0, in the order of `@binding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// The kernel's parameter block, written once when a program is compiled; its size in bytes.
    Params(u32),
    /// The [`Step`] block of the running step, bound by dynamic offset.
    Step,
    /// A storage buffer that is only read.
    Read,
    /// A storage buffer that is written.
    Write,
}

/// One WGSL file with one entry point `main`.
#[derive(Debug)]
pub struct Kernel {
    /// File stem below `shaders/`; with `, wide`, `, subgroup`, `, quad`, `, narrow` or `, panel` for another body of a product.
    pub name: &'static str,
    /// The kernel's own source, first, so that its line numbers hold, then the shared parts it is joined with.
    pub parts: &'static [&'static str],
    /// What it binds.
    pub bindings: &'static [Binding],
    /// Shape of its workgroups.
    pub workgroup: Workgroup,
}

/// Shapes of workgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workgroup {
    /// 256 invocations.
    Flat,
    /// Sixteen channels and for each as many invocations as suit the device (`LANES` in shared/channel_sum.wgsl).
    Channels,
    /// A matrix product through workgroup memory: as many as its overrides say.
    Tile,
    /// A matrix product through the registers of a subgroup of eight.
    Subgroup,
    /// The same with a subgroup of four.
    Quad,
    /// The same for few columns, as wide as its override says.
    Narrow,
    /// As many as its sums in a tree have leaves (`WIDTH` in shared/tree_sum.wgsl).
    Tree,
    /// A matrix product by one invocation.
    Panel,
}

impl Kernel {
    /// Whether it needs the optional feature `subgroups`.
    pub fn needs_subgroups(&self) -> bool {
        matches!(self.workgroup, Workgroup::Subgroup | Workgroup::Quad | Workgroup::Narrow)
    }

    /// Whether a processor can run it without a driver, one invocation after the other (src/processor).
    pub fn runs_on_processors(&self) -> bool {
        matches!(self.workgroup, Workgroup::Flat | Workgroup::Channels | Workgroup::Tree | Workgroup::Panel)
    }

    /// The whole source text.
    pub fn source(&self) -> String {
        self.parts.concat()
    }
}

macro_rules! shader {
    ($name:literal) => {
        include_str!(concat!("../shaders/", $name, ".wgsl"))
    };
}

macro_rules! kernels {
    ($($(#[$doc:meta])* $id:ident = $name:literal $(($body:literal))? + [$($shared:literal),*], $workgroup:ident, [$($binding:expr),*];)*) => {
        $($(#[$doc])* pub static $id: Kernel = Kernel {
            name: concat!($name, $(", ", $body)?),
            parts: &[shader!($name), $(shader!($shared)),*],
            bindings: &[$($binding),*],
            workgroup: Workgroup::$workgroup,
        };)*
        /// Every kernel.
        pub static ALL: &[&Kernel] = &[$(&$id),*];
    };
}

const fn params<T>() -> Binding {
    Binding::Params(size_of::<T>() as u32)
}

use Binding::{Read, Step as Now, Write};

kernels! {
    /// Convolution with bias and activation; also linear layers and the data gradient of transposed convolution.
    CONV = "conv" + ["shared/geometry", "shared/operands", "shared/along_depth", "shared/epilogue", "shared/gemm_slices", "shared/gemm_tile"], Tile,
        [params::<Geometry>(), Read, Read, Read, Read, Read, Write, Write];
    /// The same with larger tiles.
    CONV_WIDE = "conv" ("wide") + ["shared/geometry", "shared/operands", "shared/along_depth", "shared/epilogue", "shared/gemm_slices", "shared/gemm_tile_wide"],
        Tile, [params::<Geometry>(), Read, Read, Read, Read, Read, Write, Write];
    /// The same through the registers of a subgroup.
    CONV_SUBGROUP = "conv" ("subgroup") + ["shared/geometry", "shared/operands", "shared/along_depth", "shared/epilogue", "shared/gemm_subgroup"],
        Subgroup, [params::<Geometry>(), Read, Read, Read, Read, Read, Write, Write];
    /// The same through the registers of a subgroup of four.
    CONV_QUAD = "conv" ("quad") + ["shared/geometry", "shared/operands", "shared/along_depth", "shared/epilogue", "shared/gemm_quad"],
        Quad, [params::<Geometry>(), Read, Read, Read, Read, Read, Write, Write];
    /// The same with few columns, through a subgroup.
    CONV_NARROW = "conv" ("narrow") + ["shared/geometry", "shared/operands", "shared/along_depth", "shared/epilogue", "shared/gemm_narrow"],
        Narrow, [params::<Geometry>(), Read, Read, Read, Read, Read, Write, Write];
    /// The same for processors without a driver.
    CONV_PANEL = "conv" ("panel") + ["shared/geometry", "shared/operands", "shared/along_depth", "shared/epilogue", "shared/gemm_panel"],
        Panel, [params::<Geometry>(), Read, Read, Read, Read, Read, Write, Write];
    /// Transposed convolution with bias and activation; also the data gradient of convolution and linear layers.
    CONV_TRANSPOSE = "conv_transpose" + ["shared/geometry", "shared/operands", "shared/along_depth", "shared/epilogue", "shared/gemm_slices", "shared/gemm_tile"], Tile,
        [params::<Geometry>(), Read, Read, Read, Read, Read, Write, Write];
    /// The same with larger tiles.
    CONV_TRANSPOSE_WIDE = "conv_transpose" ("wide") + ["shared/geometry", "shared/operands", "shared/along_depth", "shared/epilogue", "shared/gemm_slices", "shared/gemm_tile_wide"],
        Tile, [params::<Geometry>(), Read, Read, Read, Read, Read, Write, Write];
    /// The same through the registers of a subgroup.
    CONV_TRANSPOSE_SUBGROUP = "conv_transpose" ("subgroup") + ["shared/geometry", "shared/operands", "shared/along_depth", "shared/epilogue", "shared/gemm_subgroup"],
        Subgroup, [params::<Geometry>(), Read, Read, Read, Read, Read, Write, Write];
    /// The same through the registers of a subgroup of four.
    CONV_TRANSPOSE_QUAD = "conv_transpose" ("quad") + ["shared/geometry", "shared/operands", "shared/along_depth", "shared/epilogue", "shared/gemm_quad"],
        Quad, [params::<Geometry>(), Read, Read, Read, Read, Read, Write, Write];
    /// The same with few columns, through a subgroup.
    CONV_TRANSPOSE_NARROW = "conv_transpose" ("narrow") + ["shared/geometry", "shared/operands", "shared/along_depth", "shared/epilogue", "shared/gemm_narrow"],
        Narrow, [params::<Geometry>(), Read, Read, Read, Read, Read, Write, Write];
    /// The same for processors without a driver.
    CONV_TRANSPOSE_PANEL = "conv_transpose" ("panel") + ["shared/geometry", "shared/operands", "shared/along_depth", "shared/epilogue", "shared/gemm_panel"],
        Panel, [params::<Geometry>(), Read, Read, Read, Read, Read, Write, Write];
    /// Partial sums of the weight gradient of both.
    CONV_WEIGHT_GRADIENT = "conv_weight_gradient" + ["shared/geometry", "shared/operands", "shared/gemm_slices", "shared/gemm_tile"], Tile,
        [params::<Geometry>(), Read, Read, Read, Read, Read, Write];
    /// The same with larger tiles.
    CONV_WEIGHT_GRADIENT_WIDE = "conv_weight_gradient" ("wide") + ["shared/geometry", "shared/operands", "shared/gemm_slices", "shared/gemm_tile_wide"],
        Tile, [params::<Geometry>(), Read, Read, Read, Read, Read, Write];
    /// The same through the registers of a subgroup.
    CONV_WEIGHT_GRADIENT_SUBGROUP = "conv_weight_gradient" ("subgroup") + ["shared/geometry", "shared/operands", "shared/gemm_subgroup"],
        Subgroup, [params::<Geometry>(), Read, Read, Read, Read, Read, Write];
    /// The same through the registers of a subgroup of four.
    CONV_WEIGHT_GRADIENT_QUAD = "conv_weight_gradient" ("quad") + ["shared/geometry", "shared/operands", "shared/gemm_quad"],
        Quad, [params::<Geometry>(), Read, Read, Read, Read, Read, Write];
    /// The same with few columns, through a subgroup.
    CONV_WEIGHT_GRADIENT_NARROW = "conv_weight_gradient" ("narrow") + ["shared/geometry", "shared/operands", "shared/gemm_narrow"],
        Narrow, [params::<Geometry>(), Read, Read, Read, Read, Read, Write];
    /// The same for processors without a driver.
    CONV_WEIGHT_GRADIENT_PANEL = "conv_weight_gradient" ("panel") + ["shared/geometry", "shared/operands", "shared/gemm_panel"],
        Panel, [params::<Geometry>(), Read, Read, Read, Read, Read, Write];
    /// Adds partial sums in order.
    REDUCE_PARTIALS = "reduce_partials" + ["shared/grid"], Flat, [params::<ReducePartials>(), Read, Write];
    /// Adds the partial sums of all gradients of a network.
    GATHER_GRADIENTS = "gather_gradients" + ["shared/gradient_block", "shared/part_sum"], Flat,
        [Read, Read, Write];
    /// Partial sums over rows: bias gradients.
    COLUMN_SUM = "column_sum" + ["shared/channel_sum"], Channels, [params::<ColumnSum>(), Read, Read, Write];
    /// TPReLU and its three special cases.
    TPRELU = "tprelu" + ["shared/grid"], Flat, [params::<Tprelu>(), Read, Read, Write];
    /// Gradients of TPReLU.
    TPRELU_BACKWARD = "tprelu_backward" + ["shared/channel_sum"], Channels,
        [params::<TpreluBackward>(), Read, Read, Read, Write, Write];
    /// Sigmoid.
    SIGMOID = "sigmoid" + ["shared/grid"], Flat, [params::<Sigmoid>(), Read, Write];
    /// Gradients of the sigmoid and of a bias before it.
    SIGMOID_BACKWARD = "sigmoid_backward" + ["shared/channel_sum"], Channels,
        [params::<SigmoidBackward>(), Read, Read, Read, Write, Write];
    /// Effective weights of a whole network.
    WEIGHT_NORM = "weight_norm" + ["shared/channel_block", "shared/channel_sum"], Channels, [Read, Read, Write, Write];
    /// Pull-back of a whole network's weight gradients.
    WEIGHT_NORM_BACKWARD = "weight_norm_backward" + ["shared/channel_block", "shared/channel_sum"], Channels,
        [Read, Read, Read, Write];
    /// The whole update of a weight-normalised network by RMSprop.
    WEIGHT_NORM_RMSPROP = "weight_norm_rmsprop" +
        ["shared/step", "shared/channel_block", "shared/channel_sum", "shared/slope", "shared/part_sum"], Channels,
        [params::<WeightNormRmsprop>(), Now, Read, Read, Write, Write, Write, Write, Write];
    /// First half of spectral norm's power iteration, over all layers of a network.
    SPECTRAL_ROWS = "spectral_rows" + ["shared/spectral_block", "shared/channel_sum"], Channels,
        [Read, Read, Read, Write];
    /// Second half of it.
    SPECTRAL_COLUMNS = "spectral_columns" + ["shared/spectral_block", "shared/channel_sum"], Channels,
        [Read, Read, Read, Write];
    /// Effective weights of a whole network with spectral norm.
    SPECTRAL_NORM = "spectral_norm" + ["shared/spectral_block", "shared/tree_sum"], Tree,
        [Read, Read, Read, Write];
    /// First stage of spectral norm's pull-back.
    SPECTRAL_INNER = "spectral_inner" + ["shared/spectral_block", "shared/channel_sum"], Channels,
        [Read, Read, Read, Write];
    /// Pull-back of a whole network's weight gradients through spectral norm.
    SPECTRAL_NORM_BACKWARD = "spectral_norm_backward" + ["shared/spectral_block", "shared/tree_sum"], Tree,
        [Read, Read, Read, Read, Write];
    /// Batch statistics of each part of the rows.
    BATCH_NORM_PARTIAL = "batch_norm_partial" + ["shared/step", "shared/channel_sum"], Channels,
        [params::<BatchNormPartial>(), Now, Read, Write];
    /// Batch statistics of whole batches; running statistics.
    BATCH_NORM_MERGE = "batch_norm_merge" + ["shared/grid", "shared/step", "shared/variance"], Flat,
        [params::<BatchNormMerge>(), Now, Read, Write, Write];
    /// Running statistics in the place of batch statistics.
    BATCH_NORM_RUNNING = "batch_norm_running" + ["shared/grid", "shared/variance"], Flat,
        [params::<BatchNormRunning>(), Read, Write];
    /// Batch normalisation with given statistics; with (0, 1) an affine map per channel.
    BATCH_NORM = "batch_norm" + ["shared/grid"], Flat, [params::<BatchNorm>(), Read, Read, Read, Write];
    /// Partial sums of its gradients.
    BATCH_NORM_SUMS = "batch_norm_sums" + ["shared/channel_sum"], Channels,
        [params::<BatchNormSums>(), Read, Read, Read, Write];
    /// Its gradient with respect to the input.
    BATCH_NORM_BACKWARD = "batch_norm_backward" + ["shared/grid", "shared/step"], Flat,
        [params::<BatchNormBackward>(), Now, Read, Read, Read, Read, Write];
    /// Weight-normalised addition of two branches.
    ADDITION = "addition" + ["shared/grid", "shared/gate"], Flat,
        [params::<Addition>(), Read, Read, Read, Write];
    /// Its gradients.
    ADDITION_BACKWARD = "addition_backward" + ["shared/gate", "shared/channel_sum"], Channels,
        [params::<AdditionBackward>(), Read, Read, Read, Write, Write, Write];
    /// 2x2 average pooling; also the gradient of nearest-neighbour upsampling.
    AVERAGE_POOL = "average_pool" + ["shared/grid", "shared/pooling"], Flat, [params::<Pooling>(), Read, Write];
    /// Nearest-neighbour upsampling; also the gradient of average pooling.
    UPSAMPLE = "upsample" + ["shared/grid", "shared/pooling"], Flat, [params::<Pooling>(), Read, Write];
    /// y = scale * x + shift.
    RESCALE = "rescale" + ["shared/grid"], Flat, [params::<Rescale>(), Read, Write];
    /// y = y + x.
    ADD = "add" + ["shared/grid"], Flat, [params::<Add>(), Read, Write];
    /// Optimiser over one flat buffer.
    RMSPROP = "rmsprop" + ["shared/grid", "shared/step", "shared/slope"], Flat,
        [params::<Rmsprop>(), Now, Read, Write, Write];
    /// The other optimiser over one flat buffer.
    ADAM = "adam" + ["shared/grid", "shared/step", "shared/slope"], Flat,
        [params::<Adam>(), Now, Read, Write, Write, Write];
    /// GAN losses and their gradients with respect to the logits.
    GAN_LOSS = "gan_loss" + ["shared/step", "shared/tree_sum"], Tree,
        [params::<GanLoss>(), Now, Read, Write, Write];
    /// Reconstruction loss and its gradient with respect to the image.
    MSE = "mse" + ["shared/step", "shared/tree_sum"], Tree, [params::<Mse>(), Now, Read, Read, Write, Write];
    /// A batch of images from the packed data set.
    GATHER_BATCH = "gather_batch" + ["shared/grid", "shared/step", "shared/rng"], Flat,
        [params::<GatherBatch>(), Now, Read, Write];
    /// Latent codes.
    LATENT = "latent" + ["shared/grid", "shared/step", "shared/rng"], Flat, [params::<Latent>(), Now, Write];
    /// The adapter's arithmetic at its best, for benchmarks.
    FMA_PEAK = "fma_peak" + ["shared/grid"], Flat, [params::<FmaPeak>(), Write];
    /// Samples as an RGBA sheet.
    SAMPLE_SHEET = "sample_sheet" + ["shared/grid"], Flat, [params::<SampleSheet>(), Read, Write];
}

/// Columns of a row of the metric block: step, d_loss_real, d_loss_fake, g_loss (`METRIC_COLUMNS` in gan_loss.wgsl).
pub const METRIC_COLUMNS: usize = 4;

/// Marks a sigmoid before which there is no bias (`NO_SUMS` in sigmoid_backward.wgsl).
pub const NO_SUMS: u32 = u32::MAX;

/// Marks a strict layer in a [`ChannelBlock`] (`NO_GAIN` in shared/channel_block.wgsl).
pub const NO_GAIN: u32 = u32::MAX;

/// Output channels per [`ChannelBlock`], and per workgroup of the column sums.
pub const CHANNELS_PER_BLOCK: u32 = 16;

macro_rules! blocks {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? })*) => {
        $($(#[$doc])*
        #[allow(missing_docs, reason = "the fields are documented in the shader of the same name")]
        #[derive(Debug, Clone, Copy, Default, PartialEq, Pod, Zeroable)]
        #[repr(C)]
        pub struct $name { $(pub $field: $type),* })*

        /// `(struct name in Rust, its fields)` of every block that a shader declares, for the reflection test.
        pub const BLOCKS: &[(&str, &[&str])] = &[$((stringify!($name), &[$(stringify!($field)),*])),*];
    };
}

blocks! {
    /// shared/geometry.wgsl
    Geometry {
        batch: u32, big_h: u32, big_w: u32, big_c: u32, small_h: u32, small_w: u32, small_c: u32,
        kernel_h: u32, kernel_w: u32, stride: u32, pad_h: u32, pad_w: u32,
        big_offset: u32, small_offset: u32, weight_offset: u32, output_offset: u32, bias_offset: u32,
        pair_offset: u32, pair_channels: u32, pre_offset: u32, split: u32, scaled_by: u32,
    }
    /// shared/step.wgsl
    Step {
        step: u32, metric_row: u32, seed: u32, lr: f32, rows: u32, first: u32, correction1: f32, correction2: f32,
    }
    /// shared/channel_block.wgsl
    ChannelBlock {
        weight_offset: u32, outer: u32, channels: u32, inner: u32, first_channel: u32, gain_offset: u32,
        norm_offset: u32, factor: f32,
    }
    /// weight_norm_rmsprop.wgsl
    UpdateBlock {
        weight_offset: u32, outer: u32, channels: u32, inner: u32, first_channel: u32, gain_offset: u32,
        norm_offset: u32, factor: f32, source: u32, parts: u32, stride: u32, first: u32, count: u32,
    }
    /// weight_norm_rmsprop.wgsl
    WeightNormRmsprop { channel_blocks: u32, blocks: u32, pair_begin: u32, decay: f32, eps: f32 }
    /// shared/gradient_block.wgsl
    GradientBlock { source: u32, parts: u32, stride: u32, first: u32, count: u32, target_offset: u32 }
    /// reduce_partials.wgsl
    ReducePartials { parts: u32, count: u32, total_offset: u32 }
    /// column_sum.wgsl
    ColumnSum {
        rows: u32, channels: u32, rows_per_part: u32, dy_offset: u32, output_offset: u32, scaled_by: u32,
    }
    /// tprelu.wgsl
    Tprelu { count: u32, channels: u32, offset: u32, pair_offset: u32 }
    /// tprelu_backward.wgsl
    TpreluBackward {
        rows: u32, channels: u32, rows_per_part: u32, offset: u32, pair_offset: u32, learn_threshold: u32,
        learn_slope: u32, output_offset: u32, scaled_by: u32,
    }
    /// sigmoid.wgsl
    Sigmoid { count: u32, x_offset: u32, y_offset: u32 }
    /// sigmoid_backward.wgsl
    SigmoidBackward {
        rows: u32, channels: u32, rows_per_part: u32, y_offset: u32, dx_offset: u32, output_offset: u32, scaled_by: u32,
        over_y: u32,
    }
    /// rmsprop.wgsl
    Rmsprop { count: u32, pair_begin: u32, decay: f32, eps: f32 }
    /// adam.wgsl
    Adam { count: u32, pair_begin: u32, beta1: f32, beta2: f32, eps: f32 }
    /// shared/spectral_block.wgsl
    SpectralBlock { weight_offset: u32, rows: u32, channels: u32, first: u32, t_offset: u32, s_offset: u32 }
    /// batch_norm_partial.wgsl
    BatchNormPartial { channels: u32, pixels: u32, group_rows: u32, rows_per_part: u32, x_offset: u32 }
    /// batch_norm_merge.wgsl
    BatchNormMerge {
        channels: u32, pixels: u32, groups: u32, parts: u32, rows_per_part: u32, first_group: u32, running_offset: u32,
        momentum: f32,
    }
    /// batch_norm_running.wgsl
    BatchNormRunning { channels: u32, groups: u32, running_offset: u32 }
    /// batch_norm.wgsl
    BatchNorm {
        count: u32, channels: u32, group_size: u32, first_group: u32, offset: u32, y_offset: u32, pair_offset: u32,
    }
    /// batch_norm_sums.wgsl
    BatchNormSums { rows: u32, channels: u32, rows_per_part: u32, first_group: u32, offset: u32 }
    /// batch_norm_backward.wgsl
    BatchNormBackward {
        count: u32, channels: u32, pixels: u32, group_size: u32, first_group: u32, offset: u32, pair_offset: u32,
        coupled: u32,
    }
    /// addition.wgsl
    Addition { count: u32, channels: u32, offset: u32, gate_offset: u32 }
    /// addition_backward.wgsl
    AdditionBackward {
        rows: u32, channels: u32, rows_per_part: u32, offset: u32, gate_offset: u32, output_offset: u32,
    }
    /// shared/pooling.wgsl
    Pooling {
        batch: u32, big_h: u32, big_w: u32, small_h: u32, small_w: u32, channels: u32, pad_h: u32, pad_w: u32,
        big_offset: u32, small_offset: u32, factor: f32,
    }
    /// rescale.wgsl
    Rescale { count: u32, x_offset: u32, y_offset: u32, scale: f32, shift: f32 }
    /// add.wgsl
    Add { count: u32, offset: u32 }
    /// gan_loss.wgsl
    GanLoss { first: u32, real: u32, fake: u32, generator: u32, kind: u32, output: u32 }
    /// mse.wgsl
    Mse { values: u32 }
    /// gather_batch.wgsl
    GatherBatch {
        batch: u32, values: u32, first: u32, count: u32, half_bits: u32, shuffle: u32, output_offset: u32,
    }
    /// latent.wgsl
    Latent { count: u32, streams: u32, first_stream: u32 }
    /// fma_peak.wgsl
    FmaPeak { count: u32, rounds: u32, a: f32, b: f32 }
    /// sample_sheet.wgsl
    SampleSheet { images: u32, height: u32, width: u32, channels: u32, columns: u32, tile_rows: u32 }
}

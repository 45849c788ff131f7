//! The one table of settings: every key with its type, default, range, labels and meaning, and every name that a choice
//! can have. The struct [`Config`], its JSON, the command line's flags, the page's fields and their TypeScript types are
//! made of it.
//!
//! Where a choice has code of its own, its row names the files. `losses`, `optimisers`, `reparameterisations` and
//! `layers` are macros that call another macro with their rows, so that `nn` and `reference` declare the modules of the
//! same rows:
//!
//! | a row `name` of | the forward and backward kernels | on the device | in f64 |
//! |--|--|--|--|
//! | `losses` | `shaders/loss_name.wgsl` | (the kernel is all) | `src/reference/loss/name.rs` |
//! | `optimisers` | `shaders/name.wgsl` | `src/nn/optimiser/name.rs` | `src/reference/optimiser/name.rs` |
//! | `reparameterisations` | as the files say | `src/nn/weight/name.rs` | `src/reference/weight/name.rs` |
//! | `layers` | as the files say | `src/nn/layer/name.rs` | `src/reference/layer/name.rs` |

use super::key::{Choice, Group, Key, Kind, Text};
use super::macros::{choice, own, settings};
use serde::{Deserialize, Serialize};

/// `module Variant "name" { which losses a run reports and reads } [labels] [hints]`.
macro_rules! losses {
    ($then:ident $($head:tt)*) => { $then! { $($head)*;
        bce Bce "bce" { real_and_fake: true, generator_reads_real: false }
            ["Cross-entropy", "交叉熵"]
            ["Binary cross-entropy on logits, non-saturating for G (the paper's).", "对 logit 的二元交叉熵，G 用非饱和形式（论文的损失）。"];
        ls Ls "ls" { real_and_fake: true, generator_reads_real: false }
            ["Least squares", "最小二乘"]
            ["On D's probability, as in the authors' code.", "作用于 D 的概率，与作者的代码相同。"];
        hinge Hinge "hinge" { real_and_fake: true, generator_reads_real: false }
            ["Hinge", "合页"]
            ["On D's logit, as is usual with spectral normalisation.", "作用于 D 的 logit，常与谱归一化一起使用。"];
        rpgan Rpgan "rpgan" { real_and_fake: false, generator_reads_real: true }
            ["Relativistic pairs", "相对配对"]
            ["Every fake is judged beside one real image (RpGAN, the loss of R3GAN); D's loss has no parts.", "每幅假图像与一幅真图像成对比较（RpGAN，即 R3GAN 的损失）；D 的损失不能拆分。"];
    } };
}
pub(crate) use losses;

/// `module Variant "name" [labels] [hints]`.
macro_rules! optimisers {
    ($then:ident $($head:tt)*) => { $then! { $($head)*;
        rmsprop Rmsprop "rmsprop" {} ["RMSprop", "RMSprop"] ["The paper's; reads decay and eps.", "论文的优化器；使用衰减和 epsilon。"];
        adam Adam "adam" {} ["Adam", "Adam"] ["Kingma and Ba, 2015; reads beta1, beta2 and eps.", "Kingma 与 Ba，2015；使用 beta1、beta2 和 epsilon。"];
        sgd Sgd "sgd" {} ["SGD", "SGD"] ["Gradient descent with momentum; reads momentum. It needs far larger rates than the others.", "带动量的梯度下降；使用 momentum。所需学习率远大于其他优化器。"];
    } };
}
pub(crate) use optimisers;

/// `module Variant`.
macro_rules! reparameterisations {
    ($then:ident) => {
        $then! {
            plain Plain;
            weight_norm WeightNorm;
            spectral_norm SpectralNorm;
            forced_weight_norm ForcedWeightNorm;
        }
    };
}
pub(crate) use reparameterisations;

/// Modules of layers that a norm can put behind hidden linear maps, `module Variant`, then of all others.
macro_rules! layers {
    ($then:ident) => {
        $then! {
            [batch_norm BatchNorm pixel_norm PixelNorm]
            [addition average_pool channel_affine conv conv_transpose linear rescale sigmoid tprelu upsample]
        }
    };
}
pub(crate) use layers;

/// What a norm consists of: how effective weights are made of raw ones in G and in D, which of those layers have a gain
/// and a bias, what normalises the outputs of hidden layers of G and of D, and the activation of the authors' code.
macro_rules! norms {
    ($then:ident $($head:tt)*) => { $then! { $($head)*;
        weight Weight "weight" { weights: [WeightNorm, WeightNorm], affine: Last, behind: [None, None], activation: Tprelu }
            ["Weight", "权重"]
            ["The paper's: every weight is divided by its length. Only the last layer of each network has a gain and a bias.", "论文的方法：每个权重除以自身的长度。只有每个网络的最后一层带缩放和偏置。"];
        none None "none" { weights: [Plain, Plain], affine: All, behind: [None, None], activation: Prelu }
            ["None", "无"]
            ["Plain weights with biases, for comparison.", "普通权重加偏置，用于比较。"];
        batch Batch "batch" { weights: [Plain, Plain], affine: All, behind: [Some(BatchNorm), Some(BatchNorm)], activation: Prelu }
            ["Batch", "批"]
            ["Outputs are brought to mean 0 and variance 1 over the batch, which makes its images depend on each other.", "把输出在整批上调整为均值 0、方差 1，因此同批图像互相影响。"];
        weight_affine WeightAffine "weight-affine" { weights: [WeightNorm, WeightNorm], affine: All, behind: [None, None], activation: Prelu }
            ["Weight, affine everywhere", "权重，每层都带缩放和偏置"]
            ["As Weight, but every layer has a gain and a bias, and the activation need not shift.", "与权重归一化相同，但每层都有自己的缩放和偏置，激活函数无需平移。"];
        spectral Spectral "spectral" { weights: [Plain, SpectralNorm], affine: All, behind: [None, None], activation: Prelu }
            ["Spectral", "谱"]
            ["D's weights are divided by their largest singular value (Miyato and others, 2018); G is plain.", "D 的权重除以其最大奇异值（Miyato 等，2018）；G 为普通网络。"];
        weight_forced WeightForced "weight-forced" { weights: [ForcedWeightNorm, ForcedWeightNorm], affine: Last, behind: [None, None], activation: Tprelu }
            ["Weight, forced", "强制权重"]
            ["As Weight, and every update ends by bringing each weight back to length 1 (EDM2), so that its effective learning rate does not fall.", "与权重归一化相同，且每次更新后都把每个权重拉回长度 1（EDM2），因此有效学习率不会下降。"];
        pixel Pixel "pixel" { weights: [Plain, Plain], affine: All, behind: [Some(PixelNorm), None], activation: Prelu }
            ["Pixel", "像素"]
            ["In G every pixel's channels are divided by their root mean square (Karras and others, 2018); D is plain.", "G 中每个像素的各通道除以其均方根（Karras 等，2018）；D 为普通网络。"];
    } };
}
pub(crate) use norms;

/// Strips a row down to what a choice needs.
macro_rules! named {
    ($doc:literal $name:ident; $($module:ident $variant:ident $text:literal { $($more:tt)* } $label:tt $hint:tt;)*) => {
        choice! { $doc $name; $($variant $text $label $hint;)* }
    };
}

losses! { named "What D and G minimise." Loss }
optimisers! { named "What turns gradients into updates." Optimiser }
norms! { named "How a network's layers are normalised." Norm }

choice! { "The family that both networks belong to." Net;
    Dcgan "dcgan" ["DCGAN", "DCGAN"] ["Strided convolutions (the authors' first code).", "带步长的卷积（作者的第一份代码）。"];
    Resnet "resnet" ["ResNet", "ResNet"] ["Residual blocks, joined by weight-normalised addition; with normalisation Weight only.", "残差块，以权重归一化的加法相连；只能与权重归一化一起使用。"];
}
choice! { "What follows the hidden layers." Activation;
    Auto "auto" ["By normalisation", "随归一化而定"] ["TPReLU with Weight, PReLU with the others.", "权重归一化用 TPReLU，其他用 PReLU。"];
    Relu "relu" ["ReLU", "ReLU"] ["max(x, 0).", "max(x, 0)。"];
    Trelu "trelu" ["TReLU", "TReLU"] ["Bends at a learned threshold.", "在学到的阈值处弯折。"];
    Prelu "prelu" ["PReLU", "PReLU"] ["Has a learned slope below 0.", "在 0 以下有学到的斜率。"];
    Tprelu "tprelu" ["TPReLU", "TPReLU"] ["Learns threshold and slope.", "阈值和斜率都由学习得到。"];
}
choice! { "How many thresholds and slopes an activation learns." Sharing;
    Channel "channel" ["One per channel", "每通道一个"] ["As in the authors' code.", "与作者的代码相同。"];
    Layer "layer" ["One per layer", "每层一个"] ["All channels of a layer share them.", "同一层的所有通道共用。"];
}
choice! { "Which weight-normalised layers have a gain, or a bias." Affine;
    Auto "auto" ["By normalisation", "随归一化而定"] ["With Weight the last layer; with Weight, affine everywhere, all of them.", "“权重”只有最后一层；“权重，每层都带缩放和偏置”则为所有层。"];
    None "none" ["No layer", "无"] ["Directions alone.", "只有方向。"];
    Last "last" ["The last layer", "最后一层"] ["The last one of each network.", "每个网络的最后一层。"];
    All "all" ["All layers", "所有层"] ["Every linear map.", "每个线性映射。"];
}
choice! { "In which order the two networks are updated." Order;
    Alternating "alternating" ["Alternating: D, then G", "交替：先 D 后 G"] ["G learns through the updated D, with new latent codes.", "G 通过更新后的 D 学习，并使用新的隐编码。"];
    Simultaneous "simultaneous" ["Simultaneous", "同时"] ["One batch of fakes and one pair of networks serve both gradients.", "两个梯度来自同一批假图像和同一对网络。"];
}
choice! { "Which statistics batch normalisation uses when G draws samples or reconstructs." Statistics;
    Running "running" ["Running averages", "训练中的滑动平均"] ["In use for samples and tests: the averages of training, so that an image does not depend on the others beside it.", "样本和测试正在使用：训练时的平均值，一幅图像不受旁边图像的影响。"];
    Batch "batch" ["Of the batch at hand", "当前批"] ["In use for samples and tests: the statistics of the images drawn together, so that each depends on all the others.", "样本和测试正在使用：一起画出的图像的统计量，每幅图像都受其他图像影响。"];
}

const fn whole(min: i64, max: i64) -> Kind {
    Kind::Whole { min, max }
}
const fn real(min: f64, max: f64) -> Kind {
    Kind::Real { min, max }
}
const fn of(choices: &'static [Choice]) -> Kind {
    Kind::Choice { choices }
}

// key: type = default, values, group (more: behind a fold) [with which values of another key it means something],
// [labels] [meaning]. The defaults are 32x32 faces with a network that also a software adapter can train, at the paper's
// learning rate.
settings! {
    dataset: String = "faces".into(), Kind::Text, Data, ["Images", "图像"] ["`faces` for the built-in cartoon faces, otherwise the name of what was opened.", "`faces` 为内置卡通人脸，否则为所打开文件的名称。"];
    width: u32 = 32, whole(4, 512), Data, ["Width", "宽"] ["Image width in pixels; even.", "图像宽度（像素），偶数。"];
    height: u32 = 32, whole(4, 512), Data, ["Height", "高"] ["Image height in pixels; even.", "图像高度（像素），偶数。"];
    channels: u32 = 3, whole(1, 3), Data, ["Channels", "通道"] ["Colour channels: 1 (grey) or 3 (RGB).", "颜色通道：1（灰度）或 3（彩色）。"];

    norm: Norm = Norm::Weight, of(Norm::CHOICES), Network, ["Normalisation", "归一化"] ["Normalisation of both networks.", "两个网络的归一化。"];
    statistics: Statistics = Statistics::Running, of(Statistics::CHOICES), Network [norm: "batch"], ["Statistics for samples and tests", "样本和测试所用的统计量"] ["Statistics of batch normalisation for samples and reconstructions.", "生成样本和重建时批归一化所用的统计量。"];
    nfeature: u32 = 16, whole(1, 512), Network, ["Features", "特征数"] ["Width of D's first level; each level doubles it.", "D 第一级的宽度；每级加倍。"];
    code_size: u32 = 64, whole(1, 4096), Network, ["Code size", "编码长度"] ["Length of the latent code z.", "隐编码 z 的长度。"];
    norm_d: (own Norm) ("own") = None, of(Norm::OWN_CHOICES), Network more, ["Normalisation of D", "D 的归一化"] ["Normalisation of D alone; same: that of both networks.", "仅 D 的归一化；same：与整体设置相同。"];
    norm_g: (own Norm) ("own") = None, of(Norm::OWN_CHOICES), Network more, ["Normalisation of G", "G 的归一化"] ["Normalisation of G alone; same: that of both networks.", "仅 G 的归一化；same：与整体设置相同。"];
    net: Net = Net::Dcgan, of(Net::CHOICES), Network more, ["Family", "网络类型"] ["Family of both networks.", "两个网络的类型。"];
    nblock: u32 = 1, whole(1, 16), Network more [net: "resnet"], ["Blocks per level", "每级的块数"] ["Residual blocks per level of the ResNet: with five levels 1 makes 11 layers, 2 makes 21.", "ResNet 每级的残差块数：五级时 1 为 11 层，2 为 21 层。"];
    nlayer: i32 = -1, whole(-1, 9), Network more, ["Levels", "层级数"] ["Number of stride-2 levels; -1 halves until the larger side is below 8, as the authors' code does.", "步长为 2 的级数；-1 为逐级减半，直到较长边小于 8，与作者的代码相同。"];
    activation: Activation = Activation::Auto, of(Activation::CHOICES), Network more, ["Activation", "激活函数"] ["What follows the hidden layers.", "隐层之后的激活函数。"];
    num_parameters: Sharing = Sharing::Channel, of(Sharing::CHOICES), Network more, ["Slopes and thresholds", "斜率与阈值"] ["Slopes and thresholds of the activation: one per channel or one per layer.", "激活函数的斜率与阈值：每通道一个或每层一个。"];
    init_slope: f32 = 0.25, real(0.0, 1.0), Network more, ["Initial slope", "初始斜率"] ["Where learned slopes start.", "可学习斜率的初始值。"];
    gain: Affine = Affine::Auto, of(Affine::CHOICES), Network more [norm: "weight" | "weight-affine" | "weight-forced"], ["Layers with a gain", "带缩放的层"] ["Which weight-normalised layers have a gain.", "哪些权重归一化的层带缩放。"];
    bias: Affine = Affine::Auto, of(Affine::CHOICES), Network more [norm: "weight" | "weight-affine" | "weight-forced"], ["Layers with a bias", "带偏置的层"] ["Which weight-normalised layers have a bias.", "哪些权重归一化的层带偏置。"];
    init_scale: f32 = 1.0, real(-1e3, 1e3), Network more [norm: "weight" | "weight-affine" | "weight-forced"], ["Initial gain", "初始缩放"] ["Where gains start.", "缩放的初始值。"];
    init_factor: f32 = 0.01, real(1e-6, 1e3), Network more [norm: "weight" | "weight-affine" | "weight-forced"], ["Factor of G's first layer", "G 第一层的初始系数"] ["The initial weight of G's first layer is multiplied by it, where it is weight-normalised: that changes its effective learning rate, not its output.", "若 G 的第一层为权重归一化，其初始权重乘以此系数：改变的是有效学习率，不是输出。"];

    batch_size: u32 = 32, whole(1, 1024), Training, ["Batch size", "批大小"] ["Images per batch.", "每批的图像数。"];
    lr: f32 = 1e-4, real(0.0, 1.0), Training, ["Learning rate", "学习率"] ["Learning rate of both networks (the paper: stable up to 0.0002).", "两个网络的学习率（论文：0.0002 以内稳定）。"];
    loss: Loss = Loss::Bce, of(Loss::CHOICES), Training, ["Loss", "损失"] ["What D and G minimise.", "D 和 G 所最小化的损失。"];
    order: Order = Order::Alternating, of(Order::CHOICES), Training, ["Update order", "更新顺序"] ["In which order the two networks are updated.", "两个网络的更新顺序。"];
    seed: u32 = 1, whole(0, u32::MAX as i64), Training, ["Seed", "种子"] ["Decides weights, built-in images, split, batches and codes.", "决定初始权重、内置图像、数据划分、批次和隐编码。"];
    lr_d: f32 = 0.0, real(0.0, 1.0), Training more, ["Learning rate of D", "D 的学习率"] ["Learning rate of D alone; 0: that of both networks.", "仅 D 的学习率；0：与整体学习率相同。"];
    lr_g: f32 = 0.0, real(0.0, 1.0), Training more, ["Learning rate of G", "G 的学习率"] ["Learning rate of G alone; 0: that of both networks.", "仅 G 的学习率；0：与整体学习率相同。"];
    n_dis: u32 = 1, whole(1, 16), Training more [order: "alternating"], ["Updates of D per update of G", "每次更新 G 时 D 的更新次数"] ["Updates of D per update of G, each on new images and codes.", "每次更新 G 时 D 的更新次数，每次都用新的图像和编码。"];
    ema: f32 = 0.0, real(0.0, 0.99999), Training more, ["Decay of G's average", "G 平均权重的衰减率"] ["Samples and tests use averaged weights of G: after each update, average = ema * average + (1 - ema) * weight; 0: the weights themselves.", "样本和测试使用 G 的平均权重：每次更新后，平均 = ema × 平均 + (1 − ema) × 权重；0：使用权重本身。"];
    optimiser: Optimiser = Optimiser::Rmsprop, of(Optimiser::CHOICES), Training more, ["Optimiser", "优化器"] ["What turns gradients into updates.", "由梯度得到更新的方法。"];
    decay: f32 = 0.9, real(0.0, 0.9999), Training more, ["RMSprop decay", "RMSprop 衰减"] ["Decay of RMSprop's mean squared gradient, in the reconstruction test too.", "RMSprop 中平方梯度滑动平均的衰减率，重建测试也使用。"];
    beta1: f32 = 0.5, real(0.0, 0.9999), Training more [optimiser: "adam"], ["Adam beta 1", "Adam beta 1"] ["Decay of Adam's mean gradient.", "Adam 中梯度滑动平均的衰减率。"];
    beta2: f32 = 0.999, real(0.0, 0.999999), Training more [optimiser: "adam"], ["Adam beta 2", "Adam beta 2"] ["Decay of Adam's mean squared gradient.", "Adam 中平方梯度滑动平均的衰减率。"];
    momentum: f32 = 0.9, real(0.0, 0.9999), Training more [optimiser: "sgd"], ["Momentum", "动量"] ["Share of SGD's last update in the next; 0: plain gradient descent.", "SGD 上一次更新在下一次中所占的比例；0 为普通梯度下降。"];
    eps: f32 = 1e-6, real(1e-12, 1.0), Training more, ["Optimiser epsilon", "优化器 epsilon"] ["The optimiser's epsilon, added outside the root.", "优化器的 epsilon，加在根号之外。"];
    warmup: u32 = 100, whole(0, 1_000_000), Training more, ["Warm-up steps", "预热步数"] ["Steps over which the learning rate rises linearly from near 0, against the early failure of weight normalisation; 0: none.", "学习率从接近 0 线性上升的步数，防止权重归一化在早期失败；0 为关闭。"];
    niter: u32 = 0, whole(0, u32::MAX as i64), Training more, ["Stop at step", "停止步数"] ["Training steps of the run; 0: until it is stopped.", "训练的总步数；0 为直到手动停止。"];
    vis_size: u32 = 8, whole(1, 32), Training more, ["Samples per side", "每边样本数"] ["The sample grid has vis_size x vis_size images.", "样本图由 vis_size × vis_size 幅图像组成。"];

    test_interval: u32 = 1000, whole(0, u32::MAX as i64), Test, ["Interval", "间隔步数"] ["Training steps between two running tests; 0: none.", "两次测试之间的训练步数；0 为关闭。"];
    test_steps: u32 = 50, whole(1, 100_000), Test, ["Gradient steps", "梯度步数"] ["Steps of gradient descent on z per reconstruction.", "每次重建对 z 做梯度下降的步数。"];
    running: u32 = 200, whole(1, 100_000), Test more, ["Held-out images", "留出图像数"] ["Held-out images of the running test.", "运行中的测试所用的留出图像数。"];
    final_count as "final": u32 = 2000, whole(1, 1_000_000), Test more, ["Held-out images, final test", "最终测试的留出图像数"] ["Held-out images of the final test; the running ones are the first of them.", "最终测试所用的留出图像数；运行中的测试用其中最前面的图像。"];
    test_lr: f32 = 0.01, real(1e-9, 10.0), Test more, ["Learning rate on z", "对 z 的学习率"] ["Learning rate of the test's RMSprop on z.", "测试中 RMSprop 对 z 的学习率。"];
}

//! What a step costs, in numbers that do not depend on a machine's mood.

use super::gpu;
use super::support::trainer_of;
use pollster::block_on;
use wn_gan::config::{Config, Norm, Order};
use wn_gan::gan::cost::flop_per_step;
use wn_gan::gan::networks::Gan;
use wn_gan::nn::gemm::{TileSize, Variant};

/// What a step costs in dispatches and memory does not depend on a machine's mood, so it may not grow unnoticed.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn steps_have_as_many_dispatches_and_as_much_memory_as_are_written_here() {
    // A device of its own, because the tests beside this one allocate too.
    let gpu = block_on(wn_gan::device::Device::open(wn_gan::device::Limits::Default)).unwrap();
    for (preset, norm, order, dispatches, mebibytes) in [
        ("gan16", Norm::Weight, Order::Alternating, 35, 1.3),
        ("gan16", Norm::Weight, Order::Simultaneous, 27, 1.5),
        ("gan32", Norm::Weight, Order::Alternating, 46, 46.6),
        ("gan32", Norm::Weight, Order::Simultaneous, 35, 53.1),
        ("gan32", Norm::None, Order::Alternating, 54, 39.7),
        // The paper's CelebA network, on a device with WebGPU's default limits. Parameters and their mean squares are 220
        // MiB, what activations wrote for D's two batches and for G's 291, the images 19: 1.49 times that.
        ("gan160", Norm::Weight, Order::Alternating, 68, 790.7),
    ] {
        let config = Config { norm, order, ..Config::preset(preset).unwrap() };
        let before = gpu.counts().buffer_bytes;
        let gan = Gan::new(&gpu, &config, Variant::Tile(TileSize::Medium), 1).unwrap();
        let bytes = gpu.counts().buffer_bytes - before;
        // The batch of images and the latent codes are two more.
        assert_eq!(gan.step().all().count(), dispatches, "{preset} {norm:?} {order:?}");
        let found = bytes as f64 / f64::from(1 << 20);
        println!("{preset} {norm:?} {order:?}: {found:.2} MiB");
        assert!(found < mebibytes + 0.05, "{preset} {norm:?} {order:?}: {found:.2} MiB");
    }
}

/// The paper's CelebA network does a whole step within WebGPU's default limits.
#[test]
#[ignore = "minutes on a CPU"]
fn gan160_trains_within_the_default_limits() {
    let config =
        Config { warmup: 0, test_interval: 0, running: 1, final_count: 1, ..Config::preset("gan160").unwrap() };
    let mut trainer = trainer_of(&config, (Variant::Tile(TileSize::Medium), gpu::gpu()));
    let report = block_on(trainer.advance(1)).unwrap();
    println!("{:?}", report.metrics);
    assert!(report.metrics.iter().flat_map(|metrics| metrics.values()).all(|(_, loss)| loss.is_finite()));
}

/// Blocks reach beyond the edges of matrices: how much of what is multiplied nobody wants, by variant.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn little_is_multiplied_beyond_the_edges() {
    let gpu = gpu::gpu();
    for (preset, variant, most) in [
        ("gan16", Variant::Tile(TileSize::Medium), 1.75),
        ("gan16", Variant::Panel, 1.16),
        ("gan32", Variant::Panel, 1.012),
        ("gan32", Variant::Tile(TileSize::Medium), 1.016),
        ("gan160", Variant::Tile(TileSize::Large), 1.06),
    ] {
        let config = Config::preset(preset).unwrap();
        let gan = Gan::new(&gpu, &config, variant, 1).unwrap();
        let issued: u64 = gan.step().all().map(|call| 2 * call.work()).sum();
        let ratio = issued as f64 / flop_per_step(&config) as f64;
        println!("{preset} {variant:?}: {ratio:.3} of what is needed");
        assert!((1.0..=most).contains(&ratio), "{preset} {variant:?}: {ratio:.3} of what is needed");
    }
}

//! Memory that a step uses for several things in turn: what lies there between two steps is what is read there.

use super::gpu;
use pollster::block_on;
use wn_gan::config::{Config, Norm, Order};
use wn_gan::data::faces;
use wn_gan::device::{Device, Limits};
use wn_gan::gan::{Trainer, memory};
use wn_gan::nn::gemm::Variant;

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn gradients_stay_until_the_next_step() {
    for order in [Order::Alternating, Order::Simultaneous] {
        let config = Config { order, test_interval: 0, test_steps: 3, running: 20, ..Config::preset("gan16").unwrap() };
        let mut trainer = block_on(Trainer::new(gpu::gpu(), config, &faces(300, 3), &mut |_, _, _| {})).unwrap();
        block_on(trainer.advance(2)).unwrap();
        let before = block_on(trainer.gradients()).unwrap();
        assert!(before.iter().all(|(_, _, values)| values.iter().any(|&value| value != 0.0)));
        block_on(trainer.sample_grid()).unwrap();
        trainer.start_test();
        while trainer.test_progress().is_some() {
            block_on(trainer.advance_test()).unwrap();
        }
        assert!(block_on(trainer.gradients()).unwrap() == before, "{order:?}");
    }
}

/// A gradient step writes a gradient over the pictures. A fresh G paints everything in a grey that no gradient comes near.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_test_under_way_shows_pictures() {
    let config = Config { test_interval: 0, test_steps: 100_000, ..Config::preset("gan16").unwrap() };
    let mut trainer = block_on(Trainer::new(gpu::gpu(), config, &faces(300, 3), &mut |_, _, _| {})).unwrap();
    trainer.start_test();
    block_on(trainer.advance_test()).unwrap();
    let progress = trainer.test_progress().unwrap();
    assert!(progress.done > 0 && progress.done < 100_000, "within the first batch: {progress:?}");
    let grid = block_on(trainer.pairs()).unwrap().unwrap();
    // Every second tile is a reconstruction.
    let reds = grid.rgba.chunks_exact(4).enumerate().map(|(i, pixel)| (i as u32 % grid.width / 16 % 2, pixel[0]));
    let least = reds.filter(|&(is_picture, _)| is_picture == 1).map(|(_, red)| red).min();
    assert!(least > Some(64), "a reconstruction is as dark as {least:?}");
}

/// What is computed beforehand is what is then there, and all of it is given back: a run that is built, trained, tested and
/// dropped a hundred times.
fn runs_leave_nothing(device: Device, runs: usize) {
    let device = std::sync::Arc::new(device);
    let data = faces(60, 3);
    let mut runs_of = (0..runs).map(|number| {
        let norm = Norm::ALL[number % Norm::ALL.len()];
        Config { norm, test_interval: 3, test_steps: 2, running: 4, niter: number as u32, ..tiny_config() }
    });
    let run = |config: Config| {
        let before = device.counts().buffer_bytes;
        let variant = Variant::for_device(&device);
        let needed = memory::needed(&device, &config, data.len() as u32, variant).unwrap();
        let mut trainer = block_on(Trainer::new(device.clone(), config, &data, &mut |_, _, _| {})).unwrap();
        let grown = device.counts().buffer_bytes - before;
        block_on(trainer.advance_pipelined(7)).unwrap();
        block_on(trainer.sample_grid()).unwrap();
        assert_eq!(grown, needed.buffers);
        // Reading back may leave a buffer for the next time.
        let now = device.counts().buffer_bytes;
        drop(trainer);
        assert_eq!(device.counts().buffer_bytes, now - grown);
    };
    run(runs_of.next().unwrap());
    let before = device.counts().buffer_bytes;
    runs_of.for_each(run);
    assert_eq!(device.counts().buffer_bytes, before);
    assert_eq!(device.check(), Ok(()));
}

fn tiny_config() -> Config {
    Config {
        width: 8,
        height: 8,
        nfeature: 4,
        code_size: 4,
        batch_size: 4,
        vis_size: 3,
        ..Config::preset("gan16").unwrap()
    }
}

#[test]
fn a_hundred_runs_on_the_cpu_leave_nothing() {
    runs_leave_nothing(Device::cpu(), 100);
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_hundred_runs_on_an_adapter_leave_nothing() {
    runs_leave_nothing(block_on(Device::open(Limits::Default)).unwrap(), 100);
}

//! Memory that a step uses for several things in turn: what lies there between two steps is what is read there.

use super::gpu;
use pollster::block_on;
use wn_gan::config::{Config, Order};
use wn_gan::data::faces;
use wn_gan::gan::Trainer;

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

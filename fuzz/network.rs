//! The smallest network there is, on the CPU.

use pollster::block_on;
use std::sync::Arc;
use wn_gan::Config;
use wn_gan::data::faces;
use wn_gan::device::Device;
use wn_gan::gan::Trainer;

/// A new trainer of it.
pub fn trainer() -> Trainer {
    let config = Config {
        width: 4,
        height: 4,
        channels: 1,
        nfeature: 1,
        code_size: 1,
        batch_size: 2,
        running: 1,
        final_count: 1,
        vis_size: 1,
        test_interval: 0,
        ..Config::default()
    };
    let device = Arc::new(Device::cpu());
    block_on(Trainer::new(device, config, &faces(10, 1), &mut |_, _, _| {})).expect("the settings are valid")
}

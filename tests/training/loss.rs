//! Devices that are lost: a run goes on from its last checkpoint on a new device, bit for bit as if nothing had happened.

use pollster::block_on;
use std::collections::BTreeMap;
use std::sync::Arc;
use wn_gan::config::{Config, Norm, Optimiser};
use wn_gan::data::{Dataset, faces};
use wn_gan::device::{Device, Limits};
use wn_gan::gan::checkpoint::Checkpoint;
use wn_gan::gan::{Report, Trainer};
use wn_gan::{Error, Result};

/// Losses of the device in one run. `WNGAN_LOSSES` asks for more.
const LOSSES: usize = 4;
/// Training steps between two losses.
const STEPS: u32 = 40;

/// What a run reports: losses by step, and test results by the step of the G that they judge, as bits.
#[derive(Debug, Default, PartialEq)]
struct Told {
    losses: BTreeMap<u32, Vec<u32>>,
    tests: BTreeMap<u32, Vec<u32>>,
}

impl Told {
    fn take(&mut self, report: &Report) {
        for (step, metrics) in (report.step - report.steps..).zip(&report.metrics) {
            self.losses.insert(step, metrics.values().map(|(_, value)| value.to_bits()).collect());
        }
        if let Some(test) = &report.finished {
            self.tests.insert(test.step, test.losses.iter().map(|loss| loss.to_bits()).collect());
        }
    }
}

/// A new device, as a program would open one after a loss.
fn device() -> Arc<Device> {
    Arc::new(block_on(Device::open(Limits::Default)).unwrap())
}

fn build(device: &Arc<Device>, config: &Config, data: &Dataset) -> Result<Trainer> {
    block_on(Trainer::new(device.clone(), config.clone(), data, &mut |_, _, _| {}))
}

/// Trains to step `stop`, tests included. Whatever stops it before is returned.
fn train(trainer: &mut Trainer, stop: u32, told: &mut Told) -> Result<()> {
    while trainer.step() < stop || trainer.has_chunk_in_flight() || trainer.test_progress().is_some() {
        told.take(&block_on(trainer.advance_pipelined(stop))?);
    }
    Ok(())
}

/// Numbers that are random enough: xorshift.
struct Random(u32);

impl Random {
    fn below(&mut self, count: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % count
    }
}

fn is_lost<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::Lost(_)))
}

/// Destroys the device at some moment: while it trains, with chunks in flight, while a checkpoint is written, while the next
/// run is built, or twice in a row. Returns once it is lost and has said so.
fn lose(trainer: &mut Trainer, (config, data): (&Config, &Dataset), stop: u32, told: &mut Told, random: &mut Random) {
    let device = trainer.device().clone();
    let kind = random.below(4);
    if kind == 0 {
        let mut calls = random.below(200);
        let report = &mut |_: usize, _: usize, _: &str| {
            if calls == 0 {
                device.destroy();
            }
            calls = calls.saturating_sub(1);
        };
        let built = block_on(Trainer::new(device.clone(), config.clone(), data, report));
        assert!(built.is_ok() || is_lost(&built.map(drop)));
    }
    let mut until = random.below(12);
    let lost = loop {
        if until == 0 {
            device.destroy();
        }
        until = until.saturating_sub(1);
        let failed = match kind {
            1 if device.is_lost() => block_on(trainer.checkpoint()).map(drop),
            2 if device.is_lost() => block_on(trainer.sample_grid()).map(drop),
            _ => block_on(trainer.advance_pipelined(stop)).map(|report| told.take(&report)),
        };
        if failed.is_err() {
            break failed;
        }
    };
    assert!(is_lost(&lost), "moment {kind}: {lost:?}");
    assert!(device.is_lost() && is_lost(&device.check()), "a loss is for ever");
    assert!(is_lost(&build(&device, config, data).map(drop)), "nothing is built on a lost device");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_run_whose_devices_are_lost_is_the_run_that_lost_none() {
    let losses = std::env::var("WNGAN_LOSSES").map_or(LOSSES, |count| count.parse().unwrap());
    let config = Config {
        width: 8,
        height: 8,
        nfeature: 4,
        code_size: 4,
        batch_size: 4,
        norm: Norm::Batch,
        optimiser: Optimiser::Adam,
        ema: 0.9,
        test_interval: STEPS,
        test_steps: 3,
        running: 6,
        ..Config::preset("gan16").unwrap()
    };
    let data = faces(60, 3);
    let stop = STEPS * losses as u32;
    let (mut told, mut expected) = (Told::default(), Told::default());
    let mut whole = build(&device(), &config, &data).unwrap();
    let mut trainer = build(&device(), &config, &data).unwrap();
    let mut random = Random(7);
    for until in (0..=stop).step_by(STEPS as usize).skip(1) {
        train(&mut whole, until, &mut expected).unwrap();
        let kept = block_on(trainer.checkpoint()).unwrap();
        lose(&mut trainer, (&config, &data), u32::MAX, &mut told, &mut random);
        drop(trainer);
        trainer = build(&device(), &config, &data).unwrap();
        trainer.restore(&Checkpoint::read(&kept).unwrap()).unwrap();
        train(&mut trainer, until, &mut told).unwrap();
    }
    assert!(block_on(trainer.checkpoint()).unwrap() == block_on(whole.checkpoint()).unwrap());
    assert_eq!(expected.losses.len(), stop as usize);
    let told = Told {
        losses: told.losses.into_iter().filter(|&(step, _)| step < stop).collect(),
        tests: told.tests.into_iter().filter(|&(step, _)| expected.tests.contains_key(&step)).collect(),
    };
    assert!(told == expected, "the losses and scores of every step are those of a run that lost no device");
}

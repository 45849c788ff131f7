//! Runs that diverge: they are stopped with a sentence, and nothing of them is kept.

use crate::golden::{self, Start};
use crate::gpu;
use crate::support::{load, trainer_of};
use pollster::block_on;
use wn_gan::Error;
use wn_gan::config::{Config, Norm, Optimiser};
use wn_gan::data::faces;
use wn_gan::gan::Trainer;
use wn_gan::reference::Tensor;

/// Warm-up off, lr 1: the losses become NaN or explode; a run that does is stopped with a sentence.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn losses_that_are_not_finite_stop_the_run_with_a_sentence() {
    let config = Config { norm: Norm::None, warmup: 0, test_interval: 0, ..Config::preset("gan16").unwrap() };
    let mut trainer = trainer_of(&config, gpu::suited());
    let mut parameters = golden::parameters(&config, Start::Spread);
    let logit_bias = parameters.get_mut("dis.final.conv.bias").unwrap();
    *logit_bias = Tensor::new(&[1], vec![f64::from(f32::MAX)]);
    load(&mut trainer, &parameters);
    let mut message = String::new();
    for _ in 0..3 {
        if let Err(error) = block_on(trainer.advance(4)) {
            message = error.to_string();
            break;
        }
    }
    assert!(message.starts_with("Training stopped at step"), "{message:?}");
}

/// What would spoil a run that goes on from it is no checkpoint.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn nothing_that_is_not_finite_is_saved() {
    let config = Config { norm: Norm::Batch, test_interval: 0, ..Config::preset("gan16").unwrap() };
    let mut trainer = trainer_of(&config, gpu::suited());
    for (name, value, word) in
        [("gen.level.0.conv.weight", f32::NAN, "NaN"), ("dis.level.1.batchnorm.running_var", f32::INFINITY, "infinite")]
    {
        let mut parameters = golden::parameters(&config, Start::Spread);
        load(&mut trainer, &parameters);
        assert!(block_on(trainer.checkpoint()).is_ok());
        parameters.get_mut(name).unwrap().data[3] = f64::from(value);
        load(&mut trainer, &parameters);
        let message = block_on(trainer.checkpoint()).unwrap_err().to_string();
        assert!(message.starts_with(&format!("Training stopped at step 0: {name} is {word}.")), "{message}");
    }
}

/// A run that has diverged is told to go on while a test is under way, until the test would have ended several times over.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_test_ends_with_the_run_that_it_stands_beside() {
    let config = Config { norm: Norm::None, test_interval: 0, test_steps: 12, ..Config::preset("gan16").unwrap() };
    let mut trainer = trainer_of(&config, gpu::suited());
    let mut parameters = golden::parameters(&config, Start::Spread);
    parameters.insert("dis.final.conv.bias".into(), Tensor::new(&[1], vec![f64::from(f32::MAX)]));
    load(&mut trainer, &parameters);
    trainer.start_test();
    let mut failures = 0;
    for _ in 0..40 {
        failures += u32::from(block_on(trainer.advance(4)).is_err());
        assert!(failures == 0 || trainer.test_progress().is_none());
    }
    assert!(failures > 30, "{failures} failures");
}

/// The most telling rows of a table: those before the end.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn the_losses_before_the_failure_are_reported() {
    let config = Config {
        norm: Norm::None,
        optimiser: Optimiser::Sgd,
        lr: 1.0,
        momentum: 0.9,
        warmup: 0,
        test_interval: 0,
        ..Config::preset("gan16").unwrap()
    };
    let data = faces(300, 3);
    let mut trainer = block_on(Trainer::new(gpu::gpu(), config, &data, &mut |_, _, _| {})).unwrap();
    let mut rows = 0;
    let failed = loop {
        match block_on(trainer.advance_pipelined(5000)) {
            Ok(report) => {
                assert_eq!(report.metrics.len(), report.steps as usize);
                rows += report.steps;
                assert_eq!(report.step, rows, "no row is missing");
            }
            Err(error) => break error,
        }
        assert!(rows < 5000, "it did not diverge");
    };
    let Error::NonFinite { step, .. } = failed else { panic!("{failed}") };
    assert!(step > 1, "there are rows before it");
    assert_eq!(rows, step, "all steps before the first whose losses are not finite");
    assert!(!trainer.has_chunk_in_flight(), "it is told once");
}

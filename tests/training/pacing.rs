//! How work is cut into submits and kept in flight, on devices with a clock of their own that nobody has at hand.

use pollster::block_on;
use std::sync::Arc;
use wn_gan::config::{Config, Norm};
use wn_gan::data::faces;
use wn_gan::device::{MOST_IN_FLIGHT, Simulation};
use wn_gan::gan::Trainer;
use wn_gan::nn::gemm::tuner;

/// About what a core does: work in a millisecond, in multiply-adds.
const USUAL: f64 = 1e7;
/// No submit is longer, in milliseconds.
const LONGEST: f64 = 200.0;

fn config(preset: &str) -> Config {
    Config { test_interval: 0, ..Config::preset(preset).unwrap() }
}

fn trainer(simulation: &Simulation, config: &Config) -> Trainer {
    let data = faces(300, 3);
    block_on(Trainer::new(Arc::new(simulation.device()), config.clone(), &data, &mut |_, _, _| {})).unwrap()
}

/// Trains for so many milliseconds of the simulation's clock. Returns the lengths of all submits meanwhile, the share of the
/// time in which the device was busy, and the most chunks in flight.
fn train(simulation: &Simulation, trainer: &mut Trainer, ms: f64) -> (Vec<f64>, f64, usize) {
    let (begun, idle) = simulation.times();
    let (from, mut most) = (simulation.submits().len(), 0);
    while simulation.times().0 - begun < ms {
        let before = trainer.step();
        let report = block_on(trainer.advance_pipelined(u32::MAX)).unwrap();
        assert_eq!(report.metrics.len(), report.steps as usize);
        most = most.max(trainer.chunks_in_flight() + 1);
        assert!(trainer.step() >= before);
    }
    let (now, idle_now) = simulation.times();
    (simulation.submits().split_off(from), 1.0 - (idle_now - idle) / (now - begun), most)
}

/// The longest but the first, and the median.
fn lengths(submits: &[f64]) -> (f64, f64) {
    let mut sorted = submits.to_vec();
    sorted.sort_by(f64::total_cmp);
    (submits.iter().copied().fold(0.0, f64::max), sorted[sorted.len() / 2])
}

#[test]
fn submits_are_short_and_devices_busy_whatever_they_are_like() {
    // Speed, latency, jitter, poll; share of the device's time that is used at least, most in flight.
    let mut failures = Vec::new();
    for (name, preset, rate, [latency, jitter, poll], busy, in_flight) in [
        ("usual", "gan32", USUAL, [0.5, 0.0, 0.0], 0.97, 2),
        ("1000 times slower", "gan16", USUAL / 1000.0, [0.5, 0.0, 0.0], 0.97, 2),
        ("1000 times slower, small", "tiny", USUAL / 1000.0, [0.5, 0.0, 0.0], 0.97, 2),
        ("10 times faster", "gan32", 10.0 * USUAL, [0.5, 0.0, 0.0], 0.97, 2),
        ("a fast card", "gan32", 500.0 * USUAL, [0.2, 0.1, 0.0], 0.97, 2),
        ("read-backs take 100 ms", "gan32", USUAL, [100.0, 0.0, 0.0], 0.9, 5),
        ("read-backs take 100 ms, fast", "gan16", 20.0 * USUAL, [100.0, 0.0, 0.0], 0.9, MOST_IN_FLIGHT),
        ("looked for every 100 ms", "gan32", USUAL, [1.0, 0.0, 100.0], 0.9, 6),
        ("jitter", "gan32", USUAL, [2.0, 30.0, 0.0], 0.9, 4),
        ("latency and jitter", "gan32", USUAL, [60.0, 60.0, 0.0], 0.9, 6),
    ] {
        let simulation = Simulation::new(rate);
        simulation.set_latency(latency, jitter, poll);
        let config = config(preset);
        let mut trainer = trainer(&simulation, &config);
        let of_build = simulation.submits();
        let (of_start, _, _) = train(&simulation, &mut trainer, 4000.0);
        let (submits, share, most) = train(&simulation, &mut trainer, 20_000.0);
        let all: Vec<f64> = of_build.iter().skip(1).chain(&of_start).chain(&submits).copied().collect();
        let dispatch = trainer.longest_dispatch_ms().unwrap();
        let ((longest, _), (_, median)) = (lengths(&all), lengths(&submits));
        println!(
            "{name}: first {:.1} ms, longest {longest:.1}, median {median:.1}, longest dispatch {dispatch:.1}, busy \
             {share:.3}, {most} in flight, {} submits",
            of_build[0],
            submits.len()
        );
        let holds = [
            (longest <= LONGEST.max(1.5 * dispatch), "a submit is too long"),
            ((16.0..=50.0).contains(&median) || dispatch > 16.0, "submits have another length than they should"),
            (share >= busy, "the device is idle"),
            (most <= in_flight, "too much is in flight"),
        ];
        failures.extend(holds.iter().filter(|(holds, _)| !holds).map(|(_, what)| format!("{name}: {what}")));
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Another program takes most of a device and leaves again; a browser begins to look seldom for what is done, and stops.
#[test]
fn a_device_that_changes_is_followed() {
    let simulation = Simulation::new(USUAL);
    let mut trainer = trainer(&simulation, &config("tiny"));
    for (rate, latency) in
        [(USUAL, 0.5), (USUAL / 8.0, 0.5), (USUAL, 0.5), (USUAL, 100.0), (USUAL / 2.0, 100.0), (USUAL, 0.5)]
    {
        simulation.set_rate(rate);
        simulation.set_latency(latency, 0.0, 0.0);
        train(&simulation, &mut trainer, 10_000.0);
        let (submits, share, most) = train(&simulation, &mut trainer, 10_000.0);
        let (longest, median) = lengths(&submits);
        println!(
            "{rate:.1e}, {latency} ms: longest {longest:.1}, median {median:.1}, busy {share:.3}, {most} in flight"
        );
        assert!((16.0..=50.0).contains(&median) && longest < LONGEST, "{median:.1} and {longest:.1} ms");
        assert!(share >= 0.9, "busy {share:.3} of the time");
        assert!(most <= if latency > 1.0 { 6 } else { 2 }, "{most} in flight");
    }
}

/// Beside tests the device is as busy; a test begins when all before it has been told.
#[test]
fn tests_beside_training_leave_no_gaps() {
    for (preset, steps) in [("gan16", 50), ("gan32", 50), ("tiny", 200)] {
        let simulation = Simulation::new(USUAL);
        simulation.set_latency(100.0, 0.0, 0.0);
        let config = Config { test_interval: 2000, test_steps: steps, ..config(preset) };
        let mut trainer = trainer(&simulation, &config);
        trainer.start_test();
        train(&simulation, &mut trainer, 2000.0);
        if trainer.test_progress().is_none() {
            trainer.start_final_test();
        }
        let (submits, share, _) = train(&simulation, &mut trainer, 3000.0);
        let (longest, median) = lengths(&submits);
        println!("{preset}: longest {longest:.1}, median {median:.1}, busy {share:.3}");
        assert!(share >= 0.85, "{preset}: busy {share:.3} of the time");
    }
}

/// What is no training is cut as well: 1,024 samples, the first iterations of spectral normalisation, one step of a large
/// network on a slow device whose kernels differ.
#[test]
fn all_other_work_is_cut_too() {
    let config = Config { norm: Norm::Spectral, vis_size: 32, ..config("gan16") };
    let simulation = Simulation::new(USUAL / 10.0);
    simulation.set_unevenness(3.0);
    let trainer = trainer(&simulation, &config);
    let built = simulation.submits().len();
    block_on(trainer.sample_grid()).unwrap();
    let submits = simulation.submits();
    let dispatch = trainer.longest_dispatch_ms().unwrap();
    let (longest, _) = lengths(&submits[1..]);
    let grid: f64 = submits[built..].iter().sum();
    println!("longest {longest:.0} ms, longest dispatch {dispatch:.0} ms, the samples {grid:.0} ms in all");
    assert!(longest <= LONGEST && dispatch < LONGEST, "a submit of {longest:.0} ms");
    assert!(grid > 2.0 * LONGEST && submits.len() - built > 5, "the samples are many submits");
}

/// The probes of the matrix products on a slow device: nothing takes long, and it keeps what the table says.
#[test]
fn a_slow_device_is_not_measured() {
    for (rate, is_measured) in [(USUAL / 1000.0, false), (USUAL, false), (100.0 * USUAL, true)] {
        let simulation = Simulation::new(rate);
        let choice = block_on(tuner::fastest(&simulation.device()));
        assert_eq!(choice.measured, is_measured, "{rate:e}");
        let submits = simulation.submits();
        let (longest, _) = lengths(&submits[1..]);
        println!("{rate:.0e}: {} submits, first {:.0} ms, longest other {longest:.0} ms", submits.len(), submits[0]);
        assert!(longest <= LONGEST.max(2.0 * submits[0]), "a submit of {longest:.0} ms");
    }
}

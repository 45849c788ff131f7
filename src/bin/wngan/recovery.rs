//! A run whose device is lost goes on by itself, once, on a new one: from its state in memory, which is as old as keeping it
//! allows.

use crate::reporter::Reporter;
use crate::run::{Ended, Run, Schedule, build};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wn_gan::data::Dataset;
use wn_gan::device::Device;
use wn_gan::gan::Trainer;
use wn_gan::gan::checkpoint::Checkpoint;
use wn_gan::{Error, Result};

/// Oldest that the state gets, where keeping it is quick.
const MOST_AGE: Duration = Duration::from_secs(5);
/// Keeping it takes at most one in so many parts of the time.
const SHARE: u32 = 20;

/// The newest state of a run from which it can go on.
#[derive(Debug)]
pub struct Memory {
    state: Option<Arc<Vec<u8>>>,
    taken: Instant,
    took: Duration,
}

impl Memory {
    /// Of a run that has not begun.
    pub fn new() -> Memory {
        Memory { state: None, taken: Instant::now(), took: Duration::ZERO }
    }

    /// Takes a state that was just made, which took so long.
    pub fn keep(&mut self, state: Arc<Vec<u8>>, took: Duration) {
        *self = Memory { state: Some(state), taken: Instant::now(), took };
    }

    /// Whether the state is so old that another should be kept.
    pub fn is_due(&self) -> bool {
        self.state.is_none() || self.taken.elapsed() >= MOST_AGE.max(SHARE * self.took)
    }
}

/// Where a run takes place.
pub struct Place<'a> {
    /// What it learns from.
    pub data: &'a Dataset,
    /// Its folder.
    pub root: &'a Path,
    /// When files are written.
    pub schedule: Schedule,
}

/// Trains until the run's end. `opened` is called when its folder is open. If the device is lost, another takes the place of
/// `device`, opened by `open`, and the run goes on; the second loss is an error.
///
/// # Errors
/// As [`Run::new`] and [`Run::complete`], and what `opened` and `open` meet.
pub fn train(
    mut trainer: Trainer,
    place: &Place<'_>,
    device: &mut Arc<Device>,
    reporter: &mut Reporter,
    opened: impl FnOnce() -> Result<()>,
    open: impl FnOnce() -> Result<Arc<Device>>,
) -> Result<Ended> {
    let Place { data, root, schedule } = *place;
    let (mut memory, config) = (Memory::new(), trainer.config().clone());
    let run = Run::new(trainer, data, root, schedule, reporter, &mut memory)?;
    opened()?;
    let sentence = match run.complete() {
        Err(Error::Lost(sentence)) => sentence,
        other => return other,
    };
    let Some(state) = memory.state else { return Err(Error::Lost(sentence)) };
    let checkpoint = Checkpoint::read(&state)?;
    let why = sentence.values().map(|(_, value)| value).collect::<Vec<_>>().join(", ");
    reporter
        .warn(&format!("The device was lost ({why}). The run goes on from step {}, on a new one.", checkpoint.step));
    *device = open()?;
    trainer = build(device, config, data, Some(&checkpoint), reporter)?;
    Run::new(trainer, data, root, schedule, reporter, &mut Memory::new())?.complete()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pollster::block_on;
    use std::fs;
    use std::path::PathBuf;
    use wn_gan::Config;
    use wn_gan::data::faces;
    use wn_gan::device::Limits;

    #[test]
    fn a_state_is_kept_often_and_cheaply() {
        let mut memory = Memory::new();
        assert!(memory.is_due());
        memory.keep(Arc::new(vec![1]), Duration::ZERO);
        assert!(!memory.is_due());
        memory.taken = Instant::now().checked_sub(MOST_AGE).expect("the clock is older");
        assert!(memory.is_due());
        memory.took = MOST_AGE;
        assert!(!memory.is_due(), "it took as long as that: a hundred seconds are to pass");
    }

    fn open() -> Result<Arc<Device>> {
        Ok(Arc::new(block_on(Device::open(Limits::Adapter))?))
    }

    /// A run in a folder of this name, of which `disturb` is told the device; what is in its tables and its last checkpoint.
    fn run(name: &str, disturb: impl FnOnce(Arc<Device>, PathBuf)) -> Result<Vec<Vec<u8>>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp").join(name);
        let _ = fs::remove_dir_all(&root);
        let config = Config {
            width: 8,
            height: 8,
            nfeature: 4,
            code_size: 4,
            batch_size: 4,
            running: 6,
            final_count: 8,
            test_steps: 3,
            test_interval: 50,
            vis_size: 2,
            niter: 600,
            ..Config::default()
        };
        let schedule = Schedule { vis_interval: 0, save_interval: 70, save_minutes: 0.0, inspect: false };
        let (mut device, data, mut reporter) = (open()?, faces(60, 1), Reporter::new(true));
        let trainer = build(&device, config, &data, None, &mut reporter)?;
        let place = Place { data: &data, root: &root, schedule };
        let first = device.clone();
        let opened = || {
            disturb(first, root.clone());
            Ok(())
        };
        assert_eq!(train(trainer, &place, &mut device, &mut reporter, opened, open)?, Ended::Complete);
        let files =
            ["log/metrics.csv", "log/running_test.csv", "net_archive/last.safetensors", "net_archive/560.safetensors"];
        Ok(files.into_iter().map(|file| fs::read(root.join(file)).unwrap_or_default()).collect())
    }

    /// Bit-equal to a run that lost nothing.
    #[test]
    #[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
    fn a_run_whose_device_is_lost_goes_on_once() {
        let whole = run("not_lost", |_, _| {}).unwrap_or_else(|e| panic!("{e}"));
        for steps in [1, 130, 333] {
            let lose = move |device: Arc<Device>, root: PathBuf| {
                std::thread::spawn(move || {
                    let done =
                        || fs::read_to_string(root.join("log/metrics.csv")).map_or(0, |text| text.lines().count());
                    while done() <= steps {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    device.destroy();
                });
            };
            let found = run("lost", lose).unwrap_or_else(|e| panic!("{e}"));
            assert!(found == whole, "lost after {steps} steps");
        }
    }
}

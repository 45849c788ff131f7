//! Checkpoints: a file that is taken over leaves a trainer that goes on, and one that does not fit leaves it as it was.
#![no_main]

use pollster::block_on;
use std::cell::RefCell;
use wn_gan::Error;
use wn_gan::gan::Trainer;
use wn_gan::gan::checkpoint::Checkpoint;

#[path = "../network.rs"]
mod network;

thread_local! {
    static TRAINER: RefCell<Trainer> = RefCell::new(network::trainer());
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let checkpoint = match Checkpoint::read(bytes) {
        Ok(checkpoint) => checkpoint,
        Err(error) => return assert!(error.to_string().len() > 20, "{error}"),
    };
    TRAINER.with_borrow_mut(|trainer| {
        let before = trainer.step();
        if trainer.restore(&checkpoint).is_err() {
            return assert_eq!(trainer.step(), before, "nothing was taken over");
        }
        assert_eq!(trainer.step(), checkpoint.step);
        match block_on(trainer.advance(1)) {
            Ok(report) => assert!(report.metrics.iter().all(|row| row.g_loss.is_finite())),
            Err(error) => assert!(matches!(error, Error::NonFinite { .. }), "{error}"),
        }
        let _ = block_on(trainer.checkpoint());
    });
});

//! Ctrl-C and SIGTERM: the first asks a run to save and end, the second ends the process at once.

use std::sync::atomic::{AtomicBool, Ordering};
use wn_gan::{Error, Result};

/// What a shell expects of a program that was interrupted.
pub const EXIT_CODE: u8 = 130;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on an interrupt is a request. Calling it again changes nothing.
///
/// # Errors
/// [`Error::Device`] when the system refuses a handler.
pub fn listen() -> Result<()> {
    let handler = || {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            std::process::exit(EXIT_CODE.into());
        }
        eprintln!("wngan: interrupted; saving after the present chunk and test (once more ends at once)");
    };
    match ctrlc::try_set_handler(handler) {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(e) => Err(Error::Device(format!("The system lets no program listen to Ctrl-C ({e})."))),
    }
}

/// Whether an interrupt was asked for.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

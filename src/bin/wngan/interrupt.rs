//! Ctrl-C and SIGTERM: the first asks a run to save and end, a later one ends the process at once. Other signals keep their
//! meaning, so that `nohup` works. Elsewhere than on Unix, Ctrl-C ends the process.

use std::sync::atomic::{AtomicBool, Ordering};
use wn_gan::Result;
#[cfg(unix)]
use wn_gan::error::plain;

/// What a shell expects of a program that was interrupted.
pub const EXIT_CODE: u8 = 130;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on an interrupt is a request. Calling it again changes nothing.
///
/// # Errors
/// [`wn_gan::Error::Device`] when the system refuses a handler.
pub fn listen() -> Result<()> {
    #[cfg(unix)]
    {
        static LISTENING: AtomicBool = AtomicBool::new(false);
        if !LISTENING.swap(true, Ordering::Relaxed) {
            return handle();
        }
    }
    Ok(())
}

#[cfg(unix)]
fn handle() -> Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use std::time::{Duration, Instant};

    /// Some programs, such as `timeout`, send a signal twice.
    const TWICE: Duration = Duration::from_secs(1);
    let refused = |e| wn_gan::Error::Device(plain(format!("The system lets no program listen to Ctrl-C ({e}).")));
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(refused)?;
    std::thread::spawn(move || {
        let mut first: Option<Instant> = None;
        for _ in signals.forever() {
            match first {
                None => {
                    first = Some(Instant::now());
                    REQUESTED.store(true, Ordering::Relaxed);
                    eprintln!("wngan: interrupted; saving after the present chunk and test (once more ends at once)");
                }
                Some(at) if at.elapsed() < TWICE => {}
                Some(_) => std::process::exit(EXIT_CODE.into()),
            }
        }
    });
    Ok(())
}

/// Whether an interrupt was asked for.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

//! One error type for the whole crate. Every message is a sentence with what was needed, what was found and what to do;
//! those of the library have a code and named values, by which the page says them in its own language.

mod sentence;
pub(crate) mod sentences;

use std::fmt;

pub use sentence::{Sentence, Template, plain};
pub use sentences::SENTENCES;

/// What can go wrong, by the part of the program that the person using it can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A setting is out of range or two settings contradict each other.
    Config(Sentence),
    /// A data file could not be read as images.
    Data(Sentence),
    /// A checkpoint does not fit the network, or is not a checkpoint.
    Checkpoint(Sentence),
    /// The system offers no GPU adapter, software or hardware; with what the driver said.
    NoAdapter(String),
    /// The adapter refused to open a device.
    NoDevice {
        /// Name of the adapter.
        adapter: String,
        /// What the driver said.
        message: String,
    },
    /// A network needs more than the device allows.
    Limit(Sentence),
    /// The device has no memory left for what was to be built; with what the driver said.
    Memory(String),
    /// The device refused something while networks were built; what was built before is untouched. With what the driver
    /// said.
    Build(String),
    /// A shader was rejected by the driver or the browser, or cannot run on this device.
    Shader {
        /// File stem below `shaders/`.
        shader: String,
        /// What is wrong with it.
        problem: Sentence,
    },
    /// An error reached the device outside of a build. It goes on.
    Device(Sentence),
    /// The device was lost, and all that is on it: a new one can be opened.
    Lost(Sentence),
    /// A buffer is used with another device than it was allocated on.
    Foreign {
        /// What the buffer is called.
        buffer: String,
        /// Name of the device that was to use it.
        device: String,
    },
    /// A loss, or a number of the networks, is NaN or infinite: training cannot go on from here.
    NonFinite {
        /// The first step whose metrics are not finite, or the steps done when the networks were looked at.
        step: u32,
        /// Name of the metric, or of the tensor.
        which: String,
        /// "NaN" or "infinite".
        value: String,
    },
    /// Reading or writing a file failed. The library touches none: a sentence of the command line.
    File(String),
}

impl Error {
    /// [`Error::NonFinite`] for a value that is NaN or infinite.
    pub(crate) fn non_finite(step: u32, which: &str, value: f32) -> Error {
        let value = if value.is_nan() { NAN } else { "infinite" };
        Error::NonFinite { step, which: which.into(), value: value.into() }
    }

    /// What it says.
    pub fn sentence(&self) -> Sentence {
        match self {
            Error::Config(sentence)
            | Error::Data(sentence)
            | Error::Checkpoint(sentence)
            | Error::Limit(sentence)
            | Error::Shader { problem: sentence, .. }
            | Error::Device(sentence)
            | Error::Lost(sentence) => sentence.clone(),
            Error::NoAdapter(message) => sentences::device::no_adapter(message),
            Error::NoDevice { adapter, message } => sentences::device::no_device(adapter, message),
            Error::Memory(message) => sentences::device::memory(message),
            Error::Build(message) => sentences::device::build(message),
            Error::Foreign { buffer, device } => sentences::device::foreign(buffer, device),
            Error::NonFinite { step, which, value } if value == NAN => sentences::training::nan(step, which),
            Error::NonFinite { step, which, .. } => sentences::training::infinite(step, which),
            Error::File(text) => plain(text),
        }
    }

    /// The code of its sentence.
    pub fn code(&self) -> &'static str {
        self.sentence().code()
    }

    /// The values in its sentence, by name and in their order.
    pub fn values(&self) -> Vec<(&'static str, String)> {
        self.sentence().values().map(|(name, value)| (name, value.into())).collect()
    }
}

/// [`Error::NonFinite`]'s word for it.
const NAN: &str = "NaN";

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for Error {}

/// Result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

//! One error type for the whole crate. Every message is a sentence with what was needed, what was
//! found and what to do.

/// What can go wrong, by the part of the program that the person using it can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is out of range or two settings contradict each other.
    #[error("{0}")]
    Config(String),
    /// A data file could not be read as images.
    #[error("{0}")]
    Data(String),
    /// A checkpoint does not fit the network, or is not a checkpoint.
    #[error("{0}")]
    Checkpoint(String),
    /// The system offers no GPU adapter, software or hardware.
    #[error(
        "No GPU adapter was found ({0}). Install a Vulkan, Metal or DirectX 12 driver; on Debian the package mesa-vulkan-drivers has a software one. Or set WNGAN_DEVICE=cpu, which needs none."
    )]
    NoAdapter(String),
    /// The adapter refused to open a device.
    #[error(
        "The GPU adapter \"{adapter}\" did not open a device: {message}. Close other programs that use the GPU, or update its driver."
    )]
    NoDevice {
        /// Name of the adapter.
        adapter: String,
        /// What the driver said.
        message: String,
    },
    /// A network needs more than the device allows.
    #[error("{what} needs {need}, and this GPU allows {have}. Choose a smaller image size, batch or width.")]
    Limit {
        /// What would not fit, e.g. "the buffer of generator activations".
        what: String,
        /// The amount needed, with its unit.
        need: String,
        /// The amount the device allows, with its unit.
        have: String,
    },
    /// The device has no memory left for what was to be built.
    #[error(
        "The GPU has too little free memory for this ({0}). Choose a smaller image size, batch or width, or close what else uses it."
    )]
    Memory(String),
    /// The device refused something while networks were built; what was built before is untouched.
    #[error("The GPU refused to build this: {0}. Choose other settings, and please report these.")]
    Build(String),
    /// A shader was rejected by the driver or the browser.
    #[error("Shader {shader} was rejected: {message}")]
    Shader {
        /// File stem below `shaders/`.
        shader: String,
        /// The compiler's message, with the line.
        message: String,
    },
    /// The device was lost, or an error reached it outside of a build.
    #[error(
        "The GPU stopped answering: {0}. Restore the last checkpoint and continue; if it happens again, choose a smaller batch."
    )]
    Device(String),
    /// A buffer is used with another device than it was allocated on.
    #[error("The buffer \"{buffer}\" belongs to another device than {device}. Allocate it on the device that uses it.")]
    Foreign {
        /// What the buffer is called.
        buffer: String,
        /// Name of the device that was to use it.
        device: String,
    },
    /// A loss, or a number of the networks, is NaN or infinite: training cannot go on from here.
    #[error("Training stopped at step {step}: {which} is {value}. Reset with a smaller lr, or with a longer warm-up.")]
    NonFinite {
        /// The first step whose metrics are not finite, or the steps done when the networks were looked at.
        step: u32,
        /// Name of the metric, or of the tensor.
        which: String,
        /// "NaN" or "infinite".
        value: String,
    },
    /// Reading or writing a file failed.
    #[error("{0}")]
    File(String),
}

impl Error {
    /// [`Error::NonFinite`] for a value that is NaN or infinite.
    pub(crate) fn non_finite(step: u32, which: &str, value: f32) -> Error {
        let value = if value.is_nan() { "NaN" } else { "infinite" };
        Error::NonFinite { step, which: which.into(), value: value.into() }
    }
}

/// Result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

//! What happens to a GEMM's result where it is stored (shared/epilogue.wgsl), beside the bias.

use crate::kernels::constants;

/// Which function, and its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epilogue {
    /// `EPILOGUE` of the kernels.
    pub kind: u32,
    /// The (threshold, slope) pairs that it reads: the first in the parameters, and their number.
    pub pairs: Option<(u32, u32)>,
    /// Whether what the function reads is stored too, for the backward pass.
    pub keeps_input: bool,
    /// Whether the layer's backward pass also sums the gradient of the GEMM's bias.
    pub sums_bias: bool,
}

impl Epilogue {
    /// The TPReLU that follows; its input is kept.
    pub fn tprelu(first: u32, count: u32) -> Epilogue {
        Epilogue { kind: constants::TPRELU, pairs: Some((first, count)), keeps_input: true, sums_bias: false }
    }

    /// The sigmoid that follows; its output is all that the backward pass needs.
    pub fn sigmoid() -> Epilogue {
        Epilogue { kind: constants::SIGMOID, pairs: None, keeps_input: false, sums_bias: true }
    }

    /// From the gradient of a TPReLU's output to that of its input.
    pub fn tprelu_gradient(first: u32, count: u32) -> Epilogue {
        Epilogue { kind: constants::GRADIENT, ..Epilogue::tprelu(first, count) }
    }
}

//! WGSL's vectors.

/// A vector of N components; a vector of vectors is a matrix by columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vector<T, const N: usize>(pub [T; N]);

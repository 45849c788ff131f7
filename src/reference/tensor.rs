//! The one container of the reference implementation.

/// A dense row-major array of f64: the last axis is contiguous.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Length of every axis, e.g. `[B, C, H, W]` for images.
    pub shape: Vec<usize>,
    /// The elements; as many as the product of `shape`.
    pub data: Vec<f64>,
}

impl Tensor {
    /// A tensor of the given shape from its elements.
    ///
    /// # Panics
    /// If there are not as many elements as the product of the shape.
    pub fn new(shape: &[usize], data: Vec<f64>) -> Tensor {
        assert_eq!(shape.iter().product::<usize>(), data.len(), "shape {shape:?} must hold {} elements", data.len());
        Tensor { shape: shape.to_vec(), data }
    }

    /// A tensor with one axis.
    pub fn vector(data: Vec<f64>) -> Tensor {
        Tensor { shape: vec![data.len()], data }
    }

    /// A tensor of zeros.
    pub fn zeros(shape: &[usize]) -> Tensor {
        Tensor { shape: shape.to_vec(), data: vec![0.0; shape.iter().product()] }
    }

    /// The same elements under another shape, which must hold as many.
    pub fn reshaped(self, shape: &[usize]) -> Tensor {
        Tensor::new(shape, self.data)
    }

    /// A new tensor of the same shape with `f` applied to every element.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Tensor {
        Tensor { shape: self.shape.clone(), data: self.data.iter().map(|&value| f(value)).collect() }
    }

    /// A new tensor `f(self[i], other[i])`.
    ///
    /// # Panics
    /// If the two differ in shape.
    pub fn zip_map(&self, other: &Tensor, f: impl Fn(f64, f64) -> f64) -> Tensor {
        assert_eq!(self.shape, other.shape, "both tensors must have one shape");
        let data = self.data.iter().zip(&other.data).map(|(&a, &b)| f(a, b)).collect();
        Tensor { shape: self.shape.clone(), data }
    }

    /// The Euclidean norm of all elements.
    pub fn norm(&self) -> f64 {
        self.data.iter().map(|value| value * value).sum::<f64>().sqrt()
    }

    /// The shape as `(outer, units, inner)` around `axis`: element `i` belongs to unit `i / inner % units`.
    pub fn around(&self, axis: usize) -> (usize, usize, usize) {
        let outer = self.shape[..axis].iter().product();
        let inner = self.shape[axis + 1..].iter().product();
        (outer, self.shape[axis], inner)
    }

    /// The lengths of all axes, which must be `N`: four for an image batch `[B, C, H, W]`, two for a matrix.
    ///
    /// # Panics
    /// If there are more axes, or fewer.
    pub fn axes<const N: usize>(&self) -> [usize; N] {
        let Ok(axes) = self.shape.as_slice().try_into() else { panic!("{N} axes are needed, not {:?}", self.shape) };
        axes
    }
}

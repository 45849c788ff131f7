//! Central finite differences, and a list of the gradients that do not agree with them.

use std::cell::RefCell;
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::Parameters;
use wn_gan::rng::uniforms;

/// A check must resolve this share of the gradient's largest element, otherwise it could not fail and counts as failed.
/// Central differences in f64 resolve about (2^-52)^(2/3) = 4e-11 of a smooth function; near a kink, where only steps
/// shorter than the distance to it count, some digits less.
const RESOLUTION: f64 = 1e-6;

/// Central differences of `loss(x + t d)` at `t = 0` against `expected`, the gradient's product with `d`.
///
/// The step runs from 2^-6 down to 2^-26. Long steps err by curvature and kinks, short ones by rounding; where two
/// neighbouring estimates agree best lies the plateau, and their disagreement (together with the rounding of `loss`)
/// measures the error there. `size` is the gradient's largest element.
fn difference(loss: impl Fn(f64) -> f64, expected: f64, size: f64) -> Result<(), String> {
    let rounding = f64::EPSILON * loss(0.0).abs();
    let estimates: Vec<(f64, f64)> = (3..=13)
        .map(|k| {
            let step = 0.25f64.powi(k);
            ((loss(step) - loss(-step)) / (2.0 * step), rounding / step)
        })
        .collect();
    let plateau = estimates.windows(2).map(|pair| {
        let error = (pair[0].0 - pair[1].0).abs() + pair[1].1;
        (pair[0].0, 4.0 * error)
    });
    let (estimate, bound) = plateau.min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are eleven steps");
    let resolved = bound <= RESOLUTION * size;
    let agrees = (estimate - expected).abs() <= bound;
    match (resolved, agrees) {
        (true, true) => Ok(()),
        (false, _) => Err(format!("no plateau: the error {bound:e} hides a gradient of size {size:e}")),
        (true, false) => Err(format!("{expected:e} instead of {estimate:e} +- {bound:e}")),
    }
}

/// Collects the failures of many gradients, so that one run shows them all.
pub struct Checks {
    /// How many single elements of every gradient are checked.
    elements: usize,
    failures: RefCell<Vec<String>>,
}

impl Default for Checks {
    fn default() -> Checks {
        Checks::of_elements(7)
    }
}

impl Checks {
    /// Checks that look at `elements` (at least 2) single elements of every gradient, the first and the last among them.
    pub fn of_elements(elements: usize) -> Checks {
        Checks { elements, failures: RefCell::default() }
    }

    /// Checks `gradient` of `loss` at `x` in single elements and along one direction that involves all of them.
    pub fn gradient(&self, what: &str, x: &Tensor, gradient: &Tensor, loss: impl Fn(&Tensor) -> f64) {
        assert_eq!(x.shape, gradient.shape, "{what}");
        let count = x.data.len();
        let mut directions = vec![("along a direction".to_owned(), random(&x.shape, 99))];
        for i in (0..self.elements).map(|i| i * (count - 1) / (self.elements - 1)) {
            let mut unit = Tensor::zeros(&x.shape);
            unit.data[i] = 1.0;
            directions.push((format!("element {i}"), unit));
        }
        let size = gradient.data.iter().fold(0.0, |size: f64, g| size.max(g.abs()));
        for (name, direction) in directions {
            let moved = |t: f64| loss(&x.zip_map(&direction, |x, d| x + t * d));
            if let Err(failure) = difference(moved, dot(gradient, &direction), size) {
                self.failures.borrow_mut().push(format!("{what}, {name}: {failure}"));
            }
        }
    }

    /// The same for every parameter of a network; `at` may hold state, which stays as it is.
    pub fn parameters(&self, what: &str, at: &Parameters, gradients: &Parameters, loss: impl Fn(&Parameters) -> f64) {
        for (name, gradient) in gradients {
            self.gradient(&format!("{what}, {name}"), &at[name], gradient, |moved| {
                let mut parameters = at.clone();
                parameters.insert(name.clone(), moved.clone());
                loss(&parameters)
            });
        }
    }

    /// Whether some check failed.
    pub fn failed(&self) -> bool {
        !self.failures.borrow().is_empty()
    }

    /// Fails with the whole list.
    pub fn none_failed(self) {
        let failures = self.failures.into_inner();
        assert!(failures.is_empty(), "{} gradients are wrong:\n{}", failures.len(), failures.join("\n"));
    }
}

/// Uniform numbers in `[-1, 1)`.
pub fn random(shape: &[usize], seed: u32) -> Tensor {
    let count = shape.iter().product();
    Tensor::new(shape, uniforms(count, 0, 0, seed).map(|u| 2.0 * f64::from(u) - 1.0).collect())
}

pub fn dot(a: &Tensor, b: &Tensor) -> f64 {
    a.zip_map(b, |a, b| a * b).data.iter().sum()
}

pub fn vector(values: Vec<f64>) -> Tensor {
    Tensor::new(&[values.len()], values)
}

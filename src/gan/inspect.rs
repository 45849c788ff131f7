//! A look inside both networks, taken at test cadence: what weight normalisation does to the weights, where the
//! activations bend, and how sure D is.

use crate::config::Role;
use crate::error::Result;
use crate::gan::state_dict::Named;
use crate::gan::trainer::Trainer;
use crate::nn::optimiser;
use crate::rng;
use serde::Serialize;
use std::borrow::Cow;

/// Bins of the histograms of D's output.
pub const BINS: usize = 20;
/// Most steps of the search for the first singular value, and the most multiply-adds it may take for one weight. With
/// so few steps the share is a little too low for weights of more units; 64 come within 1e-3 of it in practice.
const MAX_STEPS: usize = 64;
const MAX_WORK: usize = 1 << 27;

/// Least, mean and greatest of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Range {
    /// Least.
    pub min: f64,
    /// Mean.
    pub mean: f64,
    /// Greatest.
    pub max: f64,
}

impl Range {
    /// The range of `values`; of none there is none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Range> {
        let start = (0usize, f64::INFINITY, 0.0, f64::NEG_INFINITY);
        let (count, min, sum, max) = values
            .into_iter()
            .fold(start, |(count, min, sum, max), v| (count + 1, f64::min(min, v), sum + v, f64::max(max, v)));
        (count > 0).then(|| Range { min, mean: sum / count as f64, max })
    }
}

/// What is known of one weight `v`, whose rows are its output units.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct WeightView {
    /// Its name, such as `dis.level.0.conv.weight`.
    pub name: String,
    /// Norms `||v||` of the rows. Under weight normalisation they can only grow by gradient steps.
    pub norms: Option<Range>,
    /// Cosines between each row, as it was before the last step, and its gradient: zero to rounding for a normalised
    /// weight. Rows without gradient have none.
    pub cosines: Option<Range>,
    /// `||dv|| / ||v||` of the last step.
    pub update_ratio: Option<f64>,
    /// `sigma_1^2 / ||V||_F^2`: the share of the spectrum that the first singular value holds, 1 for rank one.
    pub share: Option<f64>,
}

/// What is known of one activation with learned numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ActivationView {
    /// Its name, such as `gen.initial.tprelu`.
    pub name: String,
    /// Slopes of the lower branch, if they are learned.
    pub slopes: Option<Range>,
    /// Thresholds, if they are learned.
    pub thresholds: Option<Range>,
}

/// Everything that is inspected, at one training step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Inspection {
    /// Training steps done.
    pub step: u32,
    /// Weights of G, then of D.
    pub weights: Vec<WeightView>,
    /// Activations of G, then of D.
    pub activations: Vec<ActivationView>,
    /// Real images of the last batch by D's sigmoid, in [`BINS`] equal bins from 0 to 1.
    pub real: Vec<u32>,
    /// The same of the fakes.
    pub fake: Vec<u32>,
}

impl Trainer {
    /// Reads parameters, gradients, last updates and last logits back and looks at them. Before the first step there
    /// are no gradients and no updates: cosines are missing, ratios 0.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device failed.
    pub async fn inspection(&self) -> Result<Inspection> {
        let parameters = self.parameters().await?;
        let gradients = self.gradients().await?;
        let (real, fake) = self.logits().await?;
        Ok(Inspection {
            step: self.step(),
            weights: weights(&parameters, &gradients, &self.updates(&gradients).await?),
            activations: activations(&parameters),
            real: histogram(&real),
            fake: histogram(&fake),
        })
    }

    /// What the last step, whose gradients are given, added to every parameter, under its name. What is projected
    /// afterwards, slopes and the weights of forced weight normalisation, moved otherwise.
    async fn updates(&self, gradients: &[Named]) -> Result<Vec<Named>> {
        let (config, t) = (self.config(), self.update_count().max(1));
        let optimiser = optimiser::of(config);
        let states = self.optimiser_state().await?;
        let of_tensor = |(number, (name, shape, gradient)): (usize, &Named)| {
            let role = if name.starts_with(Role::Generator.prefix()) { Role::Generator } else { Role::Discriminator };
            let lr = f64::from(config.lr_at(role, self.step().saturating_sub(1)));
            let t = if role == Role::Discriminator { t * config.n_dis } else { t };
            let change = |(i, &gradient): (usize, &f32)| {
                let state: Vec<f64> = states.iter().map(|(_, of_state)| f64::from(of_state[number].2[i])).collect();
                optimiser.change(f64::from(gradient), &state, t, lr) as f32
            };
            (name.clone(), shape.clone(), gradient.iter().enumerate().map(change).collect())
        };
        Ok(gradients.iter().enumerate().map(of_tensor).collect())
    }
}

/// Every weight of linear maps among `parameters`, with the gradient and the update of the same name: the gradient is
/// that of the parameters before the update.
pub fn weights(parameters: &[Named], gradients: &[Named], updates: &[Named]) -> Vec<WeightView> {
    let is_weight = |name: &str| name.ends_with(".conv.weight") || name.ends_with(".linear.weight");
    let found = parameters.iter().filter(|(name, ..)| is_weight(name)).map(|tensor| {
        let name = tensor.0.clone();
        let matrix = rows(tensor);
        let update = named(updates, &name);
        let before = update.map(|update| difference(tensor, update));
        WeightView {
            norms: Range::of(matrix.units().map(norm)),
            cosines: named(gradients, &name).zip(before).and_then(|(g, before)| cosines(&rows(g), &rows(&before))),
            update_ratio: update.and_then(|update| ratio(norm(&update.2), norm(&tensor.2))),
            share: first_share(&matrix),
            name,
        }
    });
    found.collect()
}

fn difference((name, shape, a): &Named, (_, _, b): &Named) -> Named {
    (name.clone(), shape.clone(), a.iter().zip(b).map(|(a, b)| a - b).collect())
}

fn named<'a>(list: &'a [Named], name: &str) -> Option<&'a Named> {
    list.iter().find(|tensor| tensor.0 == name)
}

/// Slopes and thresholds of every activation among `parameters`, in their order.
pub fn activations(parameters: &[Named]) -> Vec<ActivationView> {
    let mut found: Vec<ActivationView> = Vec::new();
    for (name, _, values) in parameters {
        let Some((owner, what)) = name.rsplit_once('.') else { continue };
        if !["prelu", "trelu", "tprelu"].iter().any(|kind| owner.rsplit('.').next() == Some(kind)) {
            continue;
        }
        let view = match found.last_mut() {
            Some(view) if view.name == owner => view,
            _ => found.push_mut(ActivationView { name: owner.into(), slopes: None, thresholds: None }),
        };
        let range = Range::of(values.iter().map(|&v| f64::from(v)));
        match what {
            "weight" => view.slopes = range,
            _ => view.thresholds = range,
        }
    }
    found
}

/// How many of `logits` have their sigmoid in each of [`BINS`] equal bins from 0 to 1; what is no number is left out.
pub fn histogram(logits: &[f32]) -> Vec<u32> {
    let mut bins = vec![0; BINS];
    for &logit in logits.iter().filter(|logit| !logit.is_nan()) {
        let p = 1.0 / (1.0 + (-f64::from(logit)).exp());
        bins[((p * BINS as f64) as usize).min(BINS - 1)] += 1;
    }
    bins
}

/// A weight as `[units, rest]`.
#[derive(Debug)]
pub struct Matrix<'a> {
    values: Cow<'a, [f32]>,
    columns: usize,
}

impl Matrix<'_> {
    /// Its rows, one for each output unit.
    fn units(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.columns)
    }
}

/// The weight's output units as rows: the first axis, but the second of a transposed convolution `[in, out, kh, kw]`.
/// Those are all of G's convolutions.
pub fn rows(tensor: &Named) -> Matrix<'_> {
    let (name, shape, values) = tensor;
    let columns = |units: usize| (values.len() / units.max(1)).max(1);
    let &[inputs, units, height, width] = shape.as_slice() else {
        let columns = columns(shape.first().copied().unwrap_or(1));
        return Matrix { values: values.into(), columns };
    };
    if !name.starts_with("gen.level.") {
        return Matrix { values: values.into(), columns: columns(inputs) };
    }
    let taps = height * width;
    let part = |unit: usize| move |input: usize| &values[(input * units + unit) * taps..][..taps];
    let turned: Vec<f32> = (0..units).flat_map(|unit| (0..inputs).map(part(unit))).flatten().copied().collect();
    Matrix { values: turned.into(), columns: columns(units) }
}

/// Cosines between the rows of both, of those rows that have a direction in both.
fn cosines(a: &Matrix<'_>, b: &Matrix<'_>) -> Option<Range> {
    let cosine = |(a, b): (&[f32], &[f32])| ratio(dot(a, b), norm(a) * norm(b));
    Range::of(a.units().zip(b.units()).filter_map(cosine))
}

/// `sigma_1^2 / ||V||_F^2`; a zero matrix has none.
///
/// Power iteration on `V V^T` from a fixed random start, of which not only the last vector is kept: the largest
/// eigenvalue on the space of all of them (Lanczos) is exact after as many steps as there are units, and converges also
/// where the first singular values lie close together.
pub fn first_share(matrix: &Matrix<'_>) -> Option<f64> {
    let total = dot(&matrix.values, &matrix.values);
    let units = matrix.units().count();
    let steps = (MAX_WORK / (2 * matrix.values.len()).max(1)).clamp(2, MAX_STEPS).min(units);
    let start: Vec<f64> = rng::uniforms(units, 0, 0, 1).map(|u| 2.0 * f64::from(u) - 1.0).collect();
    let mut basis = vec![unit(&start)?];
    let (mut diagonal, mut beside) = (Vec::new(), Vec::new());
    for step in 0..steps {
        let mut next = squared(matrix, &basis[step]);
        diagonal.push(inner(&next, &basis[step]));
        // Twice: what rounding leaves of the first time is as large as what is sought once vectors are close.
        for known in basis.iter().chain(&basis) {
            let along = inner(&next, known);
            next.iter_mut().zip(known).for_each(|(next, known)| *next -= along * known);
        }
        let length = inner(&next, &next).sqrt();
        if length <= f64::EPSILON * total {
            break;
        }
        beside.push(length);
        basis.push(next.iter().map(|value| value / length).collect());
    }
    ratio(greatest_eigenvalue(&diagonal, &beside, total), total)
}

/// `V V^T q`
fn squared(matrix: &Matrix<'_>, q: &[f64]) -> Vec<f64> {
    let mut back = vec![0.0; matrix.columns];
    for (row, q) in matrix.units().zip(q) {
        row.iter().zip(&mut back).for_each(|(&v, back)| *back += f64::from(v) * q);
    }
    matrix.units().map(|row| row.iter().zip(&back).map(|(&v, back)| f64::from(v) * back).sum()).collect()
}

/// The greatest eigenvalue of a symmetric tridiagonal matrix without negative ones, by bisection up to its bound `most`:
/// `x` is above all eigenvalues exactly when every pivot of `T - x` is negative.
fn greatest_eigenvalue(diagonal: &[f64], beside: &[f64], most: f64) -> f64 {
    let is_above = |x: f64| {
        let mut pivot = 1.0;
        diagonal.iter().enumerate().all(|(i, value)| {
            let coupling = if i == 0 { 0.0 } else { beside[i - 1].powi(2) };
            pivot = value - x - coupling / pivot;
            pivot < 0.0
        })
    };
    let (mut low, mut high) = (0.0, most);
    while high - low > 1e-9 * most {
        let middle = low + (high - low) / 2.0;
        if is_above(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    low + (high - low) / 2.0
}

fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The vector divided by its length, if it has one.
fn unit(vector: &[f64]) -> Option<Vec<f64>> {
    let length = inner(vector, vector).sqrt();
    (length > 0.0).then(|| vector.iter().map(|value| value / length).collect())
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

fn norm(values: &[f32]) -> f64 {
    dot(values, values).sqrt()
}

fn ratio(a: f64, b: f64) -> Option<f64> {
    (b > 0.0 && b.is_finite()).then(|| a / b)
}

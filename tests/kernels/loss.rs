//! The GAN losses and the loss of a reconstruction.

use super::activation::sigmoid_ulps;
use super::compare::{Expected, Report, Tolerance};
use super::device::{bound, dispatch, filled, poisoned, random};
use wn_gan::config::Loss;
use wn_gan::device::Dispatch;
use wn_gan::kernels::{Kernel, LossParams, METRIC_COLUMNS, Mse, Step};
use wn_gan::reference::Tensor;
use wn_gan::reference::loss;
use wn_gan::reference::mse::{mse as reference_mse, mse_gradient};

/// Where the gradients begin.
const OUTPUT: usize = 7;

/// How far an image's term and its derivative by the logit may be off, given how far the logit leans towards the wrong
/// side: -l where D is to say real, l where it is to say fake; in a loss of pairs, how far the wrong logit is above the
/// other.
struct Term {
    value: fn(f64) -> Tolerance,
    derivative: fn(f64) -> Tolerance,
}

pub fn bce(kernel: &'static Kernel) -> Report {
    check(
        kernel,
        Loss::Bce,
        &Term { value: softplus, derivative: |x| Tolerance::rounded(sigmoid_ulps(x), logistic(x)) },
    )
}

pub fn ls(kernel: &'static Kernel) -> Report {
    // The square doubles the relative error of p and rounds. 2 p e/((1 + e)(1 + e)): p, the exponential, two products,
    // twice a sum and the product of sums, a division.
    let value = |x: f64| Tolerance::rounded(2.0 * sigmoid_ulps(x) + 0.5, logistic(x).powi(2));
    let derivative = |x: f64| {
        let ulps = sigmoid_ulps(x) + exponential_ulps(x) + 1.0 + 1.0 + 0.5 + 2.5;
        Tolerance::rounded(ulps, 2.0 * logistic(x).powi(2) * logistic(-x))
    };
    check(kernel, Loss::Ls, &Term { value, derivative })
}

pub fn hinge(kernel: &'static Kernel) -> Report {
    check(
        kernel,
        Loss::Hinge,
        &Term { value: |x| Tolerance::rounded(0.5, 1.0 + x), derivative: |_| Tolerance::exact() },
    )
}

/// As [`bce`] of the difference of two logits, which rounds.
pub fn rpgan(kernel: &'static Kernel) -> Report {
    let value = |x: f64| softplus(x) + Tolerance::rounded(0.5, x);
    let derivative = |x: f64| Tolerance::rounded(sigmoid_ulps(x) + 0.5 * x.abs(), logistic(x));
    check(kernel, Loss::Rpgan, &Term { value, derivative })
}

fn logistic(x: f64) -> f64 {
    wn_gan::reference::layer::sigmoid::logistic(x)
}

/// What exp(-|x|) loses at most.
fn exponential_ulps(x: f64) -> f64 {
    3.0 + 2.0 * x.abs()
}

/// max(x, 0) + ln(1 + e), e = exp(-|x|). Of s = e/(2 + e) a sum and a division are lost, 3 ulps; of the series, which is
/// between 1 and 1.05, its last sum and 1/20 of the 7 ulps of q = s s and of the sums inside, 0.9; of the product 0.5, and
/// 0.125 for the terms left out: less than 5. An error d of e moves the logarithm by no more than d.
fn softplus(x: f64) -> Tolerance {
    let e = (-x.abs()).exp();
    Tolerance::rounded(5.0, e.ln_1p()) + Tolerance::rounded(exponential_ulps(x), e) + Tolerance::rounded(0.5, x.max(e))
}

/// Batches of less than, more than, and several times a workgroup, and of a single pair of which D is not sure, or very
/// sure: there no larger term hides what a small one loses.
fn check(kernel: &'static Kernel, loss: Loss, term: &Term) -> Report {
    let mut report = Report::default();
    let mixed = |count| [logits(count, 1), logits(count, 2)];
    let alone = |real: f64| [vec![real], vec![-real]];
    for pair in [mixed(15), mixed(301), mixed(700), alone(0.0), alone(17.0), alone(-5.0)] {
        for is_generator in [false, true] {
            check_batch(kernel, loss, term, (&pair, is_generator), &mut report);
        }
    }
    report
}

/// Ends of the range, both hinge points and their neighbours; then random ones, most of them inside the margin.
fn logits(count: usize, stream: u32) -> Vec<f64> {
    let step = f64::from(f32::EPSILON);
    let ends =
        [200.0, -200.0, 0.0, 90.0, -90.0, 1.0, -1.0, 1.0 - step, step - 1.0, 1.0 + step, -1.0 - step, 17.0, -17.0];
    let random = random(&[count], stream).data;
    random.iter().enumerate().map(|(i, v)| ends.get(i).copied().unwrap_or([8.0, 2.0][i % 2] * v)).collect()
}

/// The mean of terms whose arguments are `leans`: each one's own error, adding them up, and the division.
fn mean_tolerance(term: &Term, leans: &[f64], mean: f64, sizes: f64) -> Tolerance {
    let own = leans.iter().map(|&x| bound((term.value)(x))).sum::<f64>() / leans.len() as f64;
    Tolerance::Within(own) + Tolerance::summed(leans.len(), sizes) + Tolerance::rounded(2.5, mean)
}

fn check_batch(
    kernel: &'static Kernel,
    loss: Loss,
    term: &Term,
    ([real, fake], is_generator): (&[Vec<f64>; 2], bool),
    report: &mut Report,
) {
    let batch = real.len();
    let [of_real, of_fake] = [real, fake].map(|logits| Tensor::new(&[batch, 1], logits.clone()));
    // Metrics lie in row 1 of 3; what the other network reports in this row stays.
    let mut row = [0.0, 0.125, 0.25, 0.5];
    let mut of_row = [Tolerance::exact(); METRIC_COLUMNS];
    let mut metrics = poisoned(0, 3 * METRIC_COLUMNS);
    metrics[METRIC_COLUMNS..2 * METRIC_COLUMNS].copy_from_slice(&row.map(|value| (value as f32).to_bits()));
    let reference = loss::of(loss);
    let pairs = || real.iter().zip(fake);
    let (leans, gradient): (Vec<f64>, _) = if is_generator {
        let one =
            |(&r, &f): (&f64, &f64)| reference.generator(&Tensor::vector(vec![r]), &Tensor::vector(vec![f])).0.abs();
        let sizes = pairs().map(one).sum::<f64>() / batch as f64;
        let lean = |(&r, &f): (&f64, &f64)| if loss.generator_reads_real() { r - f } else { -f };
        let leans: Vec<f64> = pairs().map(lean).collect();
        let (value, by_fake) = reference.generator(&of_real, &of_fake);
        (row[3], of_row[3]) = (value, mean_tolerance(term, &leans, value, sizes));
        (leans, by_fake.data)
    } else {
        let found = reference.discriminator(&of_real, &of_fake);
        let leans = match found.parts {
            Some(parts) => {
                let leans = [real.iter().map(|l| -l).collect(), fake.clone()];
                for (column, value) in parts.into_iter().enumerate() {
                    (row[column], of_row[column]) = (value, mean_tolerance(term, &leans[column], value, value));
                }
                of_row[2] = of_row[0] + of_row[1] + Tolerance::rounded(0.5, found.loss);
                leans
            }
            None => {
                let leans: Vec<f64> = pairs().map(|(r, f)| f - r).collect();
                of_row[2] = mean_tolerance(term, &leans, found.loss, found.loss);
                // Where the mean stands that has no parts.
                (row[0], of_row[0], row[1]) = (found.loss, of_row[2], 0.0);
                [leans.clone(), leans]
            }
        };
        row[2] = found.loss;
        (leans.concat(), [found.by_real.data, found.by_fake.data].concat())
    };
    let params = LossParams { batch: batch as u32, generator: u32::from(is_generator), output: OUTPUT as u32 };
    let step = Step { metric_row: 1, ..Step::default() };
    let contents = [filled(0, &[&**real, &**fake].concat()), poisoned(OUTPUT, gradient.len()), metrics];
    let after = dispatch(Dispatch::new(kernel, "test").params(&params), &step, &contents);
    let name = format!("{loss:?}, batch {batch}, of G {is_generator}");
    let expected = Expected::untouched(after[1].len()).at(OUTPUT, &gradient, |i| {
        let own = Tolerance::Within(bound((term.derivative)(leans[i])) / batch as f64);
        own + Tolerance::rounded(2.5, gradient[i])
    });
    report.compare(&format!("{name}: gradient"), &after[1], &expected);
    let expected = Expected::untouched(after[2].len()).at(METRIC_COLUMNS, &row, |i| of_row[i]);
    report.compare(&format!("{name}: metrics"), &after[2], &expected);
}

/// Per-image losses and the gradient of a batch that may be only partly filled.
pub fn mse(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (batch, rows, [channels, height, width]) in
        [(4, 3, [3, 5, 7]), (2, 2, [1, 20, 31]), (1, 1, [1, 1, 1]), (5, 1, [1, 16, 16])]
    {
        let values = channels * height * width;
        let shape = [batch, channels, height, width];
        // Both sides hold images [batch, values]; the order of the values inside an image does not matter here.
        let (y, target) = (random(&shape, 1), random(&shape, 2));
        let step = Step { rows: rows as u32, ..Step::default() };
        let call = Dispatch::new(kernel, "test").params(&Mse { values: values as u32 }).grid([batch as u32, 1, 1]);
        let contents = [filled(0, &y.data), filled(0, &target.data), poisoned(0, batch * values), poisoned(0, batch)];
        let after = dispatch(call, &step, &contents);
        let name = format!("{rows} of {batch} images of {values}");
        // Difference, scale (a division) and their product.
        let dy = mse_gradient(&y, &target, rows).data;
        let expected = Expected::untouched(after[2].len()).at(0, &dy, |i| Tolerance::rounded(3.5, dy[i]));
        report.compare(&format!("{name}: dy"), &after[2], &expected);
        // Every term has the errors of a difference, twice, and of a square; the mean that of a division.
        let loss = reference_mse(&y, &target);
        let tolerance = |i: usize| Tolerance::summed(values, loss[i]) + Tolerance::rounded(1.5 + 2.5, loss[i]);
        report.compare(
            &format!("{name}: loss"),
            &after[3],
            &Expected::untouched(after[3].len()).at(0, &loss, tolerance),
        );
    }
    report
}

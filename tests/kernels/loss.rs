//! The GAN losses and the loss of a reconstruction.

use super::activation::sigmoid_ulps;
use super::compare::{Expected, Report, Tolerance};
use super::device::{bound, dispatch, filled, poisoned, random};
use wn_gan::config::Loss;
use wn_gan::device::Dispatch;
use wn_gan::kernels::{GanLoss, Kernel, METRIC_COLUMNS, Mse, Step};
use wn_gan::reference::Tensor;
use wn_gan::reference::gan_loss::{fake_loss, generator_loss, real_loss};
use wn_gan::reference::mse::{mse as mse_twin, mse_gradient};
use wn_gan::reference::sigmoid::logistic;

/// Where the gradients begin.
const OUTPUT: usize = 7;

/// Whose loss, and on which images.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    Real,
    Fake,
    Generator,
}

/// The mean loss of some images and its gradient, with their tolerances.
struct Answer {
    loss: f64,
    of_loss: Tolerance,
    gradient: Vec<f64>,
    of_gradient: Vec<Tolerance>,
}

/// What the twin says to `logits`, and how far the kernel may be off.
fn answer(loss: Loss, role: Role, logits: &[f64]) -> Answer {
    let count = logits.len();
    let tensor = Tensor::new(&[count, 1], logits.to_vec());
    let twin = match role {
        Role::Real => real_loss,
        Role::Fake => fake_loss,
        Role::Generator => generator_loss,
    };
    let (value, gradient) = twin(loss, &tensor);
    let gradient = gradient.data;
    // Each image's own term and its error, before the mean.
    let term = |l: f64| twin(loss, &Tensor::new(&[1, 1], vec![l])).0;
    let terms = |error: &dyn Fn(f64) -> Tolerance| {
        let own = logits.iter().map(|&l| bound(error(l))).sum::<f64>() / count as f64;
        let size = logits.iter().map(|&l| term(l).abs()).sum::<f64>() / count as f64;
        Tolerance::Within(own) + Tolerance::summed(count, size) + Tolerance::rounded(0.5 + 2.5, value)
    };
    let share = |i: usize| Tolerance::rounded(2.5, gradient[i]);
    let mean = |gradient: f64| gradient / count as f64;
    // |sigmoid(l) - label| is a sigmoid itself and loses no more than one.
    let miss = |l: f64| logistic(if role == Role::Fake { l } else { -l });
    let missed = |l: f64| Tolerance::rounded(sigmoid_ulps(l), miss(l));
    match loss {
        Loss::Bce => Answer {
            loss: value,
            of_loss: terms(&softplus_tolerance),
            of_gradient: logits.iter().enumerate().map(|(i, &l)| share(i) + scaled(missed(l), mean(1.0))).collect(),
            gradient,
        },
        Loss::Ls => {
            // The square doubles the relative error of the difference d and rounds.
            let square = |l: f64| {
                let (d, error) = (miss(l), bound(missed(l)));
                Tolerance::Within(2.0 * d.abs() * error + error * error) + Tolerance::rounded(0.5, d * d)
            };
            // 2 d e/((1 + e)(1 + e)): the exponential, a product, twice the sum and the product of sums, a division.
            let derivative = |i: usize, l: f64| {
                let slope = mean(2.0 * logistic(l) * logistic(-l));
                let ulps = exponential_ulps(l) + 0.5 + 1.0 + 0.5 + 2.5;
                let largest = miss(l) + bound(missed(l));
                share(i) + scaled(missed(l), slope) + Tolerance::rounded(ulps, slope * largest)
            };
            Answer {
                loss: value,
                of_loss: terms(&square),
                of_gradient: logits.iter().enumerate().map(|(i, &l)| derivative(i, l)).collect(),
                gradient,
            }
        }
        Loss::Hinge => Answer {
            loss: value,
            of_loss: terms(&|l| Tolerance::rounded(0.5, term(l))),
            of_gradient: (0..count).map(share).collect(),
            gradient,
        },
    }
}

/// `factor` times as wide.
fn scaled(tolerance: Tolerance, factor: f64) -> Tolerance {
    Tolerance::Within(factor * bound(tolerance))
}

/// What `exp(-|l|)` loses at most.
fn exponential_ulps(l: f64) -> f64 {
    3.0 + 2.0 * l.abs()
}

/// `max(l, 0) + ln(1 + e)`, `e = exp(-|l|)`: the logarithm of a number in [1, 2] is good to 2^-21, which is 4 ulps of 1;
/// its argument has the exponential's error and half an ulp of the sum, at most one of 1. The sum is rounded once.
fn softplus_tolerance(l: f64) -> Tolerance {
    let exponential = exponential_ulps(l) * (-l.abs()).exp();
    Tolerance::rounded(4.0 + exponential + 1.0, 1.0) + Tolerance::rounded(0.5, l)
}

/// D's losses on real and fake images, and G's; the step's row of the metric block.
pub fn gan_loss(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (kind, loss) in (0..).zip([Loss::Bce, Loss::Ls, Loss::Hinge]) {
        for (first, real, fake, generator) in [
            (3, 15, 13, false),
            (0, 1, 1, false),
            (2, 300, 301, false),
            (4, 17, 2, false),
            (5, 0, 13, true),
            (0, 0, 700, true),
        ] {
            check_gan_loss(kernel, (kind, loss), (first, real, fake, generator), &mut report);
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

fn check_gan_loss(
    kernel: &'static Kernel,
    (kind, loss): (u32, Loss),
    (first, real, fake, generator): (usize, usize, usize, bool),
    report: &mut Report,
) {
    let (of_real, of_fake) = (logits(real, 1), logits(fake, 2));
    let rows = real + fake;
    // Metrics lie in row 1 of 3; what the other network reports in this row stays.
    let mut values = [0.0, 0.125, 0.25, 0.5];
    let mut tolerances = [Tolerance::exact(); METRIC_COLUMNS];
    let mut metrics = poisoned(0, 3 * METRIC_COLUMNS);
    metrics[METRIC_COLUMNS..2 * METRIC_COLUMNS].copy_from_slice(&values.map(|value| (value as f32).to_bits()));
    let params = GanLoss {
        first: first as u32,
        real: real as u32,
        fake: fake as u32,
        generator: u32::from(generator),
        kind,
        output: OUTPUT as u32,
    };
    let step = Step { step: 12_345, metric_row: 1, ..Step::default() };
    let contents = [filled(first, &[&*of_real, &*of_fake].concat()), poisoned(OUTPUT, rows), metrics];
    let after = dispatch(Dispatch::new(kernel, "test").params(&params), &step, &contents);
    let name = format!("{loss:?}, {real} real, {fake} fake, generator {generator}");

    values[0] = 12_345.0;
    let (mut gradient, mut of_gradient) = (Vec::new(), Vec::new());
    let parts = match generator {
        true => vec![(3, answer(loss, Role::Generator, &of_fake))],
        false => vec![(1, answer(loss, Role::Real, &of_real)), (2, answer(loss, Role::Fake, &of_fake))],
    };
    for (column, answer) in parts {
        (values[column], tolerances[column]) = (answer.loss, answer.of_loss);
        gradient.extend(answer.gradient);
        of_gradient.extend(answer.of_gradient);
    }
    let expected = Expected::untouched(after[1].len()).at(OUTPUT, &gradient, |i| of_gradient[i]);
    report.compare(&format!("{name}: gradient"), &after[1], &expected);
    let expected = Expected::untouched(after[2].len()).at(METRIC_COLUMNS, &values, |i| tolerances[i]);
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
        let loss = mse_twin(&y, &target);
        let tolerance = |i: usize| Tolerance::summed(values, loss[i]) + Tolerance::rounded(1.5 + 2.5, loss[i]);
        report.compare(
            &format!("{name}: loss"),
            &after[3],
            &Expected::untouched(after[3].len()).at(0, &loss, tolerance),
        );
    }
    report
}

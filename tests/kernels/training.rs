//! Losses and the optimiser.

use super::activation::sigmoid_ulps;
use super::compare::{Expected, Report, Tolerance};
use super::device::{dispatch, filled, poisoned, random};
use wn_gan::gpu::Call;
use wn_gan::kernels::{GanLoss, Kernel, METRIC_COLUMNS, Mse, Rmsprop, Step};
use wn_gan::reference::Tensor;
use wn_gan::reference::gan_loss::{fake_loss, real_loss, softplus};
use wn_gan::reference::mse::{mse as mse_twin, mse_gradient};
use wn_gan::reference::rmsprop::{Rmsprop as Twin, project_slopes};
use wn_gan::reference::sigmoid::logistic;

/// Several updates, each held against one of the twin's from the same state, so that bounds do not add up.
pub fn rmsprop(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    let (count, pair_begin, lr) = (261, 100, 0.05f32);
    let twin = Twin { decay: f64::from(0.9f32), eps: f64::from(1e-6f32) };
    let params = Rmsprop { count: count as u32, pair_begin: pair_begin as u32, decay: 0.9, eps: 1e-6 };
    // Values in [-1, 2): slopes start at and beyond both ends of [0, 1], and updates carry others over them.
    let mut values = random(&[count], 1).map(|v| f64::from((1.5 * v + 0.5) as f32));
    let mut mean_squares = Tensor::zeros(&[count]);
    for step in 0..4 {
        // From nothing over the size of eps to far above it.
        let mut gradients = random(&[count], 2 + step);
        for (i, g) in gradients.data.iter_mut().enumerate() {
            *g *= [1.0, 0.0, 1.0 / (1 << 20) as f64, 1024.0][i % 4];
        }
        let contents = [filled(0, &gradients.data), filled(0, &mean_squares.data), filled(0, &values.data)];
        let call = Call::new(kernel, "test").params(&params).elements(count);
        let after = dispatch(call, &Step { lr, ..Step::default() }, &contents);

        let (before, mut expected, mut squares) = (values.clone(), values.clone(), mean_squares.clone());
        twin.update(&mut expected, &gradients, &mut squares, f64::from(lr));
        let change: Vec<f64> = before.data.iter().zip(&expected.data).map(|(a, b)| a - b).collect();
        let slopes = (pair_begin + 1..count).step_by(2);
        for i in slopes {
            let mut slope = Tensor::new(&[1], vec![expected.data[i]]);
            project_slopes(&mut slope);
            expected.data[i] = slope.data[0];
        }
        // Three products and a sum, of which at most three meet in one term.
        let of_squares = |i: usize| Tolerance::rounded(1.5, squares.data[i]);
        // lr*g 0.5, root of m 0.75 + 4.5, sum with eps 0.5, quotient 2.5; then the subtraction. Projection moves no
        // two numbers apart.
        let of_values = |i: usize| {
            Tolerance::rounded(8.75, change[i]) + Tolerance::rounded(0.5, before.data[i].abs() + change[i].abs())
        };
        let whole = || Expected::untouched(after[1].len());
        report.compare(&format!("step {step}: m"), &after[1], &whole().at(0, &squares.data, of_squares));
        report.compare(&format!("step {step}: p"), &after[2], &whole().at(0, &expected.data, of_values));
        let read = |words: &[u32]| {
            Tensor::new(&[count], words[..count].iter().map(|&bits| f64::from(f32::from_bits(bits))).collect())
        };
        (mean_squares, values) = (read(&after[1]), read(&after[2]));
    }
    report
}

/// D's losses on real and fake images, and G's; the step's row of the metric block.
pub fn gan_loss(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (first, real, fake, generator) in
        [(3, 5, 5, false), (0, 1, 1, false), (2, 300, 301, false), (4, 7, 2, false), (5, 0, 5, true), (0, 0, 700, true)]
    {
        let rows = real + fake;
        let mut logits = random(&[rows], 1).map(|v| 8.0 * v);
        for (logit, end) in logits.data.iter_mut().zip([200.0, -200.0, 0.0, 90.0, -90.0]) {
            *logit = end;
        }
        let of_real = Tensor::new(&[real], logits.data[..real].to_vec());
        let of_fake = Tensor::new(&[fake], logits.data[real..].to_vec());
        let (loss_real, d_real) = real_loss(&of_real);
        let (loss_fake, d_fake) = if generator { real_loss(&of_fake) } else { fake_loss(&of_fake) };
        let gradient: Vec<f64> = d_real.data.into_iter().chain(d_fake.data).collect();

        // Metrics lie in row 1 of 3; what the other network reports in this row stays.
        let kept = [0.0, 0.125, 0.25, 0.5];
        let mut metrics = poisoned(0, 3 * METRIC_COLUMNS);
        let row = METRIC_COLUMNS..2 * METRIC_COLUMNS;
        metrics[row].copy_from_slice(&kept.map(|value| (value as f32).to_bits()));
        let params =
            GanLoss { first: first as u32, real: real as u32, fake: fake as u32, generator: u32::from(generator) };
        let step = Step { step: 12_345, metric_row: 1, ..Step::default() };
        let contents = [filled(first, &logits.data), poisoned(first, rows), metrics];
        let after = dispatch(Call::new(kernel, "test").params(&params), &step, &contents);
        let name = format!("{real} real, {fake} fake, generator {generator}");

        // The sigmoid's error is measured by the sigmoid, difference and quotient by the result.
        let of_gradient = |i: usize| {
            let (logit, count) = (logits.data[i], if i < real { real } else { fake });
            Tolerance::rounded(sigmoid_ulps(logit), logistic(logit) / count as f64)
                + Tolerance::rounded(0.5 + 2.5, gradient[i])
        };
        let expected = Expected::untouched(after[1].len()).at(first, &gradient, of_gradient);
        report.compare(&format!("{name}: gradient"), &after[1], &expected);

        let mut values = kept;
        values[0] = 12_345.0;
        let mut tolerances = [Tolerance::exact(); METRIC_COLUMNS];
        let mut set = |column: usize, loss: f64, logits: &Tensor| {
            values[column] = loss;
            tolerances[column] = mean_loss_tolerance(logits, loss);
        };
        if generator {
            set(3, loss_fake, &of_fake);
        } else {
            set(1, loss_real, &of_real);
            set(2, loss_fake, &of_fake);
        }
        let expected = Expected::untouched(after[2].len()).at(METRIC_COLUMNS, &values, |i| tolerances[i]);
        report.compare(&format!("{name}: metrics"), &after[2], &expected);
    }
    report
}

/// Of a mean of `max(l, 0) + ln(1 + e)`, `e = exp(-|l|)`: the logarithm of a number in [1, 2] is good to 2^-21, which is
/// 4 ulps of 1; its argument has the exponential's error, `3 + 2|l|` ulps of e, and half an ulp of the sum, at most one
/// of 1; the terms' sum rounds half an ulp of each. Then come the sum over rows and a division.
fn mean_loss_tolerance(logits: &Tensor, loss: f64) -> Tolerance {
    let count = logits.data.len();
    let argument = |logit: &f64| (3.0 + 2.0 * logit.abs()) * (-logit.abs()).exp() + 1.0;
    let arguments = logits.data.iter().map(argument).sum::<f64>() / count as f64;
    debug_assert!(logits.data.iter().all(|&l| softplus(l) >= 0.0 && softplus(-l) >= 0.0), "no term is negative");
    Tolerance::rounded(4.0 + arguments, 1.0) + Tolerance::summed(count, loss) + Tolerance::rounded(0.5 + 2.5, loss)
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
        let call = Call::new(kernel, "test").params(&Mse { values: values as u32 }).grid([batch as u32, 1, 1]);
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

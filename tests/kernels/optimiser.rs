//! The optimisers, and the average of parameters. Several updates, each held against one of the reference's from the same state, so that bounds do not add up.

use super::compare::{Expected, Report, Tolerance};
use super::device::{dispatch, filled, random};
use wn_gan::device::Dispatch;
use wn_gan::kernels::{Adam, Kernel, MovingAverage, Rmsprop, Sgd, Step};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::tprelu::project_slopes;
use wn_gan::reference::optimiser::adam::Adam as AdamReference;
use wn_gan::reference::optimiser::rmsprop::Rmsprop as RmspropReference;
use wn_gan::reference::optimiser::sgd::Sgd as SgdReference;

const COUNT: usize = 261;
/// From here on the parameters are (threshold, slope) pairs.
const PAIR_BEGIN: usize = 100;
const LR: f32 = 0.05;

/// Values in [-1, 2): slopes start at and beyond both ends of [0, 1], and updates carry others over them.
fn start() -> Tensor {
    random(&[COUNT], 1).map(|v| f64::from((1.5 * v + 0.5) as f32))
}

/// From nothing over the size of eps to far above it.
fn gradients(step: u32) -> Tensor {
    let mut gradients = random(&[COUNT], 2 + step);
    for (i, g) in gradients.data.iter_mut().enumerate() {
        *g *= [1.0, 0.0, 1.0 / (1 << 20) as f64, 1024.0][i % 4];
    }
    gradients
}

/// Slopes back to [0, 1].
fn project(values: &mut Tensor) {
    for i in (PAIR_BEGIN + 1..COUNT).step_by(2) {
        let mut slope = Tensor::new(&[1], vec![values.data[i]]);
        project_slopes(&mut slope);
        values.data[i] = slope.data[0];
    }
}

/// What the device left in a buffer.
fn read(words: &[u32]) -> Tensor {
    Tensor::new(&[COUNT], words[..COUNT].iter().map(|&bits| f64::from(f32::from_bits(bits))).collect())
}

/// RMSprop.
pub fn rmsprop(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    let reference = RmspropReference { decay: f64::from(0.9f32), eps: f64::from(1e-6f32) };
    let params = Rmsprop { count: COUNT as u32, pair_begin: PAIR_BEGIN as u32, decay: 0.9, eps: 1e-6 };
    let mut values = start();
    let mut mean_squares = Tensor::zeros(&[COUNT]);
    for step in 0..4 {
        let gradients = gradients(step);
        let contents = [filled(0, &gradients.data), filled(0, &mean_squares.data), filled(0, &values.data)];
        let call = Dispatch::new(kernel, "test").params(&params).elements(COUNT);
        let after = dispatch(call, &Step { lr: LR, ..Step::default() }, &contents);

        let (before, mut expected, mut squares) = (values.clone(), values.clone(), mean_squares.clone());
        reference.update(&mut expected, &gradients, &mut squares, f64::from(LR));
        let change: Vec<f64> = before.data.iter().zip(&expected.data).map(|(a, b)| a - b).collect();
        project(&mut expected);
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
        (mean_squares, values) = (read(&after[1]), read(&after[2]));
    }
    report
}

/// Adam. The first update has the largest bias corrections; the last of them are 1 in f32 for beta1, as far into a run.
pub fn adam(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    let (beta1, beta2, eps) = (0.5f32, 0.999f32, 1e-6f32);
    let reference = AdamReference { beta1: f64::from(beta1), beta2: f64::from(beta2), eps: f64::from(eps) };
    let params = Adam { count: COUNT as u32, pair_begin: PAIR_BEGIN as u32, beta1, beta2, eps };
    let mut values = start();
    let (mut means, mut mean_squares) = (Tensor::zeros(&[COUNT]), Tensor::zeros(&[COUNT]));
    for (step, t) in [(0, 1), (1, 2), (2, 3), (3, 1_000)] {
        let gradients = gradients(step);
        let contents = [&gradients, &means, &mean_squares, &values].map(|tensor| filled(0, &tensor.data));
        let [correction1, correction2] = [beta1, beta2].map(|beta| 1.0 - f64::from(beta).powf(f64::from(t)));
        let (lr, corrections) = (LR, [correction1 as f32, correction2 as f32]);
        let block = Step { lr, correction1: corrections[0], correction2: corrections[1], ..Step::default() };
        let after = dispatch(Dispatch::new(kernel, "test").params(&params).elements(COUNT), &block, &contents);

        let (before, mut expected) = (values.clone(), values.clone());
        let (mut mean, mut square) = (means.clone(), mean_squares.clone());
        reference.update(&mut expected, &gradients, &mut mean, &mut square, t, f64::from(LR));
        let moved: Vec<f64> = before.data.iter().zip(&expected.data).map(|(a, b)| (a - b).abs()).collect();
        project(&mut expected);
        // Old mean and new gradient may cancel. Two products and a sum, of which two roundings meet in one term; with
        // the square one more.
        let size = |i: usize| reference.beta1 * means.data[i].abs() + (1.0 - reference.beta1) * gradients.data[i].abs();
        let of_means = |i: usize| Tolerance::rounded(1.0, size(i));
        let of_squares = |i: usize| Tolerance::rounded(1.5, square.data[i]);
        // m1 1, its correction 0.5 and the division 2.5, lr 0.5; the root halves 1.5 + 0.5 + 2.5 and loses 4.5; the sum
        // with eps 0.5, the quotient 2.5. All are measured by what m1 would be without cancellation. Then the
        // subtraction. Projection moves no two numbers apart.
        let of_values = |i: usize| {
            let root = (square.data[i] / correction2).sqrt() + reference.eps;
            let change = f64::from(LR) * size(i) / correction1 / root;
            Tolerance::rounded(14.25, change) + Tolerance::rounded(0.5, before.data[i].abs() + moved[i])
        };
        let whole = || Expected::untouched(after[1].len());
        report.compare(&format!("update {t}: m1"), &after[1], &whole().at(0, &mean.data, of_means));
        report.compare(&format!("update {t}: m2"), &after[2], &whole().at(0, &square.data, of_squares));
        report.compare(&format!("update {t}: p"), &after[3], &whole().at(0, &expected.data, of_values));
        (means, mean_squares, values) = (read(&after[1]), read(&after[2]), read(&after[3]));
    }
    report
}

/// SGD with momentum: a product and a sum, a product and a difference.
pub fn sgd(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    let momentum = 0.9f32;
    let reference = SgdReference { momentum: f64::from(momentum) };
    let params = Sgd { count: COUNT as u32, pair_begin: PAIR_BEGIN as u32, momentum };
    let (mut values, mut means) = (start(), Tensor::zeros(&[COUNT]));
    for step in 0..4 {
        let gradients = gradients(step);
        let contents = [&gradients, &means, &values].map(|tensor| filled(0, &tensor.data));
        let call = Dispatch::new(kernel, "test").params(&params).elements(COUNT);
        let after = dispatch(call, &Step { lr: LR, ..Step::default() }, &contents);

        let (mut expected, mut mean) = (values.clone(), means.clone());
        reference.update(&mut expected, &gradients, &mut mean, f64::from(LR));
        project(&mut expected);
        let size = |i: usize| reference.momentum * means.data[i].abs() + gradients.data[i].abs();
        let of_means = |i: usize| Tolerance::rounded(1.0, size(i));
        let of_values = |i: usize| {
            let change = f64::from(LR) * size(i);
            Tolerance::rounded(1.5, change) + Tolerance::rounded(0.5, values.data[i].abs() + change)
        };
        let whole = || Expected::untouched(after[1].len());
        report.compare(&format!("step {step}: m"), &after[1], &whole().at(0, &mean.data, of_means));
        report.compare(&format!("step {step}: p"), &after[2], &whole().at(0, &expected.data, of_values));
        (means, values) = (read(&after[1]), read(&after[2]));
    }
    report
}

/// decay average + (1 - decay) value: 1 - decay rounds, and of two products and a sum two roundings meet in one term.
pub fn moving_average(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for decay in [0.999f32, 0.25, 0.0] {
        let (value, average) = (random(&[COUNT], 1), random(&[COUNT], 2));
        let params = MovingAverage { count: COUNT as u32, decay };
        let call = Dispatch::new(kernel, "test").params(&params).elements(COUNT);
        let after = dispatch(call, &Step::default(), &[filled(0, &value.data), filled(0, &average.data)]);
        let kept = f64::from(decay);
        let term = |i: usize| [kept * average.data[i], (1.0 - kept) * value.data[i]];
        let expected: Vec<f64> = (0..COUNT).map(|i| term(i).iter().sum()).collect();
        let tolerance = |i: usize| Tolerance::rounded(1.5, term(i).iter().map(|part| part.abs()).sum());
        let expected = Expected::untouched(after[1].len()).at(0, &expected, tolerance);
        report.compare(&format!("decay {decay}"), &after[1], &expected);
    }
    report
}

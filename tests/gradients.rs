//! Every backward twin against central finite differences of its forward twin, alone and as whole networks.

use std::cell::RefCell;
use wn_gan::config::{Config, Norm, Order};
use wn_gan::reference::Tensor;
use wn_gan::reference::column_sum::column_sum;
use wn_gan::reference::conv::{Geometry, conv};
use wn_gan::reference::conv_transpose::conv_transpose;
use wn_gan::reference::conv_weight_gradient::conv_weight_gradient;
use wn_gan::reference::gan_loss::{fake_loss, real_loss};
use wn_gan::reference::layer::Parameters;
use wn_gan::reference::linear::{linear, linear_input_gradient, linear_weight_gradient};
use wn_gan::reference::mse::{mse, mse_gradient};
use wn_gan::reference::network::Network;
use wn_gan::reference::rmsprop::Rmsprop;
use wn_gan::reference::sigmoid::sigmoid;
use wn_gan::reference::sigmoid_backward::sigmoid_backward;
use wn_gan::reference::tprelu::tprelu;
use wn_gan::reference::tprelu_backward::tprelu_backward;
use wn_gan::reference::training::Training;
use wn_gan::reference::weight_norm::{norms, weight_norm};
use wn_gan::reference::weight_norm_backward::weight_norm_backward;
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
#[derive(Default)]
struct Checks {
    failures: RefCell<Vec<String>>,
}

impl Checks {
    /// Checks `gradient` of `loss` at `x` in seven single elements and along one direction that involves all of them.
    fn gradient(&self, what: &str, x: &Tensor, gradient: &Tensor, loss: impl Fn(&Tensor) -> f64) {
        assert_eq!(x.shape, gradient.shape, "{what}");
        let count = x.data.len();
        let mut directions = vec![("along a direction".to_owned(), random(&x.shape, 99))];
        for i in (0..7).map(|i| i * (count - 1) / 6) {
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

    /// The same for every parameter of a network.
    fn parameters(&self, what: &str, at: &Parameters, gradients: &Parameters, loss: impl Fn(&Parameters) -> f64) {
        assert!(at.keys().eq(gradients.keys()), "{what}: every parameter needs a gradient");
        for (name, gradient) in gradients {
            self.gradient(&format!("{what}, {name}"), &at[name], gradient, |moved| {
                let mut parameters = at.clone();
                parameters.insert(name.clone(), moved.clone());
                loss(&parameters)
            });
        }
    }

    fn none_failed(self) {
        let failures = self.failures.into_inner();
        assert!(failures.is_empty(), "{} gradients are wrong:\n{}", failures.len(), failures.join("\n"));
    }
}

/// Uniform numbers in `[-1, 1)`.
fn random(shape: &[usize], seed: u32) -> Tensor {
    let count = shape.iter().product();
    Tensor::new(shape, uniforms(count, 0, 0, seed).map(|u| 2.0 * f64::from(u) - 1.0).collect())
}

fn dot(a: &Tensor, b: &Tensor) -> f64 {
    a.zip_map(b, |a, b| a * b).data.iter().sum()
}

fn vector(values: Vec<f64>) -> Tensor {
    Tensor::new(&[values.len()], values)
}

/// Odd sizes: kernels that are not square, strides longer than the kernel, pixels that no tap reaches, padding 2, a
/// kernel as large as the image. With the large image's height and width.
fn geometries() -> Vec<(Geometry, [usize; 2])> {
    let geometry = |kernel, stride, padding| Geometry { kernel, stride, padding };
    vec![
        (geometry([3, 2], [2, 1], [1, 0]), [7, 5]),
        (geometry([4, 4], [2, 2], [1, 2]), [8, 6]),
        (geometry([2, 3], [3, 2], [0, 2]), [7, 6]),
        (geometry([5, 3], [1, 1], [0, 0]), [5, 3]),
        (geometry([1, 1], [1, 2], [0, 0]), [3, 4]),
    ]
}

#[test]
fn convolution() {
    let checks = Checks::default();
    for (geometry, large) in geometries() {
        let what = format!("{geometry:?} on {large:?}");
        let (x, w) =
            (random(&[2, 3, large[0], large[1]], 1), random(&[5, 3, geometry.kernel[0], geometry.kernel[1]], 2));
        let dy = random(&conv(&x, &w, &geometry).shape, 3);
        let dx = conv_transpose(&dy, &w, &geometry, large);
        checks.gradient(&format!("{what}, input"), &x, &dx, |x| dot(&conv(x, &w, &geometry), &dy));
        let dw = conv_weight_gradient(&x, &dy, &geometry);
        checks.gradient(&format!("{what}, weight"), &w, &dw, |w| dot(&conv(&x, w, &geometry), &dy));
    }
    checks.none_failed();
}

#[test]
fn transposed_convolution() {
    let checks = Checks::default();
    for (geometry, large) in geometries() {
        let what = format!("{geometry:?} to {large:?}");
        let small = geometry.small(large);
        let (x, w) =
            (random(&[2, 5, small[0], small[1]], 4), random(&[5, 3, geometry.kernel[0], geometry.kernel[1]], 5));
        let forward = |x: &Tensor, w: &Tensor| conv_transpose(x, w, &geometry, large);
        let dy = random(&[2, 3, large[0], large[1]], 6);
        checks.gradient(&format!("{what}, input"), &x, &conv(&dy, &w, &geometry), |x| dot(&forward(x, &w), &dy));
        let dw = conv_weight_gradient(&dy, &x, &geometry);
        checks.gradient(&format!("{what}, weight"), &w, &dw, |w| dot(&forward(&x, w), &dy));
    }
    checks.none_failed();
}

#[test]
fn linear_layer_and_bias() {
    let checks = Checks::default();
    let (x, w, dy) = (random(&[3, 7], 7), random(&[5, 7], 8), random(&[3, 5], 9));
    checks.gradient("input", &x, &linear_input_gradient(&dy, &w), |x| dot(&linear(x, &w), &dy));
    checks.gradient("weight", &w, &linear_weight_gradient(&x, &dy), |w| dot(&linear(&x, w), &dy));
    let (images, dy) = (random(&[2, 3, 5, 3], 10), random(&[2, 3, 5, 3], 11));
    checks.gradient("bias", &random(&[3], 12), &vector(column_sum(&dy)), |bias| {
        let biased = images.data.iter().enumerate().map(|(i, x)| x + bias.data[i / 15 % 3]);
        dot(&Tensor::new(&images.shape, biased.collect()), &dy)
    });
    checks.none_failed();
}

/// Raw weight, gain and effective gradient of one layer; the first output unit is as short as G's first rows are at the
/// start (|v| = 0.006), where the epsilon of the norm counts.
fn normalised_layer(shape: &[usize], axis: usize) -> (Tensor, Tensor, Tensor) {
    let (mut v, dw) = (random(shape, 13), random(shape, 14));
    let (_, units, inner) = v.around(axis);
    for (i, value) in v.data.iter_mut().enumerate() {
        *value *= if i / inner % units == 0 { 0.003 } else { 1.0 };
    }
    (v, random(&[units], 15).map(|u| 1.0 + 0.5 * u), dw)
}

#[test]
fn weight_normalisation() {
    let checks = Checks::default();
    for (shape, axis, f) in [(vec![5, 7], 0, 1.0), (vec![5, 3, 3, 2], 0, 1.0), (vec![5, 3, 4, 4], 1, 0.25)] {
        let (v, gain, dw) = normalised_layer(&shape, axis);
        let (dv, dgain) = weight_norm_backward(&v, &dw, axis, f, &gain.data);
        let loss = |v: &Tensor, gain: &Tensor| dot(&weight_norm(v, axis, f, &gain.data), &dw);
        // Short units are steep and curved: each unit is checked by itself, in units of its own length.
        let (_, units, inner) = v.around(axis);
        for unit in 0..units {
            let length = if unit == 0 { 0.003 } else { 1.0 };
            let own: Vec<usize> = (0..v.data.len()).filter(|i| i / inner % units == unit).collect();
            let pick = |t: &Tensor, factor: f64| vector(own.iter().map(|&i| t.data[i] * factor).collect());
            checks.gradient(&format!("{shape:?}, unit {unit}"), &pick(&v, 1.0 / length), &pick(&dv, length), |own_v| {
                let mut moved = v.clone();
                for (&i, value) in own.iter().zip(&own_v.data) {
                    moved.data[i] = value * length;
                }
                loss(&moved, &gain)
            });
        }
        checks.gradient(&format!("{shape:?}, gain"), &gain, &vector(dgain), |gain| loss(&v, gain));
    }
    checks.none_failed();
}

#[test]
fn activations() {
    let checks = Checks::default();
    let (x, dy) = (random(&[3, 2, 3, 5], 16), random(&[3, 2, 3, 5], 17));
    for (what, slope, threshold) in [
        ("TPReLU", [0.25, 0.7], [0.3, -0.2]),
        ("PReLU", [0.25, 0.7], [0.0, 0.0]),
        ("TReLU", [0.0, 0.0], [0.3, -0.2]),
        ("ReLU", [0.0, 0.0], [0.0, 0.0]),
    ] {
        let (dx, dslope, dthreshold) = tprelu_backward(&x, &dy, &slope, &threshold);
        checks.gradient(&format!("{what}, input"), &x, &dx, |x| dot(&tprelu(x, &slope, &threshold), &dy));
        let (slope, threshold) = (vector(slope.to_vec()), vector(threshold.to_vec()));
        checks.gradient(&format!("{what}, slope"), &slope, &vector(dslope), |slope| {
            dot(&tprelu(&x, &slope.data, &threshold.data), &dy)
        });
        checks.gradient(&format!("{what}, threshold"), &threshold, &vector(dthreshold), |threshold| {
            dot(&tprelu(&x, &slope.data, &threshold.data), &dy)
        });
    }
    let x = x.map(|x| 6.0 * x);
    checks.gradient("sigmoid", &x, &sigmoid_backward(&sigmoid(&x), &dy), |x| dot(&sigmoid(x), &dy));
    checks.none_failed();
}

#[test]
fn losses() {
    let checks = Checks::default();
    let logits = Tensor::new(&[5, 1], vec![-12.0, -0.7, 0.01, 1.3, 11.0]);
    checks.gradient("real", &logits, &real_loss(&logits).1, |logits| real_loss(logits).0);
    checks.gradient("fake", &logits, &fake_loss(&logits).1, |logits| fake_loss(logits).0);
    let (y, target) = (random(&[3, 2, 3, 5], 18), random(&[3, 2, 3, 5], 19));
    for rows in 1..=3 {
        let loss = |y: &Tensor| mse(y, &target)[..rows].iter().sum::<f64>() / rows as f64;
        checks.gradient(&format!("error of {rows} images"), &y, &mse_gradient(&y, &target, rows), loss);
    }
    checks.none_failed();
}

/// 12x10 pixels in two levels: 10 -> 6 with padding 2, 6 -> 3 on the last level with padding 1 although 6 % 4 = 2.
fn tiny(norm: Norm) -> Config {
    let small =
        Config { width: 12, height: 10, code_size: 5, nfeature: 3, nlayer: 2, batch_size: 3, ..Config::default() };
    let config = Config { norm, order: Order::Alternating, ..small };
    assert_eq!(config.validate(), Ok(()));
    config
}

/// Parameters around their initial values, none of them on a kink.
fn scattered(config: &Config) -> Parameters {
    let networks = [Network::generator(config), Network::discriminator(config)];
    let shapes = networks.iter().flat_map(Network::parameters);
    let parameter = |(seed, (name, shape)): (usize, (String, Vec<usize>))| {
        let u = random(&shape, 100 + seed as u32);
        let (centre, spread) = if name.ends_with("prelu.weight") {
            (0.25, 0.2)
        } else if name.ends_with(".scale") {
            (1.0, 0.4)
        } else {
            (0.0, 0.3)
        };
        let tensor = u.map(|u| centre + spread * u);
        (name, tensor)
    };
    shapes.enumerate().map(parameter).collect()
}

#[test]
fn whole_networks() {
    let checks = Checks::default();
    for norm in Norm::ALL {
        let config = tiny(norm);
        let training = Training::new(&config, &scattered(&config), Rmsprop::PAPER);
        let (real, z) = (random(&[3, 3, 10, 12], 20).map(|u| 0.5 + 0.5 * u), random(&[3, 5], 21));
        let (generator, discriminator) = (&training.generator, &training.discriminator);

        let (_, _, gradients) = training.discriminator_gradients(&real, &z);
        checks.parameters(&format!("{norm:?}"), &discriminator.parameters, &gradients, |parameters| {
            let mut moved = training.clone();
            moved.discriminator.parameters = parameters.clone();
            let (loss_real, loss_fake, _) = moved.discriminator_gradients(&real, &z);
            loss_real + loss_fake
        });
        let (_, gradients) = training.generator_gradients(&z);
        checks.parameters(&format!("{norm:?}"), &generator.parameters, &gradients, |parameters| {
            let mut moved = training.clone();
            moved.generator.parameters = parameters.clone();
            moved.generator_gradients(&z).0
        });

        let pass = discriminator.network.forward(&discriminator.parameters, &real);
        let (_, dlogits) = fake_loss(pass.output());
        let (_, dx) = discriminator.network.backward(&discriminator.parameters, &pass, &dlogits);
        checks.gradient(&format!("{norm:?}, image"), &real, &dx, |x| {
            fake_loss(discriminator.network.forward(&discriminator.parameters, x).output()).0
        });
        let pass = generator.network.forward(&generator.parameters, &z);
        let dy = mse_gradient(pass.output(), &real, 3);
        let (_, dz) = generator.network.backward(&generator.parameters, &pass, &dy);
        checks.gradient(&format!("{norm:?}, latent code"), &z, &dz, |z| {
            mse(generator.network.forward(&generator.parameters, z).output(), &real).iter().sum::<f64>() / 3.0
        });
    }
    checks.none_failed();
}

#[test]
fn planted_errors_are_caught() {
    let caught = |what: &str, x: &Tensor, gradient: &Tensor, loss: &dyn Fn(&Tensor) -> f64| {
        let checks = Checks::default();
        checks.gradient(what, x, gradient, loss);
        assert!(!checks.failures.into_inner().is_empty(), "{what} went unseen");
    };
    let (x, dy) = (random(&[3, 2, 3, 5], 22), random(&[3, 2, 3, 5], 23));
    let (slope, threshold) = ([0.25, 0.7], [0.3, -0.2]);
    let (dx, ..) = tprelu_backward(&x, &dy, &slope, &threshold);
    let loss = |x: &Tensor| dot(&tprelu(x, &slope, &threshold), &dy);
    caught("a wrong sign", &x, &dx.map(|g| -g), &loss);
    caught("a factor of 1.00001", &x, &dx.map(|g| 1.00001 * g), &loss);
    caught("zeros", &x, &Tensor::zeros(&x.shape), &loss);
    let mut swapped = dx.clone();
    swapped.data.swap(30, 31);
    caught("two swapped elements", &x, &swapped, &loss);

    let (v, gain, dw) = normalised_layer(&[5, 7], 0);
    let n = norms(&v, 0, 1.0);
    let unprojected = dw.data.iter().enumerate().map(|(i, dw)| gain.data[i / 7] / n[i / 7] * dw);
    caught("a missing projection", &v, &Tensor::new(&v.shape, unprojected.collect()), &|v| {
        dot(&weight_norm(v, 0, 1.0, &gain.data), &dw)
    });

    let noisy = |x: &Tensor| dot(x, &dy) + 1e-3 * (1e9 * x.data[0]).sin();
    caught("a loss without a plateau", &x, &dy, &noisy);
}

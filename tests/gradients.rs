//! Every backward function of the reference against central finite differences of its forward one, alone and as whole
//! networks.

#[path = "gradients/checks.rs"]
mod checks;
#[path = "gradients/networks.rs"]
mod networks;

use checks::{Checks, dot, random, vector};
use wn_gan::config::{Loss, Statistics};
use wn_gan::reference::Tensor;
use wn_gan::reference::column_sum::column_sum;
use wn_gan::reference::geometry::Geometry;
use wn_gan::reference::layer::addition::{addition, addition_backward};
use wn_gan::reference::layer::average_pool::average_pool;
use wn_gan::reference::layer::batch_norm::{Moments, batch_norm, batch_norm_backward, moments};
use wn_gan::reference::layer::channel_affine::{channel_affine, channel_affine_backward};
use wn_gan::reference::layer::conv::{conv, conv_weight_gradient};
use wn_gan::reference::layer::conv_transpose::conv_transpose;
use wn_gan::reference::layer::linear::{linear, linear_input_gradient, linear_weight_gradient};
use wn_gan::reference::layer::sigmoid::{sigmoid, sigmoid_backward};
use wn_gan::reference::layer::tprelu::{tprelu, tprelu_backward};
use wn_gan::reference::layer::upsample::upsample;
use wn_gan::reference::loss;
use wn_gan::reference::mse::{mse, mse_gradient};
use wn_gan::reference::weight::spectral_norm::{estimate, spectral_norm, spectral_norm_backward};
use wn_gan::reference::weight::weight_norm::{norms, weight_norm, weight_norm_backward};

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
    let real = Tensor::new(&[5, 1], vec![-12.0, -0.7, 0.01, 1.3, 11.0]);
    let fake = Tensor::new(&[5, 1], vec![0.02, 1.4, -12.0, 11.0, -0.6]);
    for name in Loss::ALL {
        let loss = loss::of(name);
        let d = loss.discriminator(&real, &fake);
        checks.gradient(&format!("{name:?}, D, real"), &real, &d.by_real, |real| loss.discriminator(real, &fake).loss);
        checks.gradient(&format!("{name:?}, D, fake"), &fake, &d.by_fake, |fake| loss.discriminator(&real, fake).loss);
        let (_, by_fake) = loss.generator(&real, &fake);
        checks.gradient(&format!("{name:?}, G"), &fake, &by_fake, |fake| loss.generator(&real, fake).0);
    }
    let (y, target) = (random(&[3, 2, 3, 5], 18), random(&[3, 2, 3, 5], 19));
    for rows in 1..=3 {
        let loss = |y: &Tensor| mse(y, &target)[..rows].iter().sum::<f64>() / rows as f64;
        checks.gradient(&format!("error of {rows} images"), &y, &mse_gradient(&y, &target, rows), loss);
    }
    checks.none_failed();
}

#[test]
fn batch_normalisation() {
    let checks = Checks::default();
    let (x, dy) = (random(&[3, 2, 3, 5], 24), random(&[3, 2, 3, 5], 25));
    let (weight, bias) = (random(&[2], 26), random(&[2], 27));
    let running = Moments { mean: vec![0.3, -0.1], variance: vec![0.5, 1.7] };
    for statistics in [Statistics::Batch, Statistics::Running] {
        let used = |x: &Tensor| if statistics == Statistics::Batch { moments(x) } else { running.clone() };
        let loss =
            |x: &Tensor, weight: &Tensor, bias: &Tensor| dot(&batch_norm(x, &used(x), &weight.data, &bias.data), &dy);
        let (dx, dweight, dbias) = batch_norm_backward(&x, &dy, &used(&x), &weight.data, statistics);
        checks.gradient(&format!("{statistics:?}, input"), &x, &dx, |x| loss(x, &weight, &bias));
        let (dweight, dbias) = (vector(dweight), vector(dbias));
        checks.gradient(&format!("{statistics:?}, weight"), &weight, &dweight, |weight| loss(&x, weight, &bias));
        checks.gradient(&format!("{statistics:?}, bias"), &bias, &dbias, |bias| loss(&x, &weight, bias));
    }
    checks.none_failed();
}

/// Along a direction that is no singular vector; `v = t / |t|` is held, and `u` is a function of `W` whose own change
/// does not count because `|s|` is flat in it.
#[test]
fn spectral_normalisation() {
    let checks = Checks::default();
    for shape in [vec![5, 7], vec![5, 3, 3, 2], vec![1, 4, 2, 2]] {
        let (weight, dw) = (random(&shape, 28), random(&shape, 29));
        let t = random(&[weight.data.len() / shape[0]], 30).map(|t| 3.0 * t);
        let gradient = spectral_norm_backward(&weight, &dw, &t);
        checks.gradient(&format!("{shape:?}"), &weight, &gradient, |weight| dot(&spectral_norm(weight, &t), &dw));
        let frozen = estimate(&weight, &t);
        let u: Vec<f64> = frozen.s.iter().map(|s| s / frozen.sigma).collect();
        checks.gradient(&format!("{shape:?}, u held too"), &weight, &gradient, |weight| {
            let sigma: f64 = estimate(weight, &t).s.iter().zip(&u).map(|(s, u)| s * u).sum();
            dot(&weight.map(|w| w / sigma), &dw)
        });
    }
    checks.none_failed();
}

#[test]
fn weight_normalised_addition() {
    let checks = Checks::default();
    let [x0, x1, dy] = [31, 32, 33].map(|seed| random(&[3, 2, 3, 5], seed));
    let mut gates = random(&[2, 2], 34);
    let (dx0, dx1, dgates) = addition_backward(&x0, &x1, &dy, &gates);
    checks.gradient("residue", &x0, &dx0, |x0| dot(&addition(x0, &x1, &gates), &dy));
    checks.gradient("shortcut", &x1, &dx1, |x1| dot(&addition(&x0, x1, &gates), &dy));
    checks.gradient("gates", &gates, &dgates, |gates| dot(&addition(&x0, &x1, gates), &dy));
    // A fresh block: the residue's gate is closed, and its gradient is what opens it.
    gates.data = vec![0.0, 0.0, 1.0, 1.0];
    let (_, _, dgates) = addition_backward(&x0, &x1, &dy, &gates);
    checks.gradient("fresh gates", &gates, &dgates, |gates| dot(&addition(&x0, &x1, gates), &dy));
    checks.none_failed();
}

#[test]
fn pooling_upsampling_and_channel_affine() {
    let checks = Checks::default();
    for rim in [[0, 0], [1, 0], [1, 1]] {
        let (x, dy) = (random(&[2, 3, 4, 6], 35), random(&[2, 3, 2 + rim[0], 3 + rim[1]], 36));
        let dx = upsample(&dy, rim).map(|dx| dx / 4.0);
        checks.gradient(&format!("average pool, padding {rim:?}"), &x, &dx, |x| dot(&average_pool(x, rim), &dy));
        let (x, dy) = (dy, x);
        let dx = average_pool(&dy, rim).map(|dx| 4.0 * dx);
        checks.gradient(&format!("upsample, crop {rim:?}"), &x, &dx, |x| dot(&upsample(x, rim), &dy));
    }
    let (x, dy) = (random(&[3, 2, 3, 5], 37), random(&[3, 2, 3, 5], 38));
    let (scale, bias) = (random(&[2], 39), random(&[2], 40));
    let (dx, dscale, dbias) = channel_affine_backward(&x, &dy, &scale.data);
    let loss = |x: &Tensor, scale: &Tensor, bias: &Tensor| dot(&channel_affine(x, &scale.data, &bias.data), &dy);
    checks.gradient("channel affine, input", &x, &dx, |x| loss(x, &scale, &bias));
    checks.gradient("channel affine, scale", &scale, &vector(dscale), |scale| loss(&x, scale, &bias));
    checks.gradient("channel affine, bias", &bias, &vector(dbias), |bias| loss(&x, &scale, bias));
    checks.none_failed();
}

#[test]
fn planted_errors_are_caught() {
    let caught = |what: &str, x: &Tensor, gradient: &Tensor, loss: &dyn Fn(&Tensor) -> f64| {
        let checks = Checks::default();
        checks.gradient(what, x, gradient, loss);
        assert!(checks.failed(), "{what} went unseen");
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

    let (x1, gates) = (random(&[3, 2, 3, 5], 41), random(&[2, 2], 42));
    let constant = batch_norm_backward(&x, &dy, &moments(&x), &slope, Statistics::Running).0;
    caught("batch moments taken as constants", &x, &constant, &|x| {
        dot(&batch_norm(x, &moments(x), &slope, &threshold), &dy)
    });
    let t = random(&[7], 43);
    let sigma = estimate(&v, &t).sigma;
    caught("a spectral norm taken as constant", &v, &dw.map(|dw| dw / sigma), &|v| dot(&spectral_norm(v, &t), &dw));
    let (_, _, dgates) = addition_backward(&x1, &x, &dy, &gates);
    caught("swapped branches", &gates, &dgates, &|gates| dot(&addition(&x, &x1, gates), &dy));

    let noisy = |x: &Tensor| dot(x, &dy) + 1e-3 * (1e9 * x.data[0]).sin();
    caught("a loss without a plateau", &x, &dy, &noisy);
}

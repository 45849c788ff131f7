//! What the inspection computes, on weights whose answers are known.

use wn_gan::gan::inspect::{BINS, Range, activations, first_share, histogram, rows, weights};
use wn_gan::gan::state_dict::Named;
use wn_gan::rng::uniforms;

fn tensor(name: &str, shape: &[usize], values: &[f32]) -> Named {
    assert_eq!(shape.iter().product::<usize>(), values.len());
    (name.into(), shape.to_vec(), values.to_vec())
}

fn random(shape: &[usize], seed: u32) -> Vec<f32> {
    uniforms(shape.iter().product(), 0, 50, seed).map(|u| 2.0 * u - 1.0).collect()
}

/// Share of a matrix `[rows, columns]`.
fn share(shape: [usize; 2], values: &[f32]) -> Option<f64> {
    first_share(&rows(&tensor("dis.x.linear.weight", &shape, values)))
}

fn near(found: f64, expected: f64, bound: f64) {
    assert!((found - expected).abs() <= bound * expected.abs(), "{found} instead of {expected}");
}

#[test]
fn rows_are_output_units() {
    // Conv [2, 3, 1, 1]: row norms 5 and 13. Transposed conv [3, 2, 1, 1] of G: columns are units.
    let conv = tensor("dis.level.0.conv.weight", &[2, 3, 1, 1], &[3.0, 0.0, 4.0, 5.0, 12.0, 0.0]);
    let back = tensor("gen.level.0.conv.weight", &[3, 2, 1, 1], &[3.0, 5.0, 0.0, 12.0, 4.0, 0.0]);
    // Both taps of unit 0 come before those of unit 1, input by input: 1, 2 of input 0 and 4, 4 of input 1 have norm
    // sqrt(37).
    let taps =
        tensor("gen.level.2.block.1.residue.0.conv.weight", &[2, 2, 1, 2], &[1.0, 2.0, 0.0, 3.0, 4.0, 4.0, 0.0, 4.0]);
    for (tensor, norms) in [(conv, [5.0, 13.0]), (back, [5.0, 13.0]), (taps, [37f64.sqrt(), 5.0])] {
        let view = &weights(std::slice::from_ref(&tensor), &[], &[])[0];
        let (min, max) = (norms[0].min(norms[1]), norms[0].max(norms[1]));
        assert_eq!(view.norms, Some(Range { min, mean: (norms[0] + norms[1]) / 2.0, max }), "{}", tensor.0);
        assert_eq!((view.cosines, view.update_ratio), (None, None), "nothing is known of a step");
    }
}

#[test]
fn cosines_and_update_ratios_by_hand() {
    let v = tensor("dis.level.0.conv.weight", &[3, 2, 1, 1], &[1.0, 0.5, 0.0, 2.0, 3.0, 4.0]);
    // At a right angle to where the row stood before the step, opposite, none.
    let g = tensor("dis.level.0.conv.weight", &[3, 2, 1, 1], &[0.0, 5.0, 0.0, -0.1, 0.0, 0.0]);
    let step = tensor("dis.level.0.conv.weight", &[3, 2, 1, 1], &[0.0, 0.5, 0.0, 0.0, 0.0, 1.2]);
    let other = tensor("dis.level.1.conv.weight", &[3, 2, 1, 1], &[1.0; 6]);
    let view = &weights(&[v], &[other.clone(), g], &[other, step])[0];
    let cosines = view.cosines.expect("two rows have a gradient");
    assert_eq!((cosines.min, cosines.max), (-1.0, 0.0));
    assert_eq!(cosines.mean, -0.5);
    // |dp| = 1.3, of which 1.2 is rounded to f32, and |p|^2 = 1.25 + 4 + 25.
    near(view.update_ratio.expect("there was a step"), 1.3 / 30.25f64.sqrt(), f64::from(f32::EPSILON));
}

#[test]
fn shares_of_known_spectra() {
    // Rank one: u v^T.
    let (u, v) = (random(&[300], 1), random(&[70], 2));
    let outer: Vec<f32> = u.iter().flat_map(|u| v.iter().map(move |v| u * v)).collect();
    near(share([300, 70], &outer).expect("not zero"), 1.0, 1e-6);
    // A multiple of the identity: 1/n.
    for n in [1, 2, 7, 100] {
        let identity: Vec<f32> = (0..n * n).map(|i| if i % (n + 1) == 0 { 0.3 } else { 0.0 }).collect();
        near(share([n, n], &identity).expect("not zero"), 1.0 / n as f64, 1e-6);
    }
    // Diagonal 5, 4.9, 4.8, ... wide and tall, with singular values close together.
    for [units, columns] in [[40, 90], [90, 40]] {
        let sigma = |i: usize| 5.0 - 0.1 * i as f64;
        let mut values = vec![0.0f32; units * columns];
        (0..40).for_each(|i| values[i * columns + i] = sigma(i) as f32);
        let expected = 25.0 / (0..40).map(|i| sigma(i).powi(2)).sum::<f64>();
        near(share([units, columns], &values).expect("not zero"), expected, 1e-6);
    }
    // [[a, b], [c, d]]: sigma_1^2 = (s + sqrt(s^2 - 4 det^2)) / 2 with s the sum of squares.
    let [a, b, c, d] = [0.7f32, -0.2, 0.4, 1.1];
    let s: f64 = [a, b, c, d].iter().map(|&x| f64::from(x).powi(2)).sum();
    let det = f64::from(a) * f64::from(d) - f64::from(b) * f64::from(c);
    near(share([2, 2], &[a, b, c, d]).expect("not zero"), (1.0 + (1.0 - 4.0 * (det / s).powi(2)).sqrt()) / 2.0, 1e-6);
    assert_eq!(share([3, 4], &[0.0; 12]), None);
}

#[test]
fn the_share_of_a_large_random_weight_is_within_a_thousandth() {
    // More units than steps, and a spectrum without a gap. 2,000 steps of plain power iteration are the reference; they
    // end below the truth too, so the other side is bounded by Weyl's theorem only: sigma_1 <= sqrt(m) + sqrt(n) at unit
    // variance, up to fluctuations of order m^-1/6.
    let [units, columns] = [200, 500];
    let values = random(&[units, columns], 3);
    let found = share([units, columns], &values).expect("not zero");
    let mut t = vec![1.0f64; columns];
    let mut square = 0.0;
    for _ in 0..2000 {
        let length = t.iter().map(|t| t * t).sum::<f64>().sqrt();
        t.iter_mut().for_each(|t| *t /= length);
        let s: Vec<f64> =
            values.chunks_exact(columns).map(|row| row.iter().zip(&t).map(|(&v, t)| f64::from(v) * t).sum()).collect();
        square = s.iter().map(|s| s * s).sum::<f64>();
        t = (0..columns)
            .map(|j| s.iter().enumerate().map(|(i, s)| f64::from(values[i * columns + j]) * s).sum())
            .collect();
    }
    let total: f64 = values.iter().map(|&v| f64::from(v).powi(2)).sum();
    println!("share {found}, reference {}", square / total);
    near(found, square / total, 1e-3);
    let edge = ((units as f64).sqrt() + (columns as f64).sqrt()).powi(2) / (units * columns) as f64;
    near(found, edge, 0.1);
}

#[test]
fn slopes_and_thresholds_are_told_by_activation() {
    let parameters = [
        tensor("gen.initial.linear.weight", &[1, 1], &[9.0]),
        tensor("gen.initial.tprelu.weight", &[2], &[0.25, 0.75]),
        tensor("gen.initial.tprelu.bias", &[2], &[-1.0, 0.0]),
        tensor("gen.level.0.conv.bias", &[2], &[5.0, 5.0]),
        tensor("dis.level.0.prelu.weight", &[1], &[0.5]),
        tensor("dis.level.1.trelu.bias", &[1], &[0.125]),
        tensor("dis.level.1.batchnorm.weight", &[1], &[3.0]),
        tensor("dis.level.1.batchnorm.bias", &[1], &[3.0]),
    ];
    let range = |min, mean, max| Some(Range { min, mean, max });
    let found: Vec<_> = activations(&parameters).into_iter().map(|v| (v.name, v.slopes, v.thresholds)).collect();
    let expected = vec![
        ("gen.initial.tprelu".to_owned(), range(0.25, 0.5, 0.75), range(-1.0, -0.5, 0.0)),
        ("dis.level.0.prelu".to_owned(), range(0.5, 0.5, 0.5), None),
        ("dis.level.1.trelu".to_owned(), None, range(0.125, 0.125, 0.125)),
    ];
    assert_eq!(found, expected);
    let names: Vec<_> = weights(&parameters, &[], &[]).into_iter().map(|view| view.name).collect();
    assert_eq!(names, ["gen.initial.linear.weight"]);
}

#[test]
fn logits_fall_into_the_bins_of_their_sigmoid() {
    // A logit just above log(k/20 / (1 - k/20)) belongs to bin k, just below to bin k - 1.
    for k in 1..BINS {
        let p = k as f64 / BINS as f64;
        let edge = (p / (1.0 - p)).ln();
        let bins = histogram(&[(edge + 1e-4) as f32, (edge - 1e-4) as f32]);
        let full: Vec<_> = (0..BINS).filter(|&bin| bins[bin] == 1).collect();
        assert_eq!(full, [k - 1, k]);
    }
    let bins = histogram(&[f32::INFINITY, 1e30, -1e30, f32::NEG_INFINITY, f32::NAN]);
    assert_eq!((bins[0], bins[BINS - 1], bins.iter().sum::<u32>()), (2, 2, 4));
    assert_eq!(histogram(&[]), vec![0; BINS]);
}

#[test]
fn a_range_is_least_mean_and_greatest() {
    assert_eq!(Range::of([3.0, -1.0, 4.0]), Some(Range { min: -1.0, mean: 2.0, max: 4.0 }));
    assert_eq!(Range::of([]), None);
}

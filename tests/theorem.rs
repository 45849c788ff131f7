//! The theorem of the paper's appendix: plain and strict networks express the same functions, to rounding.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "theorem/limits.rs"]
mod limits;
#[path = "theorem/trained.rs"]
mod trained;

use wn_gan::reference::Tensor;
use wn_gan::reference::geometry::Geometry;
use wn_gan::reference::layer::tprelu::tprelu;
use wn_gan::reference::weight::weight_norm::weight_norm;
use wn_gan::rng::uniforms;
use wn_gan::theorem::demonstration::{Activation, DEPTHS, Maps, demonstration, inputs, random};
use wn_gan::theorem::rounding::rounding;
use wn_gan::theorem::{Kind, Layer, Map, Offset, Plain, Strict};

const MAPS: [Maps; 4] = [Maps::Linear, Maps::Conv, Maps::Transposed, Maps::Mixed];
const ACTIVATIONS: [Activation; 2] = [Activation::Relu, Activation::Prelu];
/// The paper's strict layer, and this program's.
const EPSILONS: [f64; 2] = [0.0, 1e-6];
/// Half the distance from 1 to the next number.
const ROUNDING: f64 = f64::EPSILON / 2.0;

/// Random networks of every depth, map and activation, three of each.
fn networks() -> impl Iterator<Item = (String, Plain, Tensor)> {
    DEPTHS.flat_map(|depth| MAPS.map(|maps| (depth, maps))).flat_map(|(depth, maps)| {
        ACTIVATIONS.into_iter().flat_map(move |activation| {
            (1..=3).map(move |seed| {
                let plain = random(depth, maps, activation, seed).expect("a depth in range");
                let x = inputs(&plain, 3, seed);
                (format!("{depth} layers, {maps:?}, {activation:?}, seed {seed}"), plain, x)
            })
        })
    })
}

fn largest(values: &Tensor) -> f64 {
    values.data.iter().fold(0.0, |largest, value| f64::max(largest, value.abs()))
}

fn difference(a: &Tensor, b: &Tensor) -> f64 {
    largest(&a.zip_map(b, |a, b| a - b))
}

fn values(shape: &[usize], seed: u32) -> Tensor {
    let count = shape.iter().product();
    Tensor::new(shape, uniforms(count, 0, 40, seed).map(|u| 2.0 * f64::from(u) - 1.0).collect())
}

fn channels(offsets: &[f64]) -> Offset {
    Offset::Channels(offsets.to_vec())
}

#[test]
fn by_hand() {
    // ReLU(3 x + 4 y - 5) = 5 (TReLU_1(0.6 x + 0.8 y) - 1); the output 2 ReLU + 7 is 10 TReLU - 10 + 7.
    let linear =
        |weight: &[f64], inputs| Map::new(Kind::Linear, Tensor::new(&[1, inputs], weight.to_vec()), [inputs, 1, 1]);
    let hidden = Layer { map: linear(&[3.0, 4.0], 2).unwrap(), offset: channels(&[-5.0]), slope: vec![0.0] };
    let plain = Plain::new(vec![hidden], linear(&[2.0], 1).unwrap(), channels(&[7.0])).unwrap();
    let strict = plain.to_strict(0.0);
    assert_eq!(strict.hidden[0].offset, channels(&[1.0]));
    assert_eq!((strict.last.weight().data[0], strict.scale[0]), (10.0, 10.0));
    assert_eq!(strict.bias, channels(&[-3.0]));
    let x = Tensor::new(&[2, 2, 1, 1], vec![1.0, 1.0, 0.5, 0.25]);
    assert_eq!(plain.forward(&x).data, [11.0, 7.0]);
    assert!(difference(&strict.forward(&x), &plain.forward(&x)) <= 8.0 * 10.0 * ROUNDING);
}

#[test]
fn outputs_are_equal_to_rounding() {
    let (mut closest, mut loosest) = (0.0f64, 0.0f64);
    for (what, plain, x) in networks() {
        let (expected, bound) = (plain.forward(&x), rounding(&plain, &x));
        loosest = loosest.max(bound / largest(&expected));
        for epsilon in EPSILONS {
            let found = difference(&plain.to_strict(epsilon).forward(&x), &expected);
            assert!(found <= bound, "{what}, epsilon {epsilon}: {found:e} is more than {bound:e}");
            closest = closest.max(found / bound);
        }
    }
    println!("largest difference / bound {closest:e}, largest bound / output {loosest:e}");
    // A bound that everything meets would show nothing.
    assert!(loosest < 1e-6, "the bound is {loosest:e} of the outputs");
}

#[test]
fn there_and_back_is_the_same_network() {
    for (what, plain, x) in networks() {
        for epsilon in EPSILONS {
            let strict = plain.to_strict(epsilon);
            let back = strict.to_plain();
            let found = difference(&back.forward(&x), &plain.forward(&x));
            assert!(found <= rounding(&plain, &x), "{what}: outputs differ by {found:e}");
            let maps = |plain: &Plain| -> Vec<Map> {
                plain.hidden.iter().map(|layer| layer.map.clone()).chain([plain.last.clone()]).collect()
            };
            for (number, (a, b)) in maps(&plain).iter().zip(&maps(&back)).enumerate() {
                for (a, b) in a.weight().data.iter().zip(&b.weight().data) {
                    // One multiplication and one division by the same scale.
                    assert!((a - b).abs() <= 2.01 * ROUNDING * a.abs(), "{what}, layer {number}: {a} became {b}");
                }
            }
            let offsets = |plain: &Plain| -> Vec<Offset> {
                plain.hidden.iter().map(|layer| layer.offset.clone()).chain([plain.bias.clone()]).collect()
            };
            let bounds = bias_bounds(&plain, &strict);
            for (number, (a, b)) in offsets(&plain).iter().zip(&offsets(&back)).enumerate() {
                let (Offset::Channels(a), Offset::Channels(b)) = (a, b) else {
                    panic!("{what}, layer {number}: a bias per channel came back as a map");
                };
                let bound = bounds[number];
                for (a, b) in a.iter().zip(b) {
                    assert!((a - b).abs() <= bound, "{what}, layer {number}: bias {a} became {b}, bound {bound:e}");
                }
            }
        }
    }
}

/// How far the way there and back may move each layer's bias: `c = b - <v,a'>` is taken apart again, each way with the
/// rounding of a sum of at most `fan_in + 8` terms as large as `|b| + <|v|,|a'|>`, and both times positions that are
/// equal to four such roundings become one number.
fn bias_bounds(plain: &Plain, strict: &Strict) -> Vec<f64> {
    let thresholds = strict.hidden.iter().map(|layer| layer.offset.clone());
    let first = Offset::Channels(vec![0.0; plain.hidden[0].map.input()[0]]);
    let maps = strict.hidden.iter().map(|layer| &layer.map).chain([&strict.last]);
    let biases = plain.hidden.iter().map(|layer| &layer.offset).chain([&plain.bias]);
    let layers = maps.zip(biases).zip([first].into_iter().chain(thresholds));
    let bound = |((map, bias), threshold): ((&Map, &Offset), Offset)| {
        let shift = threshold.spread(map.input()).map(f64::abs);
        let size = largest(&map.with_weights(|v, _, _| v.abs()).apply(&shift)) + largest(&bias.spread(map.output()));
        2.0 * (1.0 + 4.0) * (map.fan_in() + 8) as f64 * ROUNDING * size
    };
    layers.map(bound).collect()
}

#[test]
fn any_strict_network_has_a_plain_form() {
    // Thresholds and scales of its own, not those of a converted network, so that the way back meets maps of biases.
    for (what, plain, x) in networks() {
        let mut strict = plain.to_strict(1e-6);
        for (number, layer) in strict.hidden.iter_mut().enumerate() {
            layer.offset = Offset::Channels(values(&[layer.slope.len()], number as u32).data);
        }
        let count = strict.scale.len();
        let strict =
            Strict::new(strict.hidden, strict.last, values(&[count], 91).data, channels(&vec![0.3; count]), 1e-6)
                .unwrap();
        let plain = strict.to_plain();
        let found = difference(&plain.forward(&x), &strict.forward(&x));
        let bound = rounding(&plain, &x);
        assert!(found <= bound, "{what}: {found:e} is more than {bound:e}");
        assert!(bound < 1e-6 * largest(&strict.forward(&x)).max(1.0), "{what}: a bound of {bound:e} shows nothing");
    }
}

#[test]
fn a_strict_layer_knows_nothing_of_its_weights_length() {
    for (what, plain, x) in networks() {
        let strict = plain.to_strict(0.0);
        let mut stretched = strict.clone();
        for layer in &mut stretched.hidden {
            // Powers of two, so that nothing is rounded.
            layer.map = layer.map.with_weights(|v, unit, _| v * f64::from(1u32 << (unit + 1)));
        }
        assert_eq!(stretched.forward(&x), strict.forward(&x), "{what}");
    }
}

#[test]
fn errors_of_conversion_are_caught() {
    let mut maps_seen = 0;
    for (what, plain, x) in networks() {
        let strict = plain.to_strict(0.0);
        let (expected, bound) = (plain.forward(&x), rounding(&plain, &x));
        let caught = |name: &str, wrong: &Strict| {
            let found = difference(&wrong.forward(&x), &expected);
            assert!(found > 1e3 * bound, "{what}, {name}: {found:e} hides within {bound:e}");
        };
        let mut forgotten_shift = strict.clone();
        forgotten_shift.bias = plain.bias.clone();
        caught("forgotten shift", &forgotten_shift);
        let mut forgotten_scale = strict.clone();
        forgotten_scale.last = plain.last.clone();
        caught("forgotten scale", &forgotten_scale);
        let mut wrong_sign = strict.clone();
        let first = &mut wrong_sign.hidden[0].offset;
        *first = first.map(|a, _| -a);
        caught("threshold of the wrong sign", &wrong_sign);
        if let Offset::Positions(map) = &strict.bias {
            maps_seen += 1;
            let (_, _, inner) = map.around(0);
            let mut one_each = strict.clone();
            one_each.bias = Offset::Channels(map.data.iter().copied().step_by(inner).collect());
            caught("one offset per channel where a map is needed", &one_each);
        }
    }
    assert!(maps_seen > 20, "only {maps_seen} networks needed a map");
}

/// What `kind` absorbs of one hidden layer before it.
fn absorbing(kind: Kind, weight: &[usize], input: [usize; 3]) -> Offset {
    let first = Geometry { kernel: [1, 1], stride: [1, 1], padding: [0, 0] };
    let map = Map::new(Kind::Conv(first), values(&[input[0], 2, 1, 1], 1), [2, input[1], input[2]]).expect("it fits");
    let hidden = Layer { map, offset: channels(&vec![0.4; input[0]]), slope: vec![0.0; input[0]] };
    let last = Map::new(kind, values(weight, 2), input).expect("it fits");
    let units = last.output()[0];
    let plain = Plain::new(vec![hidden], last, channels(&vec![0.1; units])).expect("they fit");
    let strict = plain.to_strict(0.0);
    assert!(matches!(strict.hidden[0].offset, Offset::Channels(_)), "the first layer absorbs nothing");
    strict.bias
}

#[test]
fn maps_are_needed_at_borders_and_phases_only() {
    let geometry = |kernel, stride, padding| Geometry { kernel, stride, padding };
    let conv = |g: Geometry| absorbing(Kind::Conv(g), &[3, 2, g.kernel[0], g.kernel[1]], [2, 7, 6]);
    let transposed = |g: Geometry| absorbing(Kind::ConvTranspose(g), &[2, 3, g.kernel[0], g.kernel[1]], [2, 7, 6]);
    let uniform = [
        ("linear", absorbing(Kind::Linear, &[3, 2 * 7 * 6], [2, 7, 6])),
        ("conv without padding", conv(geometry([3, 2], [1, 1], [0, 0]))),
        ("conv with stride, without padding", conv(geometry([3, 4], [2, 2], [0, 0]))),
        ("padding that no tap reaches", conv(geometry([7, 6], [7, 6], [0, 0]))),
        ("transposed conv of single taps", transposed(geometry([1, 1], [1, 1], [0, 0]))),
    ];
    for (what, offset) in uniform {
        assert!(matches!(offset, Offset::Channels(_)), "{what} needs no map");
    }
    let varied = [
        ("conv with padding in height", conv(geometry([3, 2], [1, 1], [1, 0]))),
        ("conv with padding in width", conv(geometry([3, 2], [2, 1], [0, 1]))),
        ("transposed conv with borders", transposed(geometry([3, 3], [1, 1], [1, 1]))),
        ("transposed conv with phases", transposed(geometry([2, 2], [2, 2], [0, 0]))),
        ("transposed conv of the networks", transposed(geometry([4, 4], [2, 2], [1, 1]))),
    ];
    for (what, offset) in varied {
        let Offset::Positions(map) = offset else { panic!("{what} needs a map") };
        assert_eq!(map.shape.len(), 3, "{what}");
    }
}

#[test]
fn units_of_zero_weight_are_constants() {
    for activation in ACTIVATIONS {
        let mut plain = random(4, Maps::Mixed, activation, 5).unwrap();
        let zeroed = &mut plain.hidden[1];
        zeroed.map = zeroed.map.with_weights(|_, _, _| 0.0);
        let x = inputs(&plain, 3, 5);
        let expected = plain.forward(&x);
        let (one, rest) = expected.data.split_at(expected.data.len() / 3);
        assert_eq!([one, one].concat(), rest, "nothing of the input gets through");
        assert!(largest(&expected) > 0.0);
        for epsilon in EPSILONS {
            let strict = plain.to_strict(epsilon);
            assert!(strict.hidden[1].map.weight().data.iter().all(|&v| v == 0.0));
            let found = difference(&strict.forward(&x), &expected);
            assert!(found <= rounding(&plain, &x), "{found:e}");
            let back = strict.to_plain();
            assert!(back.hidden[1].map.weight().data.iter().all(|&v| v == 0.0));
            assert!(difference(&back.forward(&x), &expected) <= rounding(&plain, &x));
        }
    }
}

#[test]
fn the_strict_form_runs_on_this_programs_layers() {
    // Linear layers have a threshold per channel, as the program's layers do: the reference computes the same.
    for activation in ACTIVATIONS {
        for depth in DEPTHS {
            let plain = random(depth, Maps::Linear, activation, 9).unwrap();
            let x = inputs(&plain, 3, 9);
            let strict = plain.to_strict(1e-6);
            let effective = |map: &Map, gain: &[f64]| {
                let w = weight_norm(map.weight(), 0, 1.0, gain);
                Map::new(Kind::Linear, w, map.input()).unwrap()
            };
            let mut y = x.clone();
            for layer in &strict.hidden {
                let Offset::Channels(threshold) = &layer.offset else { panic!("a linear layer needs no map") };
                y = effective(&layer.map, &vec![1.0; layer.slope.len()]).apply(&y);
                y = tprelu(&y, &layer.slope, threshold);
            }
            y = effective(&strict.last, &strict.scale).apply(&y);
            let [_, units, ..] = y.axes::<4>();
            for (i, y) in y.data.iter_mut().enumerate() {
                *y += strict.bias.values()[i % units];
            }
            let found = difference(&y, &plain.forward(&x));
            assert!(found <= rounding(&plain, &x), "{depth} layers, {activation:?}: {found:e}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_with_a_sentence() {
    let refused = |result: Result<Map, wn_gan::Error>, part: &str| {
        let message = result.expect_err(part).to_string();
        assert!(message.contains(part), "{message}");
    };
    let geometry = |kernel, stride, padding| Geometry { kernel, stride, padding };
    let weight = |shape: &[usize]| Tensor::zeros(shape);
    refused(Map::new(Kind::Linear, weight(&[2, 5]), [2, 3, 1]), "must have the shape");
    let g = geometry([3, 3], [1, 1], [0, 0]);
    refused(Map::new(Kind::Conv(g), weight(&[2, 1, 3, 3]), [2, 5, 5]), "must have the shape");
    refused(Map::new(Kind::Conv(g), weight(&[2, 2, 3, 3]), [2, 2, 5]), "No output pixel");
    refused(Map::new(Kind::ConvTranspose(g), weight(&[3, 2, 3, 3]), [2, 5, 5]), "must have the shape");
    let g = geometry([2, 2], [1, 1], [1, 1]);
    refused(Map::new(Kind::ConvTranspose(g), weight(&[2, 2, 2, 2]), [2, 1, 5]), "No output pixel");
    let g = geometry([2, 2], [0, 1], [0, 0]);
    refused(Map::new(Kind::Conv(g), weight(&[2, 2, 2, 2]), [2, 5, 5]), "No output pixel");
    refused(Map::new(Kind::Linear, weight(&[0, 4]), [4, 1, 1]), "at least one value");

    let linear = |units, inputs| Map::new(Kind::Linear, values(&[units, inputs], 3), [inputs, 1, 1]).unwrap();
    let layer = |map: Map, offset: &[f64], slope: &[f64]| Layer { map, offset: channels(offset), slope: slope.into() };
    for (hidden, last, bias, part) in [
        (layer(linear(2, 3), &[0.0; 2], &[0.0; 2]), linear(1, 3), vec![0.0], "Layer 1 must read"),
        (layer(linear(2, 3), &[0.0; 3], &[0.0; 2]), linear(1, 2), vec![0.0], "offset of layer 0"),
        (layer(linear(2, 3), &[0.0; 2], &[0.0; 1]), linear(1, 2), vec![0.0], "needs 2 slopes"),
        (layer(linear(2, 3), &[0.0; 2], &[0.0; 2]), linear(1, 2), vec![0.0; 2], "offset of the last layer"),
    ] {
        let message = Plain::new(vec![hidden], last, channels(&bias)).expect_err(part).to_string();
        assert!(message.contains(part), "{message}");
    }
    for depth in [0, 1, 9] {
        let message = demonstration(depth, Maps::Conv, Activation::Relu, 1).expect_err("depth").to_string();
        assert!(message.contains("2 to 8 layers"), "{message}");
    }
}

#[test]
fn the_demonstration_tells_what_it_found() {
    for depth in DEPTHS {
        for maps in MAPS {
            for activation in ACTIVATIONS {
                let shown = demonstration(depth, maps, activation, 3).unwrap();
                assert_eq!(shown.layers.len(), depth as usize);
                assert!(shown.difference <= shown.bound && shown.without_shift > 1e3 * shown.bound);
                assert!(shown.relative == shown.difference / shown.largest && shown.largest > 0.0);
                assert!(shown.weight_change <= 2.01 * ROUNDING, "{:e}", shown.weight_change);
                let needs_maps = shown.layers.iter().any(|layer| layer.per_position);
                assert_eq!(needs_maps, shown.without_maps > shown.bound, "{depth} {maps:?}: {shown:?}");
                for (number, layer) in shown.layers.iter().enumerate() {
                    assert_eq!(layer.zero_units, number % 2, "layer {number}");
                    assert_eq!([layer.norms.len(), layer.thresholds.len()], [layer.output[0]; 2]);
                    let spread = layer.thresholds.iter().any(|[low, high]| low != high);
                    assert_eq!(spread, layer.per_position, "layer {number}");
                }
                let text = serde_json::to_string(&shown).unwrap();
                assert!(text.contains("\"per_position\"") && !text.contains("null"), "{text}");
            }
        }
    }
}

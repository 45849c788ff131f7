//! The theorem for networks that this program has trained, by the names of their parameters.

use crate::{difference, values};
use pollster::block_on;
use std::collections::BTreeMap;
use std::sync::Arc;
use wn_gan::Config;
use wn_gan::config::{Activation, Net, Norm};
use wn_gan::data::faces;
use wn_gan::device::Device;
use wn_gan::gan::Trainer;
use wn_gan::gan::checkpoint::Checkpoint;
use wn_gan::reference::Tensor;
use wn_gan::reference::geometry::Geometry;
use wn_gan::reference::latent::latent;
use wn_gan::reference::layer::conv::conv;
use wn_gan::reference::layer::conv_transpose::conv_transpose;
use wn_gan::reference::layer::sigmoid::sigmoid;
use wn_gan::reference::network::Network;
use wn_gan::reference::weight::weight_norm::{EPSILON, weight_norm};
use wn_gan::theorem::{Conversion, named};

/// The preset `tiny` with fewer features: 16x16 images, two levels.
fn config(activation: Activation) -> Config {
    let tiny = Config::preset("tiny").unwrap();
    Config { norm: Norm::None, activation, nfeature: 6, batch_size: 8, running: 4, final_count: 4, ..tiny }
}

/// The network after 60 steps on the CPU.
fn trained(config: &Config) -> Checkpoint {
    let data = faces(200, config.seed);
    let device = Arc::new(Device::cpu());
    let mut trainer = block_on(Trainer::new(device, config.clone(), &data, &mut |_, _, _| {})).unwrap();
    let before = block_on(trainer.parameters()).unwrap();
    while trainer.step() < 60 {
        block_on(trainer.advance(20)).unwrap();
    }
    let after = Checkpoint::read(&block_on(trainer.checkpoint()).unwrap()).unwrap();
    for (name, _, before) in before {
        assert_ne!(after.get(&name).unwrap(), before, "{name} has not been trained");
    }
    after
}

fn conversions(config: &Config, checkpoint: &Checkpoint) -> [Conversion; 2] {
    Conversion::of_both(config, |name| checkpoint.get(name), EPSILON).unwrap()
}

/// Latent codes for G, and for D what G makes of them and as many images of noise.
fn inputs(config: &Config, generator: &Conversion) -> [Tensor; 2] {
    let codes = latent(6, config.code_size as usize, 0, 2, 3);
    let images = generator.output(&codes);
    let noise = values(&images.shape, 8).map(|value| (value + 1.0) / 2.0);
    let shape = [&[2 * images.shape[0]], &images.shape[1..]].concat();
    [codes, Tensor::new(&shape, [images.data, noise.data].concat())]
}

#[test]
fn trained_networks_are_their_strict_forms_and_come_back() {
    for activation in [Activation::Auto, Activation::Relu] {
        let config = config(activation);
        let both = conversions(&config, &trained(&config));
        let inputs = inputs(&config, &both[0]);
        for (conversion, x) in both.iter().zip(&inputs) {
            let found = conversion.compare(x);
            println!("{activation:?}: {found:?}");
            assert!(found.strict <= found.strict_bound, "{found:?}");
            assert!(found.back <= found.back_bound, "{found:?}");
            // The bounds show something, and one threshold per channel, which is what a reader of the theorem's short
            // form would take, is caught.
            assert!(found.back_bound.max(found.strict_bound) < 1e-9 * found.largest, "{found:?}");
            assert!(found.per_channel > 1e3 * found.strict_bound, "{found:?}");
        }
        let positions = both.each_ref().map(|conversion| conversion.per_position().unwrap());
        let kind = if activation == Activation::Relu { "trelu" } else { "tprelu" };
        let at = |module: String, shape: [usize; 3]| (format!("{module}.bias_per_position"), shape.to_vec());
        let of_g = [
            at(format!("gen.initial.{kind}"), [12, 4, 4]),
            at(format!("gen.level.1.{kind}"), [6, 8, 8]),
            at("gen.level.0.conv".into(), [3, 16, 16]),
        ];
        assert_eq!(positions, [of_g.to_vec(), vec![at(format!("dis.level.1.{kind}"), [12, 4, 4])]]);
    }
}

/// The network of these tensors, written down anew: strict layers, TPReLU with thresholds of either shape, and an affine
/// layer at the end.
fn evaluated(tensors: &[named::Named], modules: &[&str], x: &Tensor) -> Tensor {
    let tensors: BTreeMap<&str, &Tensor> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let get = |name: String| tensors.get(name.as_str()).copied();
    let mut y = x.clone();
    for module in modules {
        let weight = get(format!("{module}.conv.weight")).unwrap();
        let [.., kh, kw] = weight.axes::<4>();
        let transposed = module.starts_with("gen.");
        let [_, _, height, width] = y.axes::<4>();
        // 4x4 kernels have stride 2 and padding 1, but for those that cover a whole image.
        let whole = module.ends_with("initial") || module.ends_with("final");
        let (stride, padding) = if whole { ([1, 1], [0, 0]) } else { ([2, 2], [1, 1]) };
        let geometry = Geometry { kernel: [kh, kw], stride, padding };
        let (axis, f) = if transposed { (1, 1.0 / (stride[0] * stride[1]) as f64) } else { (0, 1.0) };
        let gain = get(format!("{module}.conv.scale")).map(|scale| scale.data.clone());
        let w = weight_norm(weight, axis, f, &gain.unwrap_or_else(|| vec![1.0; weight.shape[axis]]));
        y = if transposed {
            conv_transpose(&y, &w, &geometry, geometry.large([height, width]))
        } else {
            conv(&y, &w, &geometry)
        };
        let [_, channels, rows, columns] = y.axes::<4>();
        let offset = |module: String, i: usize| match get(format!("{module}.bias")) {
            Some(bias) => bias.data[i / (rows * columns) % channels],
            None => {
                let map = get(format!("{module}.bias_per_position")).unwrap();
                assert_eq!(map.shape, [channels, rows, columns], "{module}");
                map.data[i % map.data.len()]
            }
        };
        for (i, value) in y.data.iter_mut().enumerate() {
            if get(format!("{module}.conv.scale")).is_some() {
                *value += offset(format!("{module}.conv"), i);
                continue;
            }
            let slopes = get(format!("{module}.tprelu.weight"));
            let s = slopes.map_or(0.0, |slopes| slopes.data[i / (rows * columns) % channels]);
            let a = offset(format!("{module}.{}", if slopes.is_some() { "tprelu" } else { "trelu" }), i);
            *value = if *value > a { *value } else { s * (*value - a) + a };
        }
    }
    y
}

#[test]
fn the_named_tensors_are_all_that_the_strict_form_needs() {
    for activation in [Activation::Prelu, Activation::Relu] {
        let config = config(activation);
        let both = conversions(&config, &trained(&config));
        let [codes, images] = inputs(&config, &both[0]);
        let [generator, discriminator] = both.each_ref().map(|conversion| conversion.strict_parameters().unwrap());
        let pixel = codes.clone().reshaped(&[codes.shape[0], codes.shape[1], 1, 1]);
        let drawn = sigmoid(&evaluated(&generator, &["gen.initial", "gen.level.1", "gen.level.0"], &pixel));
        let judged = evaluated(&discriminator, &["dis.level.0", "dis.level.1", "dis.final"], &images);
        for (conversion, x, found) in [(&both[0], &codes, drawn), (&both[1], &images, judged)] {
            let bound = conversion.compare(x).strict_bound;
            let found = difference(&found, &conversion.output(x));
            assert!(found <= bound, "{activation:?}: {found:e} is more than {bound:e}");
        }
    }
}

#[test]
fn networks_of_every_size_are_converted() {
    // Sides that need more padding on some levels, images that are no squares, one level alone, and many.
    for (width, height, nlayer, channels) in
        [(28, 28, -1, 1), (36, 28, -1, 3), (20, 36, 3, 1), (6, 6, 1, 3), (8, 4, 2, 1), (34, 34, -1, 1), (16, 16, 4, 3)]
    {
        let base = config(Activation::Auto);
        let config = Config { width, height, nlayer, channels, nfeature: 3, code_size: 5, ..base };
        let random = |network: &Network| -> BTreeMap<String, Vec<f32>> {
            let named = network.parameters().into_iter().enumerate();
            let fill = |(i, (name, shape)): (usize, (String, Vec<usize>))| {
                let fan_in = shape.iter().skip(1).product::<usize>() as f64;
                let scale = if shape.len() == 1 { 0.5 } else { 2.0 / fan_in.sqrt() };
                (name, values(&shape, i as u32).map(|value| scale * value).data.iter().map(|&v| v as f32).collect())
            };
            named.map(fill).collect()
        };
        let mut all = random(&Network::generator(&config));
        all.extend(random(&Network::discriminator(&config)));
        let both = Conversion::of_both(&config, |name| all.get(name).map(Vec::as_slice), EPSILON).unwrap();
        for (conversion, x) in both.iter().zip(&inputs(&config, &both[0])) {
            let found = conversion.compare(x);
            assert!(found.strict <= found.strict_bound, "{width}x{height}, {nlayer} levels: {found:?}");
            assert!(found.back <= found.back_bound, "{width}x{height}, {nlayer} levels: {found:?}");
            assert!(found.back_bound < 1e-6 * found.largest, "{width}x{height}, {nlayer} levels: {found:?}");
        }
        // D's first level absorbs nothing, and where a single pixel is left there are no two positions to differ.
        let levels = config.levels() as usize;
        let is_pixel = Network::generator(&config).nodes[0].output[1..] == [1, 1];
        let expected = [levels + 1, levels - 1].map(|count| count - usize::from(is_pixel));
        let found = both.each_ref().map(|conversion| conversion.per_position().unwrap().len());
        assert_eq!(found, expected, "{width}x{height}, {nlayer} levels");
    }
}

#[test]
fn what_cannot_be_converted_is_refused_with_a_sentence() {
    let plain = config(Activation::Auto);
    for (config, part) in [
        (Config { net: Net::Resnet, norm: Norm::Weight, ..plain.clone() }, "net dcgan"),
        (Config { norm: Norm::Weight, ..plain.clone() }, "has norm weight."),
        (Config { norm: Norm::Batch, ..plain.clone() }, "has norm batch."),
        (Config { norm: Norm::Spectral, ..plain.clone() }, "has norm spectral."),
        (Config { norm: Norm::WeightAffine, ..plain.clone() }, "has norm weight-affine."),
        (Config { activation: Activation::Tprelu, ..plain.clone() }, "has tprelu already"),
        (Config { activation: Activation::Trelu, ..plain.clone() }, "has trelu already"),
    ] {
        let message = named::check(&config).expect_err(part).to_string();
        assert!(message.contains(part), "{message}");
    }
    // The networks themselves are refused too, whatever their settings say.
    for config in [
        Config { norm: Norm::Batch, ..plain.clone() },
        Config { norm: Norm::Weight, ..plain.clone() },
        Config { activation: Activation::Tprelu, ..plain.clone() },
        Config { net: Net::Resnet, norm: Norm::Weight, ..plain.clone() },
    ] {
        let network = Network::discriminator(&config);
        let state = network.state().into_iter().map(|state| (state.name, state.shape));
        let all = network.parameters().into_iter().chain(state);
        let parameters = all.map(|(name, shape)| (name, Tensor::zeros(&shape))).collect();
        let message = named::plain(&network, &parameters).expect_err("no chain").to_string();
        assert!(message.contains("each followed by ReLU or PReLU"), "{message}");
    }

    let network = Network::discriminator(&plain);
    let ones: BTreeMap<String, Vec<f32>> =
        network.parameters().into_iter().map(|(name, shape)| (name, vec![1.0; shape.iter().product()])).collect();
    assert!(named::parameters(&network, |name| ones.get(name).map(Vec::as_slice)).is_ok());
    for (wrong, part) in [
        (None, "has no tensor dis.level.1.conv.bias of shape [12]"),
        (Some(vec![1.0; 11]), "12 numbers; the checkpoint's has 11"),
        (Some([vec![1.0; 11], vec![f32::NAN]].concat()), "holds NaN"),
    ] {
        let changed = |name: &str| {
            if name == "dis.level.1.conv.bias" { wrong.as_deref() } else { ones.get(name).map(Vec::as_slice) }
        };
        let message = named::parameters(&network, changed).expect_err(part).to_string();
        assert!(message.contains(part), "{message}");
    }
}

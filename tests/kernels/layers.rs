//! Linear maps of every kind, as `nn` dispatches them, against their f64 twins: workgroup shapes, grids, offsets and
//! splits are chosen by the program here, not by the test.

use crate::checks::compare::{Expected, POISON, Report, Tolerance};
use crate::checks::device::{
    abs, download, download_from, filled, nchw, nhwc, poisoned, random, run, run_on, upload_to,
};
use crate::checks::gpu::{gpu, variants};
use crate::checks::weight_norm::weight_tolerance;
use std::collections::BTreeMap;
use wn_gan::device::{Buffer, Device};
use wn_gan::gan::border::{NamedTensor, Role, tensors};
use wn_gan::kernels::Step;
use wn_gan::nn::convolution::{Convolution, Epilogue};
use wn_gan::nn::gemm::{TileSize, Variant};
use wn_gan::nn::reparameterisation::Normaliser;
use wn_gan::nn::sums::reduce;
use wn_gan::nn::{Kind, LayerSpec, LinearMap, Network, Op, Reparameterisation, Shape, Weights};
use wn_gan::reference::Tensor;
use wn_gan::reference::conv::Geometry;
use wn_gan::reference::layer::{Layer, Map, Parameters, Scaling};
use wn_gan::reference::weight_norm::weight_norm;

/// Where images begin in their buffers.
const INPUT: usize = 19;
const OUTPUT: usize = 7;

/// Layers that follow one another only in memory.
fn specs() -> Vec<LayerSpec> {
    use Reparameterisation::{Affine, Plain, Strict};
    let conv = |kernel, stride, pad| Kind::Conv { kernel, stride, pad };
    let transposed = |kernel, stride, pad| Kind::ConvTranspose { kernel, stride, pad };
    let layers = [
        ("plain", conv([4, 4], 2, [1, 1]), Shape::new(24, 22, 3), Shape::new(12, 11, 17), Plain),
        ("wide", conv([3, 5], 1, [1, 2]), Shape::new(6, 7, 17), Shape::new(6, 7, 33), Affine),
        ("strict", transposed([4, 4], 2, [1, 1]), Shape::new(5, 3, 33), Shape::new(10, 6, 17), Strict),
        ("padded", transposed([4, 4], 2, [2, 1]), Shape::new(4, 3, 5), Shape::new(6, 6, 3), Affine),
        ("residue", conv([3, 3], 1, [1, 1]), Shape::new(5, 6, 17), Shape::new(5, 6, 33), Strict),
        ("shortcut", conv([1, 1], 1, [0, 0]), Shape::new(5, 6, 17), Shape::new(5, 6, 33), Affine),
        ("residue back", transposed([3, 3], 1, [1, 1]), Shape::new(5, 6, 33), Shape::new(5, 6, 33), Affine),
        ("shortcut back", transposed([1, 1], 1, [0, 0]), Shape::new(7, 3, 33), Shape::new(7, 3, 17), Strict),
        ("thirds", transposed([3, 3], 3, [0, 0]), Shape::new(2, 3, 17), Shape::new(6, 9, 1), Plain),
        ("linear", Kind::Linear, Shape::new(1, 1, 33), Shape::new(3, 5, 5), Plain),
        ("logit", Kind::FullConv, Shape::new(3, 5, 17), Shape::new(1, 1, 1), Affine),
        ("code", Kind::FullConv, Shape::new(2, 2, 5), Shape::new(1, 1, 33), Strict),
    ];
    let spec = |(name, kind, input, output, reparameterisation): (&str, _, _, _, _)| LayerSpec {
        name: name.into(),
        op: Op::Map(kind, reparameterisation),
        inputs: vec![0],
        input,
        output,
    };
    layers.map(spec).to_vec()
}

/// The linear map and a bias (zero in a strict layer) as the twin knows them. Weights count as effective already.
fn twin(spec: &LinearMap, weight: &NamedTensor) -> Layer {
    let geometry = |kernel: [u32; 2], stride: u32, pad: [u32; 2]| Geometry {
        kernel: kernel.map(|k| k as usize),
        stride: [stride as usize; 2],
        padding: pad.map(|p| p as usize),
    };
    Layer {
        name: weight.name.trim_end_matches(".weight").into(),
        map: match spec.kind {
            Kind::Linear => Map::Linear,
            Kind::Conv { kernel, stride, pad } => Map::Conv(geometry(kernel, stride, pad)),
            Kind::ConvTranspose { kernel, stride, pad } => Map::ConvTranspose(geometry(kernel, stride, pad)),
            Kind::FullConv => Map::Conv(geometry([spec.input.h, spec.input.w], 1, [0, 0])),
        },
        weight: weight.shape.clone(),
        scaling: Scaling::Plain,
        output: [spec.output.c, spec.output.h, spec.output.w].map(|n| n as usize),
    }
}

/// Products that meet in an element of y (with the bias), of dx, and of dw and db (with the sum over parts).
fn terms(spec: &LinearMap, rows: u32) -> [usize; 3] {
    let g = spec.geometry();
    let inputs = match spec.kind {
        Kind::Conv { .. } | Kind::ConvTranspose { .. } => spec.input.c,
        Kind::Linear | Kind::FullConv => spec.input.len(),
    };
    let pixels = (g.small_h * g.small_w).max(spec.output.len() / spec.units());
    [spec.fan_in() + 1, spec.weights() / inputs, 2 * rows * pixels].map(|n| n as usize)
}

/// What a twin layer answers to `x` and `dy`: y, dx and the gradients by name.
fn answers(layer: &Layer, parameters: &Parameters, x: &Tensor, dy: &Tensor) -> (Tensor, Tensor, Parameters) {
    let mut gradients = Parameters::new();
    let flat = |x: &Tensor| x.clone().reshaped(&[x.shape[0], x.data.len() / x.shape[0]]);
    let input = if layer.map == Map::Linear { flat(x) } else { x.clone() };
    let y = layer.forward(parameters, &input);
    let dx = layer.backward(parameters, &input, dy, &mut gradients);
    (nhwc(&y), nhwc(&dx.reshaped(&x.shape)), gradients)
}

/// The tensors of layer `index` by what they are.
fn tensors_of(network: &Network, index: usize) -> BTreeMap<&'static str, NamedTensor> {
    let role = |tensor: &NamedTensor| match tensor.role {
        Role::Weight => "weight",
        Role::Bias => "bias",
        Role::Gain => "gain",
        other => panic!("a linear map has no {other:?}"),
    };
    let all = tensors(&network.specs, &network.parameters.layout).into_iter();
    all.filter(|(layer, _)| *layer == index).map(|(_, tensor)| (role(&tensor), tensor)).collect()
}

/// A tensor out of a flat buffer, in PyTorch's order.
pub fn taken(tensor: &NamedTensor, flat: &Tensor) -> Tensor {
    Tensor::new(&tensor.shape, tensor.inside.iter().map(|&i| flat.data[i as usize]).collect())
}

/// A tensor's elements where they lie inside.
pub fn placed(
    expected: Expected,
    at: &NamedTensor,
    values: &Tensor,
    tolerance: impl Fn(usize) -> Tolerance,
) -> Expected {
    let elements = at.inside.iter().zip(&values.data).enumerate();
    elements.fold(expected, |expected, (i, (&inside, &value))| expected.at(inside as usize, &[value], |_| tolerance(i)))
}

fn map_of(network: &Network, index: usize, rows: u32) -> Convolution<'_> {
    network.convolution(index, rows).expect("every layer here is a linear map")
}

/// Forward, input gradient, weight gradient and bias gradient of one layer on `rows` images.
fn check_layer(gpu: &Device, network: &Network, flat: &Tensor, index: usize, rows: u32, report: &mut Report) {
    let convolution = map_of(network, index, rows);
    let spec = &convolution.map;
    let named = tensors_of(network, index);
    let layer = twin(spec, &named["weight"]);
    let units = [spec.units() as usize];
    let mut parameters = Parameters::from([(named["weight"].name.clone(), taken(&named["weight"], flat))]);
    let bias_name = format!("{}.bias", layer.name);
    let bias = named.get("bias").map_or(Tensor::zeros(&units), |tensor| taken(tensor, flat));
    parameters.insert(bias_name.clone(), bias);
    let images = |shape: Shape, stream| random(&[rows, shape.h, shape.w, shape.c].map(|n| n as usize), stream);
    let (x, dy) = (images(spec.input, 2), images(spec.output, 3));
    let (y, dx, gradients) = answers(&layer, &parameters, &nchw(&x), &nchw(&dy));
    let positive = parameters.iter().map(|(name, p)| (name.clone(), abs(p))).collect();
    let magnitudes = answers(&layer, &positive, &abs(&nchw(&x)), &abs(&nchw(&dy)));

    let (values, state) = (&network.parameters.values, &network.parameters.state);
    let weights = Weights { effective: values.clone(), params: values.clone(), state: state.clone() };
    let upload = |words: &[u32]| upload_to(gpu, words);
    let download = |buffer: &Buffer| download_from(gpu, buffer);
    let (input, output) = (upload(&filled(INPUT, &x.data)), upload(&poisoned(OUTPUT, y.data.len())));
    let (output_gradient, input_gradient) =
        (upload(&filled(OUTPUT, &dy.data)), upload(&poisoned(INPUT, dx.data.len())));
    let gradient = &network.parameters.gradients;
    gradient.write(gpu, &vec![POISON; gradient.len()]);
    let (weights_len, units) = (spec.weights(), spec.units());
    let of_weight = upload(&vec![POISON; (convolution.weight_parts() * weights_len) as usize]);
    let of_bias = upload(&vec![POISON; (convolution.bias_parts() * units) as usize]);
    let (from, to) = (input.at(INPUT as u32), output_gradient.at(OUTPUT as u32));
    let mut calls = vec![
        convolution.forward(&weights, &from, &output.at(OUTPUT as u32), Epilogue::Plain),
        convolution.input_gradient(&weights, &to, &input_gradient.at(INPUT as u32), Epilogue::Plain),
    ];
    calls.push(convolution.weight_gradient(&from, &to, None, &of_weight.at(0)));
    calls.push(reduce("", convolution.weight_parts(), weights_len, &of_weight, gradient, convolution.at.weight));
    if let Some(bias) = convolution.at.bias {
        calls.push(convolution.bias_gradient(&to, None, &of_bias.at(0)));
        calls.push(reduce("", convolution.bias_parts(), units, &of_bias, gradient, bias));
    }
    run_on(gpu, calls, &Step::default());

    let [of_y, of_dx, of_gradients] = terms(spec, rows);
    let name = |what: &str| format!("{} {:?} on {rows} images: {what}", convolution.name, network.variant);
    let mut compare = |what: &str, words: &[u32], offset: usize, twin: &Tensor, magnitude: &Tensor, terms: usize| {
        let tolerance = |i: usize| Tolerance::summed(terms, magnitude.data[i]);
        report.compare(&name(what), words, &Expected::untouched(words.len()).at(offset, &twin.data, tolerance));
    };
    compare("y", &download(&output), OUTPUT, &y, &magnitudes.0, of_y);
    compare("dx", &download(&input_gradient), INPUT, &dx, &magnitudes.1, of_dx);
    let mut expected = Expected::untouched(gradient.len());
    for role in ["weight", "bias"] {
        if let Some(tensor) = named.get(role) {
            let magnitude = &magnitudes.2[&tensor.name];
            expected = placed(expected, tensor, &gradients[&tensor.name], |i| {
                Tolerance::summed(of_gradients, magnitude.data[i])
            });
        }
    }
    report.compare(&name("gradients"), &download(gradient), &expected);
}

fn network(gpu: &Device, specs: Vec<LayerSpec>, variant: Variant) -> (Network, Tensor) {
    let network = Network::new(gpu, "test", specs, variant, false).expect("a small network");
    let flat = random(&[network.parameters.values.len()], 1);
    let values: Vec<f32> = flat.data.iter().map(|&value| value as f32).collect();
    network.parameters.values.write(gpu, &values);
    (network, flat)
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn every_kind_of_linear_map_follows_its_twin_in_all_directions() {
    let mut report = Report::default();
    for (variant, gpu) in variants() {
        let (network, flat) = network(&gpu, specs(), variant);
        let mut parts = Vec::new();
        for index in 0..network.specs.len() {
            for rows in [1, 5] {
                check_layer(&gpu, &network, &flat, index, rows, &mut report);
                let convolution = map_of(&network, index, rows);
                parts.push(convolution.weight_parts());
            }
        }
        // A cpu has one invocation at a time, and nothing to gain from a split.
        let splits = variant.min_workgroups() > 1;
        assert!(parts.contains(&1), "unsplit sums: {parts:?}");
        assert_eq!(parts.iter().any(|&parts| parts > 1), splits, "split sums: {parts:?}");
    }
    report.none();
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn every_normalised_layer_gets_its_effective_weight() {
    // A network with weight normalisation has no plain layer.
    let normalised = specs().into_iter().filter(|spec| !matches!(spec.op, Op::Map(_, Reparameterisation::Plain)));
    let (network, flat) = network(&gpu(), normalised.collect(), Variant::Tile(TileSize::Small));
    let effective = network.parameters.normaliser.as_ref().map(Normaliser::effective).expect("layers are normalised");
    effective.write(&gpu(), &vec![POISON; effective.len()]);
    run(network.normalise(), &Step::default());
    let mut expected = Expected::untouched(effective.len());
    for index in 0..network.specs.len() {
        let map = map_of(&network, index, 1).map;
        let named = tensors_of(&network, index);
        let v = taken(&named["weight"], &flat);
        let gain = named.get("gain").map_or(vec![1.0; map.units() as usize], |gain| taken(gain, &flat).data);
        let axis = usize::from(map.is_transposed());
        let w = weight_norm(&v, axis, f64::from(map.norm_factor()), &gain);
        let terms = (map.weights() / map.units()) as usize;
        expected = placed(expected, &named["weight"], &w, |i| weight_tolerance(terms, w.data[i]));
    }
    let mut report = Report::default();
    report.compare("effective weights", &download(effective), &expected);
    report.none();
}

//! Linear maps of every kind, as `nn` dispatches them, against their f64 reference implementations: workgroup shapes, grids, offsets and
//! splits are chosen by the program here, not by the test.

use crate::checks::compare::{Expected, POISON, Report, Tolerance};
use crate::checks::device::{
    abs, download, download_from, filled, nchw, nhwc, poisoned, random, run, run_on, upload_to,
};
use crate::checks::gpu::{gpu, variants};
use crate::checks::weight_norm::weight_tolerance;
use std::collections::BTreeMap;
use std::rc::Rc;
use wn_gan::config::Reparameterisation;
use wn_gan::config::{Config, Role, Statistics};
use wn_gan::device::{Buffer, Device};
use wn_gan::kernels::Step;
use wn_gan::nn::gemm::convolution::Convolution;
use wn_gan::nn::gemm::{TileSize, Variant};
use wn_gan::nn::layer::linear_map::{LinearMap, WeightSpec};
use wn_gan::nn::layer::{self, Io};
use wn_gan::nn::optimiser;
use wn_gan::nn::parameters::{NamedTensor, learned_tensors};
use wn_gan::nn::sums::reduce;
use wn_gan::nn::tensor::Section;
use wn_gan::nn::{LayerSpec, Network, Shape, Weights};
use wn_gan::reference::Tensor;
use wn_gan::reference::geometry::Geometry;
use wn_gan::reference::layer::conv::Conv;
use wn_gan::reference::layer::conv_transpose::ConvTranspose;
use wn_gan::reference::layer::linear::Linear;
use wn_gan::reference::layer::{Layer, Parameters, Trace};
use wn_gan::reference::weight::WeightParts;
use wn_gan::reference::weight::weight_norm::weight_norm;

/// Where images begin in their buffers.
const INPUT: usize = 19;
const OUTPUT: usize = 7;

/// The kinds of linear maps.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Conv([u32; 2], u32, [u32; 2]),
    ConvTranspose([u32; 2], u32, [u32; 2]),
    Linear,
    /// A convolution whose kernel covers the whole image.
    Whole,
}

/// Name, kind, shapes, and whether there is a gain and a bias.
type Case = (&'static str, Kind, Shape, Shape, [bool; 2]);

const PLAIN: [bool; 2] = [false, true];
const STRICT: [bool; 2] = [false, false];
const AFFINE: [bool; 2] = [true, true];

/// Layers that follow one another only in memory.
fn cases() -> [Case; 12] {
    use Kind::{Conv, ConvTranspose, Linear, Whole};
    [
        ("plain", Conv([4, 4], 2, [1, 1]), Shape::new(24, 22, 3), Shape::new(12, 11, 17), PLAIN),
        ("wide", Conv([3, 5], 1, [1, 2]), Shape::new(6, 7, 17), Shape::new(6, 7, 33), AFFINE),
        ("strict", ConvTranspose([4, 4], 2, [1, 1]), Shape::new(5, 3, 33), Shape::new(10, 6, 17), STRICT),
        ("padded", ConvTranspose([4, 4], 2, [2, 1]), Shape::new(4, 3, 5), Shape::new(6, 6, 3), AFFINE),
        ("residue", Conv([3, 3], 1, [1, 1]), Shape::new(5, 6, 17), Shape::new(5, 6, 33), STRICT),
        ("shortcut", Conv([1, 1], 1, [0, 0]), Shape::new(5, 6, 17), Shape::new(5, 6, 33), AFFINE),
        ("residue back", ConvTranspose([3, 3], 1, [1, 1]), Shape::new(5, 6, 33), Shape::new(5, 6, 33), AFFINE),
        ("shortcut back", ConvTranspose([1, 1], 1, [0, 0]), Shape::new(7, 3, 33), Shape::new(7, 3, 17), STRICT),
        ("thirds", ConvTranspose([3, 3], 3, [0, 0]), Shape::new(2, 3, 17), Shape::new(6, 9, 1), PLAIN),
        ("linear", Linear, Shape::new(1, 1, 33), Shape::new(3, 5, 5), PLAIN),
        ("logit", Whole, Shape::new(3, 5, 17), Shape::new(1, 1, 1), AFFINE),
        ("code", Whole, Shape::new(2, 2, 5), Shape::new(1, 1, 33), STRICT),
    ]
}

fn spec(&(name, kind, input, output, [gain, bias]): &Case, reparameterisation: Reparameterisation) -> LayerSpec {
    let gain = gain.then_some(1.0);
    let weight = WeightSpec { reparameterisation, gain, bias, init_factor: 1.0 };
    let layer: Rc<dyn layer::Layer> = match kind {
        Kind::Conv(kernel, stride, pad) => Rc::new(layer::conv::Conv { kernel, stride, pad, weight }),
        Kind::Whole => Rc::new(layer::conv::Conv { kernel: [input.h, input.w], stride: 1, pad: [0, 0], weight }),
        Kind::ConvTranspose(kernel, stride, pad) => {
            Rc::new(layer::conv_transpose::ConvTranspose { kernel, stride, pad, weight })
        }
        Kind::Linear => Rc::new(layer::linear::Linear(weight)),
    };
    LayerSpec { name: name.into(), layer, inputs: vec![0], io: Io { input, output } }
}

/// The linear map and a bias (zero in a strict layer) as the reference knows them. Weights count as effective already.
fn reference(&(_, kind, input, output, _): &Case, weight: &NamedTensor) -> Box<dyn Layer> {
    let geometry = |kernel: [u32; 2], stride: u32, pad: [u32; 2]| Geometry {
        kernel: kernel.map(|k| k as usize),
        stride: [stride as usize; 2],
        padding: pad.map(|p| p as usize),
    };
    let name = weight.name.trim_end_matches(".weight").to_owned();
    let parts = WeightParts { reparameterisation: Reparameterisation::Plain, gain: false, bias: true };
    let channels = [input.c, output.c].map(|n| n as usize);
    match kind {
        Kind::Linear => {
            let output = [output.c, output.h, output.w].map(|n| n as usize);
            Box::new(Linear::new(name, weight.tensor.shape[1], output, parts))
        }
        Kind::Conv(kernel, stride, pad) => Box::new(Conv::new(name, channels, geometry(kernel, stride, pad), parts)),
        Kind::ConvTranspose(kernel, stride, pad) => {
            Box::new(ConvTranspose::new(name, channels, geometry(kernel, stride, pad), parts))
        }
        Kind::Whole => Box::new(Conv::new(name, channels, geometry([input.h, input.w], 1, [0, 0]), parts)),
    }
}

/// Products that meet in an element of y (with the bias), of dx, and of dw and db (with the sum over parts).
fn terms(&(_, kind, input, output, _): &Case, map: &LinearMap, rows: u32) -> [usize; 3] {
    let g = map.geometry;
    let inputs = match kind {
        Kind::Conv(..) | Kind::ConvTranspose(..) => input.c,
        Kind::Linear | Kind::Whole => input.len(),
    };
    let pixels = (g.small_h * g.small_w).max(output.len() / map.units);
    [map.fan_in() + 1, map.weights() / inputs, 2 * rows * pixels].map(|n| n as usize)
}

/// What a layer of the reference answers to `x` and `dy`: y, dx and the gradients by name.
fn answers(layer: &dyn Layer, parameters: &Parameters, x: &Tensor, dy: &Tensor) -> (Tensor, Tensor, Parameters) {
    let mut gradients = Parameters::new();
    let flat = |x: &Tensor| x.clone().reshaped(&[x.shape[0], x.data.len() / x.shape[0]]);
    let is_linear = layer.weight().is_some_and(|weight| weight.shape.len() == 2);
    let input = if is_linear { flat(x) } else { x.clone() };
    let y = layer.forward(parameters, &[&input], Statistics::Batch);
    let trace = Trace { inputs: &[&input], output: &y, statistics: Statistics::Batch };
    let dx = layer.backward(parameters, trace, dy, &mut gradients).remove(0);
    (nhwc(&y), nhwc(&dx.reshaped(&x.shape)), gradients)
}

/// The tensors of a layer by the last part of their names.
fn tensors_of(network: &Network, index: usize) -> BTreeMap<&'static str, NamedTensor> {
    let all = learned_tensors(Role::Generator, &network.specs, &network.parameters.layout).into_iter();
    let module = format!("{}.{}.", Role::Generator.prefix(), network.specs[index].name);
    all.filter(|named| named.name.starts_with(&module)).map(|named| (named.tensor.name, named)).collect()
}

/// A tensor out of a flat buffer, in PyTorch's order.
pub fn taken(tensor: &NamedTensor, flat: &Tensor) -> Tensor {
    let values = tensor.tensor.indices().map(|i| flat.data[tensor.first as usize + i]);
    Tensor::new(&tensor.tensor.shape, values.collect())
}

/// A tensor's elements where they lie inside.
pub fn placed(
    expected: Expected,
    at: &NamedTensor,
    values: &Tensor,
    tolerance: impl Fn(usize) -> Tolerance,
) -> Expected {
    let elements = at.tensor.indices().zip(&values.data).enumerate();
    elements.fold(expected, |expected, (i, (inside, &value))| {
        expected.at(at.first as usize + inside, &[value], |_| tolerance(i))
    })
}

/// Forward, input gradient, weight gradient and bias gradient of one layer on `rows` images.
fn check_layer(gpu: &Device, network: &Network, flat: &Tensor, index: usize, rows: u32, report: &mut Report) -> u32 {
    let case = &cases()[index];
    let spec = &network.specs[index];
    let map = spec.linear_map().expect("every layer here is a linear map");
    let dummy = upload_to(gpu, &[0]);
    let at = &network.parameters.layout.layers[index];
    let convolution = Convolution { name: &spec.name, map: &map, at, rows, variant: network.variant, dummy: &dummy };
    let named = tensors_of(network, index);
    let layer = reference(case, &named["weight"]);
    let units = [map.units as usize];
    let mut parameters = Parameters::from([(named["weight"].name.clone(), taken(&named["weight"], flat))]);
    let bias_name = layer.key("bias");
    let bias = named.get("bias").map_or(Tensor::zeros(&units), |tensor| taken(tensor, flat));
    parameters.insert(bias_name.clone(), bias);
    let images = |shape: Shape, stream| random(&[rows, shape.h, shape.w, shape.c].map(|n| n as usize), stream);
    let (x, dy) = (images(spec.io.input, 2), images(spec.io.output, 3));
    let (y, dx, gradients) = answers(layer.as_ref(), &parameters, &nchw(&x), &nchw(&dy));
    let positive = parameters.iter().map(|(name, p)| (name.clone(), abs(p))).collect();
    let magnitudes = answers(layer.as_ref(), &positive, &abs(&nchw(&x)), &abs(&nchw(&dy)));

    let (values, state) = (&network.parameters.values, &network.parameters.state);
    let weights = Weights { effective: values.clone(), params: values.clone(), state: state.clone() };
    let upload = |words: &[u32]| upload_to(gpu, words);
    let download = |buffer: &Buffer| download_from(gpu, buffer);
    let (input, output) = (upload(&filled(INPUT, &x.data)), upload(&poisoned(OUTPUT, y.data.len())));
    let (output_gradient, input_gradient) =
        (upload(&filled(OUTPUT, &dy.data)), upload(&poisoned(INPUT, dx.data.len())));
    let gradient = &network.parameters.gradients;
    gradient.write(gpu, &vec![POISON; gradient.len()]);
    let (weights_len, units) = (map.weights(), map.units);
    let of_weight = upload(&vec![POISON; (convolution.weight_parts() * weights_len) as usize]);
    let of_bias = upload(&vec![POISON; (convolution.bias_parts() * units) as usize]);
    let (from, to) = (input.at(INPUT as u32), output_gradient.at(OUTPUT as u32));
    let mut calls = vec![
        convolution.forward(&weights, &from, &output.at(OUTPUT as u32), None),
        convolution.input_gradient(&weights, &to, &input_gradient.at(INPUT as u32), None),
    ];
    calls.push(convolution.weight_gradient(&from, &to, None, &of_weight.at(0)));
    calls.push(reduce(
        "",
        convolution.weight_parts(),
        weights_len,
        &of_weight,
        gradient,
        at.offset(Section::Weight).expect("a linear map has a weight"),
    ));
    if let Some(bias) = at.offset(Section::Bias) {
        calls.push(convolution.bias_gradient(&to, None, &of_bias.at(0)));
        calls.push(reduce("", convolution.bias_parts(), units, &of_bias, gradient, bias));
    }
    run_on(gpu, calls, &Step::default());

    let [of_y, of_dx, of_gradients] = terms(case, &map, rows);
    let name = |what: &str| format!("{} {:?} on {rows} images: {what}", convolution.name, network.variant);
    let mut compare = |what: &str,
                       words: &[u32],
                       offset: usize,
                       reference: &Tensor,
                       magnitude: &Tensor,
                       terms: usize| {
        let tolerance = |i: usize| Tolerance::summed(terms, magnitude.data[i]);
        report.compare(&name(what), words, &Expected::untouched(words.len()).at(offset, &reference.data, tolerance));
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
    convolution.weight_parts()
}

fn network(gpu: &Device, specs: Vec<LayerSpec>, variant: Variant) -> (Network, Tensor) {
    let optimiser = optimiser::of(&Config::default());
    let network = Network::new(gpu, "test", specs, variant, &*optimiser).expect("a small network");
    let flat = random(&[network.parameters.values.len()], 1);
    let values: Vec<f32> = flat.data.iter().map(|&value| value as f32).collect();
    network.parameters.values.write(gpu, &values);
    (network, flat)
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn every_kind_of_linear_map_follows_the_reference_in_all_directions() {
    let mut report = Report::default();
    for (variant, gpu) in variants() {
        // Weights are given as effective ones.
        let cases = cases();
        let specs = cases
            .iter()
            .map(|case| spec(&(case.0, case.1, case.2, case.3, [false, case.4[1]]), Reparameterisation::Plain));
        let (network, flat) = network(&gpu, specs.collect(), variant);
        let mut parts = Vec::new();
        for index in 0..network.specs.len() {
            for rows in [1, 5] {
                parts.push(check_layer(&gpu, &network, &flat, index, rows, &mut report));
            }
        }
        // The CPU has one invocation at a time, and nothing to gain from a split.
        let splits = variant.min_workgroups() > 1;
        assert!(parts.contains(&1), "unsplit sums: {parts:?}");
        assert_eq!(parts.iter().any(|&parts| parts > 1), splits, "split sums: {parts:?}");
    }
    report.none();
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn every_normalised_layer_gets_its_effective_weight() {
    let specs = cases().iter().map(|case| spec(case, Reparameterisation::WeightNorm)).collect();
    let (network, flat) = network(&gpu(), specs, Variant::Tile(TileSize::Small));
    let effective = network.parameters.reparameterisation.effective();
    effective.write(&gpu(), &vec![POISON; effective.len()]);
    run(network.normalise(), &Step::default());
    let mut expected = Expected::untouched(effective.len());
    for index in 0..network.specs.len() {
        let map = network.specs[index].linear_map().expect("every layer here is a linear map");
        let named = tensors_of(&network, index);
        let v = taken(&named["weight"], &flat);
        let gain = named.get("scale").map_or(vec![1.0; map.units as usize], |gain| taken(gain, &flat).data);
        let w = weight_norm(&v, map.unit_axis, f64::from(map.norm_factor), &gain);
        let terms = map.fan_in() as usize;
        expected = placed(expected, &named["weight"], &w, |i| weight_tolerance(terms, w.data[i]));
    }
    let mut report = Report::default();
    report.compare("effective weights", &download(effective), &expected);
    report.none();
}

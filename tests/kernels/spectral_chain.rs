//! Spectral normalisation as `nn` dispatches it: after loading, after an update, and on the way back.

use crate::checks::compare::{Expected, POISON, Report, Tolerance};
use crate::checks::device::{abs, bound, download, random, run};
use crate::checks::gpu::gpu;
use crate::checks::spectral_norm::{DIVISION, ROOT, length, product, quotient};
use crate::layers::{placed, taken};
use std::rc::Rc;
use wn_gan::config::{Config, Reparameterisation, Role};
use wn_gan::kernels::Step;
use wn_gan::nn::gemm::{TileSize, Variant};
use wn_gan::nn::layer::Io;
use wn_gan::nn::layer::conv::Conv;
use wn_gan::nn::layer::linear_map::WeightSpec;
use wn_gan::nn::optimiser;
use wn_gan::nn::parameters::{NamedTensor, learned_tensors, state_tensors};
use wn_gan::nn::{LayerSpec, Network, Shape};
use wn_gan::reference::Tensor;
use wn_gan::reference::weight::spectral_norm::{estimate, next_direction, spectral_norm, spectral_norm_backward};

fn network() -> Network {
    let weight =
        WeightSpec { reparameterisation: Reparameterisation::SpectralNorm, gain: None, bias: true, init_factor: 1.0 };
    let spec = |(name, kernel, stride, pad, input, output): (&str, _, _, _, _, _)| LayerSpec {
        name: name.into(),
        layer: Rc::new(Conv { kernel, stride, pad, weight }),
        inputs: vec![0],
        io: Io { input, output },
    };
    let specs = [
        ("image", [4, 4], 2, [1, 1], Shape::new(8, 8, 3), Shape::new(4, 4, 17)),
        ("hidden", [3, 3], 1, [1, 1], Shape::new(4, 4, 17), Shape::new(4, 4, 33)),
        ("logit", [4, 4], 1, [0, 0], Shape::new(4, 4, 33), Shape::new(1, 1, 1)),
    ];
    let optimiser = optimiser::of(&Config::default());
    Network::new(&gpu(), "test", specs.map(spec).to_vec(), Variant::Tile(TileSize::Small), &*optimiser)
        .expect("a small network")
}

/// Where weight and vector of every layer lie.
fn places(network: &Network) -> Vec<(NamedTensor, NamedTensor)> {
    let (specs, layout) = (&network.specs, &network.parameters.layout);
    let all = learned_tensors(Role::Discriminator, specs, layout).into_iter();
    let weights = all.filter(|named| named.tensor.name == "weight");
    weights.zip(state_tensors(Role::Discriminator, specs, layout)).collect()
}

/// Everything about one layer's weight and vector that bounds speak of.
struct Layer {
    weight: Tensor,
    t: Tensor,
    s: Vec<f64>,
    sigma: f64,
    /// How far s may be off on the device, channel by channel, and sigma.
    of_s: Vec<f64>,
    of_sigma: f64,
}

impl Layer {
    fn new(weight: Tensor, t: Tensor) -> Layer {
        let (reference, sizes) = (estimate(&weight, &t), estimate(&abs(&weight), &abs(&t)).s);
        let of_s: Vec<f64> =
            reference.s.iter().zip(sizes).map(|(&s, size)| bound(quotient(t.data.len(), s, size))).collect();
        // sigma = |s| moves by no more than s does.
        let root =
            Tolerance::summed(reference.s.len(), reference.sigma / 2.0) + Tolerance::rounded(ROOT, reference.sigma);
        let of_sigma = length(&of_s) + bound(root);
        Layer { weight, t, s: reference.s, sigma: reference.sigma, of_s, of_sigma }
    }

    /// Of an effective weight.
    fn weight_tolerance(&self, w: f64) -> Tolerance {
        Tolerance::Within(w.abs() * self.of_sigma / self.sigma) + Tolerance::rounded(DIVISION, w)
    }

    /// Of the vector after an update to `weight`: each part is a sum over s, which is off itself, and so is its length.
    fn next_tolerance(&self, weight: &Tensor, t: &[f64], k: usize) -> Tolerance {
        let column: Vec<f64> = weight.data[k..].iter().step_by(t.len()).map(|w| w.abs()).collect();
        let positive: Vec<f64> = self.s.iter().map(|s| s.abs()).collect();
        let inherited = product(&column, &self.of_s) + t[k].abs() * length(&self.of_s);
        quotient(self.s.len(), t[k], product(&column, &positive) / self.sigma)
            + Tolerance::Within(inherited / self.sigma)
    }

    /// Of a gradient with `dw`, element `i` of [channels, rows].
    fn gradient_tolerance(&self, dw: &Tensor, i: usize) -> Tolerance {
        let rows = self.t.data.len();
        let (channel, row) = (i / rows, i % rows);
        let (sigma, relative) = (self.sigma, self.of_sigma / self.sigma);
        let products = product(&abs(&self.weight).data, &abs(dw).data);
        let v = (self.t.data[row] / length(&self.t.data)).abs();
        let of_element = products / sigma * v / sigma / sigma;
        let along = of_element * self.s[channel].abs();
        let whole = dw.data[i].abs() / sigma + along;
        // The inner product in two stages; sigma twice, s, |t|; then as in the kernel's own check.
        Tolerance::summed(rows, along)
            + Tolerance::summed(self.s.len(), along)
            + Tolerance::Within(2.0 * along * relative + of_element * self.of_s[channel])
            + Tolerance::summed(rows, along / 2.0)
            + Tolerance::rounded(0.5 + ROOT + 2.0 * DIVISION + 0.5 + DIVISION + 0.5 + 0.5, along)
            + Tolerance::Within(whole * relative)
            + Tolerance::rounded(DIVISION, whole)
    }
}

/// Fresh numbers for a buffer of `len` elements.
fn fresh(len: usize, stream: u32) -> (Tensor, Vec<f32>) {
    let tensor = random(&[len], stream);
    let values = tensor.data.iter().map(|&value| value as f32).collect();
    (tensor, values)
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn spectral_normalisation_follows_its_reference_through_an_update_and_back() {
    let (network, gpu, mut report) = (network(), gpu(), Report::default());
    let parameters = &network.parameters;
    let effective = parameters.reparameterisation.effective();
    let places = places(&network);
    let (weight_count, state_count) = (parameters.layout.weights as usize, parameters.state.len());
    let load = |stream: u32| {
        let (flat, values) = fresh(parameters.values.len(), stream);
        parameters.values.write(&gpu, &values);
        effective.write(&gpu, &vec![POISON; weight_count]);
        flat
    };
    let layers = |flat: &Tensor, state: &Tensor| {
        let layer = |(weight, t): &(NamedTensor, NamedTensor)| Layer::new(taken(weight, flat), taken(t, state));
        places.iter().map(layer).collect::<Vec<_>>()
    };
    let check_weights = |what: &str, layers: &[Layer], report: &mut Report| {
        let mut expected = Expected::untouched(weight_count);
        for (layer, (place, _)) in layers.iter().zip(&places) {
            let w = spectral_norm(&layer.weight, &layer.t);
            expected = placed(expected, place, &w, |i| layer.weight_tolerance(w.data[i]));
        }
        report.compare(what, &download(effective), &expected);
    };

    let (state, values) = fresh(state_count, 1);
    parameters.state.write(&gpu, &values);
    let loaded = layers(&load(2), &state);
    run(network.normalise(), &Step::default());
    check_weights("weights after loading", &loaded, &mut report);
    let kept: Vec<u32> = values.iter().map(|value| value.to_bits()).collect();
    assert_eq!(download(&parameters.state), kept, "loading takes no step of power iteration");

    let flat = load(3);
    run(network.after_update(), &Step::default());
    let mut expected = Expected::untouched(state_count);
    for (layer, (weight, t)) in loaded.iter().zip(&places) {
        let weight = taken(weight, &flat);
        let next = next_direction(&weight, &layer.s);
        expected = placed(expected, t, &next, |k| layer.next_tolerance(&weight, &next.data, k));
    }
    let words = download(&parameters.state);
    report.compare("vectors after an update", &words, &expected);
    // From here on the device's own vector, so that its rounding does not add up.
    let moved = Tensor::new(&[state_count], words.iter().map(|&bits| f64::from(f32::from_bits(bits))).collect());
    let updated = layers(&flat, &moved);
    check_weights("weights after an update", &updated, &mut report);

    let (flat, values) = fresh(parameters.gradients.len(), 4);
    parameters.gradients.write(&gpu, &values);
    run(parameters.reparameterisation.pull_back(&parameters.values, &parameters.gradients), &Step::default());
    // Biases' gradients stay.
    let mut expected = Expected::untouched(flat.data.len()).at(0, &flat.data, |_| Tolerance::exact());
    for (layer, (place, _)) in updated.iter().zip(&places) {
        let dw = taken(place, &flat);
        let gradient = spectral_norm_backward(&layer.weight, &dw, &layer.t);
        expected = placed(expected, place, &gradient, |i| layer.gradient_tolerance(&dw, i));
    }
    report.compare("gradients", &download(&parameters.gradients), &expected);
    report.none();
}

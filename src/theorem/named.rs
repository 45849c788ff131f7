//! The theorem for the networks of this program: parameters by their names in, parameters by their names out.
//!
//! A network is the list of layers that [`mod@crate::reference`] evaluates; of it the names and shapes of the parameters
//! are used, and the images between the layers. G's first layer, whose units are the pixels of feature maps, becomes the
//! transposed convolution of a 1x1 image that it is, so that every channel has one norm.

use super::map::{Kind, Map};
use super::network::{Layer, Offset, Plain, Strict};
use crate::config::{self, Config, Net, Norm};
use crate::error::{Error, Result, Sentence, sentences::conversion as sentences};
use crate::reference::Tensor;
use crate::reference::geometry::Geometry;
use crate::reference::layer::Parameters;
use crate::reference::network::Network;

/// How the names of biases end that differ between the positions of a channel, `[C, H, W]`.
pub const PER_POSITION: &str = ".bias_per_position";

/// A tensor by its name.
pub type Named = (String, Tensor);

/// Refuses settings whose networks the theorem does not speak of.
///
/// # Errors
/// [`Error::Config`] unless net is `dcgan`, norm `none`, and the activation ReLU or PReLU.
pub fn check(config: &Config) -> Result<()> {
    let refuse = |problem: Sentence| Err(Error::Config(problem));
    if config.net != Net::Dcgan {
        return refuse(sentences::net());
    }
    if config.norm != Norm::None {
        return refuse(sentences::norm(config.norm.name()));
    }
    if matches!(config.activation, config::Activation::Trelu | config::Activation::Tprelu) {
        return refuse(sentences::activation(config.activation.name()));
    }
    Ok(())
}

/// The parameters of `network`, each from `values(name)`.
///
/// # Errors
/// [`Error::Checkpoint`] with the first tensor that is missing, of another length, or not finite.
pub fn parameters<'a>(network: &Network, values: impl Fn(&str) -> Option<&'a [f32]>) -> Result<Parameters> {
    let mut all = Parameters::new();
    for (name, shape) in network.parameters() {
        let need: usize = shape.iter().product();
        let refuse = |problem: Sentence| Err(Error::Checkpoint(problem));
        let shown = format!("{shape:?}");
        let Some(found) = values(&name) else { return refuse(sentences::missing(name, shown)) };
        if found.len() != need {
            return refuse(sentences::length(name, shown, need, found.len()));
        }
        if let Some(value) = found.iter().find(|value| !value.is_finite()) {
            return refuse(sentences::non_finite(name, value));
        }
        all.insert(name, Tensor::new(&shape, found.iter().map(|&value| f64::from(value)).collect()));
    }
    Ok(all)
}

/// A linear map with what follows it, by the names of their parameters.
struct Link {
    /// Where both lie, e.g. `gen.level.1`.
    stem: String,
    kind: Kind,
    input: [usize; 3],
    /// `STEM.conv` or `STEM.linear`.
    module: String,
    /// The weight's shape as a parameter.
    weight: Vec<usize>,
    bias: bool,
    /// How many slopes the PReLU has; none is ReLU, and what stands behind the last map.
    slopes: Option<usize>,
}

impl Link {
    fn key(&self, tensor: &str) -> String {
        format!("{}.{tensor}", self.module)
    }

    fn slope_key(&self) -> String {
        format!("{}.prelu.weight", self.stem)
    }

    /// Whether it is the linear layer to feature maps.
    fn is_linear(&self) -> bool {
        self.weight.len() == 2
    }
}

/// The links of a network that is a chain of them: a map, an activation, a map, ..., a map, and perhaps a sigmoid.
fn links(network: &Network) -> Result<Vec<Link>> {
    let foreign = |name: &str| Error::Config(sentences::other_parameter(name));
    let mut links: Vec<Link> = Vec::new();
    let mut input = image(&network.input);
    for (name, shape) in network.parameters() {
        let (module, tensor) = name.rsplit_once('.').unwrap_or(("", &name));
        let (stem, part) = module.rsplit_once('.').unwrap_or(("", module));
        let open = links.last_mut().filter(|link| link.stem == stem);
        match (part, tensor, open) {
            ("linear" | "conv", "weight", None) => {
                let output = network.nodes.get(2 * links.len()).map(|node| node.output);
                let output = output.ok_or_else(|| Error::Config(sentences::no_activation()))?;
                let kind = kind(&shape, stem.starts_with("gen."), input, output).ok_or_else(|| foreign(&name))?;
                let (stem, module) = (stem.to_owned(), module.to_owned());
                links.push(Link { stem, kind, input, module, weight: shape, bias: false, slopes: None });
                input = output;
            }
            ("linear" | "conv", "bias", Some(link)) => link.bias = true,
            ("prelu", "weight", Some(link)) => link.slopes = Some(shape[0]),
            _ => return Err(foreign(&name)),
        }
    }
    let in_turn = network.nodes.iter().enumerate().all(|(number, node)| node.inputs == [number]);
    let count = 2 * links.len();
    if !in_turn || ![count, count + 1].contains(&(network.nodes.len() + 1)) || !network.state().is_empty() {
        return Err(Error::Config(sentences::other_layers()));
    }
    Ok(links)
}

/// Whether a chain of links, as [`plain`] takes it, ends in a sigmoid.
pub fn ends_in_sigmoid(network: &Network) -> bool {
    network.nodes.len().is_multiple_of(2)
}

/// What a weight of this shape does between images of these sizes, if it can. Kernels have stride 2; one that covers the
/// whole image has a single position, and any stride.
fn kind(weight: &[usize], transposed: bool, from: [usize; 3], to: [usize; 3]) -> Option<Kind> {
    let &[_, _, kernel_height, kernel_width] = weight else {
        let geometry = Geometry { kernel: [to[1], to[2]], stride: [1, 1], padding: [0, 0] };
        return (weight.len() == 2).then_some(Kind::ConvTranspose(geometry));
    };
    let kernel = [kernel_height, kernel_width];
    let (large, small) = if transposed { (to, from) } else { (from, to) };
    // large = 2 (small - 1) + kernel - 2 padding
    let cut = [0, 1].map(|axis| (2 * small[axis + 1] + kernel[axis]).checked_sub(2 + large[axis + 1]));
    let [Some(rows), Some(columns)] = cut else { return None };
    let geometry = Geometry { kernel, stride: [2, 2], padding: [rows / 2, columns / 2] };
    let fits = rows.is_multiple_of(2) && columns.is_multiple_of(2);
    fits.then_some(if transposed { Kind::ConvTranspose(geometry) } else { Kind::Conv(geometry) })
}

/// The theorem's form of a network with these parameters; the sigmoid at the end of G is left out.
///
/// # Errors
/// [`Error::Config`] when the network is no chain of plain layers.
pub fn plain(network: &Network, parameters: &Parameters) -> Result<Plain> {
    let mut layers = Vec::new();
    for link in links(network)? {
        let weight = &parameters[&link.key("weight")];
        let weight = match link.kind {
            Kind::ConvTranspose(Geometry { kernel: [height, width], .. }) if link.is_linear() => {
                let [units, inputs] = weight.axes();
                swapped(weight).reshaped(&[inputs, units / (height * width), height, width])
            }
            _ => weight.clone(),
        };
        let map = Map::new(link.kind, weight, link.input)?;
        let channels = map.output()[0];
        let offset = match link.bias.then(|| &parameters[&link.key("bias")]) {
            None => Offset::Channels(vec![0.0; channels]),
            Some(bias) if link.is_linear() => Offset::Positions(bias.clone().reshaped(&map.output())),
            Some(bias) => Offset::Channels(bias.data.clone()),
        };
        let slope = match link.slopes {
            None => vec![0.0; channels],
            Some(1) => vec![parameters[&link.slope_key()].data[0]; channels],
            Some(_) => parameters[&link.slope_key()].data.clone(),
        };
        layers.push(Layer { map, offset, slope });
    }
    let last = layers.pop().ok_or_else(|| Error::Config(sentences::empty()))?;
    Plain::new(layers, last.map, last.offset)
}

/// The parameters of `network` out of its theorem's form: the inverse of [`plain`].
///
/// # Errors
/// [`Error::Config`] when a convolution's bias differs between positions, which no parameter of the network can hold.
pub fn plain_parameters(network: &Network, plain: &Plain) -> Result<Parameters> {
    let mut all = Parameters::new();
    let layers = plain.hidden.iter().map(|layer| (&layer.map, &layer.offset, &layer.slope[..]));
    for (link, (map, offset, slope)) in links(network)?.iter().zip(layers.chain([(&plain.last, &plain.bias, &[][..])]))
    {
        let (weight, bias) = match offset {
            _ if link.is_linear() => {
                let weight = map.weight().clone().reshaped(&[map.input()[0], link.weight[0]]);
                (swapped(&weight), offset.spread(map.output()).data)
            }
            Offset::Channels(bias) => (map.weight().clone(), bias.clone()),
            Offset::Positions(_) => {
                return Err(Error::Config(sentences::bias(&link.module)));
            }
        };
        all.insert(link.key("weight"), weight);
        if link.bias {
            all.insert(link.key("bias"), vector(&bias));
        }
        if let Some(count) = link.slopes {
            all.insert(link.slope_key(), vector(&slope[..count]));
        }
    }
    Ok(all)
}

/// The parameters of a network's strict form, in the order of the forward pass.
///
/// - `MODULE.conv.weight`: the raw weight in PyTorch's layout. `gen.initial.conv.weight` `[code, C, H, W]` is the
///   transposed convolution that takes the place of `gen.initial.linear`.
/// - `MODULE.tprelu.weight` `[C]`: slopes. With ReLU there are none, and `trelu` takes the place of `tprelu`.
/// - `MODULE.tprelu.bias` `[C]`: thresholds; where they differ between the positions of a channel,
///   `MODULE.tprelu.bias_per_position` `[C, H, W]` instead.
/// - `MODULE.conv.scale` `[C]` and `MODULE.conv.bias` `[C]` or `MODULE.conv.bias_per_position` `[C, H, W]`: of the last
///   layer, which is affine.
///
/// # Errors
/// As [`plain`].
pub fn strict_parameters(network: &Network, strict: &Strict) -> Result<Vec<Named>> {
    let placed = |module: &str, offset: &Offset| match offset {
        Offset::Channels(values) => (format!("{module}.bias"), vector(values)),
        Offset::Positions(map) => (format!("{module}{PER_POSITION}"), map.clone()),
    };
    let mut all = Vec::new();
    let links = links(network)?;
    for (link, layer) in links.iter().zip(&strict.hidden) {
        all.push((format!("{}.conv.weight", link.stem), layer.map.weight().clone()));
        let activation = format!("{}.{}", link.stem, if link.slopes.is_some() { "tprelu" } else { "trelu" });
        if link.slopes.is_some() {
            all.push((format!("{activation}.weight"), vector(&layer.slope)));
        }
        all.push(placed(&activation, &layer.offset));
    }
    if let Some(link) = links.last() {
        let module = format!("{}.conv", link.stem);
        all.push((format!("{module}.weight"), strict.last.weight().clone()));
        all.push((format!("{module}.scale"), vector(&strict.scale)));
        all.push(placed(&module, &strict.bias));
    }
    Ok(all)
}

fn vector(values: &[f64]) -> Tensor {
    Tensor::new(&[values.len()], values.to_vec())
}

/// A latent code as an image of one pixel; an image as itself.
fn image(input: &[usize]) -> [usize; 3] {
    input.try_into().unwrap_or_else(|_| [input.iter().product(), 1, 1])
}

/// A matrix with its axes exchanged.
fn swapped(matrix: &Tensor) -> Tensor {
    let [rows, columns] = matrix.axes();
    let data = (0..columns).flat_map(|column| (0..rows).map(move |row| matrix.data[row * columns + column]));
    Tensor::new(&[columns, rows], data.collect())
}

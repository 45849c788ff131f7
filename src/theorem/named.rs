//! The theorem for the networks of this program: parameters by their names in, parameters by their names out.
//!
//! A network is the list of layers that [`mod@crate::reference`] evaluates. G's first layer, whose units are the pixels of
//! feature maps, becomes the transposed convolution of a 1x1 image that it is, so that every channel has one norm.

use super::map::{Kind, Map};
use super::network::{Layer, Offset, Plain, Strict};
use crate::config::{self, Config, Net, Norm};
use crate::error::{Error, Result};
use crate::reference::Tensor;
use crate::reference::activation::Activation;
use crate::reference::conv::Geometry;
use crate::reference::layer::{self, Parameters};
use crate::reference::network::Network;
use crate::reference::operation::Operation;

/// How the names of biases end that differ between the positions of a channel, `[C, H, W]`.
pub const PER_POSITION: &str = ".bias_per_position";

/// A tensor by its name.
pub type Named = (String, Tensor);

/// Refuses settings whose networks the theorem does not speak of.
///
/// # Errors
/// [`Error::Config`] unless net is `dcgan`, norm `none`, and the activation ReLU or PReLU.
pub fn check(config: &Config) -> Result<()> {
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let refuse = |problem: String| Err(Error::Config(problem));
    if config.net != Net::Dcgan {
        return refuse(
            "The conversion takes layers that follow one another; the blocks of net resnet add two branches. Choose a \
             network of net dcgan."
                .into(),
        );
    }
    if config.norm != Norm::None {
        return refuse(format!(
            "The conversion takes plain layers with biases; this network has norm {}. Choose one that was trained with \
             --norm none.",
            word(serde_json::json!(config.norm))
        ));
    }
    if matches!(config.activation, config::Activation::Trelu | config::Activation::Tprelu) {
        return refuse(format!(
            "The conversion takes ReLU or PReLU, which it turns into TReLU or TPReLU; this network has {} already. Choose \
             one that was trained with --activation relu or prelu.",
            word(serde_json::json!(config.activation))
        ));
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
        let found = values(&name).ok_or_else(|| {
            Error::Checkpoint(format!(
                "The checkpoint has no tensor {name} of shape {shape:?}, which its settings need."
            ))
        })?;
        if found.len() != need {
            let have = found.len();
            return Err(Error::Checkpoint(format!(
                "Tensor {name} must have shape {shape:?}, {need} numbers; the checkpoint's has {have}."
            )));
        }
        if let Some(value) = found.iter().find(|value| !value.is_finite()) {
            return Err(Error::Checkpoint(format!(
                "Tensor {name} holds {value}, and a conversion needs finite numbers. Choose an earlier checkpoint."
            )));
        }
        all.insert(name, Tensor::new(&shape, found.iter().map(|&value| f64::from(value)).collect()));
    }
    Ok(all)
}

/// A linear map with what follows it.
struct Link<'a> {
    layer: &'a layer::Layer,
    /// Of the last layer none.
    activation: Option<&'a Activation>,
}

/// The links of a network in which each operation reads what the one before it wrote.
fn links(network: &Network) -> Result<Vec<Link<'_>>> {
    let mut links: Vec<Link<'_>> = Vec::new();
    for (number, node) in network.nodes.iter().enumerate() {
        match (&node.operation, links.last_mut()) {
            _ if node.inputs != [number] => return Err(not_a_chain(&node.operation)),
            (Operation::Layer(layer), _) if layer.scaling == layer::Scaling::Plain => {
                links.push(Link { layer, activation: None });
            }
            (Operation::Activation(activation), Some(link)) if link.activation.is_none() && !activation.threshold => {
                link.activation = Some(activation);
            }
            (Operation::Sigmoid, Some(_)) if number + 1 == network.nodes.len() => {}
            (other, _) => return Err(not_a_chain(other)),
        }
    }
    Ok(links)
}

fn not_a_chain(operation: &Operation) -> Error {
    Error::Config(format!(
        "The conversion takes plain linear maps, each followed by ReLU or PReLU, the last by nothing or a sigmoid; the \
         network has {operation:?}."
    ))
}

/// The theorem's form of a network with these parameters; the sigmoid at the end of G is left out.
///
/// # Errors
/// [`Error::Config`] when the network is no chain of plain layers.
pub fn plain(network: &Network, parameters: &Parameters) -> Result<Plain> {
    let mut shape = image(&network.input);
    let mut layers = Vec::new();
    for Link { layer, activation } in links(network)? {
        let (weight, bias) = (&parameters[&layer.key("weight")], &parameters[&layer.key("bias")]);
        let map = match layer.map {
            layer::Map::Linear => Map::new(first_layer(layer), transposed(weight, layer.output, shape[0]), shape)?,
            layer::Map::Conv(geometry) => Map::new(Kind::Conv(geometry), weight.clone(), shape)?,
            layer::Map::ConvTranspose(geometry) => Map::new(Kind::ConvTranspose(geometry), weight.clone(), shape)?,
        };
        shape = map.output();
        let offset = match layer.map {
            layer::Map::Linear => Offset::Positions(bias.clone().reshaped(&shape)),
            _ => Offset::Channels(bias.data.clone()),
        };
        let slope = activation.filter(|activation| activation.slope);
        let slope =
            slope.map_or_else(|| vec![0.0; shape[0]], |a| parameters[&format!("{}.weight", a.name)].data.clone());
        layers.push(Layer { map, offset, slope });
    }
    let last = layers.pop().ok_or_else(|| Error::Config("The network has no layer to convert.".into()))?;
    Plain::new(layers, last.map, last.offset)
}

/// The parameters of `network` out of its theorem's form: the inverse of [`plain`].
///
/// # Errors
/// [`Error::Config`] when a convolution's bias differs between positions, which no parameter of the network can hold.
pub fn plain_parameters(network: &Network, plain: &Plain) -> Result<Parameters> {
    let mut all = Parameters::new();
    let layers = plain.hidden.iter().map(|layer| (&layer.map, &layer.offset, Some(&layer.slope)));
    for (link, (map, offset, slope)) in links(network)?.iter().zip(layers.chain([(&plain.last, &plain.bias, None)])) {
        let layer = link.layer;
        let (weight, bias) = match (layer.map, offset) {
            (layer::Map::Linear, _) => {
                let [inputs, units] = [map.input()[0], layer.weight[0]];
                let weight = swapped(&map.weight().clone().reshaped(&[inputs, units]));
                (weight, offset.spread(map.output()).data)
            }
            (_, Offset::Channels(bias)) => (map.weight().clone(), bias.clone()),
            (_, Offset::Positions(_)) => {
                return Err(Error::Config(format!(
                    "The bias of {} must be one number per channel; it differs between positions.",
                    layer.name
                )));
            }
        };
        all.insert(layer.key("weight"), weight);
        all.insert(layer.key("bias"), Tensor::new(&[bias.len()], bias));
        if let (Some(activation), Some(slope)) = (link.activation.filter(|activation| activation.slope), slope) {
            all.insert(format!("{}.weight", activation.name), Tensor::new(&[slope.len()], slope.clone()));
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
    let vector = |values: &[f64]| Tensor::new(&[values.len()], values.to_vec());
    let placed = |module: &str, offset: &Offset| match offset {
        Offset::Channels(values) => (format!("{module}.bias"), vector(values)),
        Offset::Positions(map) => (format!("{module}{PER_POSITION}"), map.clone()),
    };
    let mut all = Vec::new();
    let links = links(network)?;
    for (link, layer) in links.iter().zip(&strict.hidden) {
        all.push((format!("{}.weight", convolution(link.layer)), layer.map.weight().clone()));
        let Some(activation) = link.activation else { continue };
        let module = translated(&activation.name);
        if activation.slope {
            all.push((format!("{module}.weight"), vector(&layer.slope)));
        }
        all.push(placed(&module, &layer.offset));
    }
    if let Some(link) = links.last() {
        let module = convolution(link.layer);
        all.push((format!("{module}.weight"), strict.last.weight().clone()));
        all.push((format!("{module}.scale"), vector(&strict.scale)));
        all.push(placed(&module, &strict.bias));
    }
    Ok(all)
}

/// The name of the convolution that a layer is.
fn convolution(layer: &layer::Layer) -> String {
    match layer.map {
        layer::Map::Linear => format!("{}.conv", layer.name.trim_end_matches(".linear")),
        _ => layer.name.clone(),
    }
}

/// `MODULE.prelu` as `MODULE.tprelu`.
fn translated(activation: &str) -> String {
    let (module, kind) = activation.rsplit_once('.').unwrap_or(("", activation));
    format!("{module}.t{kind}")
}

/// A latent code as an image of one pixel; an image as itself.
fn image(input: &[usize]) -> [usize; 3] {
    input.try_into().unwrap_or_else(|_| [input.iter().product(), 1, 1])
}

/// A layer to feature maps as the transposed convolution of a 1x1 image.
fn first_layer(layer: &layer::Layer) -> Kind {
    let [_, height, width] = layer.output;
    Kind::ConvTranspose(Geometry { kernel: [height, width], stride: [1, 1], padding: [0, 0] })
}

/// `[C * H * W, inputs]` as `[inputs, C, H, W]`.
fn transposed(weight: &Tensor, [channels, height, width]: [usize; 3], inputs: usize) -> Tensor {
    swapped(weight).reshaped(&[inputs, channels, height, width])
}

/// A matrix with its axes exchanged.
fn swapped(matrix: &Tensor) -> Tensor {
    let [rows, columns] = matrix.axes();
    let data = (0..columns).flat_map(|column| (0..rows).map(move |row| matrix.data[row * columns + column]));
    Tensor::new(&[columns, rows], data.collect())
}

//! `wngan convert`: the theorem of the paper's appendix for a trained network.

use crate::files::{check_file, write_whole};
use crate::folder::{checkpoint, checkpoint_path};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use wn_gan::error::plain;
use wn_gan::reference::Tensor;
use wn_gan::reference::latent::latent;
use wn_gan::reference::weight::weight_norm::EPSILON;
use wn_gan::rng::{Stream, uniforms};
use wn_gan::theorem::{Comparison, Conversion};
use wn_gan::{Config, Error, Result};

/// Names of the networks, as a checkpoint's tensors begin.
const NETWORKS: [&str; 2] = ["generator", "discriminator"];

/// Arguments of `wngan convert`.
#[derive(Debug, clap::Args)]
#[command(rename_all = "snake_case")]
pub struct Convert {
    /// A checkpoint (.safetensors), or a run folder, of a network with --net dcgan, --norm none and --activation relu or
    /// prelu
    #[arg(value_name = "FILE|FOLDER")]
    network: PathBuf,
    /// Which checkpoint of a run folder: best, last, or a step number
    #[arg(long, default_value = "last", value_name = "best|last|STEP")]
    net: String,
    /// Latent codes that both forms of G are evaluated for, drawn from the normal distribution. D is given what G makes
    /// of them, and as many images of independent, uniformly distributed pixels
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    count: u32,
    /// Seeds latent codes and pixels
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u32,
    /// Write the strict form's parameters to this .safetensors file, in double precision
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

impl Convert {
    /// Converts there and back, compares, and writes.
    ///
    /// # Errors
    /// A sentence for a file, for settings that the theorem does not speak of, or for parameters that do not fit them.
    pub fn run(&self) -> Result<()> {
        self.output.as_deref().map_or(Ok(()), check_file)?;
        let path = if self.network.is_dir() { &checkpoint_path(&self.network, &self.net) } else { &self.network };
        let checkpoint = checkpoint(path)?;
        let Some(config) = &checkpoint.config else {
            return Err(Error::Checkpoint(plain(format!(
                "{} has no settings in its header, which say what network it is. Choose a checkpoint that wngan or the \
                 page has saved.",
                path.display()
            ))));
        };
        let both = Conversion::of_both(config, |name| checkpoint.get(name), EPSILON)?;
        if let Some(output) = &self.output {
            write_whole(output, &file(&both, config, checkpoint.step)?)?;
        }
        let codes = latent(self.count as usize, config.code_size as usize, 0, Stream::LatentFixed as u32, self.seed);
        let images = with_noise(both[0].output(&codes), self.seed);
        let found = [both[0].compare(&codes), both[1].compare(&images)];
        if self.json {
            println!("{}", self.summary(&both, &found, checkpoint.step)?);
        } else {
            print_table(&found);
            print_positions(&both)?;
        }
        Ok(())
    }

    fn summary(&self, both: &[Conversion; 2], found: &[Comparison; 2], step: u32) -> Result<Value> {
        let mut summary = json!({"step": step, "seed": self.seed, "epsilon": EPSILON});
        for ((name, conversion), found) in NETWORKS.iter().zip(both).zip(found) {
            summary[name] = json!(found);
            summary[name]["per_position"] = conversion.per_position()?.into_iter().collect();
        }
        Ok(summary)
    }
}

/// Images `[B, C, H, W]`, and as many of noise, uniform in `[0, 1)`.
fn with_noise(images: Tensor, seed: u32) -> Tensor {
    let noise = uniforms(images.data.len(), 0, Stream::Data as u32, seed).map(f64::from);
    let shape = [&[2 * images.shape[0]], &images.shape[1..]].concat();
    Tensor::new(&shape, images.data.iter().copied().chain(noise).collect())
}

/// The strict forms' parameters as a safetensors file of f64 numbers. All that the header tells is one entry, `strict`,
/// so that the same network gives the same bytes.
fn file(both: &[Conversion; 2], config: &Config, step: u32) -> Result<Vec<u8>> {
    let mut tensors = Vec::new();
    for conversion in both {
        tensors.extend(conversion.strict_parameters()?);
    }
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|(_, tensor)| tensor.data.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let broken = |e: safetensors::SafeTensorError| Error::File(format!("The converted parameters make no file: {e}."));
    let views = tensors.iter().zip(&bytes).map(|((name, tensor), bytes)| {
        Ok((name, TensorView::new(Dtype::F64, tensor.shape.clone(), bytes).map_err(broken)?))
    });
    let header = json!({"epsilon": EPSILON, "converted_from": config, "step": step});
    let header = HashMap::from([("strict".to_owned(), header.to_string())]);
    safetensors::serialize(views.collect::<Result<Vec<_>>>()?, Some(header)).map_err(broken)
}

fn print_table(found: &[Comparison; 2]) {
    type Column = fn(&Comparison) -> String;
    let rows: [(&str, Column); 7] = [
        ("inputs", |c| c.inputs.to_string()),
        ("largest output", |c| format!("{:.3e}", c.largest)),
        ("strict form: largest difference", |c| format!("{:.3e}", c.strict)),
        ("  what rounding can make", |c| format!("{:.3e}", c.strict_bound)),
        ("there and back: largest difference", |c| format!("{:.3e}", c.back)),
        ("  what rounding can make", |c| format!("{:.3e}", c.back_bound)),
        ("with one threshold per channel", |c| format!("{:.3e}", c.per_channel)),
    ];
    println!("{:36}{:>14}{:>15}", "", NETWORKS[0], NETWORKS[1]);
    for (name, column) in rows {
        println!("{name:36}{:>14}{:>15}", column(&found[0]), column(&found[1]));
    }
}

fn print_positions(both: &[Conversion; 2]) -> Result<()> {
    println!("\nthresholds (of the last layer: biases) that differ between the positions of a channel, [C, H, W]:");
    for conversion in both {
        for (name, shape) in conversion.per_position()? {
            println!("  {name} {shape:?}");
        }
    }
    Ok(())
}

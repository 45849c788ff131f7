//! `wngan replay`: given parameters and inputs in, losses, gradient norms and parameters out, for comparison with
//! other programs.

mod tensors;

use crate::device;
use crate::files::{check_file, write_whole};
use crate::reporter::{Reporter, print_line};
use crate::run::build;
use crate::settings::Settings;
use pollster::block_on;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use tensors::Tensors;
use wn_gan::config::Order;
use wn_gan::data;
use wn_gan::error::plain;
use wn_gan::gan::Trainer;
use wn_gan::gan::checkpoint;
use wn_gan::gan::metrics::Metrics;
use wn_gan::gan::nchw::images_from_nchw;
use wn_gan::gan::state_dict::Named;
use wn_gan::nn::Shape;
use wn_gan::{Config, Error, Result};

/// A reconstruction's error is printed after every so many steps.
const RECONSTRUCTION_INTERVAL: u32 = 10;
/// Steps of a reconstruction, as in the running test.
const RECONSTRUCTION_STEPS: u32 = 50;

/// Arguments of `wngan replay`.
#[derive(Debug, clap::Args)]
#[command(rename_all = "snake_case")]
pub struct Replay {
    /// Parameters to start from (.safetensors): the authors' names below `gen.` and `dis.`, PyTorch's layouts. Optimiser
    /// state in the file is left out: it starts at zero
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
    /// Inputs (.safetensors): real.T [B,c,S,S] in [0,1], z_d.T and z_g.T [B,k] for T = 0, 1, ... (the order simultaneous
    /// uses z_g alone); or, with --reconstruct, target [B,c,S,S]
    #[arg(long, value_name = "FILE")]
    inputs: PathBuf,
    /// The network and its settings, without warm-up: a benchmark's name or any preset; flags change single settings
    #[arg(long, default_value = "gan32", value_parser = workload_names())]
    workload: String,
    /// Steps [default: as many as there are inputs for, or 50 with --reconstruct]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    steps: Option<u32>,
    /// Reconstruct the images `target` by gradient descent on z from zeros, with G fixed, instead of training
    #[arg(long)]
    reconstruct: bool,
    #[command(flatten)]
    settings: Settings,
    /// Write the parameters after the last step (with --reconstruct the latent codes `z`) to this .safetensors file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    save: Option<PathBuf>,
    /// Print one JSON object per line instead of a table
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// What one training step brought.
struct Step {
    losses: Vec<(&'static str, f64)>,
    grad_norms: Vec<(String, f64)>,
}

impl Replay {
    /// Runs the steps and prints them.
    ///
    /// # Errors
    /// A sentence for a setting, a file that does not fit, or the device.
    pub fn run(&self) -> Result<()> {
        let config = self.config()?;
        self.save.as_deref().map_or(Ok(()), check_file)?;
        let parameters = Tensors::read(&self.checkpoint)?;
        let inputs = Tensors::read(&self.inputs)?;
        let mut trainer = self.trainer(config, parameters)?;
        if self.reconstruct { self.reconstruction(&mut trainer, &inputs) } else { self.training(&mut trainer, &inputs) }
    }

    /// The workload's settings with every given flag applied; nothing of a trained run but its networks and optimiser.
    fn config(&self) -> Result<Config> {
        let preset = if self.workload == "recon32" { "gan32" } else { self.workload.as_str() };
        let start = Config { warmup: 0, ..Config::preset(preset)? };
        let given = self.settings.applied_to(&start)?;
        if self.settings.checkpoint().is_some() {
            return Err(Error::Config(plain(
                "For replay --net names the family alone; the checkpoint is --checkpoint.",
            )));
        }
        Ok(Config { warmup: 0, niter: 0, test_interval: 0, running: 1, final_count: 1, vis_size: 1, ..given })
    }

    /// The trainer at the given parameters, its optimiser state zero. G alone is enough for a reconstruction.
    fn trainer(&self, config: Config, mut parameters: Tensors) -> Result<Trainer> {
        let device = device::open()?;
        let images = data::faces(10, config.seed);
        let mut trainer = build(&device, config, &images, None, &mut Reporter::new(self.json))?;
        let mut own = block_on(trainer.parameters())?;
        own.extend(block_on(trainer.state())?);
        parameters.remove_prefix("opt.");
        if self.reconstruct && !parameters.has_prefix("dis.") {
            parameters.extend(own.iter().filter(|(name, _, _)| name.starts_with("dis.")).cloned());
        }
        for name in parameters.names().filter(|name| !own.iter().any(|(known, _, _)| known == name)) {
            eprintln!("wngan: {} has a tensor {name}, which these networks do not use.", self.checkpoint.display());
        }
        trainer.restore(&parameters.checkpoint()?)?;
        Ok(trainer)
    }

    fn training(&self, trainer: &mut Trainer, inputs: &Tensors) -> Result<()> {
        let config = trainer.config().clone();
        let steps = self.steps.unwrap_or_else(|| inputs.count("real") / config.n_dis);
        if steps == 0 {
            return Err(Error::Data(plain(format!(
                "{} has no tensor real.0. A replay needs real.0, z_d.0 and z_g.0; a reconstruction needs --reconstruct.",
                self.inputs.display()
            ))));
        }
        let code = [config.batch_size, config.code_size];
        let mut done = Vec::new();
        for t in 0..steps {
            let (mut real, mut z_d) = (Vec::new(), Vec::new());
            // Inputs of D's updates are counted over all steps.
            for draw in t * config.n_dis..(t + 1) * config.n_dis {
                real.extend(images(inputs, &config, &format!("real.{draw}"))?);
                // The simultaneous order has one latent batch, z_g: what stands in z_d is never read.
                let simultaneous = config.order == Order::Simultaneous;
                let name = if simultaneous { format!("z_g.{t}") } else { format!("z_d.{draw}") };
                z_d.extend(inputs.get(&name, &code)?);
            }
            let z_g = inputs.get(&format!("z_g.{t}"), &code)?;
            let losses = losses(&block_on(trainer.replay_step(&real, &z_d, z_g))?);
            let gradients = block_on(trainer.gradients())?;
            let grad_norms = gradients.iter().map(|(name, _, values)| (name.clone(), norm(values))).collect();
            done.push(Step { losses, grad_norms });
            if self.json {
                print_line(step_json(t, &done[t as usize]));
            }
            let Step { losses, grad_norms } = &done[t as usize];
            let norms = grad_norms.iter().map(|(name, norm)| (name.as_str(), *norm));
            check_finite(t, losses.iter().copied().chain(norms))?;
        }
        if !self.json {
            print_table(&done);
        }
        let mut after = block_on(trainer.parameters())?;
        after.extend(block_on(trainer.state())?);
        self.save(&after)
    }

    fn reconstruction(&self, trainer: &mut Trainer, inputs: &Tensors) -> Result<()> {
        let config = trainer.config().clone();
        let steps = self.steps.unwrap_or(RECONSTRUCTION_STEPS);
        let target = images(inputs, &config, "target")?;
        let (errors, z) = block_on(trainer.replay_reconstruction(&target, steps, RECONSTRUCTION_INTERVAL))?;
        let z_norm = norm(&z);
        check_finite(steps, errors.iter().map(|&mse| ("mse", f64::from(mse))).chain([("z_norm", z_norm)]))?;
        for (i, mse) in errors.iter().enumerate() {
            let step = steps.min((i as u32 + 1) * RECONSTRUCTION_INTERVAL);
            let last = i + 1 == errors.len();
            match (self.json, last) {
                (true, false) => print_line(json!({"step": step, "mse": mse})),
                (true, true) => print_line(json!({"step": step, "mse": mse, "z_norm": z_norm})),
                (false, _) => print_line(format!("step {step:>5}  mse {mse:.9}")),
            }
        }
        if !self.json {
            print_line(format!("norm of z {z_norm:.9}"));
        }
        let shape = vec![config.batch_size as usize, config.code_size as usize];
        self.save(&[("z".into(), shape, z)])
    }

    fn save(&self, tensors: &[Named]) -> Result<()> {
        let Some(path) = &self.save else { return Ok(()) };
        write_whole(path, &checkpoint::write(tensors, &[("format", "pt".into())]))
    }
}

/// That a step's numbers are numbers: JSON has none that are not.
fn check_finite<'a>(step: u32, mut numbers: impl Iterator<Item = (&'a str, f64)>) -> Result<()> {
    numbers.find(|(_, value)| !value.is_finite()).map_or(Ok(()), |(name, value)| {
        let value = if value.is_nan() { "NaN" } else { "infinite" };
        Err(Error::Data(plain(format!(
            "At step {step} {name} is {value}. Look for large or damaged numbers in the checkpoint and the inputs."
        ))))
    })
}

/// Images of the inputs as the program stores them, [batch, h, w, c].
fn images(inputs: &Tensors, config: &Config, name: &str) -> Result<Vec<f32>> {
    let values = inputs.get(name, &[config.batch_size, config.channels, config.height, config.width])?;
    Ok(images_from_nchw(Shape::new(config.height, config.width, config.channels), values))
}

/// The losses in the order of the format, D's sum added in double precision where it has parts.
fn losses(metrics: &Metrics) -> Vec<(&'static str, f64)> {
    let mut all: Vec<_> = metrics.values().map(|(name, value)| (name, f64::from(value))).collect();
    if let (Some(real), Some(fake)) = (metrics.d_loss_real, metrics.d_loss_fake) {
        all.iter_mut()
            .filter(|(name, _)| *name == "d_loss")
            .for_each(|(_, sum)| *sum = f64::from(real) + f64::from(fake));
    }
    all
}

fn norm(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt()
}

fn step_json(t: u32, step: &Step) -> Value {
    let mut object = Map::from_iter([("step".into(), t.into())]);
    object.extend(step.losses.iter().map(|&(name, loss)| (name.into(), loss.into())));
    let norms = step.grad_norms.iter().map(|(name, norm)| (name.clone(), (*norm).into())).collect();
    object.insert("grad_norms".into(), Value::Object(norms));
    Value::Object(object)
}

/// One column per step: losses, then the gradient norms of all parameters.
fn print_table(steps: &[Step]) {
    let Some(first) = steps.first() else { return };
    let wide = first.grad_norms.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max("gradient norms".len());
    let line = |name: &str, fields: Vec<String>| {
        let fields: String = fields.iter().map(|field| format!("  {field:>14}")).collect();
        print_line(format!("{name:wide$}{fields}"));
    };
    let values = |of: &dyn Fn(&Step) -> f64| steps.iter().map(|step| format!("{:.7e}", of(step))).collect();
    line("step", (0..steps.len()).map(|t| t.to_string()).collect());
    for (i, (name, _)) in first.losses.iter().enumerate() {
        line(name, values(&|step| step.losses[i].1));
    }
    line("gradient norms", Vec::new());
    for (i, (name, _)) in first.grad_norms.iter().enumerate() {
        line(name, values(&|step| step.grad_norms[i].1));
    }
}

fn workload_names() -> clap::builder::PossibleValuesParser {
    let names = wn_gan::config::presets().into_iter().map(|(name, _)| name);
    names.chain(["recon32"]).collect::<Vec<_>>().into()
}

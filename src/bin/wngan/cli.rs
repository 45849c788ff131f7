//! The subcommands, and the way from words to a result.

use crate::adapter::Adapter;
use crate::bench::Bench;
use crate::convert::Convert;
use crate::experiment::Experiment;
use crate::interrupt;
use crate::plot::Plot;
use crate::replay::Replay;
use crate::reporter::harmless;
use crate::train::Train;
use crate::tune::Tune;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Trains weight-normalised GANs (Xiang & Li, arXiv 1704.03971) on this machine's GPU, or with WNGAN_DEVICE=cpu in
/// the environment on its CPU.
///
/// Flags are written with underscores, as in the authors' code, or with hyphens.
#[derive(Debug, Parser)]
#[command(name = "wngan", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a GAN, or judge a trained one; write samples, metrics and checkpoints into a folder
    Train(Box<Train>),
    /// Train a grid of norms, learning rates and seeds one after the other, with a final test of each
    Experiment(Box<Experiment>),
    /// Draw the curves of several runs into one SVG or PNG file
    Plot(Plot),
    /// Measure training steps of a workload, beside the adapter's own peak
    Bench(Bench),
    /// Say what the device is and what it offers
    Adapter(Adapter),
    /// Measure every variant of the matrix products that is worth it on this device
    Tune(Tune),
    /// Do single steps from given parameters on given inputs, for comparison with other programs
    Replay(Box<Replay>),
    /// Turn a trained network of plain layers into one of strict weight normalisation, and back
    ///
    /// Plain layers with biases and ReLU (PReLU) compute the same as strict weight-normalised ones with TReLU (TPReLU) and
    /// one affine layer at the end: the theorem of the paper's appendix. This converts both networks of a checkpoint there
    /// and back in double precision, evaluates all three, and prints how far the outputs lie apart, beside what rounding
    /// could explain at most.
    ///
    /// Padding and strides make the exact form need a threshold for each position where the paper has one per channel;
    /// what the networks do with the mean threshold of each channel is printed too. docs/theorem.md has the proof.
    ///
    /// The file of --output has the names and layouts of this program's checkpoints with norm weight: MODULE.conv.weight
    /// is the raw weight, whose norm has 1e-6 in its root; MODULE.tprelu.weight [C] are slopes; MODULE.tprelu.bias [C] are
    /// thresholds. Where those differ between positions, MODULE.tprelu.bias_per_position [C,H,W] stands in their place,
    /// and likewise for MODULE.conv.bias of the last layer. G's first layer is gen.initial.conv.weight [code,C,H,W], a
    /// transposed convolution of one pixel: its norm is one per channel, not one per unit. No network of this program
    /// has thresholds per position, so that the file cannot be trained on.
    Convert(Convert),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let result = match Cli::parse_from(std::env::args_os().map(underscored)).command {
        Command::Train(train) => train.run(),
        Command::Experiment(experiment) => experiment.run(),
        Command::Plot(plot) => plot.run(),
        Command::Bench(bench) => bench.run(),
        Command::Adapter(adapter) => adapter.run(),
        Command::Tune(tune) => tune.run(),
        Command::Replay(replay) => replay.run(),
        Command::Convert(convert) => convert.run(),
    };
    match result {
        Ok(()) if interrupt::requested() => interrupt::EXIT_CODE.into(),
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wngan: {}", harmless(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// `--batch-size=8` as `--batch_size=8`; everything that is no flag is left alone.
fn underscored(argument: OsString) -> OsString {
    let Some(flag) = argument.to_str().and_then(|text| text.strip_prefix("--")) else { return argument };
    let (name, value) = flag.split_at(flag.find('=').unwrap_or(flag.len()));
    format!("--{}{value}", name.replace('-', "_")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_are_replaced_in_names_of_flags_alone() {
        for (given, expected) in [
            ("--batch-size", "--batch_size"),
            ("--save-path=runs/first-run", "--save_path=runs/first-run"),
            ("runs/first-run", "runs/first-run"),
            ("-1", "-1"),
            ("--", "--"),
        ] {
            assert_eq!(underscored(given.into()), OsString::from(expected));
        }
    }

    #[test]
    fn the_definition_of_the_flags_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}

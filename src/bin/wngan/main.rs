//! `wngan`: the same training core as the page's, on the command line.

#[cfg(not(target_arch = "wasm32"))]
mod output;
#[cfg(not(target_arch = "wasm32"))]
mod settings;
#[cfg(not(target_arch = "wasm32"))]
mod train;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    use clap::Parser;

    /// Trains weight-normalised GANs (Xiang & Li, arXiv 1704.03971) on this machine's GPU.
    #[derive(Debug, Parser)]
    #[command(name = "wngan", version, arg_required_else_help = true)]
    struct Cli {
        #[command(subcommand)]
        command: Command,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Command {
        /// Train a GAN; write samples, metrics and checkpoints into a folder.
        Train(Box<train::Train>),
    }

    let result = match Cli::parse().command {
        Command::Train(train) => train.run(),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wngan: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// The command line needs files and a terminal; a browser has the page.
#[cfg(target_arch = "wasm32")]
fn main() {}

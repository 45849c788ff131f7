//! `wngan plot`: curves of several runs in one file.

use crate::program::{folder, sentence, text, wngan};
use std::fs;
use std::path::{Path, PathBuf};
use wn_gan::Config;

/// A run folder with a straight running curve from 0.05 to `last` and three rows of metrics.
fn run(root: &Path, norm: &str, seed: u32, last: f64) -> PathBuf {
    let path = root.join(format!("{norm}/seed{seed}"));
    fs::create_dir_all(path.join("log")).unwrap();
    let config = Config::from_json(&format!("{{\"norm\": \"{norm}\", \"seed\": {seed}}}")).unwrap();
    fs::write(path.join("config.json"), config.to_json()).unwrap();
    fs::write(path.join("log/running_test.csv"), format!("step,loss\n0,0.05\n50,NaN\n100,{last}\n")).unwrap();
    let metrics = "step,d_loss_real,d_loss_fake,g_loss\n0,0.7,0.7,0.7\n1,0.6,0.6,0.9\n2,0.5,0.5,1.1\n3,0.5";
    fs::write(path.join("log/metrics.csv"), metrics).unwrap();
    path
}

fn plot(args: &[&str]) {
    let output = wngan(&[&["plot"], args].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn runs_that_differ_in_the_seed_alone_share_a_colour() {
    let root = folder("plot");
    let runs = [run(&root, "none", 1, 0.03), run(&root, "none", 2, 0.031), run(&root, "weight", 1, 0.02)];
    let file = root.join("curves.svg");
    plot(&[text(&runs[0]), text(&runs[1]), text(&runs[2]), "--output", text(&file)]);
    let svg = fs::read_to_string(&file).unwrap();
    let strokes: Vec<&str> = svg
        .lines()
        .filter(|line| line.starts_with("<polyline") && line.contains("fill=\"none\""))
        .filter_map(|line| line.split("stroke=\"").nth(1)?.split('"').next())
        .collect();
    let count = |colour: &str| strokes.iter().filter(|stroke| **stroke == colour).count();
    // One line per run and one per legend entry.
    assert_eq!((count("#D55E00"), count("#0072B2")), (3, 2), "{strokes:?}");
    for label in ["none (2 seeds)", "weight", "reconstruction loss, running test", "training step"] {
        assert!(svg.lines().any(|line| line.trim() == label), "{label} is missing");
    }

    // The folder above stands for all runs below it.
    let all = root.join("all.svg");
    plot(&[text(&root), "-o", text(&all)]);
    assert_eq!(fs::read_to_string(all).unwrap(), svg);
}

#[test]
fn a_png_has_a_panel_for_every_column() {
    let root = folder("plot_png");
    run(&root, "weight", 1, 0.02);
    let file = root.join("curves.png");
    plot(&[text(&root), "--output", text(&file), "--columns", "loss,d_loss,g_loss", "--smooth", "2"]);
    let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(&file).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (960, 3 * 420));
    let blue = |panel: &[u8]| panel.chunks_exact(4).filter(|pixel| pixel[..3] == [0, 114, 178]).count();
    for panel in pixels.chunks_exact(pixels.len() / 3) {
        assert!(blue(panel) > 200, "a curve across the panel, not only its legend");
    }
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let root = folder("plot_wrong");
    let good = run(&root, "weight", 1, 0.02);
    let empty = root.join("empty");
    fs::create_dir_all(empty.join("log")).unwrap();
    fs::write(empty.join("config.json"), Config::default().to_json()).unwrap();
    for (args, part) in [
        (&[text(&good), "-o", "a.jpg"][..], "neither"),
        (&[text(&root.join("weight/seed1/log")), "-o", "a.svg"], "holds no run"),
        (&[text(&empty), "-o", "a.svg"], "no values"),
        (&[text(&good), "-o", "a.svg", "--columns", "accuracy"], "possible values"),
    ] {
        let said = sentence(&[&["plot"], args].concat());
        assert!(said.contains(part), "{args:?}: {said}");
    }
}

//! `wngan replay` against networks that are simple enough to be computed by hand.

use crate::program::{folder, lines, sentence, text, wngan};
use safetensors::SafeTensors;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use wn_gan::gan::checkpoint;
use wn_gan::gan::state_dict::Named;

/// 4x4 RGB images in batches of two, one level, plain weights.
const NETWORK: &[&str] = &[
    "replay",
    "--workload",
    "gan16",
    "--image_size",
    "4",
    "--channels",
    "3",
    "--nlayer",
    "1",
    "--nfeature",
    "2",
    "--code_size",
    "3",
    "--batch_size",
    "2",
    "--norm",
    "none",
];
/// Bias of D's logit, and of G's three colours.
const BETA: f64 = -0.3;
const COLOURS: [f64; 3] = [-1.0, 0.5, 0.25];
const LR: f64 = 0.01;
/// Numbers of order one after some ten f32 operations: ten roundings of 2^-24, and as much again for exp and log.
const RELATIVE: f64 = 1.2e-6;

fn tensor(name: &str, shape: &[usize], value: impl Fn(usize) -> f64) -> Named {
    (name.into(), shape.to_vec(), (0..shape.iter().product()).map(|i| value(i) as f32).collect())
}

/// D's logit is the pixel in row 2, column 0 of the third colour, plus BETA; G's images have one colour each.
fn parameters() -> Vec<Named> {
    // Element [0, 2, 1, 1] of [2, 3, 4, 4]: the first map is the third colour's even rows and columns.
    let pick_pixel = (2 * 4 + 1) * 4 + 1;
    // Element [0, 0, 1, 0] of [1, 2, 2, 2]: of that map, the second row's first value.
    let pick_value = 2;
    vec![
        tensor("gen.initial.linear.weight", &[8, 3], |i| 0.1 * i as f64 - 1.0),
        tensor("gen.initial.linear.bias", &[8], |_| 0.5),
        tensor("gen.initial.prelu.weight", &[2], |_| 0.25),
        tensor("gen.level.0.conv.weight", &[2, 3, 4, 4], |_| 0.0),
        tensor("gen.level.0.conv.bias", &[3], |i| COLOURS[i]),
        tensor("dis.level.0.conv.weight", &[2, 3, 4, 4], |i| f64::from(i == pick_pixel)),
        tensor("dis.level.0.conv.bias", &[2], |_| 0.0),
        tensor("dis.level.0.prelu.weight", &[2], |_| 0.25),
        tensor("dis.final.conv.weight", &[1, 2, 2, 2], |i| f64::from(i == pick_value)),
        tensor("dis.final.conv.bias", &[1], |_| BETA),
    ]
}

/// Pixel of image `n`, all different.
fn pixel(n: usize, colour: usize, row: usize, column: usize) -> f64 {
    ((((n * 3 + colour) * 4 + row) * 4 + column) * 37 % 97 + 1) as f64 / 128.0
}

fn images(name: &str) -> Named {
    tensor(name, &[2, 3, 4, 4], |i| pixel(i / 48, i / 16 % 3, i / 4 % 4, i % 4))
}

fn codes(name: &str) -> Named {
    tensor(name, &[2, 3], |i| i as f64 / 4.0 - 0.5)
}

fn save(folder: &Path, name: &str, tensors: &[Named]) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, checkpoint::write(tensors, &[])).unwrap();
    path
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn softplus(x: f64) -> f64 {
    x.exp().ln_1p()
}

#[track_caller]
fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= RELATIVE * expected.abs(), "{found} instead of {expected}");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_step_of_the_simultaneous_order_is_the_one_computed_by_hand() {
    let root = folder("replay");
    // Optimiser state and PyTorch's counters may be in the file; they are left out.
    let mut start = parameters();
    start.extend(parameters().into_iter().map(|(name, shape, values)| (format!("opt.{name}"), shape, values)));
    let init = save(&root, "init.safetensors", &start);
    let inputs: Vec<_> = (0..2).flat_map(|t| [images(&format!("real.{t}")), codes(&format!("z_g.{t}"))]).collect();
    let inputs = save(&root, "inputs.safetensors", &inputs);
    let out = root.join("out.safetensors");
    let files = ["--checkpoint", text(&init), "--inputs", text(&inputs), "--save", text(&out)];
    let more = ["--order", "simultaneous", "--lr", "0.01", "--json"];
    let told = lines(&[NETWORK, &files, &more, &["--steps", "1"]].concat());
    assert_eq!((told.len(), &told[0]["step"]), (1, &0.into()));

    let real = [0, 1].map(|n| pixel(n, 2, 2, 0) + BETA);
    let colour = sigmoid(COLOURS[2]);
    let fake = colour + BETA;
    let mean = |f: &dyn Fn(f64) -> f64| real.iter().map(|&logit| f(logit)).sum::<f64>() / 2.0;
    let loss = |key: &str| told[0][key].as_f64().unwrap();
    near(loss("d_loss_real"), mean(&|logit| softplus(-logit)));
    near(loss("d_loss_fake"), softplus(fake));
    near(loss("d_loss"), mean(&|logit| softplus(-logit)) + softplus(fake));
    near(loss("g_loss"), softplus(-fake));

    let norms: BTreeMap<String, f64> = serde_json::from_value(told[0]["grad_norms"].clone()).unwrap();
    let names: Vec<_> = parameters().into_iter().map(|(name, _, _)| name).collect();
    assert!(norms.len() == names.len() && names.iter().all(|name| norms.contains_key(name)), "{norms:?}");
    let bias = mean(&|logit| sigmoid(logit) - 1.0) + sigmoid(fake);
    near(norms["dis.final.conv.bias"], bias.abs());
    let weight: f64 = [(0, 0), (0, 2), (2, 0), (2, 2)]
        .map(|(row, column)| {
            let of_real: f64 = (0..2).map(|n| (sigmoid(real[n]) - 1.0) * pixel(n, 2, row, column) / 2.0).sum();
            (of_real + sigmoid(fake) * colour).powi(2)
        })
        .iter()
        .sum();
    near(norms["dis.final.conv.weight"], weight.sqrt());
    near(norms["gen.level.0.conv.bias"], (1.0 - sigmoid(fake)) * colour * (1.0 - colour));

    let file = fs::read(&out).unwrap();
    let after = SafeTensors::deserialize(&file).unwrap();
    let saved = after.tensor("dis.final.conv.bias").unwrap();
    assert_eq!((saved.shape(), after.len()), (&[1][..], names.len()));
    let value = f64::from(f32::from_le_bytes(saved.data().try_into().unwrap()));
    near(value, BETA - LR * bias / ((0.1 * bias * bias).sqrt() + 1e-6));

    // Without --steps: as many as there are inputs for; without --json: a table.
    let output = wngan(&[NETWORK, &files, &more[..4]].concat());
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.lines().next().unwrap().split_whitespace().eq(["step", "0", "1"]), "{table}");
    assert!(names.iter().all(|name| table.contains(name.as_str())) && table.contains("d_loss_real"), "{table}");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_reconstruction_needs_g_alone_and_prints_every_tenth_step() {
    let root = folder("replay_reconstruction");
    let generator: Vec<_> = parameters().into_iter().filter(|(name, _, _)| name.starts_with("gen.")).collect();
    let init = save(&root, "init.safetensors", &generator);
    let inputs = save(&root, "inputs.safetensors", &[images("target")]);
    let files = ["--checkpoint", text(&init), "--inputs", text(&inputs)];
    let told = lines(&[NETWORK, &files, &["--reconstruct", "--steps", "25", "--json"]].concat());
    assert_eq!(told.iter().map(|line| line["step"].as_u64().unwrap()).collect::<Vec<_>>(), [10, 20, 25]);
    // G's last weights are zero, so its images do not depend on z, and z stays where it starts.
    let values = (0..96).map(|i| (sigmoid(COLOURS[i / 16 % 3]) - pixel(i / 48, i / 16 % 3, i / 4 % 4, i % 4)).powi(2));
    let mse = values.sum::<f64>() / 96.0;
    told.iter().for_each(|line| near(line["mse"].as_f64().unwrap(), mse));
    assert_eq!(told[2]["z_norm"], 0.0);
}

/// JSON has no word for what is not finite, and a script must not take `null` for a result.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn what_is_not_finite_is_no_result() {
    let root = folder("replay_overflow");
    let mut start = parameters();
    start
        .iter_mut()
        .filter(|(name, _, _)| name == "dis.final.conv.weight")
        .for_each(|(_, _, values)| values.fill(3e38));
    let init = save(&root, "init.safetensors", &start);
    let inputs = save(&root, "inputs.safetensors", &[images("real.0"), codes("z_d.0"), codes("z_g.0")]);
    let said = sentence(&[NETWORK, &["--checkpoint", text(&init), "--inputs", text(&inputs), "--json"]].concat());
    assert!(said.contains("at step 0: d_loss") && said.contains("infinite"), "{said}");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn what_does_not_fit_is_said_in_a_sentence() {
    let root = folder("replay_wrong");
    let init = save(&root, "init.safetensors", &parameters());
    let without_bias: Vec<_> = parameters().into_iter().filter(|(name, _, _)| name != "dis.final.conv.bias").collect();
    let incomplete = save(&root, "incomplete.safetensors", &without_bias);
    let good = save(&root, "good.safetensors", &[images("real.0"), codes("z_d.0"), codes("z_g.0")]);
    let half = save(&root, "half.safetensors", &[images("real.0"), codes("z_g.0")]);
    let narrow = save(&root, "narrow.safetensors", &[tensor("real.0", &[2, 3, 4, 2], |_| 0.5)]);
    let odd = save(&root, "odd.safetensors", &[tensor("real.0", &[2, 3, 4, 4], |i| 1.0 / (i as f64 - 7.0))]);
    for (init, inputs, more, part) in [
        (&init, &half, &[][..], "no tensor z_d.0"),
        (&init, &good, &["--steps", "2"], "no tensor real.1"),
        (&init, &narrow, &[], "must have shape [2, 3, 4, 4] for these settings; it has [2, 3, 4, 2]"),
        (&init, &odd, &[], "inf at position 7"),
        (&init, &good, &["--reconstruct"], "no tensor target"),
        (&incomplete, &good, &[], "no tensor dis.final.conv.bias"),
        (&good, &good, &[], "no tensor gen."),
        (&init, &root.join("missing"), &[], "missing failed"),
        (&PathBuf::from("Cargo.toml"), &good, &[], "Cargo.toml is not a safetensors file"),
        (&init, &good, &["--net", "best"], "--checkpoint"),
        (&init, &good, &["--steps", "0"], "0 is not in"),
    ] {
        let files = ["--checkpoint", text(init), "--inputs", text(inputs)];
        let said = sentence(&[NETWORK, &files, more].concat());
        assert!(said.contains(part), "{part}: {said}");
    }
}

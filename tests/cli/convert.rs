//! `wngan convert`: a trained network there and back, the file of its strict form, and sentences.

use crate::program::{folder, images, lines, sentence, text, train, wngan};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use std::fs;
use std::path::{Path, PathBuf};

/// A run of the small network, eight steps on 8x8 images.
fn run(name: &str, more: &[&str]) -> PathBuf {
    let (data, run) = (images(name), folder(name));
    train(&run, &[&["--dataset", text(&data), "--niter", "8", "--nlayer", "2"], more].concat());
    run
}

fn names_and_shapes(file: &[u8]) -> Vec<(String, Vec<usize>)> {
    let file = SafeTensors::deserialize(file).unwrap();
    let mut found: Vec<_> = file.iter().map(|(name, view)| (name.to_owned(), view.shape().to_vec())).collect();
    assert!(file.iter().all(|(_, view)| view.dtype() == Dtype::F64));
    found.sort();
    found
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_trained_network_is_converted_there_and_back() {
    let run = run("plain", &["--norm", "none"]);
    let file = run.join("strict.safetensors");
    let args = ["convert", text(&run), "--count", "5", "--seed", "3", "--output", text(&file)];
    let told = lines(&[&args[..], &["--json"]].concat());
    assert_eq!(told.len(), 1);
    let told = &told[0];
    assert_eq!((told["step"].as_u64(), told["epsilon"].as_f64()), (Some(8), Some(1e-6)));
    for (network, inputs, positions) in [
        ("generator", 5, vec!["gen.initial.tprelu", "gen.level.1.tprelu", "gen.level.0.conv"]),
        ("discriminator", 10, vec!["dis.level.1.tprelu"]),
    ] {
        let found = &told[network];
        let number = |key: &str| found[key].as_f64().unwrap();
        assert_eq!(found["inputs"], inputs);
        assert!(number("strict") <= number("strict_bound") && number("back") <= number("back_bound"), "{found}");
        assert!(number("back_bound") < 1e-9 * number("largest"), "{found}");
        assert!(number("per_channel") > 1e3 * number("strict_bound"), "{found}");
        let named = found["per_position"].as_object().unwrap();
        let mut expected: Vec<_> = positions.iter().map(|module| format!("{module}.bias_per_position")).collect();
        expected.sort();
        assert_eq!(named.keys().cloned().collect::<Vec<_>>(), expected);
    }
    // Two levels of an 8x8 grey image: 8 -> 4 -> 2, with 4 and 8 channels.
    let expected: Vec<(String, Vec<usize>)> = [
        ("dis.final.conv.bias", &[1][..]),
        ("dis.final.conv.scale", &[1]),
        ("dis.final.conv.weight", &[1, 8, 2, 2]),
        ("dis.level.0.conv.weight", &[4, 1, 4, 4]),
        ("dis.level.0.tprelu.bias", &[4]),
        ("dis.level.0.tprelu.weight", &[4]),
        ("dis.level.1.conv.weight", &[8, 4, 4, 4]),
        ("dis.level.1.tprelu.bias_per_position", &[8, 2, 2]),
        ("dis.level.1.tprelu.weight", &[8]),
        ("gen.initial.conv.weight", &[4, 8, 2, 2]),
        ("gen.initial.tprelu.bias_per_position", &[8, 2, 2]),
        ("gen.initial.tprelu.weight", &[8]),
        ("gen.level.0.conv.bias_per_position", &[1, 8, 8]),
        ("gen.level.0.conv.scale", &[1]),
        ("gen.level.0.conv.weight", &[4, 1, 4, 4]),
        ("gen.level.1.conv.weight", &[8, 4, 4, 4]),
        ("gen.level.1.tprelu.bias_per_position", &[4, 4, 4]),
        ("gen.level.1.tprelu.weight", &[4]),
    ]
    .map(|(name, shape)| (name.to_owned(), shape.to_vec()))
    .to_vec();
    let bytes = fs::read(&file).unwrap();
    assert_eq!(names_and_shapes(&bytes), expected);

    // As a table, of a checkpoint by its path; and the same bytes again.
    let checkpoint = run.join("net_archive/last.safetensors");
    let output = wngan(&["convert", text(&checkpoint), "--count", "5", "--seed", "3", "--output", text(&file)]);
    let table = String::from_utf8(output.stdout).unwrap();
    let shown = format!("{:.3e}", told["generator"]["strict_bound"].as_f64().unwrap());
    assert!(table.contains(&shown) && table.contains("dis.level.1.tprelu.bias_per_position [8, 2, 2]"), "{table}");
    assert!(fs::read(&file).unwrap() == bytes, "the same network gives the same file");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn what_cannot_be_converted_is_said_in_a_sentence() {
    let last = |run: &Path| run.join("net_archive/last.safetensors");
    let weight = run("strict", &["--norm", "weight"]);
    let batch = run("batched", &["--norm", "batch"]);
    let tprelu = run("translated", &["--norm", "none", "--activation", "tprelu"]);
    let bare = folder("bare").join("bare.safetensors");
    fs::create_dir_all(bare.parent().unwrap()).unwrap();
    fs::write(&bare, wn_gan::gan::checkpoint::write(&[("gen.x".into(), vec![1], vec![1.0])], &[])).unwrap();
    for (path, part) in [
        (weight.as_path(), "norm weight"),
        (&batch, "norm batch"),
        (&last(&tprelu), "tprelu already"),
        (&bare, "has no settings"),
        (Path::new("Cargo.toml"), "not a safetensors file"),
        (Path::new("no-such-file"), "no-such-file"),
    ] {
        let said = sentence(&["convert", text(path)]);
        assert!(said.contains(part) && said.starts_with("wngan: "), "{}: {said}", path.display());
    }
    let said = sentence(&["convert", text(&weight), "--net", "77"]);
    assert!(said.contains("77.safetensors"), "{said}");
}

//! `wngan train`: folders, flags, sources.

use crate::program::{SMALL, column, files, folder, images, lines, rows, sentence, text, train, wngan};
use serde_json::Value;
use std::fs;
use std::path::Path;
use wn_gan::Config;
use wn_gan::config::{KEYS, Kind};
use wn_gan::gan::checkpoint::Checkpoint;

fn config(folder: &Path) -> Config {
    Config::from_json(&fs::read_to_string(folder.join("config.json")).unwrap()).unwrap()
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_run_writes_the_authors_folders() {
    let run = folder("run");
    let told = train(&run, &["--niter", "8", "--vis_interval", "4", "--save-interval", "6"]);
    assert_eq!(told.first().unwrap()["event"], "start");
    assert_eq!(told.last().unwrap()["event"], "end");
    for name in ["samples/000000.png", "samples/000004.png", "samples/000008.png", "running_test/000004.png"] {
        assert!(fs::read(run.join(name)).unwrap().starts_with(b"\x89PNG"), "{name}");
    }
    assert_eq!(column(&run.join("log/metrics.csv"), 0), (0..8).map(f64::from).collect::<Vec<_>>());
    assert_eq!(column(&run.join("log/running_test.csv"), 0), [0.0, 4.0, 8.0]);
    assert_eq!(rows(&run.join("running_test/000008.csv")).len(), 6, "one loss per held-out image");

    let losses = column(&run.join("log/running_test.csv"), 1);
    let mean = column(&run.join("running_test/000004.csv"), 1).iter().sum::<f64>() / 6.0;
    assert!((losses[1] - mean).abs() <= 1e-6 * mean, "the table has the mean over the images, rounded to f32");
    let saved = |name: &str| {
        let file = fs::read(run.join(format!("net_archive/{name}.safetensors"))).unwrap();
        Checkpoint::read(&file).unwrap().step
    };
    let best = (0..3).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap();
    assert_eq!((saved("last"), saved("6"), saved("best")), (8, 6, 4 * best as u32));
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn flags_are_spelled_with_underscores_or_hyphens_and_reach_the_settings() {
    let data = images("flags");
    let (under, hyphens) = (folder("under"), folder("hyphens"));
    let more: &[&str] = &["--dataset", text(&data), "--niter", "1", "--net", "dcgan", "--nlayer", "1", "--nblock", "2"];
    let settings: &[&str] =
        &["--norm", "weight-affine", "--activation", "relu", "--optimiser", "adam", "--beta1", "0.4"];
    let more =
        &[more, settings, &["--statistics", "batch", "--beta2", "0.9", "--eps", "1e-5", "--decay", "0.8"]].concat();
    train(&under, &[more, &["--test_lr", "0.02", "--loss", "ls"][..]].concat());
    train(&hyphens, &[more, &["--test-lr=0.02", "--ls"][..]].concat());
    assert_eq!(config(&under), config(&hyphens));
    let expected = serde_json::json!({"norm": "weight-affine", "activation": "relu", "optimiser": "adam",
        "beta1": 0.4f32, "beta2": 0.9f32, "eps": 1e-5f32, "decay": 0.8f32, "statistics": "batch", "test_lr": 0.02f32,
        "loss": "ls", "net": "dcgan", "nlayer": 1, "nblock": 2, "final": 8, "running": 6, "code_size": 4, "width": 8,
        "height": 8, "channels": 1, "dataset": "flags.idx"});
    let found: Value = serde_json::to_value(config(&under)).unwrap();
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&found[key], value, "{key}");
    }
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn cifar10_is_all_batches_of_a_folder() {
    let root = folder("cifar");
    let inner = root.join("cifar-10-batches-bin");
    fs::create_dir_all(&inner).unwrap();
    let record = |label: u8, value: u8| [vec![label], vec![value; 3072]].concat();
    for (name, count) in [("data_batch_1.bin", 5), ("data_batch_2.bin", 4), ("test_batch.bin", 3)] {
        fs::write(inner.join(name), (0..count).flat_map(|i| record(i, 20 * i)).collect::<Vec<_>>()).unwrap();
    }
    fs::write(inner.join("readme.html"), "not images").unwrap();
    for place in [&root, &inner] {
        let run = folder("cifar_run");
        let told =
            train(&run, &["--dataset", "cifar10", "--dataroot", text(place), "--niter", "1", "--crop_size", "16"]);
        assert_eq!(told[0]["images"], 12, "5 + 4 + 3");
        assert_eq!(config(&run).dataset, "CIFAR-10");
    }
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    let (run, empty) = (folder("wrong"), folder("empty"));
    fs::create_dir_all(&empty).unwrap();
    let (data, sparse) = (images("wrong"), empty.join("sparse.idx"));
    fs::File::create(&sparse).unwrap().set_len(1025 << 20).unwrap();
    for (args, part) in [
        (&["--image_size", "9"][..], "width must be even"),
        (&["--lr=-1"], "lr must be a number between 0 and 1; it is \"-1\"."),
        (&["--lr", "-1"], "lr must be a number between 0 and 1"),
        (&["--lr", "nan"], "lr must be a number between 0 and 1; it is \"nan\"."),
        (&["--batch_size", "1.5"], "batch_size must be a whole number between 1 and 1024; it is \"1.5\"."),
        (&["--image_size", "8x"], "height must be a whole number between 4 and 512; it is \"\"."),
        (&["--order", "both"], "order must be one of alternating, simultaneous; it is \"both\"."),
        (&["--norm_d", "magic"], "norm_d must be one of same, weight, "),
        (&["--net", "vgg"], "net must be one of dcgan, resnet (the family), or best, last or a step number"),
        (&["--width", "8"], "unexpected argument '--width'"),
        (&["--net", "resnet", "--norm", "batch"], "needs norm weight"),
        (&["--net", "best"], "--load_path or --final_test"),
        (&["--ls", "--loss", "bce"], "cannot be used with"),
        (&["--dataset", "Cargo.toml"], "Cargo.toml"),
        (&["--dataset", "no-such-file"], "no-such-file"),
        (&["--dataset", "/dev/null"], "is no file"),
        (&["--dataset", text(&sparse)], "has 1025 MiB, and may have 1024 MiB"),
        (&["--dataset", "bad\u{1b}[31mname"], "bad\\u{1b}[31mname"),
        (&["--dataset", "lsun"], "does not read"),
        (&["--dataset", "cifar10"], "needs --dataroot"),
        (&["--dataset", "cifar10", "--dataroot", text(&empty)], "no data_batch_*.bin"),
        (&["--dataset", text(&data), "--crop_size", "9"], "between 1 and 8 pixels"),
        (&["--crop_size", "16"], "built-in faces"),
        (&["--load_path", "Cargo.toml"], "not a safetensors file"),
        (&["--load_path", text(&empty)], "last.safetensors"),
        (&["--final_test"], "give --niter"),
        (&["--final_test", "--niter", "8", "--final_steps", "0"], "0 is not in 1..=100000"),
        (&["--final_test", "--niter", "8", "--save_interval", "4", "--net", "6"], "keeps one every 4"),
    ] {
        let said = sentence(&[&["train", "--save_path", text(&run)], args].concat());
        assert!(said.contains(part), "{args:?}: {said}");
    }
    assert!(!run.exists(), "a run that cannot start leaves nothing behind");
}

/// A project's own folders are called `log` and `samples` too.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn what_is_no_run_is_left_alone() {
    let (data, project) = (images("project"), folder("project"));
    fs::create_dir_all(project.join("log")).unwrap();
    let (settings, log) = (project.join("config.json"), project.join("log/own.txt"));
    fs::write(&log, "mine").unwrap();
    let start =
        [&["train", "--save_path", text(&project)], SMALL, &["--dataset", text(&data), "--niter", "2"]].concat();
    let refused = |more: &[&str]| {
        let said = sentence(&[&start, more].concat());
        assert!(said.contains("neither empty nor the folder of a run"), "{said}");
        assert_eq!(fs::read_to_string(&log).unwrap(), "mine");
    };
    refused(&[]);
    refused(&["--overwrite"]);
    fs::write(&settings, "{\"compilerOptions\": {}}").unwrap();
    refused(&["--overwrite"]);
    assert_eq!(fs::read_to_string(&settings).unwrap(), "{\"compilerOptions\": {}}");
}

/// From a checkpoint before the last a run would go back, and lose what came after it.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn an_earlier_checkpoint_does_not_rewind_its_run() {
    let (data, run, other) = (images("rewound"), folder("rewound"), folder("not-rewound"));
    let start: &[&str] = &["--dataset", text(&data), "--niter", "8", "--save_interval", "4"];
    train(&run, start);
    let before = files(&run);
    let earlier = run.join("net_archive/4.safetensors");
    let from_there = ["train", "--load_path", text(&earlier), "--json", "--niter", "6", "--save_path"];
    let said = sentence(&[&from_there[..], &[text(&run)]].concat());
    assert!(said.contains("has done 8 steps") && said.contains("after 4") && said.contains("--rewind"), "{said}");
    assert!(files(&run) == before, "nothing was touched");
    lines(&[&from_there[..], &[text(&other)]].concat());
    assert_eq!(rows(&other.join("log/metrics.csv")).len(), 2, "steps 4 and 5, elsewhere");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn another_run_is_not_written_over_by_accident() {
    let (data, run) = (images("over"), folder("over"));
    let start: &[&str] = &["--dataset", text(&data), "--niter"];
    train(&run, &[start, &["6", "--save_interval", "6"]].concat());
    let again = [&["train", "--save_path", text(&run)], SMALL, start, &["2"]].concat();
    let said = sentence(&again);
    assert!(
        said.contains("already holds a run") && said.contains("--resume") && said.contains("--overwrite"),
        "{said}"
    );
    fs::write(run.join("notes.txt"), "mine").unwrap();
    lines(&[&again[..], &["--overwrite"]].concat());
    assert_eq!(rows(&run.join("log/metrics.csv")).len(), 2);
    assert!(!run.join("net_archive/6.safetensors").exists(), "the old run's checkpoint is gone");
    assert!(run.join("notes.txt").exists(), "and nothing else");
}

#[test]
fn help_explains_every_flag() {
    let help = String::from_utf8(wngan(&["train", "--help"]).stdout).unwrap();
    let authors = "dataset dataroot image_size crop_size code_size nfeature nlayer norm lr batch_size test_interval test_lr \
                   test_steps vis_interval save_interval niter load_path save_path final_test net ls running final vis_size";
    let ours = "resume overwrite final_steps inspect json";
    for flag in authors.split(' ').chain(ours.split(' ')).filter(|flag| !flag.is_empty()) {
        assert!(help.contains(&format!("--{flag}")), "{flag} is missing");
    }
}

/// Settings that other flags are for: `--dataset` names files, `--image_size` both sides.
const WITHOUT_FLAG: [&str; 3] = ["dataset", "width", "height"];

#[test]
fn every_setting_is_a_flag_with_its_meaning_range_and_choices() {
    for command in ["train", "experiment", "replay", "bench"] {
        let help = String::from_utf8(wngan(&[command, "--help"]).stdout).unwrap();
        let part = |name: &str| help.split("\n      --").find(|part| part.starts_with(&format!("{name} <")));
        for key in KEYS.iter().filter(|key| !WITHOUT_FLAG.contains(&key.name)) {
            let part = part(key.name).unwrap_or_else(|| panic!("{command} has no --{}", key.name));
            assert!(part.contains(key.help.en.trim_end_matches('.')), "{command}: {part}");
            match key.kind {
                Kind::Choice { choices } => {
                    for choice in choices {
                        assert!(part.contains(&format!(" {}", choice.name)), "{command}, {}: {part}", choice.name);
                    }
                }
                Kind::Whole { min, max } => {
                    assert!(part.contains(&format!("a whole number between {min} and {max}")), "{command}: {part}");
                }
                Kind::Real { .. } => assert!(part.contains("[a number between "), "{command}: {part}"),
                Kind::Text => panic!("{} is a text and has a flag", key.name),
            }
        }
        assert!(part("width").is_none() && part("height").is_none(), "{command}");
    }
}

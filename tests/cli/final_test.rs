//! `wngan train --final_test`: of the network just trained, and of a saved one.

use crate::program::{column, files, folder, images, lines, losses, rows, sentence, spoil, text, train};
use std::fs;

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_final_test_judges_all_held_out_images_with_its_own_number_of_steps() {
    let (data, run) = (images("final"), folder("final"));
    let more: &[&str] = &["--dataset", text(&data), "--niter", "8", "--save_interval", "4"];
    let told = train(&run, &[more, &["--final_test", "--final_steps", "5"]].concat());
    let told = told.last().unwrap();
    assert_eq!((&told["event"], &told["test_steps"]), (&"final_test".into(), &5.into()));
    let scores = column(&run.join("log/running_test.csv"), 1);
    let best = 4 * (0..3).min_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
    assert_eq!(told["step"], best, "the best network is judged");

    let losses = losses(&run.join(format!("final_test/{best:06}.csv")));
    assert_eq!(losses.len(), 8, "all that --final holds out");
    let n = losses.len() as f64;
    let mean = losses.iter().sum::<f64>() / n;
    let variance = losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / (n - 1.0);
    // Both sides add the same numbers in f64, perhaps in another order.
    for (key, expected) in [("mean", mean), ("ci95", 1.959_964 * (variance / n).sqrt())] {
        let found = told[key].as_f64().unwrap();
        assert!((found - expected).abs() <= 1e-9 * expected, "{key}: {found} instead of {expected}");
    }
    assert!(fs::read(run.join(format!("final_test/{best:06}.png"))).unwrap().starts_with(b"\x89PNG"));
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_saved_network_is_judged_without_touching_its_run() {
    let (data, run) = (images("judged"), folder("judged"));
    train(&run, &["--dataset", text(&data), "--niter", "8", "--save_interval", "4"]);
    let before = files(&run);
    for (net, step) in [("4", 4), ("last", 8)] {
        let args = ["train", "--load_path", text(&run), "--final_test", "--net", net, "--test_steps", "2", "--json"];
        let told = lines(&args);
        assert_eq!(told.last().unwrap()["step"], step);
        assert_eq!(rows(&run.join(format!("final_test/{step:06}.csv"))).len(), 8);
    }
    let after: Vec<_> = files(&run).into_iter().filter(|(name, _)| !name.starts_with("final_test/")).collect();
    assert!(before == after, "only final_test/ is new");

    let file = run.join("net_archive/last.safetensors");
    let elsewhere = folder("judged_elsewhere");
    let args = ["train", "--load_path", text(&file), "--final_test", "--save_path", text(&elsewhere), "--json"];
    let told = lines(&args);
    assert_eq!(told.last().unwrap()["test_steps"], 3, "as saved");
    assert!(elsewhere.join("final_test/000008.csv").exists());
    let said = sentence(&["train", "--load_path", text(&run), "--final_test", "--final", "12"]);
    assert!(said.contains("trained on"), "{said}");
    let said = sentence(&["train", "--load_path", text(&run), "--final_test", "--dataset", "faces", "--channels", "3"]);
    assert!(said.contains("must have shape") || said.contains("trained on"), "{said}");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_mean_that_is_no_number_is_no_result() {
    let (data, run) = (images("spoiled"), folder("spoiled"));
    train(&run, &["--dataset", text(&data), "--niter", "4"]);
    let file = run.join("net_archive/last.safetensors");
    spoil(&file, |bytes| {
        // The first tensor is G's: its numbers follow the header, whose length is in the first eight bytes.
        let first = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[first..first + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    let said = sentence(&["train", "--load_path", text(&file), "--final_test", "--json"]);
    assert!(said.contains("has no mean") && said.contains("NaN"), "{said}");
    assert!(!run.join("final_test/000004.json").exists());
}

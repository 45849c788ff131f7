//! Flags that would fail later are refused at once, and nothing is written.

use crate::program::{folder, sentence, text};
use std::fs;

#[test]
fn a_flag_that_cannot_work_is_refused_first() {
    let root = folder("refused");
    fs::create_dir_all(&root).unwrap();
    let file = root.join("file");
    fs::write(&file, "text").unwrap();
    let (below, picture) = (file.join("run"), root.join("curves.svg"));
    let nowhere = file.join("curves.svg");
    for (args, part) in [
        (&["bench", "--seconds", "0"][..], "seconds must be a number above 0"),
        (&["bench", "--seconds", "nan"], "seconds must be a number above 0"),
        (&["bench", "--seconds", "inf"], "it is \"inf\"."),
        (&["bench", "--seconds", "-1"], "it is \"-1\"."),
        (&["plot", "no-run", "-o", text(&picture), "--most", "nan"], "most must be a number between -1e30 and 1e30"),
        (&["plot", "no-run", "-o", text(&picture), "--most", "1.79e308"], "it is \"1.79e308\"."),
        (&["plot", "no-run", "-o", text(&picture), "--smooth", "0"], "0 is not in 1.."),
        (&["plot", "no-run", "-o", text(&nowhere)], "file failed: "),
        (&["plot", "no-run", "-o", "picture.jpg"], "neither"),
        (&["tune", "--images", "0"], "0 is not in 1..=1024"),
        (&["convert", "no-network", "--output", text(&root)], "is a folder. Name a file."),
        (&["convert", "no-network", "--output", text(&nowhere)], "file failed: "),
        (&["convert", "no-network", "--count", "0"], "0 is not in 1..=4096"),
        (&["replay", "--checkpoint", "a", "--inputs", "b", "--steps", "0"], "0 is not in 1..=100000"),
        (&["replay", "--checkpoint", "a", "--inputs", "b", "--save", text(&root)], "is a folder. Name a file."),
        (&["train", "--save_path", text(&below)], "file/run failed"),
        (&["train", "--save_path", text(&below), "--resume"], "file/run failed"),
        (&["train", "--save_minutes", "inf"], "save_minutes must be a number between 0 and 1000000"),
        (&["train", "--vis_interval", "-1"], "unexpected argument"),
        (&["train", "--crop_size", "0", "--dataset", "Cargo.toml"], "Cargo.toml"),
        (&["experiment", "--niter", "1", "--save_path", text(&below)], "file/run failed"),
        (&["experiment", "--save_path", text(&root), "--final_steps", "0"], "0 is not in 1..=100000"),
        (&["experiment", "--save_path", text(&root), "--lrs", "inf"], "lr must be a number between 0 and 1"),
        (&["experiment", "--save_path", text(&root), "--seeds", ""], "seed must be a whole number"),
    ] {
        let said = sentence(args);
        assert!(said.contains(part), "{args:?}: {said}");
        assert!(!said.contains("panicked"), "{args:?}: {said}");
    }
    assert_eq!(fs::read_dir(&root).unwrap().count(), 1, "nothing was written");
}

/// A run that is in the way of one cell of a grid is found before another is trained.
#[test]
fn a_folder_in_the_way_of_an_experiment_is_found_first() {
    let root = folder("in_the_way");
    let other = root.join("faces/weight/lr1e-3/seed2");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("notes.txt"), "mine").unwrap();
    let grid = ["--norms", "none,weight", "--lrs", "1e-3", "--seeds", "1,2", "--niter", "2", "--test_interval", "1"];
    let said = sentence(&[&["experiment", "--save_path", text(&root)], &grid[..]].concat());
    assert!(said.contains("seed2 is neither empty nor the folder of a run"), "{said}");
    assert!(!root.join("faces/none").exists());
}

//! `wngan experiment`: the grid, its table, going on, and runs that end in no number.

use crate::program::{EVERY_FOURTH, SMALL, column, folder, images, lines, losses, rows, sentence, spoil, text};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn experiment(root: &Path, data: &Path, more: &[&str]) -> Vec<Value> {
    let place: &[&str] = &["experiment", "--save_path", text(root), "--dataset", text(data), "--final_steps", "5"];
    lines(&[place, SMALL, EVERY_FOURTH, more].concat())
}

fn count(told: &[Value], event: &str) -> usize {
    told.iter().filter(|line| line["event"] == event).count()
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_grid_is_trained_tested_and_listed_once() {
    let (data, root) = (images("grid"), folder("grid"));
    let grid: &[&str] = &["--norms", "none,weight", "--lrs", "1e-3,2e-5", "--seeds", "1", "--niter", "4"];
    let told = experiment(&root, &data, grid);
    assert_eq!((count(&told, "run"), count(&told, "result")), (4, 4));
    let summary = fs::read_to_string(root.join("summary.csv")).unwrap();
    let mut table = summary.lines();
    let header = "dataset,norm,lr,seed,steps,first_running,best_step,best_running,last_running,final_mean,\
                  final_ci95,learned,collapsed";
    assert_eq!(table.next(), Some(header));
    let keys: Vec<_> = table.clone().map(|row| row.splitn(6, ',').take(5).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(keys, ["grid,none,2e-5,1,4", "grid,none,1e-3,1,4", "grid,weight,2e-5,1,4", "grid,weight,1e-3,1,4"]);
    for row in table {
        let field: Vec<_> = row.split(',').collect();
        let run = root.join(format!("grid/{}/lr{}/seed1", field[1], field[2]));
        let tests = column(&run.join("log/running_test.csv"), 1);
        let number = |i: usize| field[i].parse::<f64>().unwrap();
        let best = tests.iter().copied().fold(f64::MAX, f64::min);
        assert_eq!([number(5), number(7), number(8)], [tests[0], best, tests[1]]);
        let losses = losses(&run.join(format!("final_test/{:06}.csv", number(6) as u32)));
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        assert!((number(9) - mean).abs() <= 1e-9 * mean, "{row}");
        assert_eq!(field[11], (best <= 0.9 * tests[0]).to_string());
        assert_eq!(field[12], (tests[0] - tests[1] < 0.5 * (tests[0] - best)).to_string());
    }

    let again = experiment(&root, &data, grid);
    assert_eq!((count(&again, "run"), count(&again, "result")), (0, 4), "finished runs are not repeated");
    assert_eq!(fs::read_to_string(root.join("summary.csv")).unwrap(), summary);
    // A part of the grid elsewhere in time keeps the other rows: parts may run side by side.
    experiment(&root, &data, &["--norms", "none", "--lrs", "1e-3", "--seeds", "2", "--niter", "4"]);
    assert_eq!(rows(&root.join("summary.csv")).len(), 5);
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_run_that_ends_in_no_number_is_listed_and_the_grid_goes_on() {
    let (data, root) = (images("broken"), folder("broken"));
    let grid: &[&str] = &["--norms", "none,weight", "--lrs", "1e-3", "--seeds", "1", "--niter"];
    experiment(&root, &data, &[grid, &["4"]].concat());
    let runs: Vec<PathBuf> =
        ["none", "weight"].iter().map(|norm| root.join(format!("broken/{norm}/lr1e-3/seed1"))).collect();
    // The last number in a checkpoint is of the optimiser's state: the next update makes the parameter NaN.
    let last = runs[0].join("net_archive/last.safetensors");
    spoil(&last, |bytes| {
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    });

    let told = experiment(&root, &data, &[grid, &["8"]].concat());
    assert_eq!(count(&told, "run"), 2, "both are made longer");
    let fields: Vec<Vec<String>> =
        rows(&root.join("summary.csv")).iter().map(|row| row.split(',').map(String::from).collect()).collect();
    assert_eq!((&fields[0][1][..], &fields[0][12][..]), ("none", "true"));
    let steps: u32 = fields[0][4].parse().unwrap();
    assert!((4..8).contains(&steps), "it stopped at {steps}");
    assert!(fields[0][9].parse::<f64>().unwrap() > 0.0, "its best network is tested all the same");
    assert_eq!((&fields[1][1][..], &fields[1][4][..]), ("weight", "8"));
    assert_eq!(column(&runs[1].join("log/running_test.csv"), 0), [0.0, 4.0, 8.0]);
    let again = experiment(&root, &data, &[grid, &["8"]].concat());
    assert_eq!(count(&again, "run"), 0, "a run that has stopped is finished");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn an_experiment_is_not_continued_with_other_settings() {
    let (data, root) = (images("other"), folder("other"));
    let grid: &[&str] = &["--norms", "none", "--lrs", "1e-3", "--seeds", "1", "--niter", "4"];
    experiment(&root, &data, grid);
    let place: &[&str] = &["experiment", "--save_path", text(&root), "--dataset", text(&data), "--final_steps", "5"];
    for (more, part) in [
        (&["--loss", "ls"][..], "other settings"),
        (&["--lr", "1e-3"], "--lrs"),
        (&["--niter", "0"], "niter"),
        (&["--norms", "none,magic"], "it is \"magic\"."),
        (&["--lrs", "1e-3,2"], "lr must be a number between 0 and 1; it is \"2\"."),
        (&["--norms", "batch", "--net", "resnet"], "needs norm weight"),
    ] {
        let grid: Vec<&str> = grid.chunks(2).filter(|pair| pair[0] != more[0]).flatten().copied().collect();
        let said = sentence(&[place, SMALL, EVERY_FOURTH, &grid, more].concat());
        assert!(said.contains(part), "{more:?}: {said}");
    }
}

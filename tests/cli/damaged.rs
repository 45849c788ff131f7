//! Tables and results of which a part is damaged: what is whole is kept, and what is not is said.

use crate::program::{EVERY_FOURTH, SMALL, column, folder, images, lines, rows, text, train, wngan};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn warnings(told: &[Value]) -> Vec<&str> {
    told.iter().filter(|line| line["event"] == "warning").map(|line| line["message"].as_str().unwrap()).collect()
}

/// The second row of a table is overwritten with bytes that are no text.
fn tear(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let starts: Vec<_> = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    bytes[starts[1]..starts[1] + 3].fill(0xff);
    fs::write(path, bytes).unwrap();
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_torn_row_does_not_take_those_after_it_along() {
    let (data, run) = (images("torn_row"), folder("torn_row"));
    train(&run, &["--dataset", text(&data), "--niter", "8"]);
    let (metrics, tests) = (run.join("log/metrics.csv"), run.join("log/running_test.csv"));
    tear(&metrics);
    tear(&tests);
    let picture = run.join("curves.svg");
    let output = wngan(&["plot", text(&run), "-o", text(&picture), "--columns", "loss,g_loss"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("metrics.csv are left out: 1."), "{said}");

    let told = lines(&["train", "--resume", "--save_path", text(&run), "--niter", "10", "--json"]);
    let said = warnings(&told);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("metrics.csv are left out: 1.") && said[1].contains("running_test.csv are"), "{said:?}");
    assert_eq!(column(&metrics, 0), [0, 2, 3, 4, 5, 6, 7, 8, 9].map(f64::from));
    assert_eq!(column(&tests, 0), [0.0, 8.0, 10.0]);
}

/// Losses of any size, and a column that is named often.
#[test]
fn a_plot_has_an_end() {
    let run = folder("endless");
    fs::create_dir_all(run.join("log")).unwrap();
    fs::write(run.join("config.json"), "{}").unwrap();
    let table = "step,loss\n0,-1.7e308\n4294967295,1.7e308\n2,inf\n3,1e-300\n";
    fs::write(run.join("log/running_test.csv"), table).unwrap();
    for (name, columns) in [("a.svg", "loss"), ("b.png", &["loss"; 592].join(","))] {
        let picture = run.join(name);
        let output = wngan(&["plot", text(&run), "-o", text(&picture), "--columns", columns]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(fs::metadata(&picture).unwrap().len() > 1000);
    }
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_damaged_result_costs_its_own_run_alone() {
    let (data, root) = (images("damaged"), folder("damaged"));
    let place: &[&str] = &["experiment", "--save_path", text(&root), "--dataset", text(&data), "--final_steps", "5"];
    let grid: &[&str] = &["--norms", "none", "--lrs", "1e-3", "--niter", "4", "--seeds"];
    let start = [place, SMALL, EVERY_FOURTH, grid].concat();
    lines(&[&start[..], &["1"]].concat());
    let summary = fs::read_to_string(root.join("summary.csv")).unwrap();
    let result = root.join("damaged/none/lr1e-3/seed1/result.json");
    fs::write(&result, b"{\"dataset\": \xff").unwrap();

    let told = lines(&[&start[..], &["2"]].concat());
    let said = warnings(&told);
    assert!(
        said.len() == 1 && said[0].contains("seed1/result.json") && said[0].contains("not in the table"),
        "{said:?}"
    );
    assert_eq!(rows(&root.join("summary.csv")).len(), 1, "the other run's");

    let told = lines(&[&start[..], &["1"]].concat());
    let said = warnings(&told);
    assert!(said.len() == 1 && said[0].ends_with("The run is tested again."), "{said:?}");
    let again = fs::read_to_string(root.join("summary.csv")).unwrap();
    assert!(again.starts_with(&summary), "{again}");
    assert_eq!(rows(&root.join("summary.csv")).len(), 2);
}

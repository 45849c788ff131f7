//! `wngan train --inspect`: what its table holds, and what a resumed run adds to it.

use crate::program::{column, folder, images, lines, rows, sentence, text, train};
use std::collections::BTreeSet;
use std::fs;

const TABLE: &str = "log/inspection.csv";

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn the_inside_of_both_networks_is_written_at_every_test() {
    let (data, run) = (images("inside"), folder("inside"));
    let more = ["--dataset", text(&data), "--niter", "10", "--norm", "weight", "--nlayer", "2", "--inspect"];
    train(&run, &more);
    let text = fs::read_to_string(run.join(TABLE)).unwrap();
    assert_eq!(text.lines().next(), Some("step,tensor,quantity,min,mean,max"));
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|row| row.split(',').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 6));
    // No gradient at step 0; tests at 4 and 8, and at the end.
    let steps: Vec<&str> = rows.iter().map(|row| row[0]).collect::<BTreeSet<_>>().into_iter().collect();
    assert_eq!(steps, ["10", "4", "8"]);

    let weights = ["gen.initial.linear", "gen.level.1.conv", "gen.level.0.conv", "dis.level.0.conv"];
    for (tensor, quantity) in weights
        .iter()
        .chain(&["dis.level.1.conv", "dis.final.conv"])
        .flat_map(|name| ["norm", "cosine", "update_ratio", "first_share"].map(|q| (format!("{name}.weight"), q)))
        .chain(
            ["gen.initial", "gen.level.1", "dis.level.0", "dis.level.1"]
                .iter()
                .flat_map(|module| ["slope", "threshold"].map(|quantity| (format!("{module}.tprelu"), quantity))),
        )
    {
        let found: Vec<_> = rows.iter().filter(|row| (row[1], row[2]) == (&tensor, quantity)).collect();
        assert_eq!(found.len(), 3, "{tensor}, {quantity}");
        for row in found {
            let [min, mean, max] = [3, 4, 5].map(|i| row[i].parse::<f64>().unwrap_or(f64::NAN));
            if ["update_ratio", "first_share"].contains(&quantity) {
                assert!((&row[3], &row[5]) == (&"", &"") && mean > 0.0 && mean <= 1.0, "{row:?}");
            } else {
                assert!(min <= mean && mean <= max, "{row:?}");
            }
        }
    }
    // Four images of each kind in a batch.
    for (name, step) in ["dis.real", "dis.fake"].iter().flat_map(|name| steps.iter().map(move |step| (name, step))) {
        let bins = rows.iter().filter(|row| (&row[1], &row[0]) == (name, step));
        let counts: Vec<f64> = bins.map(|row| row[4].parse().unwrap()).collect();
        assert_eq!((counts.len(), counts.iter().sum::<f64>()), (20, 4.0), "{name} at {step}");
    }
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_run_in_parts_has_the_table_of_a_whole_one() {
    let (data, whole, parts) = (images("looked"), folder("looked_whole"), folder("looked_parts"));
    let source: &[&str] = &["--dataset", text(&data), "--inspect"];
    train(&whole, &[source, &["--niter", "12", "--save_interval", "6"]].concat());
    train(&parts, &[source, &["--niter", "8", "--save_interval", "6"]].concat());
    let go_on = |from: &str, niter: &str, more: &[&str]| {
        let from = parts.join(format!("net_archive/{from}.safetensors"));
        let args = ["train", "--save_path", text(&parts), "--load_path", text(&from), "--niter", niter, "--json"];
        lines(&[&args[..], &["--save_interval", "6"], more].concat());
    };
    let same = |what: &str| {
        for name in [TABLE, "net_archive/last.safetensors", "log/metrics.csv"] {
            let read = |root: &std::path::Path| fs::read(root.join(name)).unwrap();
            assert!(read(&parts) == read(&whole), "{name} differs {what}");
        }
    };
    // From step 8, at which a test is due whose networks were looked at before the run ended.
    go_on("last", "12", &["--inspect"]);
    same("when the run has ended and goes on");
    // Back to step 6: what was written after it is dropped and comes again.
    go_on("6", "12", &["--inspect", "--rewind"]);
    same("when the run goes back");
    // Without the flag nothing is added, and what no longer holds is gone.
    go_on("6", "12", &["--rewind"]);
    let steps: BTreeSet<u32> = column(&parts.join(TABLE), 0).into_iter().map(|step| step as u32).collect();
    assert_eq!(steps, BTreeSet::from([4]));
    assert!(!rows(&parts.join(TABLE)).is_empty());
    // A network that is only loaded has no gradients to show.
    let (from, loaded) = (parts.join("net_archive/6.safetensors"), folder("looked_loaded"));
    let args = ["train", "--save_path", text(&loaded), "--load_path", text(&from), "--dataset", text(&data)];
    lines(&[&args[..], &["--niter", "6", "--inspect", "--json"]].concat());
    assert!(rows(&loaded.join(TABLE)).is_empty());
}

#[test]
fn an_inspection_needs_tests() {
    let run = folder("unlooked");
    let said = sentence(&["train", "--save_path", text(&run), "--inspect", "--test_interval", "0"]);
    assert!(said.contains("--test_interval"), "{said}");
    assert!(!run.exists());
}

//! `wngan bench`.

use crate::program::{command, wngan};
use serde_json::Value;

/// What the program prints of a measurement on an adapter: the CPU records no commands and has one kernel variant.
fn measured(args: &[&str]) -> Value {
    let output = command(&[&["bench", "--json"], args].concat()).env("WNGAN_DEVICE", "gpu").output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A second of gan16: every key of the comparison is there, and what does not depend on the machine is what a step is.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_measurement_has_every_key_and_counts_that_hold_on_any_machine() {
    let found = measured(&["--workload", "gan16", "--seconds", "1"]);
    let number = |key: &str| found[key].as_f64().unwrap_or_else(|| panic!("{key} in {found}"));
    for key in
        ["first_step_ms", "step_ms_median", "steps_per_s", "gflops", "peak_gflops", "record_ms_per_step", "gpu_bytes"]
    {
        assert!(number(key) > 0.0, "{key}");
    }
    assert!(number("step_ms_min") <= number("step_ms_median") && number("step_ms_median") <= number("step_ms_max"));
    assert!(number("fraction_of_peak") > 0.0 && number("fraction_of_peak") < 1.0);
    assert_eq!(number("gflop_per_step"), 0.057278464);
    assert_eq!(number("dispatches_per_step"), 37.0);
    assert_eq!(number("readback_bytes_per_step"), 16.0);
    assert!(number("submits_per_step") > 0.0);
    assert_eq!(found["losses_finite"], true);
    for (key, value) in [("workload", "gan16"), ("norm", "weight"), ("order", "alternating")] {
        assert_eq!(found[key], value);
    }
    assert!(found["adapter"].is_string() && found["backend"].is_string() && found["variant"].is_string());
    assert!(number("gflop_issued_per_step") >= number("gflop_per_step"));
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_variant_is_one_that_the_adapter_can_run() {
    let found = measured(&["--seconds", "0.1", "--variant", "small", "--norm", "none", "--batch_size", "4"]);
    assert_eq!((&found["variant"], &found["norm"]), (&"small".into(), &"none".into()));
    let output = command(&["bench", "--variant", "huge"]).env("WNGAN_DEVICE", "gpu").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("can run (small, medium, large"), "{said}");
}

#[test]
fn nonsense_is_refused_with_a_sentence() {
    for (args, part) in [
        (["--seconds", "0"], "seconds must be"),
        (["--norm", "magic"], "norm must be one of weight, "),
        (["--batch_size", "0"], "batch_size must be a whole number between 1 and 1024"),
        (["--net", "best"], "names the family alone"),
    ] {
        let output = wngan(&["bench", args[0], args[1]]);
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(part), "{said}");
    }
}

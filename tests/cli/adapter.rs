//! `wngan adapter` and `wngan tune`.

use crate::program::command;
use serde_json::Value;

/// The one JSON object that a command prints, computing with `device`.
fn found(args: &[&str], device: &str) -> Value {
    let output = command(args).arg("--json").env("WNGAN_DEVICE", device).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

/// WebGPU promises these to every page, so no adapter that wgpu opens has less.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn an_adapter_is_described_with_its_driver_features_and_limits() {
    let found = found(&["adapter"], "gpu");
    for key in ["adapter", "backend", "device_type", "driver", "driver_info"] {
        assert!(found[key].is_string(), "{key} in {found}");
    }
    assert_eq!(found["software"].as_bool().unwrap(), found["device_type"] == "Cpu");
    let features = |key: &str| found[key].as_array().unwrap().clone();
    assert!(features("features_used").iter().all(|used| features("features").contains(used)));
    for (limit, promised) in [
        ("maxBufferSize", 256 << 20),
        ("maxStorageBufferBindingSize", 128 << 20),
        ("maxStorageBuffersPerShaderStage", 8),
        ("maxComputeInvocationsPerWorkgroup", 256),
        ("maxComputeWorkgroupStorageSize", 16_384),
        ("maxComputeWorkgroupsPerDimension", 65_535),
    ] {
        assert!(found["limits"][limit].as_u64().unwrap() >= promised, "{limit} in {found}");
    }
    let [least, most] = [0, 1].map(|i| found["subgroup_sizes"][i].as_u64().unwrap());
    assert!(least <= most && most <= 128, "{least} to {most} lanes");
}

#[test]
fn a_cpu_has_no_driver_to_describe() {
    assert_eq!(
        found(&["adapter"], "cpu"),
        serde_json::json!({"adapter": "CPU", "backend": "native", "software": true})
    );
}

/// Every candidate of the tuner has its time and one is chosen.
fn tunes(device: &str) {
    let found = found(&["tune", "--images", "1"], device);
    let candidates = found["candidates"].as_array().unwrap();
    let times: Vec<f64> = candidates.iter().map(|candidate| candidate["ms"].as_f64().unwrap()).collect();
    assert!(!times.is_empty() && times.is_sorted() && times[0] >= 0.0, "fastest first: {found}");
    assert!(candidates.iter().any(|candidate| candidate["variant"] == found["chosen"]), "{found}");
    assert_eq!(found["probe"]["images"], 1);
}

#[test]
fn the_tuner_lists_its_candidates_on_the_cpu() {
    tunes("cpu");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn the_tuner_lists_its_candidates_on_an_adapter() {
    tunes("gpu");
}

#[test]
fn without_json_a_table_is_printed() {
    let output = command(&["adapter"]).env("WNGAN_DEVICE", "cpu").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text.lines().map(|line| line.split_whitespace().next().unwrap()).collect::<Vec<_>>(),
        ["adapter", "backend", "software"]
    );
}

#[test]
fn a_device_that_is_none_is_refused() {
    for (value, found) in [("tpu", "it is \"tpu\"."), ("CPU", "it is \"CPU\".")] {
        let output = command(&["adapter"]).env("WNGAN_DEVICE", value).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("WNGAN_DEVICE must be auto, gpu or cpu"), "{said}");
        assert!(said.contains(found), "{said}");
    }
}

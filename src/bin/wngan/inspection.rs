//! What an inspection found as rows of a table, the same as the page saves.

use std::fmt::Write;
use wn_gan::gan::inspect::{Inspection, Range};

/// Head of the table. `quantity` is `norm`, `cosine`, `update_ratio` or `first_share` of a weight, `slope` or `threshold`
/// of an activation, or `bin0` to `bin19`: images of the last batch, real or fake, by D's sigmoid in bins of 0.05. What is
/// one number stands under `mean` alone.
pub const HEADER: &str = "step,tensor,quantity,min,mean,max";

/// One row for everything that `inspection` has.
pub fn rows(inspection: &Inspection) -> String {
    let mut text = String::new();
    let mut add = |tensor: &str, quantity: &str, [min, mean, max]: [Option<f64>; 3]| {
        let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:?}"));
        let (step, min, mean, max) = (inspection.step, number(min), number(mean), number(max));
        writeln!(text, "{step},{tensor},{quantity},{min},{mean},{max}").expect("a String takes all that is written");
    };
    let range = |range: Range| [range.min, range.mean, range.max].map(Some);
    let single = |value: f64| [None, Some(value), None];
    for weight in &inspection.weights {
        let found = [
            ("norm", weight.norms.map(range)),
            ("cosine", weight.cosines.map(range)),
            ("update_ratio", weight.update_ratio.map(single)),
            ("first_share", weight.share.map(single)),
        ];
        found.into_iter().filter_map(|(name, value)| Some((name, value?))).for_each(|(n, v)| add(&weight.name, n, v));
    }
    for activation in &inspection.activations {
        let found = [("slope", activation.slopes), ("threshold", activation.thresholds)];
        let found = found.into_iter().filter_map(|(name, value)| Some((name, range(value?))));
        found.for_each(|(name, value)| add(&activation.name, name, value));
    }
    for (name, bins) in [("dis.real", &inspection.real), ("dis.fake", &inspection.fake)] {
        bins.iter().enumerate().for_each(|(bin, &count)| add(name, &format!("bin{bin}"), single(f64::from(count))));
    }
    text
}

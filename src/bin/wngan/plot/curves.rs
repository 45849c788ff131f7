//! Runs as curves: what is drawn, which runs belong together, and averages over stretches of steps.

use crate::folder::{config, metrics, scores};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use wn_gan::config::Norm;
use wn_gan::{Config, Result};

/// Points of a curve of training losses, unless `--smooth` says otherwise.
const POINTS: usize = 200;
/// Larger numbers are drawn as this one: axes that reach further than f64 have no end.
pub const LARGEST: f64 = 1e30;
/// Settings in which runs of one group may differ.
const FREE: [&str; 2] = ["seed", "niter"];

/// What a panel shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Column {
    /// Running reconstruction test
    Loss,
    /// D's loss on real and fake images together
    DLoss,
    /// D's loss on real images
    DLossReal,
    /// D's loss on fakes
    DLossFake,
    /// G's loss
    GLoss,
}

impl Column {
    /// The panel's caption.
    pub fn title(self) -> &'static str {
        match self {
            Column::Loss => "reconstruction loss, running test",
            Column::DLoss => "loss of D",
            Column::DLossReal => "loss of D on real images",
            Column::DLossFake => "loss of D on fakes",
            Column::GLoss => "loss of G",
        }
    }

    /// The curve of the run in `root`.
    fn points(self, root: &Path, smooth: Option<u32>) -> Result<Vec<(f64, f64)>> {
        if self == Column::Loss {
            return Ok(scores(root)?.iter().map(|score| (f64::from(score.step), score.loss)).collect());
        }
        let value = |[_, real, fake, generator, both]: &[f64; 5]| match self {
            Column::DLossReal => *real,
            Column::DLossFake => *fake,
            Column::DLoss => *both,
            Column::Loss | Column::GLoss => *generator,
        };
        let points: Vec<_> = metrics(root)?.iter().map(|row| (row[0], value(row))).collect();
        let stretch = smooth.map_or(points.len().div_ceil(POINTS), |steps| steps as usize);
        Ok(averages(&points, stretch))
    }
}

/// Runs that differ in the seed alone.
pub struct Group {
    /// The norm, and whatever else tells this group from the others.
    pub label: String,
    /// Their norm, which decides the colour.
    pub norm: Norm,
    /// How many groups of the same norm came before.
    pub rank: usize,
    folders: Vec<PathBuf>,
}

/// One line of a panel.
pub struct Curve {
    /// Legend, on the first line of a group.
    pub label: Option<String>,
    /// Decides the colour.
    pub norm: Norm,
    /// Decides its lightness.
    pub rank: usize,
    /// (step, value); both finite, the value at most [`LARGEST`] in size.
    pub points: Vec<(f64, f64)>,
}

/// Sorts runs into groups; labels name the settings in which the groups differ.
///
/// # Errors
/// Settings that cannot be read, or are damaged.
pub fn groups(folders: &[PathBuf]) -> Result<Vec<Group>> {
    let configs = folders.iter().map(|folder| config(folder)).collect::<Result<Vec<Config>>>()?;
    let tables: Vec<Map<String, Value>> = configs.iter().map(table).collect();
    let differs = |key: &str| tables.iter().any(|table| table.get(key) != tables[0].get(key));
    let keys: Vec<&String> = tables.first().map_or(Vec::new(), |first| {
        first.keys().filter(|key| *key != "norm" && !FREE.contains(&key.as_str()) && differs(key)).collect()
    });
    let mut groups: Vec<Group> = Vec::new();
    for ((folder, config), table) in folders.iter().zip(&configs).zip(&tables) {
        let label: String = std::iter::once(word(&table["norm"]))
            .chain(keys.iter().map(|key| format!("{key} {}", word(&table[*key]))))
            .collect::<Vec<_>>()
            .join(", ");
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.folders.push(folder.clone()),
            None => {
                let rank = groups.iter().filter(|group| group.norm == config.norm).count();
                groups.push(Group { label, norm: config.norm, rank, folders: vec![folder.clone()] });
            }
        }
    }
    Ok(groups)
}

/// The curves of all runs, group by group.
///
/// # Errors
/// [`wn_gan::Error::File`] when a table cannot be read.
pub fn read(groups: &[Group], column: Column, smooth: Option<u32>) -> Result<Vec<Curve>> {
    let mut curves = Vec::new();
    for group in groups {
        let seeds = match group.folders.len() {
            1 => String::new(),
            n => format!(" ({n} seeds)"),
        };
        for (i, folder) in group.folders.iter().enumerate() {
            let label = (i == 0).then(|| format!("{}{seeds}", group.label));
            let mut points = column.points(folder, smooth)?;
            points.retain(|(step, value)| step.is_finite() && value.is_finite());
            points.iter_mut().for_each(|(_, value)| *value = value.clamp(-LARGEST, LARGEST));
            curves.push(Curve { label, norm: group.norm, rank: group.rank, points });
        }
    }
    Ok(curves)
}

fn table(config: &Config) -> Map<String, Value> {
    let value: Value = serde_json::from_str(&config.to_json()).unwrap_or_default();
    value.as_object().cloned().unwrap_or_default()
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map_or(String::new(), |number| {
            if number != 0.0 && number.abs() < 1e-3 { format!("{number:e}") } else { number.to_string() }
        }),
        other => other.to_string(),
    }
}

/// The mean point of every `stretch` points in a row.
fn averages(points: &[(f64, f64)], stretch: usize) -> Vec<(f64, f64)> {
    let mean = |piece: &[(f64, f64)]| {
        let n = piece.len() as f64;
        (piece.iter().map(|point| point.0).sum::<f64>() / n, piece.iter().map(|point| point.1).sum::<f64>() / n)
    };
    points.chunks(stretch.max(1)).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_averaged_and_the_last_may_be_short() {
        let points: Vec<_> = (0..5).map(|i| (f64::from(i), f64::from(i * i))).collect();
        assert_eq!(averages(&points, 2), [(0.5, 0.5), (2.5, 6.5), (4.0, 16.0)]);
        assert_eq!(averages(&points, 1), points);
        assert_eq!(averages(&[], 0), []);
    }

    #[test]
    fn rates_are_written_as_in_flags() {
        assert_eq!(word(&serde_json::json!(2e-5)), "2e-5");
        assert_eq!(word(&serde_json::json!(64)), "64");
        assert_eq!(word(&serde_json::json!(0.01)), "0.01");
    }
}

//! Checkpoints that are cut off, or in which a bit is wrong, at every boundary.

use crate::run::record;
use pollster::block_on;
use std::collections::BTreeMap;
use std::sync::Arc;
use wn_gan::Config;
use wn_gan::data::faces;
use wn_gan::device::Device;
use wn_gan::gan::Trainer;
use wn_gan::gan::checkpoint::Checkpoint;

fn trainer() -> Trainer {
    let small = r#"{"width": 8, "height": 8, "nfeature": 2, "code_size": 2, "batch_size": 2, "running": 1, "final": 2,
        "test_interval": 0, "vis_size": 1, "optimiser": "adam", "ema": 0.9}"#;
    let config = Config::from_json(small).unwrap();
    block_on(Trainer::new(Arc::new(Device::cpu()), config, &faces(10, 1), &mut |_, _, _| {})).unwrap()
}

/// What becomes of a file: `refused` with a sentence, or `the same` settings and numbers as those of `whole`. Anything else
/// would be taken for them.
fn read(trainer: &mut Trainer, file: &[u8], whole: &[u8]) -> &'static str {
    let found = Checkpoint::read(file).and_then(|checkpoint| {
        trainer.restore(&checkpoint)?;
        Ok(checkpoint)
    });
    let checkpoint = match found {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            assert!(error.to_string().ends_with('.'), "{error}");
            return "refused";
        }
    };
    let is_same = checkpoint.config.as_ref() == Some(trainer.config());
    if is_same && block_on(trainer.checkpoint()).unwrap() == whole { "the same" } else { "other" }
}

#[test]
#[ignore = "scripts/soak.sh cut"]
fn cut_off_and_flipped_at_every_boundary() {
    let mut trainer = trainer();
    block_on(trainer.advance(3)).unwrap();
    let file = block_on(trainer.checkpoint()).unwrap();
    let header = u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
    let text: serde_json::Value = serde_json::from_slice(&file[8..8 + header]).unwrap();
    let starts = text.as_object().unwrap().values().filter_map(|entry| entry["data_offsets"][0].as_u64());
    let mut boundaries: Vec<usize> = starts.map(|at| 8 + header + at as usize).collect();
    boundaries.push(file.len());
    boundaries.sort_unstable();

    let mut counts = BTreeMap::new();
    let around = boundaries.iter().flat_map(|&at| [at - 1, at, at + 1]);
    for length in (0..8 + header).chain(around).filter(|&length| length < file.len()) {
        let found = read(&mut trainer, &file[..length], &file);
        assert_eq!(found, "refused", "cut off after {length} of {} bytes", file.len());
        *counts.entry(("cut off", "anywhere", found)).or_insert(0) += 1;
    }
    let of_numbers = boundaries.iter().flat_map(|&at| at.saturating_sub(4)..(at + 4).min(file.len()));
    for (part, bytes) in
        [("length", (0..8).collect()), ("header", (8..8 + header).collect()), ("numbers", of_numbers.collect())]
            as [(&str, Vec<usize>); 3]
    {
        for (at, bit) in bytes.iter().filter(|&&at| at < file.len()).flat_map(|&at| (0..8).map(move |bit| (at, bit))) {
            let mut flipped = file.clone();
            flipped[at] ^= 1 << bit;
            let found = read(&mut trainer, &flipped, &file);
            assert_ne!(found, "other", "bit {bit} of byte {at} is wrong and nobody noticed");
            *counts.entry(("bit flipped", part, found)).or_insert(0) += 1;
        }
    }
    let rows: Vec<_> =
        counts.iter().map(|((fault, part, found), count)| format!("{fault},{part},{found},{count}")).collect();
    println!("{}", rows.join("\n"));
    record("damaged_checkpoints", "fault,where,what_became_of_it,times", &rows);
}

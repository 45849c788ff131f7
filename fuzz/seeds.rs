//! Writes files for each target to begin with, into the folder that is named.
#![allow(dead_code, reason = "modules of the program, of which this uses a part")]

#[path = "../src/bin/wngan/files.rs"]
mod files;
#[path = "../src/bin/wngan/folder.rs"]
mod folder;
#[path = "../src/bin/wngan/inspection.rs"]
mod inspection;
mod network;
#[path = "../src/bin/wngan/experiment/outcome.rs"]
mod outcome;
#[path = "../src/bin/wngan/table.rs"]
mod table;

use outcome::Outcome;
use pollster::block_on;
use std::path::PathBuf;
use wn_gan::Config;
use wn_gan::config::presets;
use wn_gan::gan::checkpoint;

fn main() {
    let root = PathBuf::from(std::env::args().nth(1).expect("a folder is named"));
    let write = |target: &str, name: &str, bytes: &[u8]| {
        files::write_whole(&root.join(target).join(name), bytes).unwrap_or_else(|e| panic!("{e}"));
    };
    let idx = [&[0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2][..], &[7; 12]].concat();
    write("idx", "images", &idx);
    write("idx", "labels", &[0, 0, 8, 1, 0, 0, 0, 1, 5]);
    for (name, start) in [("png", &b"\x89PNG"[..]), ("page", b"<!doctype html>"), ("pickle", b"\x80\x02}q")] {
        write("idx", name, start);
    }
    for (number, shape) in [2, 3, 4, 10, 13].into_iter().enumerate() {
        write("cifar", &number.to_string(), &[shape, 5, 9, 19, 99, 3]);
    }
    for kind in [1, 2, 0x73] {
        write("gzip", &kind.to_string(), &[&[kind, 0, 0x1f, 3, 8, 9, 9][..], &idx].concat());
    }
    let trained = || -> wn_gan::Result<Vec<u8>> {
        let mut trainer = network::trainer();
        block_on(trainer.advance(2))?;
        block_on(trainer.checkpoint())
    };
    let saved = trained().unwrap_or_else(|e| panic!("{e}"));
    write("checkpoint", "whole", &saved);
    write("checkpoint", "last", &unchecked(saved));
    let empty = checkpoint::write(&[], &[("step", "7".into()), ("config", "{}".into())]);
    write("checkpoint", "empty", &unchecked(empty));
    let image = ("real.0".into(), vec![2, 1, 4, 4], vec![0.5; 32]);
    write("tensors", "inputs", &checkpoint::write(&[image], &[]));
    write("table", "metrics", b"step,d_loss_real,d_loss_fake,g_loss,d_loss\n0,0.7,0.7,0.7,1.4\n1,NaN,,0.5,1e-3\n2,0.");
    write("table", "tests", b"step,loss\n0,0.5\n1000,0.25\n");
    write("table", "inspection", b"step,tensor,quantity,min,mean,max\n8,gen.a,norm,0.5,0.6,0.7\n");
    for (name, config) in presets() {
        write("config", name, config.to_json().as_bytes());
        let outcome = Outcome::new("faces".into(), config, 300, "CPU".into());
        write("result", name, outcome.to_json().as_bytes());
    }
    write("config", "default", Config::default().to_json().as_bytes());
    for text in ["0.5", "-1", "weight", "1e400", "nan", "4294967296"] {
        write("flag", text, &[text.as_bytes(), b"\x07"].concat());
    }
}

/// A checkpoint without its checksum, which would refuse most of what a fuzzer makes of it.
fn unchecked(mut file: Vec<u8>) -> Vec<u8> {
    let at = file.windows(5).position(|window| window == b"crc32").expect("a checkpoint has a checksum");
    file[at..at + 5].copy_from_slice(b"crc__");
    file
}

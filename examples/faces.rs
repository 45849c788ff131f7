//! Writes the built-in faces as a file of CIFAR-10's binary version, so that other programs can read them:
//! `cargo run --release --example faces -- FOLDER [SEED [COUNT]]` writes `FOLDER/data_batch_1.bin`, COUNT images (22,000) of
//! 32x32 RGB, drawn from SEED (1). They carry the label 0.

use std::error::Error;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().ok_or("Name the folder to write to.")?);
    let number = |at: usize, default: u32| arguments.get(at).map_or(Ok(default), |word| word.parse());
    let faces = wn_gan::data::faces(number(2, 22_000)?, number(1, 1)?);
    let mut bytes = Vec::with_capacity(faces.len() * (1 + faces.image_bytes()));
    for image in faces.pixels.chunks_exact(faces.image_bytes()) {
        bytes.push(0);
        for channel in 0..faces.channels as usize {
            bytes.extend(image.iter().skip(channel).step_by(faces.channels as usize));
        }
    }
    fs::create_dir_all(folder)?;
    fs::write(folder.join("data_batch_1.bin"), bytes)?;
    Ok(())
}

//! Opening a file by its content.

use super::{Dataset, MAX_BYTES, cifar, idx};
use crate::error::{Error, Result};
use flate2::read::MultiGzDecoder;
use std::io::Read;

/// What the program reads, for the sentences that refuse something else.
const EXPECTED: &str = "CIFAR-10 or CIFAR-100 files of the binary version (data_batch_1.bin, 3073 bytes per image) or \
                        IDX images (train-images-idx3-ubyte, also gzipped)";

/// A format of image files.
struct Format {
    /// Header, length and content agree.
    fits: fn(&[u8]) -> bool,
    /// Near enough to the format that `read` can say what is wrong.
    resembles: fn(&[u8]) -> bool,
    /// `(file name, content)` to images.
    read: fn(&str, &[u8]) -> Result<Dataset>,
}

const FORMATS: [Format; 2] = [
    Format { fits: idx::fits, resembles: idx::resembles, read: idx::read },
    Format { fits: cifar::fits, resembles: cifar::resembles, read: cifar::read },
];

/// Well-known beginnings of files that are no sets of images: `(first bytes, what it is and what to do)`.
const REFUSED: &[(&[u8], &str)] = &[
    (b"\x89PNG", "is a single PNG picture"),
    (b"\xff\xd8\xff", "is a single JPEG picture"),
    (b"GIF8", "is a single GIF picture"),
    (b"RIFF", "is a WebP picture, a sound or a film"),
    (b"PK\x03\x04", "is a zip archive; unpack it first and open the files inside"),
    (b"BZh", "is a bzip2 file; unpack it first and open the files inside"),
    (b"\xfd7zXZ", "is an xz file; unpack it first and open the files inside"),
    (b"\x1f\x8b", "is gzipped twice; unpack it first"),
    (b"\x93NUMPY", "is a NumPy array"),
    (b"%PDF", "is a PDF document"),
];

/// Reads the images of a file called `name`, plain or gzipped.
///
/// # Errors
/// [`Error::Data`], one sentence with what was expected, what was found and what to do, for everything that is not a whole
/// file of a known format.
pub fn open(name: &str, bytes: &[u8]) -> Result<Dataset> {
    if bytes.is_empty() {
        return Err(Error::Data(format!("\"{name}\" is empty (0 bytes). Download it again; expected are {EXPECTED}.")));
    }
    if bytes.starts_with(b"\x1f\x8b") {
        return read(name, &gunzip(name, bytes, MAX_BYTES)?);
    }
    read(name, bytes)
}

fn read(name: &str, bytes: &[u8]) -> Result<Dataset> {
    if let Some(format) = FORMATS.iter().find(|format| (format.fits)(bytes)) {
        return (format.read)(name, bytes);
    }
    if let Some(what) = refused(bytes) {
        return Err(Error::Data(format!("\"{name}\" {what}. Expected are {EXPECTED}.")));
    }
    if let Some(format) = FORMATS.iter().find(|format| (format.resembles)(bytes)) {
        return (format.read)(name, bytes);
    }
    Err(Error::Data(format!(
        "\"{name}\" is in no known format: its {} bytes start with {:02x?}. Expected are {EXPECTED}.",
        bytes.len(),
        &bytes[..bytes.len().min(8)]
    )))
}

fn refused(bytes: &[u8]) -> Option<&'static str> {
    let known = REFUSED.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|&(_, what)| what);
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]).trim_start().to_lowercase();
    let page = start.starts_with("<!doctype") || start.starts_with("<html");
    let tar = bytes.get(257..262) == Some(b"ustar");
    let pickle = matches!(bytes, [0x80, 2..=5, ..]);
    known
        .or(page
            .then_some("is a web page, probably a notice in place of the download; open it in a browser to see why"))
        .or(tar.then_some("is a tar archive; unpack it first and open the files inside"))
        .or(pickle.then_some("is a Python pickle; choose the \"binary version\" of CIFAR, not the \"python version\""))
}

/// The content of a gzip file, of at most `most` bytes.
fn gunzip(name: &str, bytes: &[u8], most: u64) -> Result<Vec<u8>> {
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes).take(most + 1).read_to_end(&mut plain).map_err(|e| {
        Error::Data(format!("\"{name}\" is a gzip file that is cut off or damaged ({e}). Download it again."))
    })?;
    if plain.is_empty() {
        return Err(Error::Data(format!("\"{name}\" is a gzip file with nothing inside. Download it again.")));
    }
    if plain.len() as u64 > most {
        return Err(Error::Data(format!(
            "\"{name}\" unpacks to more than {} MiB, the most that a set may have. Open a smaller file.",
            most >> 20
        )));
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    #[test]
    fn unpacking_stops_at_the_limit() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&vec![0; 3 << 20]).expect("a Vec takes every byte");
        let packed = packed.finish().expect("a Vec takes every byte");
        assert_eq!(gunzip("exact", &packed, 3 << 20).map(|plain| plain.len()), Ok(3 << 20));
        let error = gunzip("bomb.gz", &packed, (3 << 20) - 1).expect_err("one byte too many").to_string();
        assert!(error.contains("more than 2 MiB"), "{error}");
    }
}

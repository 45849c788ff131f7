//! Opening a file by its content.

use super::{Dataset, MAX_BYTES, cifar, idx};
use crate::error::{Error, Result, Sentence, sentences::data as sentences};
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read;

/// A format of image files.
struct Format {
    /// Header, length and content agree.
    fits: fn(&[u8]) -> bool,
    /// Near enough to the format that `read` can say what is wrong.
    resembles: fn(&[u8]) -> bool,
    /// `(file name, content)` to images.
    read: fn(&str, Cow<'_, [u8]>) -> Result<Dataset>,
}

const FORMATS: [Format; 2] = [
    Format { fits: idx::fits, resembles: idx::resembles, read: idx::read },
    Format { fits: cifar::fits, resembles: cifar::resembles, read: cifar::read },
];

/// What a file of this name is, and what to do.
type Refusal = fn(&str) -> Sentence;

/// Well-known beginnings of files that are no sets of images.
const REFUSED: &[(&[u8], Refusal)] = &[
    (b"\x89PNG", |name| sentences::picture(name, "PNG")),
    (b"\xff\xd8\xff", |name| sentences::picture(name, "JPEG")),
    (b"GIF8", |name| sentences::picture(name, "GIF")),
    (b"RIFF", |name| sentences::media(name)),
    (b"PK\x03\x04", |name| sentences::archive(name, "zip")),
    (b"BZh", |name| sentences::packed(name, "bzip2")),
    (b"\xfd7zXZ", |name| sentences::packed(name, "xz")),
    (b"\x1f\x8b", |name| sentences::packed_twice(name)),
    (b"\x93NUMPY", |name| sentences::numpy(name)),
    (b"%PDF", |name| sentences::pdf(name)),
];

/// Most times that deflate can make its input longer.
const MOST_LONGER: usize = 1032;

/// Reads the images of a file called `name`, plain or gzipped. Bytes that are owned become the images' without a copy, where
/// the format lets them.
///
/// # Errors
/// [`Error::Data`], one sentence with what was expected, what was found and what to do, for everything that is not a whole
/// file of a known format.
pub fn open<'a>(name: &str, bytes: impl Into<Cow<'a, [u8]>>) -> Result<Dataset> {
    open_at_most(name, bytes.into(), MAX_BYTES)
}

/// The same for a file of at most `most` bytes, unpacked.
fn open_at_most(name: &str, bytes: Cow<'_, [u8]>, most: u64) -> Result<Dataset> {
    if bytes.is_empty() {
        return Err(Error::Data(sentences::empty(name)));
    }
    if bytes.starts_with(b"\x1f\x8b") {
        let plain = gunzip(name, &bytes, most)?;
        drop(bytes);
        return read(name, plain.into());
    }
    if bytes.len() as u64 > most {
        return Err(Error::Data(sentences::large_file(name, most >> 20)));
    }
    read(name, bytes)
}

fn read(name: &str, bytes: Cow<'_, [u8]>) -> Result<Dataset> {
    if let Some(format) = FORMATS.iter().find(|format| (format.fits)(&bytes)) {
        return (format.read)(name, bytes);
    }
    if let Some(refusal) = refused(&bytes) {
        return Err(Error::Data(refusal(name)));
    }
    if let Some(format) = FORMATS.iter().find(|format| (format.resembles)(&bytes)) {
        return (format.read)(name, bytes);
    }
    let start = &bytes[..bytes.len().min(8)];
    Err(Error::Data(sentences::unknown(name, bytes.len(), format_args!("{start:02x?}"))))
}

fn refused(bytes: &[u8]) -> Option<Refusal> {
    let known = REFUSED.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|&(_, refusal)| refusal);
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]).trim_start().to_lowercase();
    let page = start.starts_with("<!doctype") || start.starts_with("<html");
    let tar = bytes.get(257..262) == Some(b"ustar");
    let pickle = matches!(bytes, [0x80, 2..=5, ..]);
    let others: [(bool, Refusal); 3] = [
        (page, |name| sentences::web_page(name)),
        (tar, |name| sentences::archive(name, "tar")),
        (pickle, |name| sentences::pickle(name)),
    ];
    known.or(others.into_iter().find_map(|(found, refusal)| found.then_some(refusal)))
}

/// The content of a gzip file, of at most `most` bytes.
fn gunzip(name: &str, bytes: &[u8], most: u64) -> Result<Vec<u8>> {
    // The last four bytes say how long the (last) stream is; a Vec that grows by itself would take up to twice as much.
    let told = bytes.last_chunk().map_or(0, |&end| u32::from_le_bytes(end) as usize);
    let mut plain = Vec::with_capacity(told.min(most as usize).min(bytes.len().saturating_mul(MOST_LONGER)));
    MultiGzDecoder::new(bytes)
        .take(most + 1)
        .read_to_end(&mut plain)
        .map_err(|e| Error::Data(sentences::broken_gzip(name, e)))?;
    if plain.is_empty() {
        return Err(Error::Data(sentences::empty_gzip(name)));
    }
    if plain.len() as u64 > most {
        return Err(Error::Data(sentences::large_gzip(name, most >> 20)));
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
        assert!(error.contains("unpacks to more than 2 MiB"), "{error}");
    }

    #[test]
    fn a_plain_file_has_the_same_limit() {
        let file = [&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 8, 0, 0, 0, 2, 0][..], &vec![7; 1 << 20]].concat();
        let size = file.len() as u64;
        assert_eq!(open_at_most("exact", (&file).into(), size).map(|set| set.shape()), Ok("512x2048 grey".into()));
        let error = open_at_most("large", (&file).into(), size - 1).expect_err("one byte too many").to_string();
        assert!(error.contains("has more than 1 MiB"), "{error}");
    }
}

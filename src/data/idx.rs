//! IDX, the format of MNIST and its family: grey images as unsigned bytes in three dimensions.
//!
//! Layout: magic `00 00 08 03` (type unsigned byte, rank 3), then count, height and width as big-endian 32-bit numbers,
//! then the pixels row by row.

use super::Dataset;
use crate::error::{Error, Result};

const IMAGES: [u8; 4] = [0, 0, 8, 3];
const LABELS: [u8; 4] = [0, 0, 8, 1];
const HEADER: usize = 16;

/// Whether header and length agree.
pub fn fits(bytes: &[u8]) -> bool {
    header(bytes).is_some_and(|(shape, need)| shape.iter().all(|&side| side > 0) && need == bytes.len() as u128)
}

/// Whether the first bytes are those of some IDX file: two zeros, an element type and a rank.
pub fn resembles(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, 0x08 | 0x09 | 0x0b..=0x0e, 1..=8, ..])
}

/// Reads a file of images.
///
/// # Errors
/// [`Error::Data`] when the file holds labels or another type or rank, no pixels, or another number of bytes than its
/// header says.
pub fn read(name: &str, bytes: &[u8]) -> Result<Dataset> {
    if bytes.starts_with(&LABELS) {
        return Err(Error::Data(format!(
            "\"{name}\" is the labels file of its set. Choose the images file, such as train-images-idx3-ubyte.gz."
        )));
    }
    if !bytes.starts_with(&IMAGES) {
        return Err(Error::Data(format!(
            "\"{name}\" is an IDX file that starts with {:02x?}; grey images start with {IMAGES:02x?} (unsigned bytes, \
             3 dimensions). Choose an images file, such as train-images-idx3-ubyte.gz.",
            &bytes[..bytes.len().min(4)]
        )));
    }
    let Some(([count, height, width], need)) = header(bytes) else {
        return Err(Error::Data(format!(
            "\"{name}\" ends inside its IDX header: {HEADER} bytes were expected and {} found. Download it again.",
            bytes.len()
        )));
    };
    if count == 0 || height == 0 || width == 0 {
        return Err(Error::Data(format!(
            "\"{name}\" holds no pixels: its header says {count} images of {width}x{height}. Choose another file."
        )));
    }
    if need != bytes.len() as u128 {
        return Err(Error::Data(format!(
            "\"{name}\" should hold {count} images of {width}x{height}, which is {need} bytes with the header; {} bytes \
             were found. Download it again.",
            bytes.len()
        )));
    }
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name).trim_end_matches(".gz");
    Ok(Dataset { name: stem.into(), width, height, channels: 1, pixels: bytes[HEADER..].to_vec() })
}

/// `[count, height, width]` of an images file, and the length in bytes they ask for.
fn header(bytes: &[u8]) -> Option<([u32; 3], u128)> {
    let sizes = bytes.strip_prefix(&IMAGES)?.get(..HEADER - 4)?;
    let mut shape = [0; 3];
    for (side, be) in shape.iter_mut().zip(sizes.chunks_exact(4)) {
        *side = u32::from_be_bytes([be[0], be[1], be[2], be[3]]);
    }
    Some((shape, HEADER as u128 + shape.iter().map(|&side| u128::from(side)).product::<u128>()))
}

//! IDX, the format of MNIST and its family: grey images as unsigned bytes in three dimensions.
//!
//! Layout: magic `00 00 08 03` (type unsigned byte, rank 3), then count, height and width as big-endian 32-bit numbers,
//! then the pixels row by row.

use super::{Dataset, MAX_SIDE};
use crate::error::{Error, Result, sentences};
use std::borrow::Cow;

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
/// [`Error::Data`] when the file holds labels or another type or rank, no pixels, another number of bytes than its header
/// says, or images of more than [`MAX_SIDE`] pixels a side.
pub fn read(name: &str, bytes: Cow<'_, [u8]>) -> Result<Dataset> {
    if bytes.starts_with(&LABELS) {
        return Err(Error::Data(sentences::data::idx_labels(name)));
    }
    if !bytes.starts_with(&IMAGES) {
        let start = &bytes[..bytes.len().min(4)];
        let (found, needed) = (format_args!("{start:02x?}"), format_args!("{IMAGES:02x?}"));
        return Err(Error::Data(sentences::data::idx_type(name, found, needed)));
    }
    let Some(([count, height, width], need)) = header(&bytes) else {
        return Err(Error::Data(sentences::data::idx_header(name, HEADER, bytes.len())));
    };
    if count == 0 || height == 0 || width == 0 {
        return Err(Error::Data(sentences::data::idx_empty(name, count, width, height)));
    }
    if need != bytes.len() as u128 {
        return Err(Error::Data(sentences::data::idx_length(name, count, width, height, need, bytes.len())));
    }
    if height.max(width) > MAX_SIDE {
        return Err(Error::Data(sentences::data::long_side(name, width, height, MAX_SIDE)));
    }
    let mut pixels = bytes.into_owned();
    pixels.drain(..HEADER);
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name).trim_end_matches(".gz");
    Ok(Dataset { name: stem.into(), width, height, channels: 1, pixels })
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

//! CIFAR-10 and CIFAR-100 in their "binary version": records of label bytes and 3072 bytes of planar 32x32 RGB.

use super::Dataset;
use crate::error::{Error, Result};

const SIDE: u32 = 32;
const PLANE: usize = (SIDE * SIDE) as usize;

/// One member of the family: its name and the largest value of each label byte that precedes the pixels.
struct Kind {
    name: &'static str,
    labels: &'static [u8],
}

const KINDS: [Kind; 2] = [Kind { name: "CIFAR-10", labels: &[9] }, Kind { name: "CIFAR-100", labels: &[19, 99] }];

impl Kind {
    fn record(&self) -> usize {
        self.labels.len() + 3 * PLANE
    }

    fn labels_fit(&self, record: &[u8]) -> bool {
        record.iter().zip(self.labels).all(|(label, most)| label <= most)
    }

    fn fits(&self, bytes: &[u8]) -> bool {
        !bytes.is_empty()
            && bytes.len().is_multiple_of(self.record())
            && bytes.chunks_exact(self.record()).all(|record| self.labels_fit(record))
    }

    /// Whether only the length or only the labels are wrong. For a wrong length two whole records are asked for: one
    /// first byte below 10 would also be found in other files.
    fn resembles(&self, bytes: &[u8]) -> bool {
        let (whole, rest) = (bytes.len() / self.record(), bytes.len() % self.record());
        let labels = bytes.chunks_exact(self.record()).all(|record| self.labels_fit(record));
        (whole >= 1 && rest == 0) || (whole >= 2 && labels)
    }
}

/// Whether the file is a whole number of records with possible labels.
pub fn fits(bytes: &[u8]) -> bool {
    KINDS.iter().any(|kind| kind.fits(bytes))
}

/// Whether the file is so near to the format that [`read`] can say what is wrong with it.
pub fn resembles(bytes: &[u8]) -> bool {
    KINDS.iter().any(|kind| kind.resembles(bytes))
}

/// Reads a file of either kind; the labels are left out.
///
/// # Errors
/// [`Error::Data`] when the length is no whole number of records, or a label is out of range.
pub fn read(name: &str, bytes: &[u8]) -> Result<Dataset> {
    let kind = KINDS.iter().find(|kind| kind.fits(bytes)).or_else(|| KINDS.iter().find(|kind| kind.resembles(bytes)));
    let kind = kind.unwrap_or(&KINDS[0]);
    let (whole, rest) = (bytes.len() / kind.record(), bytes.len() % kind.record());
    if whole == 0 || rest > 0 {
        return Err(Error::Data(format!(
            "\"{name}\" looks like {}, whose files hold {} bytes per image; this one has {} bytes, which is {whole} images \
             and {rest} bytes more. The file is cut off: download it again.",
            kind.name,
            kind.record(),
            bytes.len()
        )));
    }
    let mut pixels = Vec::with_capacity(whole * 3 * PLANE);
    for (index, record) in bytes.chunks_exact(kind.record()).enumerate() {
        if !kind.labels_fit(record) {
            let (labels, found) = (kind.labels, &record[..kind.labels.len()]);
            return Err(Error::Data(format!(
                "\"{name}\" has the length of {whole} {} images, but image {index} is labelled {found:?} where at most \
                 {labels:?} is possible. Choose a file of the binary version, such as data_batch_1.bin.",
                kind.name
            )));
        }
        let planes = &record[kind.labels.len()..];
        pixels.extend((0..PLANE).flat_map(|at| [planes[at], planes[PLANE + at], planes[2 * PLANE + at]]));
    }
    Ok(Dataset { name: kind.name.into(), width: SIDE, height: SIDE, channels: 3, pixels })
}

//! CIFAR-10 and CIFAR-100 in their "binary version": records of label bytes and 3072 bytes of planar 32x32 RGB.

use super::Dataset;
use crate::error::{Error, Result, sentences};
use std::borrow::Cow;

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
pub fn read(name: &str, bytes: Cow<'_, [u8]>) -> Result<Dataset> {
    let kind = KINDS.iter().find(|kind| kind.fits(&bytes)).or_else(|| KINDS.iter().find(|kind| kind.resembles(&bytes)));
    let kind = kind.unwrap_or(&KINDS[0]);
    let (whole, rest) = (bytes.len() / kind.record(), bytes.len() % kind.record());
    if whole == 0 || rest > 0 {
        let (record, found) = (kind.record(), bytes.len());
        return Err(Error::Data(sentences::data::cifar_length(name, kind.name, record, found, whole, rest)));
    }
    let mut pixels = Vec::with_capacity(whole * 3 * PLANE);
    for (index, record) in bytes.chunks_exact(kind.record()).enumerate() {
        if !kind.labels_fit(record) {
            let (most, found) = (kind.labels, &record[..kind.labels.len()]);
            let (most, found) = (format_args!("{most:?}"), format_args!("{found:?}"));
            return Err(Error::Data(sentences::data::cifar_label(name, whole, kind.name, index, found, most)));
        }
        let planes = &record[kind.labels.len()..];
        pixels.extend((0..PLANE).flat_map(|at| [planes[at], planes[PLANE + at], planes[2 * PLANE + at]]));
    }
    Ok(Dataset { name: kind.name.into(), width: SIDE, height: SIDE, channels: 3, pixels })
}

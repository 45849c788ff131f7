//! The CRC-32 of a checkpoint: a wrong bit in a setting or a number would otherwise be taken for a right one.

use flate2::Crc;
use serde_json::{Map, Value};

/// The entry of the header's metadata that says it.
pub const KEY: &str = "crc32";
const METADATA: &str = "__metadata__";

/// Of a header, without the entry that says it, and of the numbers behind it as they are stored.
pub fn of(header: &Map<String, Value>, numbers: impl Iterator<Item = impl AsRef<[u8]>>) -> String {
    let mut header = header.clone();
    header.get_mut(METADATA).and_then(Value::as_object_mut).and_then(|metadata| metadata.remove(KEY));
    let mut crc = Crc::new();
    // Keys are in the order of the alphabet, so that this is one text whatever stood in the file.
    crc.update(Value::Object(header).to_string().as_bytes());
    numbers.for_each(|bytes| crc.update(bytes.as_ref()));
    format!("{:08x}", crc.sum())
}

/// Writes it into a header.
pub fn insert(header: &mut Map<String, Value>, sum: String) {
    if let Some(metadata) = header.get_mut(METADATA).and_then(Value::as_object_mut) {
        metadata.insert(KEY.into(), sum.into());
    }
}

/// That of a safetensors file whose header has `length` bytes; nothing if that is no JSON object.
pub fn of_file(file: &[u8], length: usize) -> Option<String> {
    let (header, numbers) = file.get(8..)?.split_at_checked(length)?;
    Some(of(&serde_json::from_slice(header).ok()?, std::iter::once(numbers)))
}

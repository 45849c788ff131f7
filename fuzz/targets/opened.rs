//! What must hold of every file of images.

use wn_gan::data;

/// Opens a file. One that is refused gets a sentence; one that is read has whole images, which can be prepared.
pub fn open(bytes: &[u8]) {
    let set = match data::open("file", bytes) {
        Ok(set) => set,
        Err(error) => return assert!(error.to_string().len() > 20, "{error}"),
    };
    assert!(!set.is_empty() && set.pixels.len() == set.len() * set.image_bytes());
    let small = set.resized(8, 6).expect("a small size fits");
    assert_eq!(small.pixels.len(), set.len() * 48 * set.channels as usize);
    assert!(set.with_channels(4 - set.channels).is_ok(), "grey to RGB and back");
    assert!(set.preview(3).expect("small").image_bytes() <= 3 * 64 * 64);
    if let Ok(split) = set.split(1, 2, 3) {
        assert_eq!(set.arranged(&split).pixels.len(), set.pixels.len());
    }
}

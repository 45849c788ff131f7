//! Data sets: what is read, what is refused and how, and what happens to the images afterwards.

use flate2::{Compression, write::GzEncoder};
use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::time::Instant;
use wn_gan::data::{Dataset, MAX_SIDE, face_count, faces, open};
use wn_gan::rng::words;

const CIFAR10: usize = 3073;

/// `count` records of CIFAR-10: label `i % 10`, pixel bytes from the generator.
fn cifar10(count: usize) -> Vec<u8> {
    let mut bytes = random_bytes(count * CIFAR10, 11);
    for (i, record) in bytes.chunks_exact_mut(CIFAR10).enumerate() {
        record[0] = (i % 10) as u8;
    }
    bytes
}

/// An IDX images file; `pixels` follow the header whether or not they are as many as it says.
fn idx([count, height, width]: [u32; 3], pixels: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3];
    for side in [count, height, width] {
        bytes.extend(side.to_be_bytes());
    }
    bytes.extend(pixels);
    bytes
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(plain).expect("a Vec takes every byte");
    packed.finish().expect("a Vec takes every byte")
}

fn random_bytes(count: usize, seed: u32) -> Vec<u8> {
    (0..count as u32).map(|i| words(i / 4, 0, 99, seed)[(i % 4) as usize] as u8).collect()
}

fn grey(width: u32, height: u32, pixels: &[u8]) -> Dataset {
    Dataset { name: "grey".into(), width, height, channels: 1, pixels: pixels.into() }
}

/// The sentence with which a file is refused.
fn refusal(name: &str, bytes: &[u8]) -> String {
    let sentence = open(name, bytes).expect_err(name).to_string();
    assert!(sentence.contains(name) && sentence.ends_with('.'), "no sentence about the file: {sentence}");
    sentence
}

#[test]
fn cifar10_planes_become_interleaved_pixels() {
    for count in [1, 2, 7] {
        let bytes = cifar10(count);
        let set = open("data_batch_1.bin", &bytes).unwrap();
        assert_eq!((set.name.as_str(), set.shape().as_str(), set.len()), ("CIFAR-10", "32x32 RGB", count));
        for (image, row, column, channel) in [(0, 0, 0, 0), (count - 1, 31, 31, 2), (count / 2, 5, 9, 1)] {
            let byte = bytes[image * CIFAR10 + 1 + channel * 1024 + row * 32 + column];
            assert_eq!(set.image(image).unwrap()[(row * 32 + column) * 3 + channel], byte);
        }
        assert_eq!(set.image(count), None);
    }
}

#[test]
fn cifar100_has_two_labels() {
    let mut bytes = random_bytes(2 * 3074, 3);
    (bytes[0], bytes[1], bytes[3074], bytes[3075]) = (19, 99, 0, 0);
    let set = open("train.bin", &bytes).unwrap();
    assert_eq!((set.name.as_str(), set.len()), ("CIFAR-100", 2));
    assert_eq!(set.image(1).unwrap()[..3], [bytes[3076], bytes[3076 + 1024], bytes[3076 + 2048]]);
    bytes[1] = 100;
    assert!(open("train.bin", &bytes).is_err(), "100 is no label of CIFAR-100");
}

#[test]
fn idx_images_are_read_plain_and_gzipped() {
    let pixels = random_bytes(3 * 5 * 4, 1);
    let bytes = idx([3, 5, 4], &pixels);
    let packed = gzip(&bytes);
    let in_two_parts = [gzip(&bytes[..20]), gzip(&bytes[20..])].concat();
    for (name, file) in [("folder/digits", &bytes), ("digits.gz", &packed), ("digits.gz", &in_two_parts)] {
        let set = open(name, file).unwrap();
        assert_eq!((set.name.as_str(), set.shape().as_str(), set.len()), ("digits", "4x5 grey", 3));
        assert_eq!(set.pixels, pixels);
    }
}

#[test]
fn every_wrong_file_gets_its_own_sentence() {
    let mut label = cifar10(3);
    label[2 * CIFAR10] = 200;
    let mut tar = vec![0x41; 1024];
    tar[257..262].copy_from_slice(b"ustar");
    let cases: [(&str, Vec<u8>, &str); 23] = [
        ("empty.bin", vec![], "is empty (0 bytes)"),
        ("one.bin", vec![7], "no known format"),
        ("picture.png", b"\x89PNG\r\n\x1a\n".to_vec(), "single PNG"),
        ("photo.jpg", b"\xff\xd8\xff\xe0..".to_vec(), "single JPEG"),
        ("cifar.zip", b"PK\x03\x04....".to_vec(), "zip archive"),
        ("quota.bin", b"\n <!DOCTYPE html><html>".to_vec(), "web page"),
        ("quota.bin", b"<HTML><variant>".to_vec(), "web page"),
        ("data_batch_1", b"\x80\x02}q\x01(U".to_vec(), "Python pickle"),
        ("data_batch_1", b"\x80\x05\x95".to_vec(), "binary version"),
        ("x.npy", b"\x93NUMPY\x01\x00".to_vec(), "NumPy"),
        ("cifar.tar", tar.clone(), "tar archive"),
        ("cifar.tar.gz", gzip(&tar), "tar archive"),
        ("twice.gz", gzip(&gzip(b"x")), "gzipped twice"),
        ("empty.gz", gzip(b""), "nothing inside"),
        ("cut.gz", gzip(&idx([1, 2, 2], &[1; 4]))[..20].to_vec(), "cut off or damaged"),
        ("labels", vec![0, 0, 8, 1, 0, 0, 0, 1, 5], "labels file"),
        (
            "floats",
            idx([1, 1, 1], &[0; 4]).iter().enumerate().map(|(i, &b)| if i == 2 { 0x0d } else { b }).collect(),
            "IDX file that starts with [00, 00, 0d, 03]",
        ),
        ("short", idx([1, 1, 1], &[])[..9].to_vec(), "16 bytes were expected and 9 found"),
        ("none", idx([0, 28, 28], &[]), "holds no pixels"),
        ("cut", idx([2, 3, 3], &[0; 17]), "34 bytes with the header; 33 bytes were found"),
        ("long", idx([2, 3, 3], &[0; 19]), "34 bytes with the header; 35 bytes were found"),
        ("cut.bin", cifar10(4)[..3 * CIFAR10 + 100].to_vec(), "3 images and 100 bytes more"),
        ("label.bin", label, "image 2 is labelled [200]"),
    ];
    for (name, bytes, part) in cases {
        let sentence = refusal(name, &bytes);
        assert!(sentence.contains(part), "{name}: \"{part}\" is missing in: {sentence}");
    }
}

#[test]
fn cut_off_files_are_refused_at_every_boundary() {
    let small = idx([3, 5, 4], &random_bytes(60, 2));
    for length in 0..small.len() {
        refusal("digits", &small[..length]);
    }
    let packed = gzip(&small);
    for length in 0..packed.len() {
        refusal("digits.gz", &packed[..length]);
    }
    let batch = cifar10(5);
    for boundary in (0..=5).flat_map(|record| [0, 1, 1025, 2049].map(|offset| record * CIFAR10 + offset)) {
        for length in [boundary.saturating_sub(1), boundary, boundary + 1].map(|length| length.min(batch.len())) {
            let whole = length > 0 && length % CIFAR10 == 0;
            match open("batch.bin", &batch[..length]) {
                Ok(set) => assert!(whole && set.len() == length / CIFAR10, "{length} bytes were read"),
                Err(error) => assert!(!whole, "{length} bytes: {error}"),
            }
        }
    }
}

#[test]
fn huge_claims_are_refused_without_memory_for_them() {
    let most = u32::MAX;
    let need = 16 + u128::from(most).pow(3);
    assert!(refusal("huge", &idx([most; 3], &[1; 10])).contains(&format!("{need} bytes")));
    // 1 TiB claimed by a file of 17 bytes.
    assert!(refusal("huge.gz", &gzip(&idx([1 << 20, 1 << 10, 1 << 10], &[1]))).contains("17 bytes were found"));
    let many = grey(1, 1, &[9; 60_000]);
    let sentence = many.resized(512, 512).expect_err("15 GiB").to_string();
    assert!(sentence.contains("15000 MiB") && sentence.contains("smaller image size"), "{sentence}");
    assert!(many.with_channels(u32::MAX).is_err());
}

/// Resizing keeps one image of the old height and the new width in single precision: two images of 200,000,000 rows in a
/// file of 0.4 MB would ask for 6.4 GB.
#[test]
fn images_with_endless_sides_are_refused() {
    for shape in [[1, MAX_SIDE + 1, 1], [1, 1, MAX_SIDE + 1]] {
        let sentence = refusal("long.gz", &gzip(&idx(shape, &vec![1; MAX_SIDE as usize + 1])));
        assert!(sentence.contains("a side may have 16384 pixels"), "{sentence}");
    }
    let longest = open("longest", idx([2, MAX_SIDE, 1], &vec![9; 2 * MAX_SIDE as usize])).unwrap();
    assert_eq!(longest.resized(8, 8).unwrap().pixels, [9; 128]);
}

/// What is shown of images of any size is small.
#[test]
fn a_preview_is_small() {
    let pixels: Vec<u8> = (0..3 * 300 * 200u32).map(|i| (i / 60_000) as u8 * 100).collect();
    let set = open("large", idx([3, 200, 300], &pixels)).unwrap();
    let preview = set.preview(2).unwrap();
    assert_eq!((preview.shape().as_str(), preview.len()), ("64x42 grey", 2));
    assert!(preview.image(1).unwrap().iter().all(|&value| value == 100));
    let small = grey(5, 3, &random_bytes(15, 1));
    assert_eq!(small.preview(u32::MAX).unwrap(), small, "as it is");
    let thin = grey(MAX_SIDE, 1, &vec![3; MAX_SIDE as usize]).preview(1).unwrap();
    assert_eq!(thin.shape(), "64x1 grey");
}

#[test]
fn faces_of_any_size_have_a_count() {
    assert_eq!(face_count(32, 32, 3), 22_000);
    assert_eq!([face_count(u32::MAX, u32::MAX, u32::MAX), face_count(512, 512, 3)], [0, 170]);
}

#[test]
fn open_answers_whatever_the_bytes_are() {
    let seeds = [cifar10(2), idx([2, 7, 7], &random_bytes(98, 4)), gzip(&idx([2, 7, 7], &random_bytes(98, 4)))];
    let starts: [&[u8]; 6] = [&[], &[0, 0, 8, 3], &[0, 0, 8, 1], &[0x1f, 0x8b, 8], &[0x80, 2], &[9]];
    let (mut read, mut refused) = (0, 0);
    for round in 0..4000u32 {
        let [kind, at, value, length] = words(round, 1, 99, 7);
        let bytes = if kind % 2 == 0 {
            let mut bytes = seeds[kind as usize / 2 % seeds.len()].clone();
            // Three in four mutations hit the header, where they matter most.
            let reach = if kind & 0x3000 == 0 { bytes.len() } else { 20 };
            bytes[at as usize % reach] = value as u8;
            bytes
        } else {
            [starts[kind as usize / 2 % starts.len()], &random_bytes((length % 200) as usize, round)].concat()
        };
        match open("any", &bytes) {
            Ok(set) => {
                assert!(!set.is_empty() && set.pixels.len() == set.len() * set.image_bytes(), "round {round}");
                read += 1;
            }
            Err(error) => {
                assert!(error.to_string().len() > 20, "round {round}: {error}");
                refused += 1;
            }
        }
    }
    assert!(read > 100 && refused > 1000, "the loop is one-sided: {read} read, {refused} refused");
}

/// Whether the files are there is settled by build.rs.
#[test]
#[cfg_attr(no_cifar10, ignore = "no CIFAR-10 in ../shared/data/cifar10 (touch build.rs when it is there)")]
fn real_cifar10_is_read() {
    let read = |file: &str| {
        let path = format!("../shared/data/cifar10/{file}");
        std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
    };
    let (train, test) = (read("data_batch_1.bin"), read("test_batch.bin"));
    let mut set = open("data_batch_1.bin", &train).unwrap();
    let held = open("test_batch.bin", &test).unwrap();
    assert_eq!((set.len(), held.len()), (train.len() / CIFAR10, test.len() / CIFAR10));
    set.append(&held).unwrap();
    assert_eq!((set.name.as_str(), set.len()), ("CIFAR-10", (train.len() + test.len()) / CIFAR10));
    // Photographs are smooth: neighbouring pixels of one channel are nearer to each other than channels out of place
    // or rows out of step would be.
    let image = set.image(0).unwrap();
    let step = |stride: usize| {
        let pairs = image.iter().zip(&image[stride..]);
        pairs.map(|(&a, &b)| f64::from(a.abs_diff(b))).sum::<f64>() / (image.len() - stride) as f64
    };
    assert!(step(3) < 0.5 * step(3 * 16), "columns: {} against {}", step(3), step(3 * 16));
    assert!(step(96) < 0.5 * step(96 * 16), "rows: {} against {}", step(96), step(96 * 16));
    assert!(open("cut.bin", &train[..train.len() - 1]).is_err());
}

#[test]
fn faces_are_deterministic_distinct_and_fast() {
    const COUNT: u32 = 20_000;
    let start = Instant::now();
    let set = faces(COUNT, 1);
    println!("{COUNT} faces took {:.2} s", start.elapsed().as_secs_f64());
    assert_eq!((set.len(), set.shape().as_str()), (COUNT as usize, "32x32 RGB"));
    let few = faces(50, 1);
    assert_eq!(few.pixels, set.pixels[..few.pixels.len()], "a face depends on how many are drawn");
    let hashes = |set: &Dataset| -> HashSet<u64> {
        let hash = |image: &[u8]| {
            let mut hasher = DefaultHasher::new();
            image.hash(&mut hasher);
            hasher.finish()
        };
        set.pixels.chunks_exact(set.image_bytes()).map(hash).collect()
    };
    let mut seen = hashes(&set);
    assert_eq!(seen.len(), COUNT as usize, "faces repeat");
    seen.extend(hashes(&faces(1000, 2)));
    assert_eq!(seen.len(), COUNT as usize + 1000, "two seeds draw the same face");
}

#[test]
fn shrinking_averages_areas() {
    // Whole numbers of pixels: by hand.
    let four = grey(4, 4, &[0, 10, 20, 30, 0, 10, 20, 30, 100, 100, 0, 0, 100, 100, 0, 8]);
    assert_eq!(four.resized(2, 2).unwrap().pixels, [5, 25, 100, 2]);
    // Fractions: the same area as whole blocks of a picture in which every pixel is repeated 3 x 3 times.
    let five = grey(5, 5, &random_bytes(25, 6));
    for (i, &value) in five.resized(3, 3).unwrap().pixels.iter().enumerate() {
        let (top, left) = (i / 3 * 5, i % 3 * 5);
        let block = (top..top + 5).flat_map(|y| (left..left + 5).map(move |x| y / 3 * 5 + x / 3));
        let sum: u32 = block.map(|at| u32::from(five.pixels[at])).sum();
        // 1/2 for rounding to a byte, 1e-3 for 25 additions in f32.
        assert!((f64::from(value) - f64::from(sum) / 25.0).abs() <= 0.501, "pixel {i}: {value} for {sum}/25");
    }
}

#[test]
fn growing_interpolates_and_other_aspects_are_cropped_in_the_centre() {
    let steep = grey(2, 2, &[0, 200, 0, 200]);
    let ramp = steep.resized(4, 4).unwrap();
    assert_eq!(ramp.pixels[..4], [0, 50, 150, 200]);
    assert_eq!(ramp.pixels[12..], [0, 50, 150, 200]);
    // 6x2 to a square: two columns on either side go.
    let wide = grey(6, 2, &[9, 9, 40, 80, 9, 9, 9, 9, 40, 80, 9, 9]);
    assert_eq!(wide.resized(2, 2).unwrap().pixels, [40, 80, 40, 80]);
    assert_eq!(wide.resized(1, 1).unwrap().pixels, [60]);
    assert_eq!(grey(2, 6, &[9, 9, 9, 9, 40, 40, 80, 80, 9, 9, 9, 9]).resized(2, 2).unwrap().pixels, [40, 40, 80, 80]);
    assert!(wide.resized(0, 4).is_err());
    // Weights sum to one: a flat colour stays what it is at any size, in every channel.
    let flat: Vec<u8> = (0..2 * 7 * 5).flat_map(|_| [255, 1, 77]).collect();
    let flat = Dataset { name: "flat".into(), width: 7, height: 5, channels: 3, pixels: flat };
    for (width, height) in [(7, 5), (4, 4), (3, 9), (16, 6), (1, 1), (28, 32)] {
        let other = flat.resized(width, height).unwrap();
        assert_eq!((other.width, other.height, other.len()), (width, height, 2));
        assert!(other.pixels.chunks_exact(3).all(|rgb| rgb == [255, 1, 77]), "{width}x{height}");
    }
}

#[test]
fn colours_follow_bt601() {
    let rgb = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 10, 200, 30];
    let set = Dataset { name: "six".into(), width: 3, height: 2, channels: 3, pixels: rgb.into() };
    let grey = set.with_channels(1).unwrap();
    // 0.299, 0.587 and 0.114 of 255 are 76.2, 149.7 and 29.1; the last is 2.99 + 117.4 + 3.42 = 123.8.
    assert_eq!((grey.shape().as_str(), grey.pixels.as_slice()), ("3x2 grey", [76, 150, 29, 255, 0, 124].as_slice()));
    let again = grey.with_channels(3).unwrap();
    assert_eq!(again.pixels[..6], [76, 76, 76, 150, 150, 150]);
    assert_eq!(again.with_channels(1).unwrap(), grey);
    assert!(matches!(set.with_channels(3), Ok(Cow::Borrowed(_))), "no copy");
    assert!(set.with_channels(2).is_err());
}

#[test]
fn files_of_one_shape_are_appended_and_others_refused() {
    let (mut set, two) = (open("a.bin", cifar10(3)).unwrap(), open("b.bin", cifar10(2)).unwrap());
    set.append(&two).unwrap();
    assert_eq!((set.name.as_str(), set.len()), ("CIFAR-10", 5));
    assert_eq!(set.image(4), two.image(1));
    let before = set.clone();
    let sentence = set.append(&grey(28, 28, &[0; 784])).expect_err("another shape").to_string();
    assert!(sentence.contains("32x32 RGB") && sentence.contains("28x28 grey"), "{sentence}");
    assert_eq!(set, before);
}

#[test]
fn a_split_is_a_seeded_partition() {
    let set = grey(1, 1, &random_bytes(10_000, 8));
    let split = set.split(1, 200, 2000).unwrap();
    assert_eq!((split.running, split.final_count), (200, 2000));
    assert_eq!((split.held_out().len(), split.training().len()), (2000, 8000));
    let mut sorted = split.order.clone();
    sorted.sort_unstable();
    assert!(sorted.iter().copied().eq(0..10_000), "not every image once");
    assert_eq!(split, set.split(1, 200, 2000).unwrap());
    assert_ne!(split.order, set.split(2, 200, 2000).unwrap().order);
    // A fair shuffle leaves about one image in its place (Poisson with mean 1); more than 20 has chance 1e-20.
    let fixed = split.order.iter().enumerate().filter(|(at, image)| *at == **image as usize).count();
    assert!(fixed <= 20, "{fixed} images stayed where they were");

    let arranged = set.arranged(&split);
    assert_eq!(arranged.image(0), set.image(split.held_out()[0] as usize));
    assert_eq!(arranged.image(2000), set.image(split.training()[0] as usize));
    assert_eq!(arranged.len(), set.len());
}

#[test]
fn small_sets_hold_out_at_most_a_fifth() {
    for (count, running, final_count) in
        [(2, 1, 1), (4, 1, 1), (10, 2, 2), (100, 20, 20), (999, 199, 199), (1001, 200, 200)]
    {
        let split = grey(1, 1, &vec![0; count]).split(3, 200, 2000).unwrap();
        assert_eq!((split.running, split.final_count), (running, final_count), "{count} images");
        assert_eq!(split.training().len() + split.held_out().len(), count);
    }
    for count in [0, 1] {
        let sentence = grey(1, 1, &vec![0; count]).split(3, 200, 2000).expect_err("too small").to_string();
        assert!(sentence.contains("at least 2 images") && sentence.contains(&format!("has {count}")), "{sentence}");
    }
}

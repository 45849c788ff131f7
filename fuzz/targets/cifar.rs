//! Records of CIFAR: the input is stretched to whole records, or nearly, which no random length would be.
#![no_main]

mod opened;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((&[shape, extra], bytes)) = input.split_first_chunk() else { return };
    let record = if shape & 1 == 0 { 3073 } else { 3074 };
    let length = record * usize::from(shape >> 1 & 3) + usize::from(if shape & 8 == 0 { 0 } else { extra });
    let mut file = bytes.to_vec();
    file.resize(length, extra);
    opened::open(&file);
});

//! Memory of words that may be read and written from several places at once, as a storage buffer may. As in WebGPU, what
//! lies beyond a buffer's end reads as zero, and writing there does nothing.

use super::vector::Vector;
use std::array::from_fn;
use std::cell::Cell;

/// Memory in words of 32 bits.
pub type Words<'a> = &'a [Cell<u32>];

/// What lies in memory.
pub trait Value: Copy {
    /// Words from one element of an array to the next.
    const WORDS: usize;
    /// WGSL's zero value.
    const ZERO: Self;
    /// The value that begins at word `at`, or zero beyond the end.
    fn read(words: Words<'_>, at: usize) -> Self;
    /// Writes it to the words from `at` on, or nothing beyond the end.
    fn write(self, words: Words<'_>, at: usize);
}

macro_rules! numbers {
    ($($number:ident: $from:expr, $to:expr;)*) => {$(
        impl Value for $number {
            const WORDS: usize = 1;
            const ZERO: Self = 0 as $number;
            #[inline(always)]
            fn read(words: Words<'_>, at: usize) -> Self {
                words.get(at).map_or(Self::ZERO, |word| ($from)(word.get()))
            }
            #[inline(always)]
            fn write(self, words: Words<'_>, at: usize) {
                if let Some(word) = words.get(at) {
                    word.set(($to)(self));
                }
            }
        }
    )*};
}
numbers! {
    f32: f32::from_bits, f32::to_bits;
    u32: |word| word, |value| value;
    i32: |word: u32| word as i32, |value: i32| value as u32;
}

impl Value for bool {
    const WORDS: usize = 1;
    const ZERO: Self = false;
    fn read(words: Words<'_>, at: usize) -> Self {
        u32::read(words, at) != 0
    }
    fn write(self, words: Words<'_>, at: usize) {
        u32::from(self).write(words, at);
    }
}

impl<T: Value, const N: usize> Value for Vector<T, N> {
    // Three components take the room of four.
    const WORDS: usize = T::WORDS * if N == 3 { 4 } else { N };
    const ZERO: Self = Vector([T::ZERO; N]);
    #[inline(always)]
    fn read(words: Words<'_>, at: usize) -> Self {
        match words.get(at..at + N * T::WORDS) {
            Some(words) => Vector(from_fn(|i| T::read(words, i * T::WORDS))),
            None => Self::ZERO,
        }
    }
    #[inline(always)]
    fn write(self, words: Words<'_>, at: usize) {
        if let Some(words) = words.get(at..at + N * T::WORDS) {
            for (i, component) in self.0.into_iter().enumerate() {
                component.write(words, i * T::WORDS);
            }
        }
    }
}

/// Element `index` of an array.
#[inline(always)]
pub fn element<T: Value>(words: Words<'_>, index: usize) -> T {
    T::read(words, index * T::WORDS)
}

/// Writes element `index` of an array.
#[inline(always)]
pub fn set_element<T: Value>(words: Words<'_>, index: usize, value: T) {
    value.write(words, index * T::WORDS);
}

/// The same of the workgroup's own memory, whose size and indices are the kernel's: no data leads beyond it. Saying so,
/// instead of answering with zero, lets the compiler load several numbers at once.
#[inline(always)]
pub fn own_element<T: Value>(words: Words<'_>, index: usize) -> T {
    T::read(&words[index * T::WORDS..(index + 1) * T::WORDS], 0)
}

/// Writes element `index` of the workgroup's own memory.
#[inline(always)]
pub fn set_own_element<T: Value>(words: Words<'_>, index: usize, value: T) {
    value.write(&words[index * T::WORDS..(index + 1) * T::WORDS], 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_a_buffer_nothing_is_read_and_nothing_written() {
        let words: Vec<_> = (1u32..=6).map(Cell::new).collect();
        assert_eq!(element::<u32>(&words, 6), 0);
        assert_eq!(element::<Vector<u32, 4>>(&words, 0), Vector([1, 2, 3, 4]));
        // A vector that begins inside and ends outside.
        assert_eq!(element::<Vector<u32, 4>>(&words, 1), Vector([0; 4]));
        set_element(&words, 1, Vector([9u32; 4]));
        set_element(&words, 7, 9u32);
        assert_eq!(words.iter().map(Cell::get).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn vectors_of_three_take_the_room_of_four() {
        let words: Vec<_> = (0u32..8).map(Cell::new).collect();
        assert_eq!(element::<Vector<u32, 3>>(&words, 1), Vector([4, 5, 6]));
        set_element(&words, 0, Vector([9u32; 3]));
        assert_eq!(words[3].get(), 3);
    }
}

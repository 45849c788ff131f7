//! What WGSL has and Rust has not: vectors, and operators that take vectors and numbers alike. The build script writes
//! the shaders in terms of these (build/module.rs). As in WebGPU, integers wrap and a division by zero gives its first
//! operand.

use super::memory::Value;
use std::array::from_fn;
use std::cell::Cell;

/// A vector of N components; a vector of vectors is a matrix by columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vector<T, const N: usize>(pub [T; N]);

/// An operator of two operands, number by number.
pub trait Binary<R> {
    /// What it gives.
    type Out;
    /// Sum.
    fn add(self, other: R) -> Self::Out;
    /// Difference.
    fn subtract(self, other: R) -> Self::Out;
    /// Product.
    fn multiply(self, other: R) -> Self::Out;
    /// Quotient.
    fn divide(self, other: R) -> Self::Out;
    /// Remainder.
    fn modulo(self, other: R) -> Self::Out;
}

macro_rules! operators {
    ($($name:ident)*) => {$(
        /// The operator of this name.
        #[inline(always)]
        pub fn $name<A: Binary<B>, B>(a: A, b: B) -> A::Out {
            a.$name(b)
        }
    )*};
}
operators! { add subtract multiply divide modulo }

macro_rules! binary {
    ($($number:ident { $add:expr, $subtract:expr, $multiply:expr, $divide:expr, $modulo:expr })*) => {$(
        impl Binary<$number> for $number {
            type Out = $number;
            #[inline(always)]
            fn add(self, other: $number) -> $number { ($add)(self, other) }
            #[inline(always)]
            fn subtract(self, other: $number) -> $number { ($subtract)(self, other) }
            #[inline(always)]
            fn multiply(self, other: $number) -> $number { ($multiply)(self, other) }
            #[inline(always)]
            fn divide(self, other: $number) -> $number { ($divide)(self, other) }
            #[inline(always)]
            fn modulo(self, other: $number) -> $number { ($modulo)(self, other) }
        }
        binary_with_vectors! { $number { add subtract multiply divide modulo } }
    )*};
}
macro_rules! binary_with_vectors {
    ($number:ident { $($operator:ident)* }) => {
        impl<const N: usize> Binary<$number> for Vector<$number, N> {
            type Out = Self;
            $(#[inline(always)]
            fn $operator(self, other: $number) -> Self { Vector(self.0.map(|one| one.$operator(other))) })*
        }
        impl<const N: usize> Binary<Vector<$number, N>> for $number {
            type Out = Vector<$number, N>;
            $(#[inline(always)]
            fn $operator(self, other: Self::Out) -> Self::Out { Vector(other.0.map(|one| self.$operator(one))) })*
        }
    };
}
binary! {
    f32 {
        |a, b| a + b, |a, b| a - b, |a, b| a * b, |a, b| a / b, |a, b| a % b
    }
    u32 {
        u32::wrapping_add, u32::wrapping_sub, u32::wrapping_mul,
        |a: u32, b| a.checked_div(b).unwrap_or(a), |a: u32, b| a.checked_rem(b).unwrap_or(0)
    }
    i32 {
        i32::wrapping_add, i32::wrapping_sub, i32::wrapping_mul,
        |a: i32, b| a.checked_div(b).unwrap_or(a), |a: i32, b| a.checked_rem(b).unwrap_or(0)
    }
}

macro_rules! vector_with_vector {
    ($($operator:ident)*) => {
        impl<A: Binary<A, Out = A> + Copy, const N: usize> Binary<Vector<A, N>> for Vector<A, N> {
            type Out = Self;
            $(#[inline(always)]
            fn $operator(self, other: Self) -> Self { Vector(from_fn(|i| self.0[i].$operator(other.0[i]))) })*
        }
    };
}
vector_with_vector! { add subtract multiply divide modulo }

macro_rules! matrix_with_number {
    ($($operator:ident)*) => {
        impl<const M: usize, const N: usize> Binary<f32> for Vector<Vector<f32, M>, N> {
            type Out = Self;
            $(#[inline(always)]
            fn $operator(self, other: f32) -> Self { Vector(self.0.map(|column| column.$operator(other))) })*
        }
    };
}
matrix_with_number! { add subtract multiply divide modulo }

/// -a.
#[inline(always)]
pub fn negate<T: std::ops::Neg>(a: T) -> T::Output {
    -a
}

impl<T: std::ops::Neg<Output = T>, const N: usize> std::ops::Neg for Vector<T, N> {
    type Output = Self;
    fn neg(self) -> Self {
        Vector(self.0.map(|one| -one))
    }
}

/// Bits, and truth values.
#[inline(always)]
pub fn not<T: std::ops::Not>(a: T) -> T::Output {
    !a
}
/// Bits, and truth values.
#[inline(always)]
pub fn and<T: std::ops::BitAnd>(a: T, b: T) -> T::Output {
    a & b
}
/// Bits, and truth values.
#[inline(always)]
pub fn or<T: std::ops::BitOr>(a: T, b: T) -> T::Output {
    a | b
}
/// Bits, number by number.
pub trait Bits {
    /// Bits that differ.
    fn exclusive_or(self, other: Self) -> Self;
    /// Bits moved up.
    fn shift_left(self, by: Self) -> Self;
    /// Bits moved down.
    fn shift_right(self, by: Self) -> Self;
}
impl Bits for u32 {
    fn exclusive_or(self, other: Self) -> Self {
        self ^ other
    }
    fn shift_left(self, by: Self) -> Self {
        self.wrapping_shl(by)
    }
    fn shift_right(self, by: Self) -> Self {
        self.wrapping_shr(by)
    }
}
impl<T: Bits + Copy, const N: usize> Bits for Vector<T, N> {
    fn exclusive_or(self, other: Self) -> Self {
        Vector(from_fn(|i| self.0[i].exclusive_or(other.0[i])))
    }
    fn shift_left(self, by: Self) -> Self {
        Vector(from_fn(|i| self.0[i].shift_left(by.0[i])))
    }
    fn shift_right(self, by: Self) -> Self {
        Vector(from_fn(|i| self.0[i].shift_right(by.0[i])))
    }
}
/// a ^ b.
#[inline(always)]
pub fn exclusive_or<T: Bits>(a: T, b: T) -> T {
    a.exclusive_or(b)
}
/// a << b.
#[inline(always)]
pub fn shift_left<T: Bits>(a: T, b: T) -> T {
    a.shift_left(b)
}
/// a >> b.
#[inline(always)]
pub fn shift_right<T: Bits>(a: T, b: T) -> T {
    a.shift_right(b)
}

/// Comparison, number by number.
pub trait Compare: Copy {
    /// A truth value for every number.
    type Truth;
    /// Compares by `holds`, which is told the order.
    fn compare(self, other: Self, holds: impl Fn(Option<std::cmp::Ordering>) -> bool) -> Self::Truth;
}
macro_rules! compare {
    ($($number:ty)*) => {$(
        impl Compare for $number {
            type Truth = bool;
            #[inline(always)]
            fn compare(self, other: Self, holds: impl Fn(Option<std::cmp::Ordering>) -> bool) -> bool {
                holds(self.partial_cmp(&other))
            }
        }
    )*};
}
compare! { f32 u32 i32 bool }
impl<T: Compare, const N: usize> Compare for Vector<T, N> {
    type Truth = Vector<T::Truth, N>;
    #[inline(always)]
    fn compare(self, other: Self, holds: impl Fn(Option<std::cmp::Ordering>) -> bool) -> Self::Truth {
        Vector(from_fn(|i| self.0[i].compare(other.0[i], &holds)))
    }
}
macro_rules! comparisons {
    ($($name:ident: $holds:expr;)*) => {$(
        /// The comparison of this name.
        #[inline(always)]
        pub fn $name<T: Compare>(a: T, b: T) -> T::Truth {
            a.compare(b, $holds)
        }
    )*};
}
comparisons! {
    equal: |order| order.is_some_and(std::cmp::Ordering::is_eq);
    not_equal: |order| !order.is_some_and(std::cmp::Ordering::is_eq);
    less: |order| order.is_some_and(std::cmp::Ordering::is_lt);
    less_equal: |order| order.is_some_and(std::cmp::Ordering::is_le);
    greater: |order| order.is_some_and(std::cmp::Ordering::is_gt);
    greater_equal: |order| order.is_some_and(std::cmp::Ordering::is_ge);
}

/// What chooses between two values.
pub trait Condition<T> {
    /// `accept` where it holds.
    fn choose(self, reject: T, accept: T) -> T;
}
impl<T> Condition<T> for bool {
    #[inline(always)]
    fn choose(self, reject: T, accept: T) -> T {
        if self { accept } else { reject }
    }
}
impl<T: Copy, const N: usize> Condition<Vector<T, N>> for Vector<bool, N> {
    #[inline(always)]
    fn choose(self, reject: Vector<T, N>, accept: Vector<T, N>) -> Vector<T, N> {
        Vector(from_fn(|i| if self.0[i] { accept.0[i] } else { reject.0[i] }))
    }
}
/// `accept` where the condition holds, `reject` elsewhere.
#[inline(always)]
pub fn select<T, C: Condition<T>>(reject: T, accept: T, condition: C) -> T {
    condition.choose(reject, accept)
}

/// Conversion of numbers by value.
pub trait Convert<To> {
    /// As another type.
    fn convert(self) -> To;
}
macro_rules! convert {
    ($($from:ty => $($to:ty)*;)*) => {$($(
        impl Convert<$to> for $from {
            #[inline(always)]
            fn convert(self) -> $to { self as $to }
        }
    )*)*};
}
convert! { f32 => f32 u32 i32; u32 => f32 u32 i32; i32 => f32 u32 i32; bool => u32 i32; }
impl<T: Convert<To>, To, const N: usize> Convert<Vector<To, N>> for Vector<T, N> {
    #[inline(always)]
    fn convert(self) -> Vector<To, N> {
        Vector(self.0.map(Convert::convert))
    }
}
/// As another type, by value.
#[inline(always)]
pub fn converted<From: Convert<To>, To>(value: From) -> To {
    value.convert()
}

/// The same bits as another type.
#[inline(always)]
pub fn reinterpreted<From: Value, To: Value>(value: From) -> To {
    let words = [const { Cell::new(0) }; 4];
    value.write(&words, 0);
    To::read(&words, 0)
}

/// Functions of one or more numbers, number by number.
pub trait Function: Copy {
    /// Whatever `of` makes of every number.
    fn map(self, of: impl Fn(f32) -> f32) -> Self;
}
impl Function for f32 {
    #[inline(always)]
    fn map(self, of: impl Fn(f32) -> f32) -> Self {
        of(self)
    }
}
impl<const N: usize> Function for Vector<f32, N> {
    #[inline(always)]
    fn map(self, of: impl Fn(f32) -> f32) -> Self {
        Vector(self.0.map(of))
    }
}
macro_rules! functions {
    ($($name:ident)*) => {$(
        /// The function of this name.
        #[inline(always)]
        pub fn $name<T: Function>(x: T) -> T {
            x.map(f32::$name)
        }
    )*};
}
functions! { abs exp sqrt floor }
/// Natural logarithm.
#[inline(always)]
pub fn log<T: Function>(x: T) -> T {
    x.map(f32::ln)
}

/// The smaller one, number by number.
#[inline(always)]
pub fn min<T: Ordered>(a: T, b: T) -> T {
    T::pick(less(b, a), a, b)
}
/// The larger one, number by number.
#[inline(always)]
pub fn max<T: Ordered>(a: T, b: T) -> T {
    T::pick(less(a, b), a, b)
}
/// Brought between two bounds.
#[inline(always)]
pub fn clamp<T: Ordered>(x: T, low: T, high: T) -> T {
    min(max(x, low), high)
}
/// Values whose comparison chooses between them.
pub trait Ordered: Compare {
    /// `accept` where `truth` holds.
    fn pick(truth: Self::Truth, reject: Self, accept: Self) -> Self;
}
impl<T: Compare> Ordered for T
where
    T::Truth: Condition<T>,
{
    #[inline(always)]
    fn pick(truth: T::Truth, reject: T, accept: T) -> T {
        truth.choose(reject, accept)
    }
}

/// Sum of products.
#[inline(always)]
pub fn dot<const N: usize>(a: Vector<f32, N>, b: Vector<f32, N>) -> f32 {
    (0..N).map(|i| a.0[i] * b.0[i]).sum()
}

/// a b + c, rounded once or twice as WGSL allows.
#[inline(always)]
pub fn fma<T: Binary<T, Out = T>>(a: T, b: T, c: T) -> T {
    add(multiply(a, b), c)
}

/// Rows for columns.
#[inline(always)]
pub fn transpose<T: Copy, const M: usize, const N: usize>(a: Vector<Vector<T, M>, N>) -> Vector<Vector<T, N>, M> {
    Vector(from_fn(|i| Vector(from_fn(|j| a.0[j].0[i]))))
}

/// Four bytes as numbers from 0 to 1.
#[inline(always)]
pub fn unpack4x8unorm(word: u32) -> Vector<f32, 4> {
    Vector(word.to_le_bytes().map(|byte| f32::from(byte) / 255.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_wrap_and_a_division_by_zero_gives_its_first_operand() {
        assert_eq!(add(u32::MAX, 2), 1);
        assert_eq!(subtract(0u32, 1), u32::MAX);
        assert_eq!(divide(7u32, 0), 7);
        assert_eq!(modulo(7u32, 0), 0);
        assert_eq!(divide(i32::MIN, -1), i32::MIN);
        assert_eq!(modulo(i32::MIN, -1), 0);
        assert_eq!(shift_right(Vector([u32::MAX, 16]), Vector([31, 2])), Vector([1, 4]));
    }

    #[test]
    fn choices_comparisons_and_conversions_are_those_of_wgsl() {
        let (low, high) = (Vector([1.0f32, f32::NAN]), Vector([2.0f32, 2.0]));
        assert_eq!(select(low, high, less(low, high)).0[0], 2.0);
        assert_eq!(less(low, high), Vector([true, false]));
        assert_eq!(not_equal(low, low), Vector([false, true]));
        assert_eq!(converted::<f32, u32>(-1.0), 0);
        assert_eq!(converted::<bool, u32>(true), 1);
        assert_eq!(reinterpreted::<f32, u32>(1.0), 0x3f80_0000);
        assert_eq!(clamp(Vector([-1.0f32, 0.5, 7.0]), Vector([0.0; 3]), Vector([1.0; 3])), Vector([0.0, 0.5, 1.0]));
        assert_eq!(transpose(Vector([Vector([1, 2]), Vector([3, 4]), Vector([5, 6])])).0[1], Vector([2, 4, 6]));
        assert_eq!(unpack4x8unorm(0xff00_0033), Vector([0.2, 0.0, 0.0, 1.0]));
    }
}

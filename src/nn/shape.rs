//! The shape of one image or feature map.

/// Height, width and channels of one image or feature map, stored [h, w, c] with channels fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub h: u32,
    /// Columns.
    pub w: u32,
    /// Channels.
    pub c: u32,
}

impl Shape {
    /// A shape of `h` x `w` pixels with `c` channels.
    pub const fn new(h: u32, w: u32, c: u32) -> Shape {
        Shape { h, w, c }
    }

    /// Pixels per image.
    pub const fn pixels(&self) -> u32 {
        self.h * self.w
    }

    /// Values per image.
    pub const fn len(&self) -> u32 {
        self.h * self.w * self.c
    }

    /// Whether it holds nothing.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

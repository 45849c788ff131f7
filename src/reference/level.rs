//! The sizes of the images between the stride-2 levels, which both network families share.

use super::geometry::Geometry;
use crate::config::Config;

/// One stride-2 level: D goes from the large image to the small one, G back.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// `[height, width]` of the small image.
    pub small: [usize; 2],
    /// The 4x4 map between it and the large image.
    pub geometry: Geometry,
}

impl Level {
    /// The levels from the image inwards. Padding is 1, or 2 where a side of the large image leaves remainder 2 on
    /// division by 4 (so that the small side is even again), but never on the last level.
    pub fn all(config: &Config) -> Vec<Level> {
        let count = config.levels() as usize;
        let mut large = [config.height as usize, config.width as usize];
        let mut levels = Vec::with_capacity(count);
        for i in 0..count {
            let padding = large.map(|side| if side % 4 == 2 && i + 1 < count { 2 } else { 1 });
            let geometry = Geometry { kernel: [4, 4], stride: [2, 2], padding };
            let small = geometry.small(large);
            levels.push(Level { small, geometry });
            large = small;
        }
        levels
    }

    /// What the padding is more than 1, per axis.
    pub fn extra(&self) -> [usize; 2] {
        self.geometry.padding.map(|padding| padding - 1)
    }
}

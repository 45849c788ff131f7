//! Images between the two orders of their values: PyTorch's [channels, h, w] and [h, w, channels] inside.

use crate::nn::Shape;

/// For every value of one image in the order [c, h, w], its index in the order [h, w, c].
pub fn nchw_order(shape: Shape) -> Vec<u32> {
    let mut order = Vec::with_capacity(shape.len() as usize);
    for c in 0..shape.c {
        for pixel in 0..shape.h * shape.w {
            order.push(pixel * shape.c + c);
        }
    }
    order
}

/// Images [n, c, h, w] as [n, h, w, c].
pub fn images_from_nchw(shape: Shape, values: &[f32]) -> Vec<f32> {
    let order = nchw_order(shape);
    let mut images = vec![0.0; values.len()];
    for (to, from) in images.chunks_exact_mut(order.len()).zip(values.chunks_exact(order.len())) {
        for (&inside, &value) in order.iter().zip(from) {
            to[inside as usize] = value;
        }
    }
    images
}

/// Images [n, h, w, c] as [n, c, h, w].
pub fn images_to_nchw(shape: Shape, values: &[f32]) -> Vec<f32> {
    let order = nchw_order(shape);
    values.chunks_exact(order.len()).flat_map(|image| order.iter().map(|&i| image[i as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_go_out_and_come_back() {
        let shape = Shape::new(2, 3, 3);
        let values: Vec<f32> = (0..36u8).map(f32::from).collect();
        assert_eq!(images_to_nchw(shape, &images_from_nchw(shape, &values)), values);
    }
}

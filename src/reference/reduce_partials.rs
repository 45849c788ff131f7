//! The second stage of a reduction that was split over workgroups.

/// `sums[i] = sum_p partials[p * length + i]`: adds equally long partial results.
pub fn reduce_partials(partials: &[f64], length: usize) -> Vec<f64> {
    let mut sums = vec![0.0; length];
    for partial in partials.chunks_exact(length) {
        for (sum, value) in sums.iter_mut().zip(partial) {
            *sum += value;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partials_are_added_place_by_place() {
        assert_eq!(reduce_partials(&[1.0, 2.0, 10.0, 20.0, 100.0, 200.0], 2), [111.0, 222.0]);
    }
}

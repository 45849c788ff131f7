//! The two stages of a long sum.

use super::compare::{Expected, POISON, Report, Tolerance};
use super::device::{abs, dispatch, filled, poisoned, random};
use bytemuck::cast_slice;
use wn_gan::device::Dispatch;
use wn_gan::kernels::{CHANNELS_PER_BLOCK, ColumnSum, GradientBlock, Kernel, ReducePartials, Step};
use wn_gan::reference::Tensor;
use wn_gan::reference::column_sum::column_sum as column_sum_reference;
use wn_gan::reference::reduce_partials::reduce_partials as reduce_partials_reference;

/// Where sums begin.
const SUMS: usize = 6;

/// Partial results added place by place.
pub fn reduce_partials(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (parts, count, offset) in [(1, 1, 0), (2, 257, 5), (7, 255, 0), (130, 1000, 3)] {
        let partial = random(&[parts, count], 1);
        let params = ReducePartials { parts: parts as u32, count: count as u32, total_offset: offset as u32 };
        let call = Dispatch::new(kernel, "test").params(&params).elements(count);
        let contents = [filled(0, &partial.data), poisoned(offset, count)];
        let after = dispatch(call, &Step::default(), &contents);
        let magnitude = reduce_partials_reference(&abs(&partial).data, count);
        let expected =
            Expected::untouched(after[1].len()).at(offset, &reduce_partials_reference(&partial.data, count), |i| {
                Tolerance::summed(parts, magnitude[i])
            });
        report.compare(&format!("{parts} parts of {count}"), &after[1], &expected);
    }
    report
}

/// Partial sums over rows, with and without a factor for every few rows.
pub fn column_sum(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (rows, channels, rows_per_part, offset, scaled_by) in
        [(1, 1, 256, 0, 0), (15, 17, 256, 4, 5), (257, 33, 256, 9, 0), (600, 16, 100, 1, 7), (50, 70, 7, 2, 1)]
    {
        let dy = random(&[rows, channels], 1);
        let factors = random(&[rows], 2).data;
        let factor = |row: usize| row.checked_div(scaled_by).map_or(1.0, |number| factors[number]);
        let scaled: Vec<f64> = dy.data.iter().enumerate().map(|(i, dy)| dy * factor(i / channels)).collect();
        let parts: Vec<Tensor> = (scaled.chunks(rows_per_part * channels))
            .map(|part| Tensor::new(&[part.len() / channels, channels], part.to_vec()))
            .collect();
        let params = ColumnSum {
            rows: rows as u32,
            channels: channels as u32,
            rows_per_part: rows_per_part as u32,
            dy_offset: offset as u32,
            output_offset: SUMS as u32,
            scaled_by: scaled_by as u32,
        };
        let grid = [params.channels.div_ceil(CHANNELS_PER_BLOCK), parts.len() as u32, 1];
        let call = Dispatch::new(kernel, "test").params(&params).grid(grid);
        let contents = [filled(offset, &dy.data), filled(0, &factors), poisoned(SUMS, parts.len() * channels)];
        let after = dispatch(call, &Step::default(), &contents);
        let sums: Vec<f64> = parts.iter().flat_map(column_sum_reference).collect();
        let magnitudes: Vec<f64> = parts.iter().flat_map(|part| column_sum_reference(&abs(part))).collect();
        // Besides the sum's own rounding that of each product with a factor.
        let tolerance = |i: usize| {
            Tolerance::summed(rows_per_part.min(rows), magnitudes[i]) + Tolerance::rounded(0.5, magnitudes[i])
        };
        let expected = Expected::untouched(after[2].len()).at(SUMS, &sums, tolerance);
        report.compare(&format!("{rows} rows of {channels} by {rows_per_part}, {scaled_by}"), &after[2], &expected);
    }
    report
}

/// All gradients of a network: tensors in parts, in blocks, some of them not full.
pub fn gather_gradients(kernel: &'static Kernel) -> Report {
    // (elements, parts, offset of the tensor)
    let tensors = [(700, 3, 11), (1, 64, 720), (256, 1, 725), (257, 2, 990)];
    let (mut blocks, mut partial) = (Vec::new(), vec![0.0; 5]);
    let mut expected = Expected::untouched(1300);
    for (number, (count, parts, target)) in tensors.into_iter().enumerate() {
        let values = random(&[parts, count], number as u32);
        let sums = reduce_partials_reference(&values.data, count);
        let magnitudes = reduce_partials_reference(&abs(&values).data, count);
        expected = expected.at(target, &sums, |i| Tolerance::summed(parts, magnitudes[i]));
        blocks.extend((0..count).step_by(256).map(|first| GradientBlock {
            source: partial.len() as u32,
            parts: parts as u32,
            stride: count as u32,
            first: first as u32,
            count: (count - first).min(256) as u32,
            target_offset: (target + first) as u32,
        }));
        partial.extend(values.data);
    }
    let call = Dispatch::new(kernel, "test").workgroups(blocks.len() as u32);
    let contents = [cast_slice(&blocks).to_vec(), filled(0, &partial), vec![POISON; 1300]];
    let after = dispatch(call, &Step::default(), &contents);
    let mut report = Report::default();
    report.compare("gradients", &after[2], &expected);
    report
}

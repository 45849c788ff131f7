//! The two stages of a long sum.

use super::compare::{Expected, Report, Tolerance};
use super::device::{abs, dispatch, filled, poisoned, random};
use wn_gan::gpu::Call;
use wn_gan::kernels::{CHANNELS_PER_BLOCK, ColumnSum, Kernel, ReducePartials, Step};
use wn_gan::reference::Tensor;
use wn_gan::reference::column_sum::column_sum as column_sum_twin;
use wn_gan::reference::reduce_partials::reduce_partials as reduce_partials_twin;

/// Partial results added place by place.
pub fn reduce_partials(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (parts, count, offset) in [(1, 1, 0), (2, 257, 5), (7, 255, 0), (130, 1000, 3)] {
        let partial = random(&[parts, count], 1);
        let params = ReducePartials { parts: parts as u32, count: count as u32, total_offset: offset as u32 };
        let call = Call::new(kernel, "test").params(&params).elements(count);
        let contents = [filled(0, &partial.data), poisoned(offset, count)];
        let after = dispatch(call, &Step::default(), &contents);
        let magnitude = reduce_partials_twin(&abs(&partial).data, count);
        let expected =
            Expected::untouched(after[1].len())
                .at(offset, &reduce_partials_twin(&partial.data, count), |i| Tolerance::summed(parts, magnitude[i]));
        report.compare(&format!("{parts} parts of {count}"), &after[1], &expected);
    }
    report
}

/// Partial sums over rows.
pub fn column_sum(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (rows, channels, rows_per_part, offset) in
        [(1, 1, 256, 0), (15, 17, 256, 4), (257, 33, 256, 9), (600, 16, 100, 1), (50, 70, 7, 2)]
    {
        let dy = random(&[rows, channels], 1);
        let parts = dy.data.chunks(rows_per_part * channels);
        let parts: Vec<Tensor> =
            parts.map(|part| Tensor::new(&[part.len() / channels, channels], part.to_vec())).collect();
        let params = ColumnSum {
            rows: rows as u32,
            channels: channels as u32,
            rows_per_part: rows_per_part as u32,
            dy_offset: offset as u32,
        };
        let grid = [params.channels.div_ceil(CHANNELS_PER_BLOCK), parts.len() as u32, 1];
        let call = Call::new(kernel, "test").params(&params).grid(grid);
        let contents = [filled(offset, &dy.data), poisoned(0, parts.len() * channels)];
        let after = dispatch(call, &Step::default(), &contents);
        let sums: Vec<f64> = parts.iter().flat_map(column_sum_twin).collect();
        let magnitudes: Vec<f64> = parts.iter().flat_map(|part| column_sum_twin(&abs(part))).collect();
        let terms = rows_per_part.min(rows);
        let expected = Expected::untouched(after[1].len()).at(0, &sums, |i| Tolerance::summed(terms, magnitudes[i]));
        report.compare(&format!("{rows} rows of {channels} by {rows_per_part}"), &after[1], &expected);
    }
    report
}

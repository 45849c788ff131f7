//! Weight-normalised addition and its gradients.

use super::compare::{Expected, Report, Tolerance};
use super::device::{dispatch, filled, poisoned, random};
use wn_gan::device::Dispatch;
use wn_gan::kernels::{Addition, AdditionBackward, CHANNELS_PER_BLOCK, Kernel, Step};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::addition::{
    addition as addition_reference, addition_backward as addition_backward_reference, gate_norms,
};

/// Where both branches (with y, dy and dx) and the gates begin.
const X: usize = 11;
const GATES: usize = 5;
const SUMS: usize = 7;

/// Rows, channels and rows per part of the gradient's sums.
const SIZES: [(usize, usize, usize); 4] = [(1, 1, 256), (37, 3, 16), (259, 17, 256), (70, 33, 20)];

/// Ulps of a norm: both squares, their sum and that with eps count half, then the root. The epsilon, too, is rounded.
const NORM_ULPS: f64 = 1.0 + 4.5;

struct Problem {
    residue: Tensor,
    shortcut: Tensor,
    dy: Tensor,
    /// [2, channels]
    gates: Tensor,
}

impl Problem {
    /// Gates as they start, both zero, and so small that eps decides the norm are among them.
    fn new(rows: usize, channels: usize) -> Problem {
        let mut gates = random(&[2, channels], 1);
        for (c, pair) in [[0.0, 1.0], [0.0, 0.0], [1.0 / 4096.0, -1.0 / 2048.0]].into_iter().enumerate() {
            if c < channels {
                (gates.data[c], gates.data[channels + c]) = (pair[0], pair[1]);
            }
        }
        let [residue, shortcut, dy] = [2, 3, 4].map(|stream| random(&[rows, channels], stream));
        Problem { residue, shortcut, dy, gates }
    }

    /// (residue, shortcut) of every channel.
    fn pairs(&self) -> Vec<f64> {
        (0..self.gates.shape[1]).flat_map(|c| self.gate(c)).collect()
    }

    fn gate(&self, c: usize) -> [f64; 2] {
        [self.gates.data[c], self.gates.data[self.gates.shape[1] + c]]
    }
}

/// y = (g0 x0 + g1 x1)/n.
pub fn addition(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (rows, channels, _) in SIZES {
        let problem = Problem::new(rows, channels);
        let Problem { residue, shortcut, gates, .. } = &problem;
        let count = rows * channels;
        let params =
            Addition { count: count as u32, channels: channels as u32, offset: X as u32, gate_offset: GATES as u32 };
        let contents =
            [filled(GATES, &problem.pairs()), filled(X, &residue.data), filled(X, &shortcut.data), poisoned(X, count)];
        let after =
            dispatch(Dispatch::new(kernel, "test").params(&params).elements(count), &Step::default(), &contents);
        let (y, n) = (addition_reference(residue, shortcut, gates).data, gate_norms(gates));
        // Two products and their sum, the norm, the division.
        let tolerance = |i: usize| {
            let [g0, g1] = problem.gate(i % channels);
            let size = (g0 * residue.data[i]).abs() + (g1 * shortcut.data[i]).abs();
            Tolerance::rounded(1.0 + NORM_ULPS + 2.5, size / n[i % channels])
        };
        let expected = Expected::untouched(after[3].len()).at(X, &y, tolerance);
        report.compare(&format!("[{rows}, {channels}]"), &after[3], &expected);
    }
    report
}

/// Both branches' gradients, one of them in place of dy, and the partial sums for the gates.
pub fn addition_backward(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (rows, channels, rows_per_part) in SIZES {
        let problem = Problem::new(rows, channels);
        let Problem { residue, shortcut, dy, gates } = &problem;
        let parts = rows.div_ceil(rows_per_part);
        let params = AdditionBackward {
            rows: rows as u32,
            channels: channels as u32,
            rows_per_part: rows_per_part as u32,
            offset: X as u32,
            gate_offset: GATES as u32,
            output_offset: SUMS as u32,
        };
        let contents = [
            filled(GATES, &problem.pairs()),
            filled(X, &residue.data),
            filled(X, &shortcut.data),
            filled(X, &dy.data),
            poisoned(X, rows * channels),
            poisoned(SUMS, 2 * parts * channels),
        ];
        let grid = [params.channels.div_ceil(CHANNELS_PER_BLOCK), parts as u32, 1];
        let after = dispatch(Dispatch::new(kernel, "test").params(&params).grid(grid), &Step::default(), &contents);

        let name = |what: &str| format!("[{rows}, {channels}]: {what}");
        let (dresidue, dshortcut, _) = addition_backward_reference(residue, shortcut, dy, gates);
        // The norm, the gate's share (a division), the product.
        for (what, words, dx) in [("dx0", &after[4], dresidue), ("dx1", &after[3], dshortcut)] {
            let tolerance = |i: usize| Tolerance::rounded(NORM_ULPS + 2.5 + 0.5, dx.data[i]);
            report.compare(&name(what), words, &Expected::untouched(words.len()).at(X, &dx.data, tolerance));
        }

        let n = gate_norms(gates);
        let (mut sums, mut sizes) = (Vec::new(), Vec::new());
        for part in 0..parts {
            let [x0, x1, dy] = [residue, shortcut, dy].map(|tensor| {
                let begin = part * rows_per_part * channels;
                let data = tensor.data[begin..tensor.data.len().min(begin + rows_per_part * channels)].to_vec();
                Tensor::new(&[data.len() / channels, channels], data)
            });
            let (_, _, dgates) = addition_backward_reference(&x0, &x1, &dy, gates);
            for (c, n) in n.iter().enumerate() {
                let column = |x: &Tensor| {
                    let products = x.data.iter().zip(&dy.data).map(|(x, dy)| (x * dy).abs());
                    products.skip(c).step_by(channels).sum::<f64>()
                };
                let (gate, h) = (problem.gate(c).map(f64::abs), [column(&x0), column(&x1)]);
                let along = (gate[0] * h[0] + gate[1] * h[1]) / n.powi(2);
                sums.extend([dgates.data[c], dgates.data[channels + c]]);
                sizes.extend([0, 1].map(|i| (h[i] + gate[i] * along) / n));
            }
        }
        // Both sums; <g, h> 1, the squared norm 2, the division 2.5, its product and the difference 0.5 each; the norm
        // and the outer division.
        let ulps = 1.0 + 2.0 + 2.5 + 1.0 + NORM_ULPS + 2.5;
        let tolerance =
            |i: usize| Tolerance::summed(rows_per_part.min(rows), sizes[i]) + Tolerance::rounded(ulps, sizes[i]);
        let expected = Expected::untouched(after[5].len()).at(SUMS, &sums, tolerance);
        report.compare(&name("gates"), &after[5], &expected);
    }
    report
}

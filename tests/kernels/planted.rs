//! Errors that a kernel might have, each of which its check must report.

use crate::checks::compare::Report;
use crate::checks::{
    activation, addition, batch_norm, batch_statistics, convolution, data, loss, optimiser, peak, pooling,
    spectral_norm, sums, weight_norm,
};
use wn_gan::kernels::{self, Kernel};

type Check = fn(&'static Kernel) -> Report;

/// (check, kernel, text of the shader, text that replaces it).
pub const PLANTED: &[(Check, &Kernel, &str, &str)] = &[
    // A wrong sign, a dropped bias, an element never written, a wrong offset, pixels and depths outside.
    (convolution::conv, &kernels::CONV, "r1 += a.y * b", "r1 -= a.y * b"),
    (convolution::conv, &kernels::CONV, "value.x + bias_of(n)", "value.x"),
    (convolution::conv, &kernels::CONV, "if (n + 1u < g.small_c) { small[at + 1u] = value.y + bias_of(n + 1u); }", ""),
    (convolution::conv, &kernels::CONV, "g.small_offset + m", "g.small_offset + 1u + m"),
    (convolution::conv, &kernels::CONV, "y < 0 || y >= i32(g.big_h)", "y < 0"),
    (convolution::conv, &kernels::CONV, "if (j < length) {", "if (true) {"),
    (convolution::conv_direct, &kernels::CONV_DIRECT, "-row.z * c, (i32", "0, (i32"),
    (convolution::conv_direct, &kernels::CONV_DIRECT, "store(m + 5u, n4 + 1u, right5);", ""),
    // A wrong phase, taps of another phase, pixels outside, phases without a pixel.
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE, "(y + g.pad_h) % g.stride", "y % g.stride"),
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE, "g.stride * (tap % phase.taps_w)", "(tap % phase.taps_w)"),
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE, "here.rows * here.columns == 0u", "false"),
    (convolution::conv_transpose_direct, &kernels::CONV_TRANSPOSE_DIRECT, "row.y - i32(tap", "row.y + i32(tap"),
    // Missing strides, swapped sides, a row of pixels that two parts count.
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT,
        "(s % g.small_h) * g.stride",
        "(s % g.small_h)",
    ),
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT,
        "i32(tap % g.kernel_w)",
        "i32(tap / g.kernel_w)",
    ),
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT,
        "min(first + g.split,",
        "min(first + g.split + 1u,",
    ),
    (convolution::conv_weight_gradient_direct, &kernels::CONV_WEIGHT_GRADIENT_DIRECT, "g.stride * g.big_c", "g.big_c"),
    (
        convolution::conv_weight_gradient_direct,
        &kernels::CONV_WEIGHT_GRADIENT_DIRECT,
        "left1 += a1 * left",
        "left1 += a0 * left",
    ),
    (sums::reduce_partials, &kernels::REDUCE_PARTIALS, "var part = 0u", "var part = 1u"),
    (sums::column_sum, &kernels::COLUMN_SUM, "row += 16u", "row += 17u"),
    (sums::column_sum, &kernels::COLUMN_SUM, "lanes[lane] += lanes[lane + stride];", "lanes[lane] += lanes[lane];"),
    (activation::tprelu, &kernels::TPRELU, "(1.0 - s) * a", "s * a"),
    (activation::tprelu, &kernels::TPRELU, "2u * (i % p.channels)", "(i % p.channels)"),
    // The kink on the wrong side.
    (activation::tprelu_backward, &kernels::TPRELU_BACKWARD, "value <= a", "value < a"),
    (activation::tprelu_backward, &kernels::TPRELU_BACKWARD, "value - a", "value"),
    (activation::tprelu_backward, &kernels::TPRELU_BACKWARD, "p.learn_slope != 0u", "true"),
    (activation::sigmoid, &kernels::SIGMOID, "exp(-abs(value))", "exp(-value)"),
    (activation::sigmoid_backward, &kernels::SIGMOID_BACKWARD, "(1.0 - value)", "value"),
    // Missing factor and eps, gains of the wrong channel.
    (weight_norm::weight_norm, &kernels::WEIGHT_NORM, "block.factor * squares", "squares"),
    (weight_norm::weight_norm, &kernels::WEIGHT_NORM, " + NORM_EPS", ""),
    (weight_norm::weight_norm, &kernels::WEIGHT_NORM, "params[block.gain_offset + c]", "params[block.gain_offset]"),
    (weight_norm::weight_norm_backward, &kernels::WEIGHT_NORM_BACKWARD, "block.factor * projection", "projection"),
    (weight_norm::weight_norm_backward, &kernels::WEIGHT_NORM_BACKWARD, "gain / n * (", "1.0 / n * ("),
    (weight_norm::weight_norm_backward, &kernels::WEIGHT_NORM_BACKWARD, "= projection;", "= inner_product;"),
    // The new vector's length in place of the old one's, another layer's block, missing rows, a missing root.
    (spectral_norm::rows, &kernels::SPECTRAL_ROWS, "/ max(sqrt(total.y), LEAST)", ""),
    (
        spectral_norm::rows,
        &kernels::SPECTRAL_ROWS,
        "channel_sum(16u * lane + thread / 16u, sum)",
        "channel_sum(thread, sum)",
    ),
    (spectral_norm::rows, &kernels::SPECTRAL_ROWS, "block.first + thread / 16u", "thread / 16u"),
    (spectral_norm::columns, &kernels::SPECTRAL_COLUMNS, "row += 16u", "row += 32u"),
    (spectral_norm::columns, &kernels::SPECTRAL_COLUMNS, "s[block.s_offset + c] =", "s[c] ="),
    (
        spectral_norm::weight,
        &kernels::SPECTRAL_NORM,
        "max(sqrt(tree_sum(thread, vec2<f32>(squares, 0.0)).x), LEAST)",
        "max(tree_sum(thread, vec2<f32>(squares, 0.0)).x, LEAST)",
    ),
    (spectral_norm::weight, &kernels::SPECTRAL_NORM, "c += 256u", "c += 512u"),
    (spectral_norm::weight, &kernels::SPECTRAL_NORM, ", LEAST)", ", 0.0)"),
    (spectral_norm::inner, &kernels::SPECTRAL_INNER, "gradient[at] * params[at]", "gradient[at] * gradient[at]"),
    (spectral_norm::inner, &kernels::SPECTRAL_INNER, "row < block.rows", "row + 1u < block.rows"),
    // No projection, a missing sigma, a missing length, the singular vectors exchanged.
    (spectral_norm::backward, &kernels::SPECTRAL_NORM_BACKWARD, " - along * t[block.t_offset + row]", ""),
    (
        spectral_norm::backward,
        &kernels::SPECTRAL_NORM_BACKWARD,
        "(s[block.s_offset + c] / sigma)",
        "s[block.s_offset + c]",
    ),
    (spectral_norm::backward, &kernels::SPECTRAL_NORM_BACKWARD, ") / length;", ");"),
    (
        spectral_norm::backward,
        &kernels::SPECTRAL_NORM_BACKWARD,
        "along * t[block.t_offset + row]",
        "along * t[block.t_offset + c % block.rows]",
    ),
    // A mean of too many rows, no deviation from it, rows that do not count, another group.
    (
        batch_statistics::partial,
        &kernels::BATCH_NORM_PARTIAL,
        "/ max(f32(end) - f32(begin), 1.0)",
        "/ f32(p.rows_per_part)",
    ),
    (batch_statistics::partial, &kernels::BATCH_NORM_PARTIAL, "+ row * p.channels] - mean;", "+ row * p.channels];"),
    (batch_statistics::partial, &kernels::BATCH_NORM_PARTIAL, "now.rows * p.pixels", "p.group_rows"),
    (batch_statistics::partial, &kernels::BATCH_NORM_PARTIAL, "group.z * p.group_rows * p.channels", "0u"),
    (batch_statistics::partial, &kernels::BATCH_NORM_PARTIAL, "group.z * groups.y + group.y", "group.z + group.y"),
    // Parts of one weight, means that are taken for equal, the wrong divisor, an epsilon of another kernel.
    (
        batch_statistics::merge,
        &kernels::BATCH_NORM_MERGE,
        "min(begin + p.rows_per_part, rows) - begin",
        "p.rows_per_part",
    ),
    (batch_statistics::merge, &kernels::BATCH_NORM_MERGE, " + rows_of(part, rows) * shift * shift", ""),
    (batch_statistics::merge, &kernels::BATCH_NORM_MERGE, "squares / max(n - 1.0, 1.0)", "squares / n"),
    (batch_statistics::merge, &kernels::BATCH_NORM_MERGE, "squares / n + VARIANCE_EPS", "squares / n"),
    (batch_statistics::merge, &kernels::BATCH_NORM_MERGE, "(mean - running[index])", "mean"),
    (
        batch_statistics::merge,
        &kernels::BATCH_NORM_MERGE,
        "if (p.momentum > 0.0) {",
        "if (p.momentum > 0.0 && group == 0u) {",
    ),
    (batch_statistics::merge, &kernels::BATCH_NORM_MERGE, "(p.first_group + group)", "group"),
    (batch_statistics::running, &kernels::BATCH_NORM_RUNNING, "2u * (i % p.channels)", "2u * i"),
    (batch_statistics::running, &kernels::BATCH_NORM_RUNNING, "+ VARIANCE_EPS", "+ 1e-6"),
    (
        batch_norm::batch_norm,
        &kernels::BATCH_NORM,
        "params[pair + 1u] * standard + params[pair]",
        "params[pair] * standard + params[pair + 1u]",
    ),
    (batch_norm::batch_norm, &kernels::BATCH_NORM, "p.first_group + i / p.group_size", "p.first_group"),
    (batch_norm::sums, &kernels::BATCH_NORM_SUMS, "(x[i] - mean) * inverse", "x[i] * inverse"),
    (batch_norm::sums, &kernels::BATCH_NORM_SUMS, "p.first_group + group.z", "p.first_group"),
    (batch_norm::sums, &kernels::BATCH_NORM_SUMS, "group.y * groups.z + group.z", "group.z * groups.y + group.y"),
    (batch_norm::backward, &kernels::BATCH_NORM_BACKWARD, "standard * sums[group_sums + 1u]", "sums[group_sums + 1u]"),
    (batch_norm::backward, &kernels::BATCH_NORM_BACKWARD, "f32(now.rows * p.pixels)", "f32(p.group_size / p.channels)"),
    (batch_norm::backward, &kernels::BATCH_NORM_BACKWARD, "2u * (group * p.channels + c)", "2u * c"),
    (batch_norm::backward, &kernels::BATCH_NORM_BACKWARD, "image >= now.rows", "false"),
    (batch_norm::backward, &kernels::BATCH_NORM_BACKWARD, "p.coupled != 0u", "true"),
    // No norm, no eps, the branches exchanged, the gates' gradient along the gates.
    (addition::addition, &kernels::ADDITION, "/ sqrt(dot(gate, gate) + GATE_EPS)", ""),
    (addition::addition, &kernels::ADDITION, " + GATE_EPS", ""),
    (
        addition::addition,
        &kernels::ADDITION,
        "residue[p.offset + i], shortcut[p.offset + i]",
        "shortcut[p.offset + i], residue[p.offset + i]",
    ),
    (addition::addition_backward, &kernels::ADDITION_BACKWARD, "dresidue[i] = share.x", "dresidue[i] = share.y"),
    (addition::addition_backward, &kernels::ADDITION_BACKWARD, "h - gate * (dot(gate, h) / squares)", "h"),
    (addition::addition_backward, &kernels::ADDITION_BACKWARD, ") / sqrt(squares);", ");"),
    (addition::addition_backward, &kernels::ADDITION_BACKWARD, "2u * (group.y * p.channels + c)", "2u * c"),
    // A wrong divisor, ignored padding, the image above, a lost corner.
    (pooling::average_pool, &kernels::AVERAGE_POOL, "p.factor * sum", "0.25 * sum"),
    (pooling::average_pool, &kernels::AVERAGE_POOL, "tap % 2u - p.pad_w", "tap % 2u"),
    (pooling::average_pool, &kernels::AVERAGE_POOL, "row < p.big_h && ", ""),
    (pooling::average_pool, &kernels::AVERAGE_POOL, "tap < 4u", "tap < 3u"),
    (pooling::upsample, &kernels::UPSAMPLE, "% p.big_h + p.pad_h", "% p.big_h"),
    (pooling::upsample, &kernels::UPSAMPLE, "image * p.small_h", "image * p.big_h"),
    (pooling::upsample, &kernels::UPSAMPLE, "p.factor * ", ""),
    (pooling::rescale, &kernels::RESCALE, "+ p.shift", "- p.shift"),
    (pooling::rescale, &kernels::RESCALE, "i < p.count", "i <= p.count"),
    (pooling::add, &kernels::ADD, "+= x[p.offset + i]", "= x[p.offset + i]"),
    (pooling::add, &kernels::ADD, "x[p.offset + i];", "x[i];"),
    // eps inside the root, no projection, projection of thresholds.
    (optimiser::rmsprop, &kernels::RMSPROP, "sqrt(m) + p.eps", "sqrt(m + p.eps)"),
    (optimiser::rmsprop, &kernels::RMSPROP, "clamp(value, 0.0, 1.0)", "value"),
    (optimiser::rmsprop, &kernels::RMSPROP, "% 2u == 1u", "% 2u == 0u"),
    // The same, missing and exchanged corrections, a mean that does not remember.
    (optimiser::adam, &kernels::ADAM, "sqrt(m2 / now.correction2) + p.eps", "sqrt(m2 / now.correction2 + p.eps)"),
    (optimiser::adam, &kernels::ADAM, "m1 / now.correction1", "m1"),
    (optimiser::adam, &kernels::ADAM, "m2 / now.correction2", "m2 / now.correction1"),
    (optimiser::adam, &kernels::ADAM, "p.beta1 * mean[i]", "p.beta2 * mean[i]"),
    (optimiser::adam, &kernels::ADAM, "clamp(value, 0.0, 1.0)", "value"),
    // A saturating loss, swapped labels, an overflowing exponential, another network's column.
    (loss::gan_loss, &kernels::GAN_LOSS, "is_real || p.generator == 1u", "is_real"),
    (loss::gan_loss, &kernels::GAN_LOSS, "towards = direction * logit", "towards = logit"),
    (loss::gan_loss, &kernels::GAN_LOSS, "exp(-abs(logit))", "exp(-logit)"),
    (loss::gan_loss, &kernels::GAN_LOSS, "metrics[at + 3u]", "metrics[at + 2u]"),
    (loss::gan_loss, &kernels::GAN_LOSS, "row += 256u", "row += 512u"),
    // Half a square, a hinge for G, a hinge with a gradient at its point, on the wrong side of it.
    (loss::gan_loss, &kernels::GAN_LOSS, "2.0 * miss * e", "miss * e"),
    (loss::gan_loss, &kernels::GAN_LOSS, "miss * miss", "miss"),
    (
        loss::gan_loss,
        &kernels::GAN_LOSS,
        "if (p.generator == 1u) {\n            return",
        "if (false) {\n            return",
    ),
    (loss::gan_loss, &kernels::GAN_LOSS, "towards > -1.0", "towards >= -1.0"),
    (loss::gan_loss, &kernels::GAN_LOSS, "vec2<f32>(1.0 + towards, direction)", "vec2<f32>(1.0 + towards, -direction)"),
    // A difference that cancels where D is sure.
    (
        loss::gan_loss,
        &kernels::GAN_LOSS,
        "direction * miss)",
        "select(e, 1.0, logit >= 0.0) / (1.0 + e) - select(0.0, 1.0, is_wanted_real))",
    ),
    // Swapped operands, a gradient for images that only fill the batch up.
    (loss::mse, &kernels::MSE, "y[at] - wanted[at]", "wanted[at] - y[at]"),
    (loss::mse, &kernels::MSE, "group.x < now.rows", "true"),
    // The same order in every epoch, held-out images among training images, an image too far.
    (data::gather_batch, &kernels::GATHER_BATCH, "position / p.count, now.seed", "0u, now.seed"),
    (data::gather_batch, &kernels::GATHER_BATCH, "image = p.first + shuffled", "image = shuffled"),
    (data::gather_batch, &kernels::GATHER_BATCH, "p.first + p.count - 1u", "p.first + p.count"),
    // The same latent codes for both networks and in every step, dependent pairs.
    (data::latent, &kernels::LATENT, "now.step, p.stream", "now.step, 0u"),
    (data::latent, &kernels::LATENT, "now.step, p.stream", "0u, p.stream"),
    (data::latent, &kernels::LATENT, "normal_pair(words.z, words.w)", "normal_pair(words.y, words.x)"),
    // A chain that starts like another, swapped operands, a round too few.
    (peak::fma_peak, &kernels::FMA_PEAK, "start + 3.0", "start + 2.0"),
    (peak::fma_peak, &kernels::FMA_PEAK, "x5 = fma(x5, a, b)", "x5 = fma(x5, b, a)"),
    (peak::fma_peak, &kernels::FMA_PEAK, "var round = 0u", "var round = 1u"),
    // Truncation, swapped colours, tiles beside each other in the wrong order.
    (data::sample_sheet, &kernels::SAMPLE_SHEET, "* 255.0 + 0.5", "* 255.0"),
    (data::sample_sheet, &kernels::SAMPLE_SHEET, "(green << 8u) | (blue << 16u)", "(blue << 8u) | (green << 16u)"),
    (data::sample_sheet, &kernels::SAMPLE_SHEET, "image >= p.images", "image > p.images"),
];

//! Errors that a kernel might have, each of which its check must report.

use crate::checks::compare::Report;
use crate::checks::{
    activation, addition, batch_norm, batch_statistics, convolution, data, loss, optimiser, peak, pixel_norm, pooling,
    spectral_norm, sums, weight_norm, weight_norm_update,
};
use wn_gan::kernels::{self, Kernel};

type Check = fn(&'static Kernel) -> Report;

/// The operands of the products of a tile.
const OPERANDS: &str = "let a = tile_a[k * TILE_M4 + tm];
                let b = tile_b[k * TILE_N4 + tn];";
/// The same, rounded to 10 bits behind the leading one.
const TF32_OPERANDS: &str = "let ones = vec4<u32>(0xffffe000u);
                let a = bitcast<vec4<f32>>((bitcast<vec4<u32>>(tile_a[k * TILE_M4 + tm]) + 0x1000u) & ones);
                let b = bitcast<vec4<f32>>((bitcast<vec4<u32>>(tile_b[k * TILE_N4 + tn]) + 0x1000u) & ones);";

/// (check, kernel, text of the shader, text that replaces it).
pub const PLANTED: &[(Check, &Kernel, &str, &str)] = &[
    // A wrong sign, a lost bias, an element never written, a wrong offset, pixels and depths outside.
    (convolution::conv, &kernels::CONV_TILE, "r1 += a.y * b", "r1 -= a.y * b"),
    (convolution::conv, &kernels::CONV_TILE_WIDE, "right6 += lower.z * right", "right6 += lower.z * left"),
    (convolution::conv, &kernels::CONV_TILE, "product + known.bias", "product"),
    (convolution::conv, &kernels::CONV_TILE, "if (known.first + 1u < known.count) { output[to + 1u] = v.y; }", ""),
    (convolution::conv, &kernels::CONV_TILE, "g.output_offset + at", "g.output_offset + 1u + at"),
    (convolution::conv, &kernels::CONV_TILE, "y < 0 || y >= i32(g.big_h)", "y < 0"),
    (convolution::conv, &kernels::CONV_TILE, "vec4<f32>(0.0), b, j < length", "vec4<f32>(0.0), b, true"),
    (convolution::conv, &kernels::CONV_TILE, "u32(at.x + i32(j)) / 4u", "u32(at.x + i32(j)) / 4u + 1u"),
    (convolution::conv, &kernels::CONV_TILE, "min(n4, g.small_c / 4u - 1u)", "min(n4, g.small_c / 4u - 2u)"),
    // Operands of 10 bits, as TF32 has them, in gradients that are sums of a thousand terms.
    (convolution::deep_weight_gradient, &kernels::CONV_WEIGHT_GRADIENT_TILE, OPERANDS, TF32_OPERANDS),
    // K-tiles of several K-runs, all of which are the first.
    (convolution::conv_weight_gradient, &kernels::CONV_WEIGHT_GRADIENT_TILE, "place(s + k / K_RUN)", "at"),
    // Epilogues: the activation's input lost or taken after it, the kink, another channel's pair.
    (convolution::conv, &kernels::CONV_TILE, "pre[before + 2u] = v.z", "pre[before + 2u] = v.w"),
    (convolution::conv, &kernels::CONV_TILE, "v, x > known.threshold", "v, v > known.threshold"),
    (convolution::conv, &kernels::CONV_TILE, "2u * (n % g.pair_channels)", "2u * n"),
    (convolution::conv, &kernels::CONV_TILE, "exp(-abs(v))", "exp(-v)"),
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE_TILE, "(1.0 - known.slope) * known", "known"),
    (convolution::conv, &kernels::CONV_PLAIN, "-row.z * c, (i32", "0, (i32"),
    // Another invocation's rows, another row's operand, a loop that ends early.
    (convolution::conv, &kernels::CONV_PLAIN, "group.x + lane / WG_N", "group.x + lane % WG_N"),
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE_PLAIN, "k_run1, k_run2", "k_run1, k_run1"),
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT_PLAIN,
        "j < length; j += 4u",
        "j + 4u < length; j += 4u",
    ),
    // Sums of other rows, of other columns, of the K-tiles before.
    (convolution::conv, &kernels::CONV_PANEL, "right2 += a[2] * b[1]", "right2 += a[2] * b[0]"),
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE_PANEL, "store(first_row + m, known", "store(m, known"),
    (convolution::conv_weight_gradient, &kernels::CONV_WEIGHT_GRADIENT_PANEL, "sums[i] = vec4<f32>(0.0);", ""),
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE_TILE_WIDE, "known_right, right4", "known_left, right4"),
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT_TILE_WIDE,
        "k * TILE_N4 + WG_N + tn",
        "k * TILE_N4 + tn",
    ),
    // A wrong phase, taps of another phase, pixels outside, phases without a pixel.
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE_TILE, "(y + g.pad_h) % g.stride", "y % g.stride"),
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE_TILE, "g.stride * tap.y", "tap.y"),
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE_TILE, "here.rows * here.columns == 0u", "false"),
    (
        convolution::conv_transpose,
        &kernels::CONV_TRANSPOSE_TILE,
        "weight_vec4[(at + min(j, g.small_c - 4u)) / 4u]",
        "weight_vec4[at / 4u]",
    ),
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE_PLAIN, "row.y - i32(tap", "row.y + i32(tap"),
    // Missing strides, swapped sides, a row of pixels that two parts count, another image's factor.
    (convolution::conv_weight_gradient, &kernels::CONV_WEIGHT_GRADIENT_TILE, "at.y * g.stride", "at.y"),
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT_TILE,
        "at.y + 1u == k_runs_across()",
        "at.y == k_runs_across()",
    ),
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT_TILE,
        "i32(tap % g.kernel_w)",
        "i32(tap / g.kernel_w)",
    ),
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT_TILE,
        "min(first + g.split,",
        "min(first + g.split + 1u,",
    ),
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT_TILE,
        "s * g.small_w / g.scaled_by",
        "s / g.scaled_by",
    ),
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT_TILE,
        "return transpose(mat4x4<f32>(across",
        "return (mat4x4<f32>(across",
    ),
    (convolution::conv_weight_gradient, &kernels::CONV_WEIGHT_GRADIENT_PLAIN, "j * g.stride * g.big_c", "j * g.big_c"),
    // Parts of another tensor, a part too few.
    (sums::gather_gradients, &kernels::GATHER_GRADIENTS, "source + part * stride", "source + part"),
    (sums::gather_gradients, &kernels::GATHER_GRADIENTS, "block.first + lane", "lane"),
    (sums::gather_gradients, &kernels::GATHER_GRADIENTS, "var part = 0u", "var part = 1u"),
    (sums::reduce_partials, &kernels::REDUCE_PARTIALS, "var part = 0u", "var part = 1u"),
    (sums::column_sum, &kernels::COLUMN_SUM, "row += LANES", "row += LANES + 1u"),
    (sums::column_sum, &kernels::COLUMN_SUM, "row / p.scaled_by", "row % p.scaled_by"),
    (sums::column_sum, &kernels::COLUMN_SUM, "lanes[lane] += lanes[lane + stride];", "lanes[lane] += lanes[lane];"),
    (activation::tprelu, &kernels::TPRELU, "(1.0 - s) * a", "s * a"),
    (activation::tprelu, &kernels::TPRELU, "2u * (i % p.channels)", "(i % p.channels)"),
    // The kink on the wrong side.
    (activation::tprelu_backward, &kernels::TPRELU_BACKWARD, "value <= a", "value < a"),
    (activation::tprelu_backward, &kernels::TPRELU_BACKWARD, "value - a", "value"),
    (activation::tprelu_backward, &kernels::TPRELU_BACKWARD, "p.learn_slope != 0u", "true"),
    (activation::tprelu_backward, &kernels::TPRELU_BACKWARD, "dy[i] = s * gradient", "dy[i] = s * share"),
    (activation::sigmoid, &kernels::SIGMOID, "exp(-abs(value))", "exp(-value)"),
    (activation::sigmoid_backward, &kernels::SIGMOID_BACKWARD, "(1.0 - value)", "value"),
    (activation::sigmoid_backward, &kernels::SIGMOID_BACKWARD, "sum += pulled", "sum += gradient"),
    (activation::sigmoid_backward, &kernels::SIGMOID_BACKWARD, " && p.output_offset != NO_SUMS", ""),
    (activation::sigmoid_backward, &kernels::SIGMOID_BACKWARD, "p.over_y != 0u", "false"),
    // Missing factor and eps, gains of the wrong channel.
    (weight_norm::weight_norm, &kernels::WEIGHT_NORM, "own.block.factor * channel", "channel"),
    (weight_norm::weight_norm, &kernels::WEIGHT_NORM, " + NORM_EPS", ""),
    (
        weight_norm::weight_norm,
        &kernels::WEIGHT_NORM,
        "params[own.block.gain_offset + own.number]",
        "params[own.block.gain_offset]",
    ),
    (weight_norm::weight_norm_backward, &kernels::WEIGHT_NORM_BACKWARD, "block.factor * projection", "projection"),
    (weight_norm::weight_norm_backward, &kernels::WEIGHT_NORM_BACKWARD, "gain / n * (", "1.0 / n * ("),
    (weight_norm::weight_norm_backward, &kernels::WEIGHT_NORM_BACKWARD, "= projection;", "= inner_product;"),
    // An update that forgets its parts, the pull-back, the old gain, the projection; new weights of old lengths.
    (weight_norm_update::weight_norm_rmsprop, &kernels::WEIGHT_NORM_RMSPROP, "sum += params[at] * dw", "sum += dw"),
    (
        weight_norm_update::weight_norm_rmsprop,
        &kernels::WEIGHT_NORM_RMSPROP,
        " - block.factor * projection * v / n",
        "",
    ),
    (
        weight_norm_update::weight_norm_rmsprop,
        &kernels::WEIGHT_NORM_RMSPROP,
        "squares += new_v * new_v",
        "squares += v * v",
    ),
    (weight_norm_update::weight_norm_rmsprop, &kernels::WEIGHT_NORM_RMSPROP, "sqrt(m) + p.eps", "sqrt(m + p.eps)"),
    (weight_norm_update::weight_norm_rmsprop, &kernels::WEIGHT_NORM_RMSPROP, "gain_of(own) / n", "1.0 / n"),
    (weight_norm_update::weight_norm_rmsprop, &kernels::WEIGHT_NORM_RMSPROP, "select(0.0, 1.0, value > 0.0)", "value"),
    (weight_norm_update::weight_norm_rmsprop, &kernels::WEIGHT_NORM_RMSPROP, "block.first + i", "i"),
    // A raw weight left as it was, a norm of the weight before, an effective weight without its gain.
    (weight_norm::forced_weight_norm, &kernels::FORCED_WEIGHT_NORM, "/= before", "/= 1.0"),
    (weight_norm::forced_weight_norm, &kernels::FORCED_WEIGHT_NORM, "let n = norm_of(own)", "let n = before"),
    (weight_norm::forced_weight_norm, &kernels::FORCED_WEIGHT_NORM, "gain_of(own) / n", "1.0 / n"),
    // The new vector's length in place of the old one's, another layer's block, missing rows, a missing root.
    (spectral_norm::rows, &kernels::SPECTRAL_ROWS, "/ max(sqrt(total.y), MIN_LENGTH)", ""),
    (
        spectral_norm::rows,
        &kernels::SPECTRAL_ROWS,
        "channel_sum(16u * lane + thread / LANES, sum)",
        "channel_sum(thread, sum)",
    ),
    (spectral_norm::rows, &kernels::SPECTRAL_ROWS, "block.first + thread / LANES", "thread / LANES"),
    (spectral_norm::columns, &kernels::SPECTRAL_COLUMNS, "row += LANES", "row += 2u * LANES"),
    (spectral_norm::columns, &kernels::SPECTRAL_COLUMNS, "s[block.s_offset + c] =", "s[c] ="),
    (
        spectral_norm::weight,
        &kernels::SPECTRAL_NORM,
        "max(sqrt(tree_sum(thread, vec2<f32>(squares, 0.0)).x), MIN_LENGTH)",
        "max(tree_sum(thread, vec2<f32>(squares, 0.0)).x, MIN_LENGTH)",
    ),
    (spectral_norm::weight, &kernels::SPECTRAL_NORM, "c += WIDTH", "c += 512u"),
    (spectral_norm::weight, &kernels::SPECTRAL_NORM, ", MIN_LENGTH)", ", 0.0)"),
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
    // A mean over all channels but the first ones, a root without its square, no projection, a pixel too far.
    (pixel_norm::pixel_norm, &kernels::PIXEL_NORM, "/ f32(p.channels)", "/ f32(p.channels + 1u)"),
    (pixel_norm::pixel_norm, &kernels::PIXEL_NORM, "sum.x += value * value", "sum.x += abs(value)"),
    (pixel_norm::pixel_norm, &kernels::PIXEL_NORM, " - y * (mean.y / r)", ""),
    (pixel_norm::pixel_norm, &kernels::PIXEL_NORM, "row < p.rows", "row <= p.rows"),
    (pixel_norm::pixel_norm, &kernels::PIXEL_NORM, "16u * lane + pixel, sum", "invocation, sum"),
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
    // A neighbour's update; eps inside the root, no projection, projection of thresholds.
    (optimiser::rmsprop, &kernels::RMSPROP, "let g = gradient[i]", "let g = gradient[min(i ^ 1u, p.count - 1u)]"),
    (optimiser::rmsprop, &kernels::RMSPROP, "sqrt(m) + p.eps", "sqrt(m + p.eps)"),
    (optimiser::rmsprop, &kernels::RMSPROP, "select(0.0, 1.0, value > 0.0)", "value"),
    (optimiser::rmsprop, &kernels::RMSPROP, "% 2u == 1u", "% 2u == 0u"),
    // The same, missing and exchanged corrections, a mean that does not remember.
    (optimiser::adam, &kernels::ADAM, "sqrt(m2 / now.correction2) + p.eps", "sqrt(m2 / now.correction2 + p.eps)"),
    (optimiser::adam, &kernels::ADAM, "m1 / now.correction1", "m1"),
    (optimiser::adam, &kernels::ADAM, "m2 / now.correction2", "m2 / now.correction1"),
    (optimiser::adam, &kernels::ADAM, "p.beta1 * mean[i]", "p.beta2 * mean[i]"),
    (optimiser::adam, &kernels::ADAM, "select(0.0, 1.0, value > 0.0)", "value"),
    // A momentum that the gradient does not enter, dampened, or left out of the update; no projection.
    (optimiser::sgd, &kernels::SGD, "momentum[i] = m", "momentum[i] = p.momentum * momentum[i]"),
    (optimiser::sgd, &kernels::SGD, "momentum[i] + gradient[i]", "momentum[i] + (1.0 - p.momentum) * gradient[i]"),
    (optimiser::sgd, &kernels::SGD, "now.lr * m", "now.lr * gradient[i]"),
    (optimiser::sgd, &kernels::SGD, "select(0.0, 1.0, value > 0.0)", "value"),
    // An average that follows at once, of one parameter too few.
    (optimiser::moving_average, &kernels::MOVING_AVERAGE, "(1.0 - p.decay) * value", "p.decay * value"),
    (optimiser::moving_average, &kernels::MOVING_AVERAGE, "i < p.count", "i + 1u < p.count"),
    // The other network's loss, another's column, a row left out, a place without its offset, half a sum.
    (
        loss::bce,
        &kernels::LOSS_BCE,
        "if (p.generator == 1u) {\n            let",
        "if (p.generator == 0u) {\n            let",
    ),
    (loss::ls, &kernels::LOSS_LS, "metrics[at + 3u]", "metrics[at + 2u]"),
    (loss::hinge, &kernels::LOSS_HINGE, "metrics[at + 2u] = total.x + total.y", "metrics[at + 2u] = total.x"),
    (loss::bce, &kernels::LOSS_BCE, "i += WIDTH", "i += 512u"),
    (loss::ls, &kernels::LOSS_LS, "dlogits[p.output + p.batch + i]", "dlogits[p.output + i]"),
    (loss::hinge, &kernels::LOSS_HINGE, "dlogits[p.output + i] = of_pair.y", "dlogits[i] = of_pair.y"),
    // A saturating loss, swapped labels, an overflowing exponential, a logarithm without a digit of small numbers.
    (loss::bce, &kernels::LOSS_BCE, "let of_fake = softplus(-fake)", "let of_fake = -softplus(fake)"),
    (loss::bce, &kernels::LOSS_BCE, "let of_real = softplus(-real)", "let of_real = softplus(real)"),
    (loss::bce, &kernels::LOSS_BCE, "exp(-abs(x))", "exp(-x)"),
    (loss::bce, &kernels::LOSS_BCE, "2.0 * s * series", "log(1.0 + e)"),
    (loss::bce, &kernels::LOSS_BCE, "1.0 / 9.0", "1.0 / 8.0"),
    // A square without its slope's 2, no square, a difference that cancels where D is sure.
    (loss::ls, &kernels::LOSS_LS, "2.0 * p * e", "p * e"),
    (loss::ls, &kernels::LOSS_LS, "p * p", "p"),
    (
        loss::ls,
        &kernels::LOSS_LS,
        "let p = select(e, 1.0, towards >= 0.0) / (1.0 + e)",
        "let p = 1.0 - 1.0 / (1.0 + exp(towards))",
    ),
    // A hinge for G, one with a gradient at its point, one on the wrong side of it.
    (loss::hinge, &kernels::LOSS_HINGE, "vec2<f32>(-fake, -1.0)", "hinge(-fake)"),
    (loss::hinge, &kernels::LOSS_HINGE, "x <= -1.0", "x < -1.0"),
    (loss::hinge, &kernels::LOSS_HINGE, "vec2<f32>(1.0 + x, 1.0)", "vec2<f32>(1.0 + x, -1.0)"),
    // Swapped images, gradients that push both logits the same way, a G that does not look at the real image.
    (loss::rpgan, &kernels::LOSS_RPGAN, "softplus(fake - real)", "softplus(real - fake)"),
    (loss::rpgan, &kernels::LOSS_RPGAN, "-of_pair.y, of_pair.y", "of_pair.y, of_pair.y"),
    (loss::rpgan, &kernels::LOSS_RPGAN, "softplus(real - fake)", "softplus(-fake)"),
    // Swapped operands, a gradient for images that only fill the batch up.
    (loss::mse, &kernels::MSE, "y[at] - wanted[at]", "wanted[at] - y[at]"),
    (loss::mse, &kernels::MSE, "group.x < now.rows", "true"),
    // The same order in every epoch, held-out images among training images, an image too far.
    (data::gather_batch, &kernels::GATHER_BATCH, "position / p.images, now.seed", "0u, now.seed"),
    (data::gather_batch, &kernels::GATHER_BATCH, "image = p.first + shuffled", "image = shuffled"),
    (data::gather_batch, &kernels::GATHER_BATCH, "p.first + p.images - 1u", "p.first + p.images"),
    // The same latent codes for both networks and in every step, dependent pairs.
    (data::latent, &kernels::LATENT, "now.draw, p.first_stream + stream", "now.draw, p.first_stream"),
    (data::latent, &kernels::LATENT, "counter, now.draw", "counter, 0u"),
    (data::latent, &kernels::LATENT, "normal_pair(words.z, words.w)", "normal_pair(words.y, words.x)"),
    // A chain that starts like another, swapped operands, a round too few.
    (peak::fma_peak, &kernels::FMA_PEAK, "start + 3.0", "start + 2.0"),
    (peak::fma_peak, &kernels::FMA_PEAK, "x5 = fma(x5, a, b)", "x5 = fma(x5, b, a)"),
    (peak::fma_peak, &kernels::FMA_PEAK, "var round = 0u", "var round = 1u"),
    // Truncation, swapped colours, tiles beside each other in the wrong order.
    (data::image_grid, &kernels::IMAGE_GRID, "* 255.0 + 0.5", "* 255.0"),
    (data::image_grid, &kernels::IMAGE_GRID, "(green << 8u) | (blue << 16u)", "(blue << 8u) | (green << 16u)"),
    (data::image_grid, &kernels::IMAGE_GRID, "image >= p.images", "image > p.images"),
];

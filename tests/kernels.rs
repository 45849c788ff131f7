//! Every kernel against the f64 reference, on odd sizes, with poison around inputs and in outputs.

#[path = "kernels/batch_norm_chain.rs"]
mod batch_norm_chain;
#[path = "kernels/mod.rs"]
mod checks;
#[path = "kernels/layers.rs"]
mod layers;
#[path = "kernels/not_a_number.rs"]
mod not_a_number;
#[path = "kernels/random.rs"]
mod random;
#[path = "kernels/spectral_chain.rs"]
mod spectral_chain;
#[path = "kernels/tuner.rs"]
mod tuner;

use checks::compare::{POISON, Report};
use checks::device::{compile, dispatch, planted, poisoned};
use checks::gpu::gpu;
use checks::{
    activation, addition, batch_norm, batch_statistics, convolution, data, loss, optimiser, peak, pixel_norm, pooling,
    spectral_norm, sums, weight_norm, weight_norm_update,
};
use std::collections::BTreeSet;
use wn_gan::Error;
use wn_gan::device::{Buffer, Dispatch, StepUniforms};
use wn_gan::kernels::{self, ReducePartials, Step};

macro_rules! checked {
    ($($test:ident: $check:path, $kernel:ident;)*) => {
        $(#[test]
        #[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
        fn $test() {
            $check(&kernels::$kernel).none();
        })*

        /// Every kernel with its check.
        const CHECKS: &[(fn(&'static kernels::Kernel) -> Report, &kernels::Kernel)] = &[$(($check, &kernels::$kernel)),*];

        /// Kernels that sum over channels, where one invocation has a channel to itself: what CPUs get.
        #[test]
        #[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
        fn one_invocation_per_channel() {
            for (check, kernel) in CHECKS.iter().filter(|(_, kernel)| kernel.has_override("LANES")) {
                check(planted(kernel, "LANES: u32 = 16u", "LANES: u32 = 1u")).none();
            }
        }

        /// Kernels that the CPU runs without a driver, as the build script wrote them out.
        #[test]
        fn kernels_on_the_cpu() {
            for (check, kernel) in CHECKS.iter().filter(|(_, kernel)| kernel.runs_on_cpu) {
                checks::gpu::on_cpu(|| check(kernel)).none();
            }
        }

        #[test]
        fn every_kernel_is_checked() {
            let names = |kernels: &[&kernels::Kernel]| kernels.iter().map(|k| k.name).collect::<BTreeSet<_>>();
            assert_eq!(names(&[$(&kernels::$kernel),*]), names(kernels::ALL));
        }
    };
}

checked! {
    conv: convolution::conv, CONV_TILE;
    conv_tile_wide: convolution::conv, CONV_TILE_WIDE;
    conv_plain: convolution::conv, CONV_PLAIN;
    conv_panel: convolution::conv, CONV_PANEL;
    conv_transpose: convolution::conv_transpose, CONV_TRANSPOSE_TILE;
    conv_transpose_wide: convolution::conv_transpose, CONV_TRANSPOSE_TILE_WIDE;
    conv_transpose_plain: convolution::conv_transpose, CONV_TRANSPOSE_PLAIN;
    conv_transpose_panel: convolution::conv_transpose, CONV_TRANSPOSE_PANEL;
    conv_weight_gradient: convolution::conv_weight_gradient, CONV_WEIGHT_GRADIENT_TILE;
    conv_weight_gradient_wide: convolution::conv_weight_gradient, CONV_WEIGHT_GRADIENT_TILE_WIDE;
    conv_weight_gradient_plain: convolution::conv_weight_gradient, CONV_WEIGHT_GRADIENT_PLAIN;
    conv_weight_gradient_panel: convolution::conv_weight_gradient, CONV_WEIGHT_GRADIENT_PANEL;
    gather_gradients: sums::gather_gradients, GATHER_GRADIENTS;
    weight_norm_rmsprop: weight_norm_update::weight_norm_rmsprop, WEIGHT_NORM_RMSPROP;
    reduce_partials: sums::reduce_partials, REDUCE_PARTIALS;
    column_sum: sums::column_sum, COLUMN_SUM;
    tprelu: activation::tprelu, TPRELU;
    tprelu_backward: activation::tprelu_backward, TPRELU_BACKWARD;
    sigmoid: activation::sigmoid, SIGMOID;
    sigmoid_backward: activation::sigmoid_backward, SIGMOID_BACKWARD;
    weight_norm: weight_norm::weight_norm, WEIGHT_NORM;
    forced_weight_norm: weight_norm::forced_weight_norm, FORCED_WEIGHT_NORM;
    weight_norm_backward: weight_norm::weight_norm_backward, WEIGHT_NORM_BACKWARD;
    spectral_rows: spectral_norm::rows, SPECTRAL_ROWS;
    spectral_columns: spectral_norm::columns, SPECTRAL_COLUMNS;
    spectral_norm: spectral_norm::weight, SPECTRAL_NORM;
    spectral_inner: spectral_norm::inner, SPECTRAL_INNER;
    spectral_norm_backward: spectral_norm::backward, SPECTRAL_NORM_BACKWARD;
    batch_norm_partial: batch_statistics::partial, BATCH_NORM_PARTIAL;
    batch_norm_merge: batch_statistics::merge, BATCH_NORM_MERGE;
    batch_norm_running: batch_statistics::running, BATCH_NORM_RUNNING;
    batch_norm: batch_norm::batch_norm, BATCH_NORM;
    batch_norm_sums: batch_norm::sums, BATCH_NORM_SUMS;
    batch_norm_backward: batch_norm::backward, BATCH_NORM_BACKWARD;
    pixel_norm: pixel_norm::pixel_norm, PIXEL_NORM;
    addition: addition::addition, ADDITION;
    addition_backward: addition::addition_backward, ADDITION_BACKWARD;
    average_pool: pooling::average_pool, AVERAGE_POOL;
    upsample: pooling::upsample, UPSAMPLE;
    rescale: pooling::rescale, RESCALE;
    add: pooling::add, ADD;
    rmsprop: optimiser::rmsprop, RMSPROP;
    adam: optimiser::adam, ADAM;
    sgd: optimiser::sgd, SGD;
    moving_average: optimiser::moving_average, MOVING_AVERAGE;
    loss_bce: loss::bce, LOSS_BCE;
    loss_ls: loss::ls, LOSS_LS;
    loss_hinge: loss::hinge, LOSS_HINGE;
    loss_rpgan: loss::rpgan, LOSS_RPGAN;
    mse: loss::mse, MSE;
    gather_batch: data::gather_batch, GATHER_BATCH;
    latent: data::latent, LATENT;
    fma_peak: peak::fma_peak, FMA_PEAK;
    image_grid: data::image_grid, IMAGE_GRID;
}

/// Sums of a thousand terms in one part, for which planted errors have a check of their own.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn long_sums() {
    convolution::deep_weight_gradient(&kernels::CONV_WEIGHT_GRADIENT_TILE).none();
}

/// One dimension of the grid ends at 65,535 workgroups of 256.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn elementwise_kernels_reach_further_than_one_dimension_of_workgroups() {
    let count = 65_535 * 256 + 300;
    let params = ReducePartials { parts: 1, count: count as u32, total_offset: 0 };
    let call = Dispatch::new(&kernels::REDUCE_PARTIALS, "test").params(&params).elements(count);
    // Whole numbers up to 2^24 are exact in f32.
    let numbers: Vec<u32> = (0..count as u32).map(|i| (i as f32).to_bits()).collect();
    let after = dispatch(call, &Step::default(), &[numbers.clone(), poisoned(0, count)]);
    let wrong = after[1].iter().zip(&numbers).position(|(found, expected)| found != expected);
    assert_eq!(wrong, None, "the first element that was not copied");
    assert!(after[1][count..].iter().all(|&word| word == POISON), "something was written behind the output");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_grid_beyond_the_limit_is_refused_with_a_sentence() {
    let gpu = gpu();
    let buffer = Buffer::new(&gpu, "test", 1).unwrap();
    let call = Dispatch::new(&kernels::REDUCE_PARTIALS, "too much").buffers(&[&buffer, &buffer]).grid([1, 65_536, 1]);
    let slots = StepUniforms::new(&gpu, 1).unwrap();
    let error = compile(&gpu, &slots, vec![call]).unwrap_err();
    assert!(matches!(error, Error::Limit { .. }), "{error}");
    assert!(error.to_string().contains("65536 workgroups"), "{error}");
}

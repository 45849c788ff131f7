//! Every kernel against its f64 twin, on odd sizes, with poison around inputs and in outputs.

#[path = "kernels/mod.rs"]
mod checks;
#[path = "kernels/layers.rs"]
mod layers;
#[path = "kernels/random.rs"]
mod random;

use checks::{activation, convolution, data, sums, training, weight_norm};
use std::collections::BTreeSet;
use wn_gan::kernels;

macro_rules! checked {
    ($($test:ident: $check:path, $kernel:ident;)*) => {
        $(#[test]
        #[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
        fn $test() {
            $check(&kernels::$kernel).none();
        })*

        #[test]
        fn every_kernel_is_checked() {
            let names = |kernels: &[&kernels::Kernel]| kernels.iter().map(|k| k.name).collect::<BTreeSet<_>>();
            assert_eq!(names(&[$(&kernels::$kernel),*]), names(kernels::ALL));
        }
    };
}

checked! {
    conv: convolution::conv, CONV;
    conv_direct: convolution::conv_direct, CONV_DIRECT;
    conv_transpose: convolution::conv_transpose, CONV_TRANSPOSE;
    conv_transpose_direct: convolution::conv_transpose_direct, CONV_TRANSPOSE_DIRECT;
    conv_weight_gradient: convolution::conv_weight_gradient, CONV_WEIGHT_GRADIENT;
    conv_weight_gradient_direct: convolution::conv_weight_gradient_direct, CONV_WEIGHT_GRADIENT_DIRECT;
    reduce_partials: sums::reduce_partials, REDUCE_PARTIALS;
    column_sum: sums::column_sum, COLUMN_SUM;
    tprelu: activation::tprelu, TPRELU;
    tprelu_backward: activation::tprelu_backward, TPRELU_BACKWARD;
    sigmoid: activation::sigmoid, SIGMOID;
    sigmoid_backward: activation::sigmoid_backward, SIGMOID_BACKWARD;
    weight_norm: weight_norm::weight_norm, WEIGHT_NORM;
    weight_norm_backward: weight_norm::weight_norm_backward, WEIGHT_NORM_BACKWARD;
    rmsprop: training::rmsprop, RMSPROP;
    gan_loss: training::gan_loss, GAN_LOSS;
    mse: training::mse, MSE;
    gather_batch: data::gather_batch, GATHER_BATCH;
    latent: data::latent, LATENT;
    sample_sheet: data::sample_sheet, SAMPLE_SHEET;
}

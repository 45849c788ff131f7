//! How much arithmetic a training step needs: the multiply-adds of its convolutions and linear layers.

use crate::config::{Config, Order, Role};
use crate::gan::architecture;
use crate::nn::LayerSpec;
use crate::nn::network::one_pass_serves_every_loss;

/// Multiply-adds of one image through all linear maps of a network, and through the first of them alone.
fn of_network(specs: &[LayerSpec]) -> (u64, u64) {
    let of_map = |spec: &LayerSpec| spec.linear_map().map(|map| map.multiply_adds());
    let all = specs.iter().filter_map(of_map).sum();
    (all, specs.iter().find_map(of_map).unwrap_or(0))
}

/// Floating-point operations of one training step, two to a multiply-add; taps that fall on padding are counted.
///
/// Per image of a batch: G runs forward once per batch of codes, and once back to its weights and (all but the first
/// layer) to its inputs. D runs forward on real images and fakes, back to its weights and inner values for both, and
/// once to the fakes themselves for G. `alternating` does D's part `n_dis` times and needs a second pass of G and of D on
/// new fakes (and of D on the real images, for a loss that reads their logits in G's update); `simultaneous` needs no pass
/// of its own back to the fakes where one pass serves both losses, only the first layer's share of one.
pub fn flop_per_step(config: &Config) -> u64 {
    let (g, g_first) = of_network(&architecture::layers(config, Role::Generator));
    let layers = architecture::layers(config, Role::Discriminator);
    let (d, d_first) = of_network(&layers);
    let g_backward = g + (g - g_first);
    let d_backward = 2 * d + 2 * (d - d_first);
    let all = match config.order {
        Order::Alternating => {
            let real = if config.loss.generator_reads_real() { d } else { 0 };
            u64::from(config.n_dis) * (g + 2 * d + d_backward) + g + real + d + d + g_backward
        }
        Order::Simultaneous => {
            let to_fakes = if one_pass_serves_every_loss(&layers) { d_first } else { d };
            g + 2 * d + d_backward + to_fakes + g_backward
        }
    };
    2 * u64::from(config.batch_size) * all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Norm;

    #[test]
    fn workloads_need_what_a_count_by_hand_gives() {
        // gan16, batch 16, in multiply-adds per image. G: 32*512, 4x4x32x16 on 4x4, 4x4x16x1 on 8x8; D: the same
        // convolutions down, then 512 to 1.
        let (linear, inner, outer, last) = (32 * 512, 16 * 16 * 512, 64 * 16 * 16, 512);
        let (g, d) = (linear + inner + outer, outer + inner + last);
        let expected = 2 * 16 * ((2 * g + g + g - linear) + (3 * d + 2 * d + 2 * (d - outer) + d));
        let config = Config::preset("gan16").expect("a preset");
        assert_eq!(flop_per_step(&config), expected);
        let order = Order::Simultaneous;
        let simultaneous = Config { order, ..config };
        assert_eq!(flop_per_step(&simultaneous), expected - 2 * 16 * (g + d + d - outer));
        // Batch norm couples images, and a second pass back through D is needed.
        assert_eq!(flop_per_step(&Config { norm: Norm::Batch, ..simultaneous }), expected - 2 * 16 * (g + d));
    }
}

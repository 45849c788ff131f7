//! Both networks of a run as lists of layers, by the family that the settings name.

use crate::config::{Config, Net, Role};
use crate::error::{Error, Result, Sentence, sentences};
use crate::gan::{dcgan, resnet};
use crate::nn::LayerSpec;

/// The layers of one network: D from images to one logit, G from latent codes to images.
pub fn layers(config: &Config, role: Role) -> Vec<LayerSpec> {
    match (config.net, role) {
        (Net::Dcgan, Role::Discriminator) => dcgan::discriminator(config),
        (Net::Dcgan, Role::Generator) => dcgan::generator(config),
        (Net::Resnet, Role::Discriminator) => resnet::discriminator(config),
        (Net::Resnet, Role::Generator) => resnet::generator(config),
    }
}

/// Most elements of one buffer that the kernels' 32-bit indices and WebGPU's largest bindings can hold.
const MAX_ELEMENTS: u64 = 1 << 29;

/// Refuses networks whose parameters or activations are beyond what one buffer can hold anywhere, before anything is
/// computed from their sizes.
///
/// # Errors
/// [`Error::Limit`] with the first network or layer that is too large.
pub fn check_size(config: &Config) -> Result<()> {
    let gibibytes = |elements: u64| format!("{:.1} GiB", elements as f64 / f64::from(1 << 28));
    let check = |elements: u64, sentence: &dyn Fn(String, String) -> Sentence| match elements <= MAX_ELEMENTS {
        true => Ok(()),
        false => Err(Error::Limit(sentence(gibibytes(elements), gibibytes(MAX_ELEMENTS)))),
    };
    for (role, network) in [(Role::Generator, "G"), (Role::Discriminator, "D")] {
        let mut weights = 0u64;
        for layer in &layers(config, role) {
            if let Some(map) = layer.linear_map() {
                let g = map.geometry;
                weights += [g.kernel_h, g.kernel_w, g.big_c, g.small_c].into_iter().map(u64::from).product::<u64>();
            }
            let largest = u64::from(layer.io.input.len().max(layer.io.output.len()));
            check(2 * u64::from(config.batch_size) * largest, &|needed, most| {
                sentences::limit::layer(&layer.name, network, needed, most)
            })?;
        }
        check(weights, &|needed, most| sentences::limit::weights(network, needed, most))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Activation, Affine, Norm, Sharing};
    use crate::nn::parameters::{Layout, learned_tensors, state_tensors};
    use std::collections::BTreeSet;

    fn config(width: u32, height: u32, channels: u32, code_size: u32) -> Config {
        Config { width, height, channels, code_size, nfeature: 64, ..Config::default() }
    }

    #[test]
    fn parameter_counts_are_those_of_the_papers_code() {
        // G and D of weight normalisation: 32px RGB, z 128; 28px grey, z 128 (counted from the authors' code).
        for (config, generator_count, discriminator_count) in
            [(config(32, 32, 3, 128), 1_183_622, 663_426), (config(28, 28, 1, 128), 935_298, 138_754)]
        {
            assert_eq!(Layout::new(&layers(&config, Role::Generator)).count, generator_count);
            assert_eq!(Layout::new(&layers(&config, Role::Discriminator)).count, discriminator_count);
        }
    }

    /// Learned parameters by the same count as the authors': a held threshold of PReLU is none.
    fn learned(specs: &[LayerSpec]) -> u32 {
        learned_tensors(Role::Generator, specs, &Layout::new(specs)).iter().map(|named| named.tensor.len() as u32).sum()
    }

    #[test]
    fn parameter_counts_of_the_other_norms_and_of_the_resnets() {
        let base = config(32, 32, 3, 128);
        for (norm, g, d) in [(Norm::Batch, 1_188_355, 664_193), (Norm::None, 1_187_459, 663_425)] {
            let config = Config { norm, ..base.clone() };
            assert_eq!(
                (learned(&layers(&config, Role::Generator)), learned(&layers(&config, Role::Discriminator))),
                (g, d),
                "{norm:?}"
            );
        }
        for (name, depth, g, d) in [("resnet11", 11, 11.84, 10.19), ("resnet21", 21, 20.77, 19.12)] {
            let config = Config::preset(name).expect("a preset");
            for (specs, millions) in [(layers(&config, Role::Generator), g), (layers(&config, Role::Discriminator), d)]
            {
                let main =
                    specs.iter().filter(|spec| spec.linear_map().is_some() && !spec.name.contains("shortcut")).count();
                assert_eq!(main, depth, "{name}");
                let found = f64::from(learned(&specs)) / 1e6;
                assert!((found - millions).abs() < 0.006, "{name}: {found} million parameters, not {millions}");
            }
        }
    }

    fn many_configs() -> Vec<Config> {
        let base = Config { width: 12, height: 10, nfeature: 5, code_size: 7, ..Config::default() };
        let dcgan = Norm::ALL
            .into_iter()
            .flat_map(|norm| Activation::ALL.into_iter().map(move |activation| (norm, activation)));
        let dcgan = dcgan.map(|(norm, activation)| Config { norm, activation, ..base.clone() });
        let others = [
            Config { net: Net::Resnet, nblock: 2, ..base.clone() },
            Config { num_parameters: Sharing::Layer, ..base.clone() },
            Config { gain: Affine::All, bias: Affine::None, ..base.clone() },
            Config { norm_d: Some(Norm::Spectral), norm_g: Some(Norm::Batch), ..base.clone() },
        ];
        dcgan.chain(others).collect()
    }

    #[test]
    fn every_parameter_has_one_place_outside_or_is_held() {
        for config in many_configs() {
            for role in Role::BOTH {
                let specs = layers(&config, role);
                let layout = Layout::new(&specs);
                let mut seen = vec![0; layout.count as usize];
                let mut held = layout.count as usize;
                for named in learned_tensors(role, &specs, &layout) {
                    assert_eq!(named.tensor.indices().count(), named.tensor.len(), "{}", named.name);
                    named.tensor.indices().for_each(|i| seen[named.first as usize + i] += 1);
                    held -= named.tensor.len();
                }
                assert!(seen.iter().all(|&count| count <= 1), "{config:?}");
                // Only thresholds and slopes can be held.
                let kinks = &seen[layout.kink_begin as usize..];
                assert_eq!(kinks.iter().filter(|&&count| count == 0).count(), held, "{config:?}");
                let mut state = vec![0; layout.state as usize];
                for named in state_tensors(role, &specs, &layout) {
                    named.tensor.indices().for_each(|i| state[named.first as usize + i] += 1);
                }
                assert!(state.iter().all(|&count| count == 1), "{config:?}");
            }
        }
    }

    #[test]
    fn names_are_unique() {
        for config in many_configs() {
            let mut names = Vec::new();
            for role in Role::BOTH {
                let specs = layers(&config, role);
                let layout = Layout::new(&specs);
                names.extend(learned_tensors(role, &specs, &layout).into_iter().map(|named| named.name));
                names.extend(state_tensors(role, &specs, &layout).into_iter().map(|named| named.name));
            }
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{config:?}");
        }
    }

    #[test]
    fn networks_beyond_any_buffer_are_refused_with_a_sentence() {
        for (_, config) in crate::config::presets() {
            assert_eq!(check_size(&config), Ok(()));
        }
        let most =
            Config { width: 512, height: 512, nfeature: 512, code_size: 4096, batch_size: 1024, ..Config::default() };
        for config in [
            most.clone(),
            Config { nlayer: 1, ..most.clone() },
            Config { batch_size: 1, ..most.clone() },
            Config { nfeature: 1, ..most },
        ] {
            assert_eq!(config.validate(), Ok(()));
            let message = check_size(&config).expect_err("too large").to_string();
            assert!(message.contains("GiB in one buffer"), "{message}");
        }
    }

    #[test]
    fn generator_mirrors_discriminator_at_every_even_size() {
        for (width, height) in
            [(28, 28), (36, 30), (34, 34), (36, 36), (28, 46), (64, 64), (160, 160), (6, 4), (10, 2 * 7)]
        {
            let config = config(width, height, 3, 8);
            for config in [config.clone(), Config { net: Net::Resnet, nblock: 2, ..config }] {
                let sides = |specs: &[LayerSpec]| {
                    let mut sides: Vec<_> = specs.iter().map(|spec| [spec.io.output.h, spec.io.output.w]).collect();
                    sides.sort_by_key(|&[h, w]| std::cmp::Reverse(h * w));
                    sides.dedup();
                    sides
                };
                let mut seen = sides(&layers(&config, Role::Discriminator));
                assert_eq!(seen.pop(), Some([1, 1]), "D ends at one logit");
                if seen.first() != Some(&[height, width]) {
                    seen.insert(0, [height, width]);
                }
                assert_eq!(seen, sides(&layers(&config, Role::Generator)), "{width}x{height}");
                assert!(seen[..seen.len() - 1].iter().flatten().all(|side| side % 2 == 0), "{width}x{height}");
            }
        }
    }
}

//! What the updates of a step see of it.

use super::Trainer;
use crate::config::Role;
use crate::kernels::Step;

impl Trainer {
    /// What the updates of step `i` of the next chunk see: those of D, then that of G.
    pub(super) fn step_uniforms(&self, i: u32) -> impl Iterator<Item = Step> {
        let config = &self.config;
        let (step, n_dis) = (self.step + i, config.n_dis);
        let of_update = move |role: Role, draw: u32, t: u64| {
            let correction = |beta: f32| (1.0 - f64::from(beta).powf(t as f64)) as f32;
            Step {
                draw,
                metric_row: i,
                seed: config.seed,
                lr: config.lr_at(role, step),
                rows: config.batch_size,
                correction1: correction(config.beta1),
                correction2: correction(config.beta2),
                ..Step::default()
            }
        };
        let before = u64::from(self.updates) + u64::from(i);
        let of_discriminator = move |j: u32| {
            let t = before * u64::from(n_dis) + u64::from(j) + 1;
            of_update(Role::Discriminator, step.wrapping_mul(n_dis).wrapping_add(j), t)
        };
        (0..n_dis).map(of_discriminator).chain([of_update(Role::Generator, 0, before + 1)])
    }
}

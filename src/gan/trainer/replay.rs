//! Single steps and reconstructions on given inputs, for checks against other programs.

use super::Trainer;
use crate::config::Role;
use crate::error::{Error, Result, sentences};
use crate::gan::metrics::{Metrics, metrics};
use crate::kernels::{METRIC_COLUMNS, Step};

impl Trainer {
    /// One step on given inputs instead of generated ones: for each of the `n_dis` updates of D `real` [batch, h, w, c] in
    /// [0, 1] and `z_d` [batch, code], one behind the other, and `z_g` [batch, code]. Learning rates are those of the
    /// settings, without warm-up.
    ///
    /// # Errors
    /// [`Error::Data`] when an input has the wrong length, [`Error::NonFinite`] for a loss that is NaN or infinite,
    /// [`Error::Device`] when the device failed.
    pub async fn replay_step(&mut self, real: &[f32], z_d: &[f32], z_g: &[f32]) -> Result<Metrics> {
        self.in_flight.clear();
        let (gan, device) = (&self.gan, &self.device);
        let n_dis = self.config.n_dis as usize;
        let (images, codes) = (gan.images.len() / 2, gan.z_d.buffer.len() / 2);
        for (name, values, want) in [("real", real, n_dis * images), ("z_d", z_d, n_dis * codes), ("z_g", z_g, codes)] {
            if values.len() != want {
                let have = values.len();
                return Err(Error::Data(sentences::data::replay(name, want, have)));
            }
        }
        let mut uniforms: Vec<Step> = self.step_uniforms(0).collect();
        for (number, step) in uniforms.iter_mut().enumerate() {
            let role = if number < n_dis { Role::Discriminator } else { Role::Generator };
            step.lr = self.config.lr_at(role, u32::MAX);
        }
        self.uniforms.write(device, &uniforms);
        gan.z_g.buffer.write_at(device, gan.z_g.offset, z_g);
        for (block, (real, z_d)) in (0..).zip(real.chunks_exact(images).zip(z_d.chunks_exact(codes))) {
            gan.images.write(device, real);
            gan.z_d.buffer.write_at(device, gan.z_d.offset, z_d);
            device.submit_in_pieces("replayed update of D", |encoder| self.discriminator_part.record(encoder, block));
        }
        let staging = &self.staging[0];
        let submission = device.submit_in_pieces("replayed update of G", |encoder| {
            self.generator_part.record(encoder, n_dis as u32);
            staging.copy_from(encoder, &gan.metrics, METRIC_COLUMNS);
        });
        let row: Vec<f32> = staging.read(device, METRIC_COLUMNS, submission).values(device).await?;
        let step = self.step;
        self.step += 1;
        self.updates += 1;
        match metrics(self.config.loss, step, &row) {
            (_, Some(error)) => Err(error),
            (all, None) => Ok(all[0]),
        }
    }

    /// Reconstructs given images with the present G: what goes in and comes out is that of
    /// [`Reconstruction::of_images`](crate::gan::reconstruction::Reconstruction::of_images).
    ///
    /// # Errors
    /// [`Error::Device`] when the device failed.
    pub async fn replay_reconstruction(
        &mut self,
        images: &[f32],
        steps: u32,
        every: u32,
    ) -> Result<(Vec<f32>, Vec<f32>)> {
        self.test.of_images(&self.device, &self.gan, images, steps, every).await
    }
}

//! Single steps and reconstructions on given inputs, for checks against other programs.

use super::Trainer;
use crate::error::{Error, Result};
use crate::kernels::{METRIC_COLUMNS, Step};

impl Trainer {
    /// One step on given inputs instead of generated ones: `real` [batch, h, w, c] in [0, 1], `z_d` and `z_g`
    /// [batch, code]. Returns d_loss_real, d_loss_fake, g_loss. The learning rate is `lr`, without warm-up.
    ///
    /// # Errors
    /// [`Error::Data`] when an input has the wrong length.
    pub async fn replay_step(&mut self, real: &[f32], z_d: &[f32], z_g: &[f32]) -> Result<[f32; 3]> {
        self.ahead = None;
        let gan = &self.gan;
        let codes = gan.z_d.buffer.len() / 2;
        for (name, values, want) in [("real", real, gan.images.len() / 2), ("z_d", z_d, codes), ("z_g", z_g, codes)] {
            if values.len() != want {
                let have = values.len();
                return Err(Error::Data(format!(
                    "Input {name} must have {want} values for this batch; it has {have}."
                )));
            }
        }
        gan.images.write(&self.device, real);
        gan.z_d.buffer.write_at(&self.device, gan.z_d.offset, z_d);
        gan.z_g.buffer.write_at(&self.device, gan.z_g.offset, z_g);
        let slot = Step { lr: self.config.lr, metric_row: 0, ..self.slot(0) };
        self.slots.write(&self.device, &[slot]);
        let staging = &self.staging[0];
        let submission = self.device.submit("replay step", |encoder| {
            self.update.record(&self.device, encoder, 0);
            staging.copy_from(&self.device, encoder, &gan.metrics, METRIC_COLUMNS);
        });
        let row: Vec<f32> = staging.read(&self.device, METRIC_COLUMNS, &submission).await?;
        self.step += 1;
        self.updates += 1;
        Ok([row[1], row[2], row[3]])
    }

    /// Reconstructs given images with the present G; see [`Reconstruction::of_images`](crate::gan::reconstruction::Reconstruction::of_images).
    pub async fn replay_reconstruction(
        &mut self,
        images: &[f32],
        steps: u32,
        every: u32,
    ) -> Result<(Vec<f32>, Vec<f32>)> {
        self.test.of_images(&self.device, &self.gan, images, steps, every).await
    }
}

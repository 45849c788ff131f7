//! The paper's evaluation: how close can G come to held-out images by gradient descent on z?
//!
//! `1/m sum_i min_z mean_pixels (G(z) - x_i)^2`, batch after batch: z from zeros, fresh RMSprop state, `test_steps`
//! steps of lr `test_lr`, and the loss of the last z counts. G is frozen when a test starts, so that training may go on
//! meanwhile; the test advances by as many gradient steps at a time as it is given.

use crate::config::Config;
use crate::device::{Buffer, Device, Dispatch, DispatchList, Encoder, Progress, StepUniforms};
use crate::error::Result;
use crate::gan::images::DeviceImages;
use crate::gan::networks::Gan;
use crate::gan::samples::{GridWriter, ImageGrid};
use crate::kernels::{self, Mse, Step};
use crate::nn::optimiser::rmsprop::Rmsprop;
use crate::nn::optimiser::{Flat, Optimiser};
use crate::nn::{BackwardPass, Shape, Weights};

/// Most pairs of held-out image and reconstruction that are shown.
const PAIRS_SHOWN: u32 = 16;

/// How far a running test is, in gradient steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestProgress {
    /// Gradient steps done.
    pub done: u64,
    /// Gradient steps in all.
    pub of: u64,
}

/// A finished test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestResult {
    /// Training step at which G was frozen.
    pub step: u32,
    /// Mean over images of `losses`: per-pixel, per-channel squared error, pixels in [0, 1].
    pub loss: f32,
    /// The loss of every held-out image of the test, in their order.
    pub losses: Vec<f32>,
}

#[derive(Debug, Clone, Copy)]
struct Running {
    step: u32,
    images: u32,
    batch: u32,
    done_in_batch: u32,
}

/// Memory and dispatch lists of the test; one test runs at a time.
#[derive(Debug)]
pub struct Reconstruction {
    frozen: Weights,
    z: Buffer,
    /// RMSprop's, of z.
    optimiser_state: Vec<(&'static str, Buffer)>,
    targets: Buffer,
    pictures: Buffer,
    losses: Buffer,
    all_losses: Buffer,
    pairs: Buffer,
    uniforms: StepUniforms,
    prepare: DispatchList,
    load: DispatchList,
    descend: DispatchList,
    score: DispatchList,
    show: DispatchList,
    writer: GridWriter,
    shape: Shape,
    batch_size: u32,
    steps: u32,
    lr: f32,
    running: Option<Running>,
    /// Counts the tests that were begun or given up.
    number: u32,
    pairs_shown: u32,
    has_pairs: bool,
}

impl Reconstruction {
    /// Allocates for tests of all held-out images; G's activations are those of the training step.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] when a buffer is too large for the device, [`crate::Error::Shader`] when a kernel is refused.
    pub async fn new(
        device: &Device,
        config: &Config,
        gan: &Gan,
        images: &DeviceImages,
        progress: &mut Progress<'_>,
    ) -> Result<Reconstruction> {
        let shape = Shape::new(config.height, config.width, config.channels);
        let rows = config.batch_size;
        let most_images = images.held_out();
        let buffer = |name: &str, len: u32| Buffer::new(device, name, len as usize);
        let z = buffer("reconstruction codes", rows * config.code_size)?;
        let dz = buffer("reconstruction code gradients", rows * config.code_size)?;
        let rmsprop = Rmsprop::new(config);
        let of_z = rmsprop.state().iter().map(|&name| Ok((name, buffer(name, rows * config.code_size)?)));
        let optimiser_state = of_z.collect::<Result<Vec<_>>>()?;
        let targets = buffer("held-out images", rows * shape.len())?;
        let pictures = buffer("reconstructions", rows * shape.len())?;
        let dpictures = buffer("reconstruction gradients", rows * shape.len())?;
        let losses = buffer("reconstruction losses of a batch", rows)?;
        let all_losses = buffer("reconstruction losses", most_images.div_ceil(rows) * rows)?;
        let pairs_shown = PAIRS_SHOWN.min(rows).min(most_images.max(1));
        let pairs = buffer("pairs", 2 * pairs_shown * shape.len())?;
        let frozen = gan.generator.parameters.copy(device, "tested generator")?;

        let pass = gan.generate(frozen.clone(), z.at(0), pictures.at(0));
        let mse = Dispatch::new(&kernels::MSE, "reconstruction loss")
            .params(&Mse { values: shape.len() })
            .buffers(&[&pictures, &targets, &dpictures, &losses])
            .grid([rows, 1, 1]);
        let mut score = pass.forward();
        score.push(mse);
        let mut descend = score.clone();
        descend.extend(pass.backward(&BackwardPass::new(&dpictures.at(0), false, Some(&dz.at(0)))));
        let no_kinks = z.len() as u32;
        let flat = Flat { values: &z, gradients: &dz, state: &optimiser_state, kink_begin: no_kinks };
        descend.push(rmsprop.update(flat));

        // Pairs lie side by side: image, reconstruction, image, reconstruction.
        let (writer, show) = GridWriter::new(device, &pairs, shape, 2 * pairs_shown, 8)?;
        let uniforms = StepUniforms::new(device, 1)?;
        let load = vec![images.held_out_batch(rows, &targets.at(0))];
        Ok(Reconstruction {
            prepare: DispatchList::compile(device, &uniforms, gan.prepare_evaluation(), progress).await?,
            load: DispatchList::compile(device, &uniforms, load, progress).await?,
            descend: DispatchList::compile(device, &uniforms, descend, progress).await?,
            score: DispatchList::compile(device, &uniforms, score, progress).await?,
            show: DispatchList::compile(device, &uniforms, vec![show], progress).await?,
            frozen,
            z,
            optimiser_state,
            targets,
            pictures,
            losses,
            all_losses,
            pairs,
            uniforms,
            writer,
            shape,
            batch_size: rows,
            steps: config.test_steps,
            lr: config.test_lr,
            running: None,
            number: 0,
            pairs_shown,
            has_pairs: false,
        })
    }

    /// Freezes G as it is after `step` training steps and starts a test of the first `images` held-out images;
    /// a test that is running is given up.
    pub fn start(&mut self, device: &Device, gan: &Gan, step: u32, images: u32) {
        device.submit("copy of the tested generator", |encoder| self.record_copy(gan, encoder));
        self.number = self.number.wrapping_add(1);
        self.running = Some(Running { step, images: images.max(1), batch: 0, done_in_batch: 0 });
    }

    /// Gives up a running test.
    pub fn stop(&mut self) {
        self.number = self.number.wrapping_add(1);
        self.running = None;
    }

    /// Which test it is that runs: what is in flight of another has no meaning any more.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Whether a test runs that has not been recorded to its end.
    pub fn has_work(&self) -> bool {
        self.running.is_some_and(|run| run.batch * self.batch_size < run.images)
    }

    /// Estimated work of a gradient step ([`Dispatch::cost`]).
    pub fn step_cost(&self) -> u64 {
        self.descend.cost()
    }

    /// That of its largest dispatch.
    pub fn largest_cost(&self) -> u64 {
        self.descend.largest_cost()
    }

    /// Whether a test runs, and how far it is recorded.
    pub fn progress(&self) -> Option<TestProgress> {
        self.running.map(|run| TestProgress {
            done: u64::from(run.batch) * u64::from(self.steps) + u64::from(run.done_in_batch),
            of: u64::from(run.images.div_ceil(self.batch_size)) * u64::from(self.steps),
        })
    }

    /// Records up to `budget` gradient steps, at most to the end of the present batch, and its score at the end or where
    /// its pictures are shown. Returns whether the whole test has been recorded now; then [`Self::result`] reads the losses.
    pub fn record(&mut self, device: &Device, encoder: &mut Encoder, budget: u32) -> bool {
        let Some(mut run) = self.running.filter(|_| self.has_work()) else { return false };
        let first = run.batch * self.batch_size;
        let rows = self.batch_size.min(run.images - first);
        self.uniforms.write(device, &[Step { lr: self.lr, rows, first, ..Step::default() }]);
        if run.done_in_batch == 0 {
            self.record_restart(encoder);
            self.load.record(encoder, 0);
        }
        let steps = budget.min(self.steps - run.done_in_batch);
        for _ in 0..steps {
            self.descend.record(encoder, 0);
        }
        run.done_in_batch += steps;
        let batch_ends = run.done_in_batch == self.steps;
        let is_shown = run.batch == 0 && steps > 0;
        if batch_ends || is_shown {
            // A gradient step leaves no pictures: their memory is that of a gradient.
            self.score.record(encoder, 0);
        }
        if batch_ends {
            encoder.copy_range(&self.losses, 0, &self.all_losses, first, rows);
        }
        if is_shown {
            self.copy_pairs(encoder);
        }
        if batch_ends {
            run.batch += 1;
            run.done_in_batch = 0;
        }
        self.running = Some(run);
        !self.has_work()
    }

    /// The result of a test that has been recorded to its end and submitted; `None` where none runs.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device failed.
    pub async fn result(&mut self, device: &Device) -> Result<Option<TestResult>> {
        let Some(run) = self.running.take() else { return Ok(None) };
        let mut losses: Vec<f32> = self.all_losses.read(device).await?;
        losses.truncate(run.images as usize);
        let mean = losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / losses.len() as f64;
        Ok(Some(TestResult { step: run.step, loss: mean as f32, losses }))
    }

    /// Up to sixteen held-out images of the first batch, each followed by its reconstruction, eight tiles to a row: of the
    /// running test or else the last one. `None` before any has begun.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device failed.
    pub async fn pairs(&self, device: &Device) -> Result<Option<ImageGrid>> {
        if !self.has_pairs {
            return Ok(None);
        }
        device.submit("pairs", |encoder| self.show.record(encoder, 0));
        self.writer.read(device).await.map(Some)
    }

    /// Copies the weights that the test judges.
    fn record_copy(&self, gan: &Gan, encoder: &mut Encoder) {
        self.prepare.record(encoder, 0);
        gan.generator.parameters.record_copy(encoder, &gan.evaluated_weights(), &self.frozen);
    }

    /// z from zeros, and fresh RMSprop state.
    fn record_restart(&self, encoder: &mut Encoder) {
        encoder.clear(&self.z);
        self.optimiser_state.iter().for_each(|(_, state)| encoder.clear(state));
    }

    fn copy_pairs(&mut self, encoder: &mut Encoder) {
        let values = self.shape.len();
        for i in 0..self.pairs_shown {
            encoder.copy_range(&self.targets, i * values, &self.pairs, 2 * i * values, values);
            encoder.copy_range(&self.pictures, i * values, &self.pairs, (2 * i + 1) * values, values);
        }
        self.has_pairs = true;
    }

    /// For checks against other programs: reconstructs given images, `[batch, h, w, c]` in `[0, 1]`, with the present G.
    /// Returns the mean loss after every `every` steps and the final codes `[batch, code]`.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device failed.
    pub async fn of_images(
        &mut self,
        device: &Device,
        gan: &Gan,
        images: &[f32],
        steps: u32,
        every: u32,
    ) -> Result<(Vec<f32>, Vec<f32>)> {
        let rows = (images.len() as u32 / self.shape.len()).min(self.batch_size);
        self.stop();
        self.targets.write(device, images);
        self.uniforms.write(device, &[Step { lr: self.lr, rows, ..Step::default() }]);
        device.submit("start of a reconstruction", |encoder| {
            self.record_copy(gan, encoder);
            self.record_restart(encoder);
        });
        let mut means = Vec::new();
        for step in 1..=steps {
            device.submit_in_pieces("reconstruction step", |encoder| self.descend.record(encoder, 0));
            if step % every == 0 || step == steps {
                device.submit_in_pieces("reconstruction score", |encoder| self.score.record(encoder, 0));
                let losses: Vec<f32> = self.losses.read(device).await?;
                means.push(losses[..rows as usize].iter().sum::<f32>() / rows as f32);
            }
        }
        let z: Vec<f32> = self.z.read(device).await?;
        Ok((means, z[..rows as usize * z.len() / self.batch_size as usize].to_vec()))
    }
}

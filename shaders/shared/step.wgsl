// What changes from one update to the next: one 256-byte slot per update of a chunk, bound by dynamic offset.

struct Step {
    draw: u32,       // number of the batch of images and latent codes, counted from 0
    metric_row: u32, // row of the metric block that this update writes
    seed: u32,
    lr: f32,         // learning rate of this update, warm-up included
    rows: u32,       // images of a batch that count (the last batch of a reconstruction may be smaller)
    first: u32,      // first held-out image of a reconstruction batch
    correction1: f32, // Adam's 1 - beta1^t at the network's update number t
    correction2: f32, // Adam's 1 - beta2^t
}

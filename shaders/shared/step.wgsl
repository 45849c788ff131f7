// What changes from one training step to the next: one 256-byte slot per step of a chunk, bound by dynamic offset.

struct Step {
    step: u32,       // number of the step, counted from 0
    metric_row: u32, // row of the metric block that this step writes
    seed: u32,
    lr: f32,         // learning rate of this step, warm-up included
    rows: u32,       // images of a batch that count (the last batch of a reconstruction may be smaller)
    first: u32,      // first held-out image of a reconstruction batch
    correction1: f32, // Adam's 1 - beta1^t
    correction2: f32, // Adam's 1 - beta2^t
}

// What all GAN losses on logits have in common. Real image i and fake image i have the logits
// logits[i] and logits[batch + i]; D's loss is the mean over i of a term of both, and so is G's, which is differentiated
// by the fakes' logits alone. A loss_*.wgsl supplies
//   discriminator_loss(real, fake) -> vec4 (term of the real image, term of the fake, d/d real, d/d fake)
//   generator_loss(real, fake)     -> vec2 (term, d/d fake)
// A loss that looks at both images together puts its term into either of the first two numbers.
// One workgroup does all of it. The step's metric row is (mean term of real images, of fakes, D's loss, G's loss).

struct LossParams {
    batch: u32,
    generator: u32, // 1: the generator's loss, 0: the discriminator's
    output: u32,    // first element of the gradients: [batch] of G, [2 batch] of D, real images first
}

const METRIC_COLUMNS: u32 = 4u;

@group(0) @binding(0) var<uniform> p: LossParams;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read_write> dlogits: array<f32>;
@group(0) @binding(4) var<storage, read_write> metrics: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
    let count = f32(p.batch);
    var sum = vec2<f32>(0.0);
    for (var i = lane; i < p.batch; i += WIDTH) {
        let real = logits[i];
        let fake = logits[p.batch + i];
        if (p.generator == 1u) {
            let of_pair = generator_loss(real, fake);
            dlogits[p.output + i] = of_pair.y / count;
            sum.y += of_pair.x;
        } else {
            let of_pair = discriminator_loss(real, fake);
            dlogits[p.output + i] = of_pair.z / count;
            dlogits[p.output + p.batch + i] = of_pair.w / count;
            sum += of_pair.xy;
        }
    }
    let total = tree_sum(lane, sum) / count;
    if (lane == 0u) {
        let at = METRIC_COLUMNS * now.metric_row;
        if (p.generator == 1u) {
            metrics[at + 3u] = total.y;
        } else {
            metrics[at] = total.x;
            metrics[at + 1u] = total.y;
            metrics[at + 2u] = total.x + total.y;
        }
    }
}

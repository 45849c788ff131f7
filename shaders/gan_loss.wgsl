// GAN losses on logits l and their gradients (paper, section 4; non-saturating generator). With softplus(x) =
// ln(1 + e^x), which is -ln sigmoid(-x):
//   D: d_loss_real = mean softplus(-l_real)   dl = (sigmoid(l) - 1)/real
//      d_loss_fake = mean softplus(+l_fake)   dl = sigmoid(l)/fake
//   G: g_loss      = mean softplus(-l_fake)   dl = (sigmoid(l) - 1)/fake
// Rows first..first+real are real images, the next `fake` rows are fakes; D's losses go to columns 1 and 2 of the
// step's metric row, G's to column 3, the step number to column 0. One workgroup does all of it.

struct Params {
    first: u32,
    real: u32,      // 0 in the generator's loss
    fake: u32,
    generator: u32, // 1: the generator's loss, 0: the discriminator's
}

const METRIC_COLUMNS: u32 = 4u;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read_write> dlogits: array<f32>;
@group(0) @binding(4) var<storage, read_write> metrics: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sum = vec2<f32>(0.0); // (real, fake)
    for (var row = lane; row < p.real + p.fake; row += 256u) {
        let logit = logits[p.first + row];
        let is_real = row < p.real;
        // The label is 1 for real images in D's loss and for the fakes in G's.
        let label = select(0.0, 1.0, is_real || p.generator == 1u);
        let e = exp(-abs(logit));
        let sigmoid = select(e, 1.0, logit >= 0.0) / (1.0 + e);
        let towards = select(logit, -logit, label == 1.0);
        let loss = max(towards, 0.0) + log(1.0 + e);
        dlogits[p.first + row] = (sigmoid - label) / f32(select(p.fake, p.real, is_real));
        sum += select(vec2<f32>(0.0, loss), vec2<f32>(loss, 0.0), is_real);
    }
    let total = tree_sum(lane, sum);
    if (lane == 0u) {
        let at = METRIC_COLUMNS * now.metric_row;
        metrics[at] = f32(now.step);
        if (p.generator == 1u) {
            metrics[at + 3u] = total.y / f32(p.fake);
        } else {
            metrics[at + 1u] = total.x / f32(p.real);
            metrics[at + 2u] = total.y / f32(p.fake);
        }
    }
}

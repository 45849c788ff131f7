// GAN losses on logits l and their gradients (paper, section 4). A loss is the mean over real images, over fakes in D's
// loss, over fakes in G's loss; with the label y = 1 for real images and for the fakes in G's loss, else 0, per image:
//   bce    -ln sigmoid(+-l) = ln(1 + e^-+l)     dl = sigmoid(l) - y                      (non-saturating for G)
//   ls     (sigmoid(l) - y)^2                   dl = 2 (sigmoid(l) - y) sigmoid(l) (1 - sigmoid(l))
//   hinge  max(0, 1 -+ l) in D, -l in G         dl = -+1 inside the margin, else 0; -1 in G
// Rows first..first+real are real images, the next `fake` rows are fakes; D's losses go to columns 1 and 2 of the
// step's metric row, G's to column 3, the step number to column 0. One workgroup does all of it.
// use: shared/step, shared/tree_sum

struct Params {
    first: u32,
    real: u32,      // 0 in the generator's loss
    fake: u32,
    generator: u32, // 1: the generator's loss, 0: the discriminator's
    kind: u32,
    output: u32,    // first row of the gradients
}

const BCE: u32 = 0u;
const LS: u32 = 1u;
const HINGE: u32 = 2u;

const METRIC_COLUMNS: u32 = 4u;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read_write> dlogits: array<f32>;
@group(0) @binding(4) var<storage, read_write> metrics: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sum = vec2<f32>(0.0); // (real, fake)
    for (var row = lane; row < p.real + p.fake; row += WIDTH) {
        let logit = logits[p.first + row];
        let is_real = row < p.real;
        let of_image = image_loss(logit, is_real || p.generator == 1u);
        dlogits[p.output + row] = of_image.y / f32(select(p.fake, p.real, is_real));
        sum += select(vec2<f32>(0.0, of_image.x), vec2<f32>(of_image.x, 0.0), is_real);
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

// (loss, dloss/dl) of one image. All of it is said in terms of how far the logit leans towards the wrong side, so that
// nothing cancels where D is sure.
fn image_loss(logit: f32, is_wanted_real: bool) -> vec2<f32> {
    let direction = select(1.0, -1.0, is_wanted_real);
    let towards = direction * logit;
    if (p.kind == HINGE) {
        if (p.generator == 1u) {
            return vec2<f32>(-logit, -1.0);
        }
        return select(vec2<f32>(0.0), vec2<f32>(1.0 + towards, direction), towards > -1.0);
    }
    let e = exp(-abs(logit));
    let miss = select(e, 1.0, towards >= 0.0) / (1.0 + e); // |sigmoid(l) - y|
    if (p.kind == LS) {
        // sigmoid(l) (1 - sigmoid(l)) = e/(1 + e)^2
        return vec2<f32>(miss * miss, direction * 2.0 * miss * e / ((1.0 + e) * (1.0 + e)));
    }
    return vec2<f32>(max(towards, 0.0) + log(1.0 + e), direction * miss);
}

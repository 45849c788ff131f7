// Least squares on D's probability (the authors' --ls), p = sigmoid(l):
//   L_D = mean [(p_real - 1)^2 + p_fake^2]        L_G = mean (p_fake - 1)^2
// use: shared/step, shared/loss, shared/tree_sum

// Of (p - 1)^2 at the logit -towards, and of p^2 at towards: both are how far the logit leans towards the wrong side, so
// that nothing cancels where D is sure. d/d towards = 2 p^2 (1 - p).
fn miss(towards: f32) -> vec2<f32> {
    let e = exp(-abs(towards));
    let p = select(e, 1.0, towards >= 0.0) / (1.0 + e);
    return vec2<f32>(p * p, 2.0 * p * e / ((1.0 + e) * (1.0 + e))); // p (1 - p) = e/(1 + e)^2
}

fn discriminator_loss(real: f32, fake: f32) -> vec4<f32> {
    let of_real = miss(-real);
    let of_fake = miss(fake);
    return vec4<f32>(of_real.x, of_fake.x, -of_real.y, of_fake.y);
}

fn generator_loss(real: f32, fake: f32) -> vec2<f32> {
    let of_fake = miss(-fake);
    return vec2<f32>(of_fake.x, -of_fake.y);
}

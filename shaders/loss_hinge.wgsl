// Hinge on the logits (used with spectral normalisation); at the kink the gradient is 0:
//   L_D = mean [max(0, 1 - l_real) + max(0, 1 + l_fake)]        L_G = mean -l_fake
// use: shared/step, shared/loss, shared/tree_sum

// (max(0, 1 + x), its derivative). The comparison is the one that NaN fails: a NaN is a NaN here, never a loss of 0.
fn hinge(x: f32) -> vec2<f32> {
    return select(vec2<f32>(1.0 + x, 1.0), vec2<f32>(0.0), x <= -1.0);
}

fn discriminator_loss(real: f32, fake: f32) -> vec4<f32> {
    let of_real = hinge(-real);
    let of_fake = hinge(fake);
    return vec4<f32>(of_real.x, of_fake.x, -of_real.y, of_fake.y);
}

fn generator_loss(real: f32, fake: f32) -> vec2<f32> {
    return vec2<f32>(-fake, -1.0);
}

// Binary cross-entropy on logits, non-saturating for G (the paper's loss):
//   L_D = mean [softplus(-l_real) + softplus(l_fake)]        L_G = mean softplus(-l_fake)
// use: shared/step, shared/loss, shared/softplus, shared/tree_sum

fn discriminator_loss(real: f32, fake: f32) -> vec4<f32> {
    let of_real = softplus(-real);
    let of_fake = softplus(fake);
    return vec4<f32>(of_real.x, of_fake.x, -of_real.y, of_fake.y);
}

fn generator_loss(real: f32, fake: f32) -> vec2<f32> {
    let of_fake = softplus(-fake);
    return vec2<f32>(of_fake.x, -of_fake.y);
}

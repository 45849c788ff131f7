// Relativistic pairing loss (RpGAN, Jolicoeur-Martineau 2018; the loss of R3GAN, Huang et al. 2024): every fake is judged
// beside one real image:
//   L_D = mean softplus(-(l_real - l_fake))        L_G = mean softplus(-(l_fake - l_real))
// use: shared/step, shared/loss, shared/softplus, shared/tree_sum

fn discriminator_loss(real: f32, fake: f32) -> vec4<f32> {
    let of_pair = softplus(fake - real);
    return vec4<f32>(of_pair.x, 0.0, -of_pair.y, of_pair.y);
}

fn generator_loss(real: f32, fake: f32) -> vec2<f32> {
    let of_pair = softplus(real - fake);
    return vec2<f32>(of_pair.x, -of_pair.y);
}

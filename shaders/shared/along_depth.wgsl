// Operand A where the elements of a K-run are neighbours in memory: numbers of `input`, which the kernel binds.

fn load_a(s0: vec3<i32>, s1: vec3<i32>, s2: vec3<i32>, s3: vec3<i32>, j: u32) -> mat4x4<f32> {
    return mat4x4<f32>(along(s0, j), along(s1, j), along(s2, j), along(s3, j));
}

// Elements j..j+3 of a K-run.
fn along(at: vec3<i32>, j: u32) -> vec4<f32> {
    if (VEC4_A) {
        let inside = is_inside(at, j);
        let four = input_vec4[select(0u, u32(at.x + i32(j)) / 4u, inside)];
        return select(vec4<f32>(0.0), four, inside);
    }
    return numbers(at, j);
}

fn element(at: vec3<i32>, j: u32) -> f32 {
    let inside = is_inside(at, j);
    let value = input[select(0u, u32(at.x + i32(j)), inside)];
    return select(0.0, value, inside);
}

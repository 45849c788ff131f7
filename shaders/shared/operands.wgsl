// How the operands of a matrix product are read: four numbers at a time where channels come in fours and therefore lie
// at multiples of four, one at a time elsewhere. Every operand is bound twice, as numbers and as vec4s.

override VEC4_A: bool = false; // whether A's depths (or rows) come in fours
override VEC4_B: bool = false; // whether B's columns (or depths) come in fours

// Whether element j of a K-run (start, lo, hi) exists.
fn is_inside(at: vec3<i32>, j: u32) -> bool {
    return i32(j) >= at.y && i32(j) < at.z;
}

// Where K-run number s lies, and the one after: counted on, because a division costs as much as many multiplications.
fn place(s: u32) -> vec2<u32> {
    return vec2<u32>(s / k_runs_across(), s % k_runs_across());
}

fn next_place(at: vec2<u32>) -> vec2<u32> {
    let is_last = at.y + 1u == k_runs_across();
    return vec2<u32>(at.x + u32(is_last), select(at.y + 1u, 0u, is_last));
}

// A vec4 with number `i` replaced. Numbers are read one by one in loops of four, because written out they are more than
// SwiftShader's compiler can take.
fn with_number(four: vec4<f32>, i: u32, value: f32) -> vec4<f32> {
    return select(four, vec4<f32>(value), vec4<u32>(i) == vec4<u32>(0u, 1u, 2u, 3u));
}

// Elements j..j+3 of a K-run of A, one by one; the kernel supplies element(at, j).
fn numbers(at: vec3<i32>, j: u32) -> vec4<f32> {
    var four = vec4<f32>(0.0);
    for (var i = 0u; i < 4u; i++) {
        four = with_number(four, i, element(at, j + i));
    }
    return four;
}

// Four rows of a result from m on.
fn store_rows(m: u32, known: Columns, r0: vec4<f32>, r1: vec4<f32>, r2: vec4<f32>, r3: vec4<f32>) {
    store(m, known, r0);
    store(m + 1u, known, r1);
    store(m + 2u, known, r2);
    store(m + 3u, known, r3);
}

// The four columns from 4 n4 on of a matrix with `count` columns; beyond the last one, the last one again: such a
// column is computed and not stored, which is cheaper than four branches in the inner loop.
fn columns(n4: u32, count: u32) -> vec4<u32> {
    return min(vec4<u32>(4u * n4) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(count - 1u));
}

// The body of every implicit matrix product: C[m,n] = sum_k A[k,m] B[k,n].
//
// WG_N x WG_M invocations compute a tile of 4 WG_M rows by 4 WG_N columns, each a block of 4x4 in four vec4 registers.
// Slices of TILE_K rows of A and B pass through workgroup memory. The kernel joined with this file supplies
//   describe_row(m) -> vec4<i32>            what load_a needs of row m, computed once per workgroup
//   load_a(k, m4)   -> vec4<f32>            A[k, 4 m4 .. 4 m4 + 3] of the tile, zero outside
//   load_b(k, n4)   -> vec4<f32>            B[k, n .. n + 3] for columns from n = 4 n4 of the whole matrix, zero outside
//   A_ALONG_K, B_ALONG_K                    whether neighbours in memory are neighbours in k (else in m or n)

override WG_M: u32 = 16u;
override WG_N: u32 = 16u;
override TILE_K: u32 = 16u;

// Array lengths have names because naga 30 cannot resolve an override without one.
override TILE_A: u32 = TILE_K * WG_M;
override TILE_B: u32 = TILE_K * WG_N;
override TILE_ROWS: u32 = 4u * WG_M;

var<workgroup> tile_a: array<vec4<f32>, TILE_A>;
var<workgroup> tile_b: array<vec4<f32>, TILE_B>;
var<workgroup> rows: array<vec4<i32>, TILE_ROWS>;

struct Block {
    r0: vec4<f32>,
    r1: vec4<f32>,
    r2: vec4<f32>,
    r3: vec4<f32>,
}

// The block of this invocation: rows first_row + 4 (lane / WG_N) .., columns 4 (first_n4 + lane % WG_N) ..
fn multiply(lane: u32, first_row: u32, first_n4: u32, k_begin: u32, k_end: u32) -> Block {
    let threads = WG_M * WG_N;
    let tm = lane / WG_N;
    let tn = lane % WG_N;
    for (var r = lane; r < 4u * WG_M; r += threads) {
        rows[r] = describe_row(first_row + r);
    }
    var block = Block(vec4<f32>(0.0), vec4<f32>(0.0), vec4<f32>(0.0), vec4<f32>(0.0));
    for (var k0 = k_begin; k0 < k_end; k0 += TILE_K) {
        workgroupBarrier();
        for (var i = lane; i < TILE_K * WG_M; i += threads) {
            let k = select(i / WG_M, i % TILE_K, A_ALONG_K);
            let m4 = select(i % WG_M, i / TILE_K, A_ALONG_K);
            var a = vec4<f32>(0.0);
            if (k0 + k < k_end) {
                a = load_a(k0 + k, m4);
            }
            tile_a[k * WG_M + m4] = a;
        }
        for (var i = lane; i < TILE_K * WG_N; i += threads) {
            let k = select(i / WG_N, i % TILE_K, B_ALONG_K);
            let n4 = select(i % WG_N, i / TILE_K, B_ALONG_K);
            var b = vec4<f32>(0.0);
            if (k0 + k < k_end) {
                b = load_b(k0 + k, first_n4 + n4);
            }
            tile_b[k * WG_N + n4] = b;
        }
        workgroupBarrier();
        for (var k = 0u; k < TILE_K; k++) {
            let a = tile_a[k * WG_M + tm];
            let b = tile_b[k * WG_N + tn];
            block.r0 += a.x * b;
            block.r1 += a.y * b;
            block.r2 += a.z * b;
            block.r3 += a.w * b;
        }
    }
    return block;
}

//! The choice among kernel variants of the matrix products.

use super::checks::gpu::gpu;
use pollster::block_on;
use wn_gan::nn::gemm::{self, GemmShape, TileSize, Variant, tuner};

/// A probe that a software adapter does in no time: images, side, channels in and out.
const SMALL: (u32, [u32; 3]) = (4, [16, 16, 32]);

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn the_fastest_of_what_time_allows_is_chosen() {
    let gpu = gpu();
    let two = [Variant::Tile(TileSize::Medium), Variant::Plain];
    let all = block_on(tuner::measure(&gpu, &two, SMALL, f64::INFINITY)).unwrap();
    assert_eq!(all.len(), two.len(), "each once");
    assert!(all.is_sorted_by(|a, b| a.millis <= b.millis), "fastest first");
    assert!(all.iter().all(|measured| measured.millis >= 0.0 && two.contains(&measured.variant)));
    println!("{all:?}");
    // Without time the first candidate, the table's, is all that is measured.
    let hasty = block_on(tuner::measure(&gpu, &two, SMALL, 0.0)).unwrap();
    assert_eq!(hasty.iter().map(|measured| measured.variant).collect::<Vec<_>>(), two[..1]);
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn the_table_is_the_first_candidate_and_on_a_cpu_the_only_one() {
    let gpu = gpu();
    let candidates = tuner::candidates(&gpu);
    assert_eq!(candidates[0], Variant::for_device(&gpu));
    assert_eq!(candidates.len(), if gpu.software() { 1 } else { 3 });
    let choice = block_on(tuner::fastest(&gpu));
    assert!(candidates.contains(&choice.variant));
    assert_eq!(choice.measured, candidates.len() > 1);
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn variants_are_found_by_their_names_where_they_can_run() {
    let gpu = gpu();
    for variant in Variant::ALL {
        assert_eq!(Variant::named(variant.name(), &gpu), variant.runs_on(&gpu).then_some(variant));
    }
    assert_eq!(Variant::named("huge", &gpu), None);
}

/// Otherwise noise would choose, and other layers would run with tiles that nobody measured.
#[test]
fn the_probe_is_large_enough_for_every_size_to_choose_its_own_tiles() {
    let (rows, [side, from, to]) = tuner::PROBE;
    let forward = GemmShape { m: rows * (side / 2).pow(2), n: to, batch: 1, runs: 4, run_length: 4 * from };
    let tiles = [TileSize::Small, TileSize::Medium, TileSize::Large]
        .map(|size| Variant::Tile(size).workgroup(&gemm::CONV, forward));
    let [small, medium, large] = tiles.map(|tile| (tile.kernel.name, tile.overrides));
    assert!(small != medium && medium != large && small != large);
}

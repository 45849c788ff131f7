//! The choice among bodies of the matrix products.

use super::checks::gpu::{bodies, gpu};
use pollster::block_on;
use wn_gan::nn::product::{self, Body, Extent, Size};
use wn_gan::nn::tuner;

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn the_fastest_of_what_time_allows_is_chosen() {
    let (fast, gpu) = bodies().pop().expect("there are tiles");
    let two = [Body::Tile(Size::Medium), fast];
    let all = block_on(tuner::measure(&gpu, &two, f64::INFINITY)).unwrap();
    assert_eq!(all.len(), two.len(), "each once");
    assert!(all.is_sorted_by(|a, b| a.millis <= b.millis), "fastest first");
    assert!(all.iter().all(|measured| measured.millis > 0.0 && two.contains(&measured.body)));
    println!("{all:?}");
    // Without time the first candidate, the table's, is all that is measured.
    let hasty = block_on(tuner::measure(&gpu, &two, 0.0)).unwrap();
    assert_eq!(hasty.iter().map(|measured| measured.body).collect::<Vec<_>>(), two[..1]);
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn the_table_is_the_first_candidate_and_on_a_processor_the_only_one() {
    let gpu = gpu();
    let candidates = tuner::candidates(&gpu);
    assert_eq!(candidates[0], Body::for_device(&gpu));
    assert_eq!(candidates.len(), if gpu.software() { 1 } else { 3 });
    let choice = block_on(tuner::fastest(&gpu));
    assert!(candidates.contains(&choice.body));
    assert_eq!(choice.measured, candidates.len() > 1);
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn bodies_are_found_by_their_names_where_they_can_run() {
    let gpu = gpu();
    for body in Body::ALL {
        assert_eq!(Body::named(body.name(), &gpu), body.runs_on(&gpu).then_some(body));
    }
    assert_eq!(Body::named("huge", &gpu), None);
}

/// Otherwise noise would choose, and other layers would run with tiles that nobody measured.
#[test]
fn the_probe_is_large_enough_for_every_size_to_choose_its_own_tiles() {
    let (rows, [side, from, to]) = tuner::PROBE;
    let forward = Extent { m: rows * (side / 2).pow(2), n: to, layers: 1, segments: 4, length: 4 * from };
    let tiles = [Size::Small, Size::Medium, Size::Large].map(|size| Body::Tile(size).block(&product::CONV, forward));
    let [small, medium, large] = tiles.map(|block| (block.kernel.name, block.overrides));
    assert!(small != medium && medium != large && small != large);
}

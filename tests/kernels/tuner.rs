//! The choice among bodies of the matrix products.

use super::checks::gpu::{bodies, gpu};
use pollster::block_on;
use wn_gan::nn::product::Body;
use wn_gan::nn::tuner;

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn the_fastest_of_what_time_allows_is_chosen() {
    let (_, gpu) = bodies().pop().expect("there are tiles");
    let runnable: Vec<Body> = Body::ALL.into_iter().filter(|body| body.runs_on(&gpu)).collect();
    let all = block_on(tuner::measure(&gpu, &runnable, f64::INFINITY)).unwrap();
    assert_eq!(all.len(), runnable.len(), "each once");
    assert!(all.is_sorted_by(|a, b| a.millis <= b.millis), "fastest first");
    assert!(all.iter().all(|measured| measured.millis > 0.0 && runnable.contains(&measured.body)));
    println!("{all:?}");
    // Without time the first candidate, the table's, is all that is measured.
    let hasty = block_on(tuner::measure(&gpu, &runnable, 0.0)).unwrap();
    assert_eq!(hasty.iter().map(|measured| measured.body).collect::<Vec<_>>(), runnable[..1]);
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn the_table_is_the_first_candidate_and_on_a_processor_the_only_one() {
    let gpu = gpu();
    let candidates = tuner::candidates(&gpu);
    assert_eq!(candidates[0], Body::for_device(&gpu));
    assert_eq!(candidates.len(), if gpu.software() { 1 } else { 3 });
    assert!(candidates.contains(&block_on(tuner::fastest(&gpu)).unwrap()));
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

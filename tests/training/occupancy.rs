//! Whether a large device is busy: no dispatch of a training step has much to do and few workgroups to do it with.
//!
//! A graphics card has a hundred cores and more, each of which takes several workgroups. A dispatch of fewer than
//! [`FEW_WORKGROUPS`] leaves most of them idle however well its kernel is written, which costs time where it computes more
//! than [`MUCH_FLOP`] or moves more than [`MUCH_BYTES`]: what the whole of such a card does in some ten microseconds.

use std::collections::BTreeSet;
use wn_gan::config::{Config, Order};
use wn_gan::device::Device;
use wn_gan::gan::networks::Gan;
use wn_gan::nn::gemm::{TileSize, Variant};

const FEW_WORKGROUPS: u64 = 64;
const MUCH_FLOP: u64 = 50_000_000;
const MUCH_BYTES: u64 = 8_000_000;

/// The offenders of today: preset, label and kernel, then workgroups, MFLOP and MB. The list only shrinks.
///
/// D's last convolution has one column, the logit, and as many rows as there are images: one tile, 6,400 to 12,800 deep.
const OFFENDERS: [&str; 2] = [
    "gan160: final.conv forward by conv/gemm_tile in 1 workgroups, 52 MFLOP, 3 MB",
    "gan160: final.conv forward by conv/gemm_tile in 1 workgroups, 52 MFLOP, 6 MB",
];

/// The dispatches of a step that have much to do and few workgroups. They are described on the CPU, where memory costs
/// nothing until somebody writes it, with the variant of a graphics card.
fn offenders(preset: &str, config: &Config, size: TileSize) -> Vec<String> {
    let gan = Gan::new(&Device::cpu(), config, Variant::Tile(size), 1).unwrap();
    let mut offenders = Vec::new();
    for dispatch in gan.step().all() {
        let (workgroups, flop, bytes) = (dispatch.workgroup_count(), 2 * dispatch.work(), dispatch.traffic());
        if workgroups < FEW_WORKGROUPS && (flop > MUCH_FLOP || bytes > MUCH_BYTES) {
            let name = format!("{preset}: {} by {}", dispatch.label(), dispatch.kernel().name);
            let [mflop, megabytes] = [flop, bytes].map(|count| count / 1_000_000);
            offenders.push(format!("{name} in {workgroups} workgroups, {mflop} MFLOP, {megabytes} MB"));
        }
    }
    offenders
}

#[test]
fn nothing_large_has_few_workgroups() {
    let mut found = BTreeSet::new();
    for preset in ["gan64", "gan160"] {
        for order in [Order::Alternating, Order::Simultaneous] {
            let config = Config { order, ..Config::preset(preset).unwrap() };
            for size in [TileSize::Small, TileSize::Medium, TileSize::Large] {
                found.extend(offenders(preset, &config, size));
            }
        }
    }
    let listed = BTreeSet::from(OFFENDERS.map(String::from));
    let new: Vec<_> = found.difference(&listed).collect();
    assert!(new.is_empty(), "too few workgroups for what they do: {new:#?}");
    let mended: Vec<_> = listed.difference(&found).collect();
    assert!(mended.is_empty(), "these offend no longer, remove them from the list: {mended:#?}");
}

/// Counted by hand, in elements.
#[test]
fn traffic_is_what_goes_in_once_and_what_comes_out() {
    let config = Config::preset("gan64").unwrap();
    let gan = Gan::new(&Device::cpu(), &config, Variant::Tile(TileSize::Medium), 1).unwrap();
    let dispatches: Vec<_> = gan.step().all().collect();
    let elements = |label: &str| dispatches.iter().find(|dispatch| dispatch.label() == label).unwrap().traffic() / 4;
    let batch = u64::from(config.batch_size);
    // G's images of 64x64x3 from 32x32x64 by weights of 4x4.
    assert_eq!(elements("level.0.conv forward"), batch * (64 * 64 * 3 + 32 * 32 * 64) + 4 * 4 * 3 * 64);
    // D's first activation, for real images and fakes: x and dy, and a pair of sums per channel of 64 parts.
    assert_eq!(elements("level.0.tprelu backward"), 2 * (2 * batch * 32 * 32 * 64) + 64 * 2 * 64);
    // The gradient of D's first weight: images, dy, and the parts of a split sum.
    let parts = elements("level.0.conv weight gradient") - 2 * batch * (64 * 64 * 3 + 32 * 32 * 64);
    assert!(parts.is_multiple_of(4 * 4 * 3 * 64) && parts > 4 * 4 * 3 * 64, "{parts} elements are several parts");
}

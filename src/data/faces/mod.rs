//! `faces`: cartoon faces drawn from random numbers, so that training can start without a download.

mod canvas;
mod drawing;

use super::Dataset;
use crate::rng::{Stream, uniform, words};
use canvas::{Colour, Frame, Point, luma, mix, mix_colour};

/// Width and height of a face in pixels.
pub const SIDE: u32 = 32;

/// Enough for a large training set beside the 2,000 images of the final test.
const ENOUGH: u32 = 22_000;
/// What every WebGPU device can bind as one buffer.
const BINDING_BYTES: u32 = 128 << 20;

/// How many faces a run uses whose images are brought to the given size: enough, or as many as fit any device.
pub fn face_count(width: u32, height: u32, channels: u32) -> u32 {
    let bytes = u64::from(width).saturating_mul(u64::from(height)).saturating_mul(u64::from(channels));
    let fitting = u64::from(BINDING_BYTES) / bytes.max(1);
    ENOUGH.min(u32::try_from(fitting).unwrap_or(ENOUGH))
}

/// `count` faces in 32x32 RGB. Face `i` is a function of `(seed, i)` alone, equal to the byte on every machine.
pub fn faces(count: u32, seed: u32) -> Dataset {
    let mut pixels = Vec::with_capacity(count as usize * (SIDE * SIDE * 3) as usize);
    for index in 0..count {
        pixels.extend(Face::random(index, seed).draw().bytes());
    }
    Dataset { name: "faces".into(), width: SIDE, height: SIDE, channels: 3, pixels }
}

const SKIN: [Colour; 6] = [
    [0.99, 0.87, 0.77],
    [0.96, 0.79, 0.65],
    [0.89, 0.68, 0.51],
    [0.75, 0.53, 0.36],
    [0.56, 0.37, 0.24],
    [0.38, 0.24, 0.16],
];

const HAIR: [Colour; 9] = [
    [0.10, 0.08, 0.09],
    [0.23, 0.13, 0.08],
    [0.42, 0.25, 0.13],
    [0.60, 0.28, 0.12],
    [0.80, 0.42, 0.16],
    [0.93, 0.76, 0.38],
    [0.84, 0.82, 0.80],
    [0.86, 0.34, 0.52],
    [0.22, 0.42, 0.72],
];

const IRIS: [Colour; 4] = [[0.24, 0.14, 0.08], [0.20, 0.38, 0.20], [0.16, 0.36, 0.62], [0.10, 0.08, 0.08]];

const WHITE: Colour = [1.0, 1.0, 1.0];
const INK: Colour = [0.12, 0.09, 0.11];

/// Random numbers of one face, in the order in which they are asked for.
struct Dice {
    index: u32,
    seed: u32,
    drawn: u32,
}

impl Dice {
    /// Uniform in `[0, 1)`.
    fn unit(&mut self) -> f32 {
        let word = words(self.index, self.drawn / 4, Stream::Data as u32, self.seed)[(self.drawn % 4) as usize];
        self.drawn += 1;
        uniform(word)
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        mix(low, high, self.unit())
    }

    fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// A colour on the way from one stop to the next, anywhere along the ramp.
    fn along(&mut self, ramp: &[Colour]) -> Colour {
        let at = self.unit() * (ramp.len() - 1) as f32;
        let low = (at as usize).min(ramp.len() - 2);
        mix_colour(ramp[low], ramp[low + 1], at - low as f32)
    }

    /// One of the stops, a little lighter or darker.
    fn near(&mut self, stops: &[Colour]) -> Colour {
        let stop = stops[((self.unit() * stops.len() as f32) as usize).min(stops.len() - 1)];
        let light = self.between(-0.15, 0.15);
        if light < 0.0 { mix_colour(stop, INK, -light) } else { mix_colour(stop, WHITE, light) }
    }
}

/// A hue (1 is once around the circle) at the given saturation and value.
fn hsv(hue: f32, saturation: f32, value: f32) -> Colour {
    let channel = |offset: f32| {
        let h = hue + offset - (hue + offset).floor();
        let ramp = ((h * 6.0 - 3.0).abs() - 1.0).clamp(0.0, 1.0);
        value * mix(1.0, ramp, saturation)
    };
    [channel(0.0), channel(2.0 / 3.0), channel(1.0 / 3.0)]
}

/// `colour`, made lighter or darker until it is told apart from `from` at a glance.
fn apart(colour: Colour, from: Colour) -> Colour {
    let gap = luma(colour) - luma(from);
    let missing = (0.16 - gap.abs()).max(0.0) * 2.5;
    if gap > 0.0 { mix_colour(colour, WHITE, missing) } else { mix_colour(colour, INK, missing) }
}

/// Everything that a face is drawn from. Lengths are in units of about a pixel, around the middle of the face.
struct Face {
    frame: Frame,
    background: [Colour; 2],
    slant: f32,
    shirt: Colour,
    skin: Colour,
    head: Point,
    hair: Colour,
    hair_style: Hair,
    /// How far the hair stands off the head.
    volume: f32,
    /// Height of the hairline above the middle of the face.
    hairline: f32,
    /// Where the parting is, from -1 (left) to 1 (right).
    parting: f32,
    /// How far down long hair reaches.
    length: f32,
    eye: Point,
    eye_gap: f32,
    /// 0 is a closed eye, 1 a wide open one.
    open: f32,
    gaze: Point,
    iris: Colour,
    brow_lift: f32,
    brow_tilt: f32,
    mouth_half: f32,
    /// From -1 (frown) to 1 (smile).
    smile: f32,
    /// How far the mouth is open.
    gape: f32,
    blush: f32,
    /// Radius and colour, if there are glasses.
    glasses: Option<(f32, Colour)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Hair {
    Bald,
    Short,
    Long,
    Curly,
    Bun,
}

impl Face {
    fn random(index: u32, seed: u32) -> Face {
        let d = &mut Dice { index, seed, drawn: 0 };
        let skin = d.along(&SKIN);
        let hair_style = match d.unit() {
            u if u < 0.05 => Hair::Bald,
            u if u < 0.40 => Hair::Short,
            u if u < 0.70 => Hair::Long,
            u if u < 0.86 => Hair::Curly,
            _ => Hair::Bun,
        };
        let hair = apart(d.near(&HAIR), skin);
        // From yellow-green over blue to magenta: the colours of no skin.
        let hue = d.between(0.2, 0.85);
        let background = hsv(hue, d.between(0.2, 0.5), d.between(0.65, 1.0));
        let second = hsv(hue + d.between(-0.08, 0.08), d.between(0.2, 0.55), d.between(0.5, 0.95));
        let closed = d.chance(0.07);
        Face {
            frame: Frame {
                origin: (16.0 + d.between(-1.5, 1.5), 17.0 + d.between(-1.2, 1.2)),
                scale: d.between(0.92, 1.12),
                turn: d.between(-0.1, 0.1),
            },
            background: [background, second],
            slant: d.unit(),
            shirt: hsv(d.unit(), d.between(0.3, 0.85), d.between(0.3, 0.95)),
            skin,
            head: (d.between(8.0, 9.4), d.between(9.2, 10.4)),
            hair,
            hair_style,
            volume: d.between(0.8, 2.2),
            hairline: d.between(3.6, 6.2),
            parting: d.between(-1.0, 1.0),
            length: d.between(4.0, 13.0),
            eye: (d.between(1.9, 2.5), d.between(2.1, 2.9)),
            eye_gap: d.between(3.3, 4.1),
            open: if closed { 0.0 } else { d.between(0.6, 1.0) },
            gaze: (d.between(-0.7, 0.7), d.between(-0.5, 0.5)),
            iris: d.near(&IRIS),
            brow_lift: d.between(0.6, 1.8),
            brow_tilt: d.between(-0.7, 0.7),
            mouth_half: d.between(2.2, 3.9),
            smile: d.between(-0.7, 1.0),
            gape: (d.between(-2.2, 2.2)).max(0.0),
            blush: d.between(0.0, 0.55),
            glasses: if d.chance(0.25) {
                Some((d.between(2.9, 3.4), d.near(&[INK, [0.75, 0.15, 0.15], [0.15, 0.25, 0.6]])))
            } else {
                None
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An attribute: its name, how to take it from another face, and the rows in which a change of it is largest.
    type Attribute = (&'static str, fn(&mut Face, &Face), std::ops::Range<usize>);

    #[test]
    fn every_attribute_varies_and_shows_where_it_belongs() {
        let attributes: [Attribute; 23] = [
            ("position", |face, other| face.frame.origin = other.frame.origin, 0..32),
            ("scale", |face, other| face.frame.scale = other.frame.scale, 0..32),
            ("tilt", |face, other| face.frame.turn = other.frame.turn, 0..32),
            ("background", |face, other| face.background = other.background, 0..32),
            ("slant", |face, other| face.slant = other.slant, 0..32),
            ("shirt", |face, other| face.shirt = other.shirt, 25..32),
            ("skin", |face, other| face.skin = other.skin, 4..32),
            ("head", |face, other| face.head = other.head, 0..32),
            ("hair", |face, other| face.hair = other.hair, 0..32),
            ("hair style", |face, other| face.hair_style = other.hair_style, 0..32),
            ("volume", |face, other| face.volume = other.volume, 0..32),
            ("hairline", |face, other| face.hairline = other.hairline, 4..22),
            ("parting", |face, other| face.parting = other.parting, 4..22),
            ("length", |face, other| face.length = other.length, 14..32),
            ("eye", |face, other| face.eye = other.eye, 6..22),
            ("gap of the eyes", |face, other| face.eye_gap = other.eye_gap, 6..22),
            ("lids", |face, other| face.open = other.open, 6..22),
            ("gaze", |face, other| face.gaze = other.gaze, 10..22),
            ("iris", |face, other| face.iris = other.iris, 10..22),
            ("brow", |face, other| (face.brow_lift, face.brow_tilt) = (other.brow_lift, other.brow_tilt), 5..18),
            (
                "mouth",
                |face, other| {
                    (face.mouth_half, face.smile, face.gape) = (other.mouth_half, other.smile, other.gape);
                },
                17..31,
            ),
            ("blush", |face, other| face.blush = other.blush, 15..26),
            ("glasses", |face, other| face.glasses = other.glasses, 8..24),
        ];
        const PAIRS: u32 = 100;
        // A sixteenth of the range of a byte is seen at a glance; blush is meant to be gentler.
        let visible = |name: &str| if name == "blush" { 8 } else { 16 };
        for (name, copy, rows) in attributes {
            let mut changed = 0;
            for pair in 0..PAIRS {
                let mut face = Face::random(2 * pair, 5);
                let before: Vec<u8> = face.draw().bytes().collect();
                copy(&mut face, &Face::random(2 * pair + 1, 5));
                let after: Vec<u8> = face.draw().bytes().collect();
                let change = |i: &usize| before[*i].abs_diff(after[*i]);
                let most = (0..before.len()).max_by_key(change).expect("a face has pixels");
                if change(&most) >= visible(name) {
                    changed += 1;
                    let row = most / (SIDE * 3) as usize;
                    assert!(rows.contains(&row), "{name} of pair {pair} changes row {row}, not {rows:?}");
                }
            }
            // The rarest is the length of hair: it needs long hair (30 %) and two lengths that differ.
            assert!(changed >= PAIRS / 10, "{name} changes {changed} of {PAIRS} faces");
        }
    }
}

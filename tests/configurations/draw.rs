//! Settings drawn by number: small ones that train in a moment, at and beyond the ends of their ranges, and nonsense.

use serde_json::{Map, Value, json};
use wn_gan::config::Role;
use wn_gan::config::{KEYS, Key, Kind, presets};
use wn_gan::gan::{architecture, cost};
use wn_gan::nn::parameters::Layout;
use wn_gan::{Config, rng};

const MOST_FLOP: u64 = 2_000_000_000;
const MOST_BYTES: u64 = 1 << 30;

/// Settings as they are given.
#[derive(Debug)]
pub enum Drawn {
    /// To the page's program.
    Json(String),
    /// To `wngan train`.
    Flags(Vec<String>),
}

impl Drawn {
    /// Its name in tables.
    pub fn way(&self) -> &'static str {
        match self {
            Drawn::Json(_) => "json",
            Drawn::Flags(_) => "flags",
        }
    }
}

/// Random numbers of one number of settings.
struct Dice {
    number: u32,
    drawn: u32,
}

impl Dice {
    fn word(&mut self) -> u32 {
        self.drawn += 1;
        rng::words(self.number, self.drawn, 7, 2024)[0]
    }

    fn below(&mut self, end: u32) -> u32 {
        ((u64::from(self.word()) * u64::from(end)) >> 32) as u32
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize].clone()
    }
}

/// The settings of this number.
pub fn draw(number: u32) -> Drawn {
    let dice = &mut Dice { number, drawn: 0 };
    // How far from sense: none of most settings, some of others, all of a few.
    let nonsense = dice.pick(&[0, 0, 0, 0, 12, 4]);
    let size = dice.pick(&[8, 8, 8, 16, 64]);
    if number.is_multiple_of(2) { json(dice, nonsense, size) } else { flags(dice, nonsense, size) }
}

fn json(dice: &mut Dice, nonsense: u32, size: u32) -> Drawn {
    let mut settings = Map::new();
    for key in KEYS.iter() {
        if !dice.one_in(3) {
            settings.insert(key.name.into(), value(dice, key, nonsense, size));
        }
    }
    if nonsense > 0 && dice.one_in(8) {
        settings.insert(dice.pick(&["width ", "", "norms", "__proto__"]).into(), json!(1));
    }
    let mut text = Value::Object(settings).to_string().into_bytes();
    if nonsense > 0 && dice.one_in(6) {
        let at = dice.below(text.len() as u32) as usize;
        text[at] = dice.pick(b"\"{}[]:,0e-\\ x");
    }
    Drawn::Json(String::from_utf8_lossy(&text).replace(['\n', '\r'], " "))
}

fn flags(dice: &mut Dice, nonsense: u32, size: u32) -> Drawn {
    let mut flags = Vec::new();
    if dice.one_in(2) {
        flags.extend(["--preset".into(), dice.pick(&presets()).0.to_string()]);
    }
    let side = |dice: &mut Dice| word(&value(dice, Key::named("width").unwrap(), nonsense, size));
    let both = [side(dice), side(dice)];
    let sides = if dice.one_in(2) { both.join("x") } else { both[0].clone() };
    flags.extend(["--image_size".into(), sides]);
    for key in KEYS.iter().filter(|key| !["dataset", "width", "height"].contains(&key.name)) {
        // The network's size decides what a step costs: without it that is the preset's.
        let is_size = ["nfeature", "code_size", "batch_size", "vis_size", "niter", "test_interval"].contains(&key.name);
        if is_size || dice.one_in(3) {
            let value = word(&value(dice, key, nonsense, size));
            if dice.one_in(2) {
                flags.push(format!("--{}={value}", key.name.replace('_', "-")));
            } else {
                flags.extend([format!("--{}", key.name), value]);
            }
        }
    }
    if nonsense > 0 {
        let more = [
            "--lr",
            "--no_such_flag=1",
            "--save_minutes=nan",
            "--vis_interval=-3",
            "--crop_size=0",
            "--ls",
            "--",
            "-x",
        ];
        if dice.one_in(4) {
            flags.push(dice.pick(&more).into());
        }
    }
    Drawn::Flags(flags)
}

/// A value of `key`: out of `nonsense` one is none (0: all fit); sizes are below `size`, where sense has its way.
fn value(dice: &mut Dice, key: &Key, nonsense: u32, size: u32) -> Value {
    if nonsense > 0 && dice.one_in(nonsense) {
        return nonsense_for(dice, key);
    }
    if let Some(value) = quick(dice, key.name, size) {
        return value;
    }
    match key.kind {
        Kind::Text => json!("faces"),
        Kind::Choice { choices } => json!(dice.pick(choices).name),
        Kind::Whole { min, max } => {
            let near = min.max(0) + i64::from(dice.below(4));
            json!(if dice.one_in(30) { dice.pick(&[min, max]) } else { near.min(max) })
        }
        Kind::Real { min, max } => {
            let share = f64::from(dice.below(1000)) / 1000.0;
            let near = min.max(0.0) + share.powi(1 + 3 * dice.below(3) as i32) * (max - min).min(1.0);
            json!(if dice.one_in(30) { dice.pick(&[min, max]) } else { near.min(max) })
        }
    }
}

/// Settings that decide how long a run takes.
fn quick(dice: &mut Dice, name: &str, size: u32) -> Option<Value> {
    let mut to = |most: u32| json!(1 + dice.below(most));
    Some(match name {
        "width" | "height" => json!(dice.pick(&[4, 8, 8, 8]) + 2 * dice.below(size.div_ceil(2))),
        "nfeature" | "code_size" | "batch_size" => to(size),
        "niter" => json!(3),
        "test_interval" => json!(0),
        "vis_size" | "test_steps" => to(3),
        "running" => to(200),
        // Not below `running`, whose default is 200.
        "final" => json!(200 + dice.below(20)),
        "channels" => json!(dice.pick(&[1, 3])),
        // What few other settings go with.
        "n_dis" => json!(dice.pick(&[1, 1, 1, 2])),
        "net" => json!(dice.pick(&["dcgan", "dcgan", "dcgan", "resnet"])),
        "nlayer" => json!(dice.pick(&[-1, -1, -1, 1, 2])),
        "seed" => json!(dice.word()),
        _ => return None,
    })
}

fn nonsense_for(dice: &mut Dice, key: &Key) -> Value {
    let text = |dice: &mut Dice| {
        json!(dice.pick(&["", "nan", "weight", "-0", "1e400", "\u{0}", "é", "0x10", "9".repeat(400).as_str()]))
    };
    match dice.below(5) {
        0 => text(dice),
        1 => dice.pick(&[json!(null), json!(true), json!([]), json!({"a": [1]}), json!([[[0]]])]),
        2 => dice.pick(&[json!(-1), json!(u32::MAX), json!(u64::MAX), json!(i64::MIN), json!(4_294_967_296_u64)]),
        3 => dice.pick(&[json!(1e308), json!(-1e308), json!(5e-324), json!(0.5), json!(-0.0), json!(1e39)]),
        _ => match key.kind {
            Kind::Whole { min, max } => {
                dice.pick(&[json!(min - 1), json!(max), json!(max.saturating_add(1)), json!(min)])
            }
            Kind::Real { min, max } => {
                dice.pick(&[json!(min), json!(max), json!(max * 1.01 + 1e-9), json!(min - 1e-3)])
            }
            Kind::Choice { .. } | Kind::Text => text(dice),
        },
    }
}

/// As a flag's value.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| text.replace('\0', "\u{1}"))
}

/// Whether three steps are too much: more than 2 GFLOP each, or 1 GiB.
pub fn is_large(config: &Config) -> bool {
    cost::flop_per_step(config) > MOST_FLOP || bytes(config) > MOST_BYTES
}

/// Not less than a run takes: of each network parameters, gradients, effective weights and what optimiser and average keep,
/// and for images real and fake, in training, test and samples, all values and gradients; the packed images.
fn bytes(config: &Config) -> u64 {
    let of_role = |role| {
        let layers = architecture::layers(config, role);
        let values: u64 = layers.iter().map(|layer| layer.io.input.len() as u64 + layer.io.output.len() as u64).sum();
        let images = u64::from(config.batch_size).max(u64::from(config.vis_size).pow(2).min(64));
        8 * u64::from(Layout::new(&layers).count) + 6 * images * values
    };
    let images = 3 * (128 << 20);
    4 * Role::BOTH.into_iter().map(of_role).sum::<u64>() + images
}

//! What the page's worker sees of the program: converts and forwards, holds no mathematics.
//!
//! Every failure is a JavaScript `Error` whose message is a sentence (failure.rs). Calls on one [`Session`] must not overlap: the
//! worker awaits each before the next. The TypeScript types of all that crosses are written by `wasm-bindgen`: from these
//! functions, from the structs that derive `Tsify`, and from the table of settings.

mod device;
mod failure;
mod images;
mod panic;
mod session;

use crate::config::{self, Config, KEYS, Key};
use crate::error::{self, Error};
use crate::gan::bench::{self, Measurement};
use crate::theorem::demonstration::{Activation, Maps};
use crate::theorem::{self, Demonstration};
use js_sys::{Function, JSON};
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

pub use device::{Device, open_cpu, open_gpu};
pub use failure::{Failure, sentences};
pub use images::{Dataset, ImageGrid};
pub use panic::on_panic;
pub use session::{Report, Session, start_session};

type JsResult<T> = std::result::Result<T, Failure>;

#[wasm_bindgen]
extern "C" {
    /// A [`Config`] as an object.
    #[wasm_bindgen(typescript_type = "Config")]
    pub type Settings;
    /// Some of its keys.
    #[wasm_bindgen(typescript_type = "Partial<Config>")]
    pub type Changes;
}

#[wasm_bindgen(start)]
fn start() {
    panic::tell_the_console();
}

/// A named starting point.
#[derive(serde::Serialize, Tsify)]
pub struct Preset {
    /// What addresses and `--preset` call it.
    name: &'static str,
    /// Its settings.
    config: Config,
}

/// The named starting points.
///
/// # Errors
/// Where one of them is no object in JavaScript.
#[wasm_bindgen]
pub fn presets() -> JsResult<Vec<Ts<Preset>>> {
    config::presets().into_iter().map(|(name, config)| Ok(Preset { name, config }.into_ts()?)).collect()
}

/// The table of settings: what every key of a configuration takes, and what it is called, in the order of the form.
///
/// # Errors
/// Where a row is no object in JavaScript.
#[wasm_bindgen]
pub fn settings() -> JsResult<Vec<Ts<Key>>> {
    KEYS.iter().map(|key| Ok(key.into_ts()?)).collect()
}

/// A random plain network of `depth` layers beside its strict form. Needs no device.
///
/// # Errors
/// For a depth out of [`theorem::demonstration::DEPTHS`].
#[wasm_bindgen(js_name = theorem)]
pub fn theorem_demonstration(
    depth: u32,
    maps: Ts<Maps>,
    activation: Ts<Activation>,
    seed: u32,
) -> JsResult<Ts<Demonstration>> {
    Ok(theorem::demonstration(depth, maps.to_rust()?, activation.to_rust()?, seed)?.into_ts()?)
}

/// Training steps of a preset with some settings changed, measured for about `seconds`; `on_progress` is called before
/// each piece with the share that is done, from 0 to 1.
///
/// # Errors
/// As [`bench::workload`] and [`bench::measure`].
#[wasm_bindgen]
pub async fn bench(
    device: &Device,
    workload: &str,
    changes: &Changes,
    seconds: f64,
    #[wasm_bindgen(unchecked_param_type = "(share: number) => void")] on_progress: Function,
) -> JsResult<Ts<Measurement>> {
    let config = bench::workload(workload, &text(changes)?)?;
    let mut tell = |share: f64| {
        // A page that throws in its progress display is no reason to stop.
        let _ = on_progress.call1(&JsValue::NULL, &share.into());
    };
    Ok(bench::measure(device.parts(), workload, &config, seconds, &mut tell).await?.into_ts()?)
}

/// An object as JSON. Settings cross as text, so that each number is rounded once, to the precision of its setting.
fn text(object: &JsValue) -> JsResult<String> {
    let json = JSON::stringify(object).ok().and_then(|text| text.as_string());
    json.ok_or_else(|| Error::Config(error::sentences::web::settings()).into())
}

/// Settings as an object.
fn object(config: &Config) -> JsResult<Settings> {
    let value = JSON::parse(&config.to_json()).map_err(|_| Error::Config(error::sentences::web::settings()))?;
    Ok(value.unchecked_into())
}

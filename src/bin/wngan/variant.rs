//! The variant of the matrix products: measured once per adapter and kept in a file, or named.

use std::collections::BTreeMap;
use std::path::PathBuf;
use wn_gan::device::Device;
use wn_gan::error::plain;
use wn_gan::nn::gemm::Variant;
use wn_gan::nn::gemm::tuner;
use wn_gan::{Error, Result};

/// The variant called `name`, or the one that was the fastest on this adapter when it was first used.
///
/// # Errors
/// A name that is none, or none for this adapter.
pub async fn choose(device: &Device, name: Option<&str>) -> Result<Variant> {
    if let Some(name) = name {
        return Variant::named(name, device).ok_or_else(|| {
            let usable = Variant::ALL.into_iter().filter(|variant| variant.runs_on(device)).map(Variant::name);
            let usable = usable.collect::<Vec<_>>().join(", ");
            Error::Config(plain(format!("variant must be one that this adapter can run ({usable}); it is \"{name}\".")))
        });
    }
    let adapter = format!("{} ({})", device.name(), device.backend());
    let mut kept = read();
    if let Some(variant) = kept.get(&adapter).and_then(|name| Variant::named(name, device)) {
        return Ok(variant);
    }
    let choice = tuner::fastest(device).await;
    if choice.measured {
        kept.insert(adapter, choice.variant.name().into());
        write(&kept);
    }
    Ok(choice.variant)
}

/// Adapters and their kernel variants.
fn file() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join("wngan").join("variants.json"))
}

/// What was kept; nothing where there is no file, or one that cannot be understood.
fn read() -> BTreeMap<String, String> {
    let text = file().and_then(|file| std::fs::read_to_string(file).ok());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Keeps it where that is possible; elsewhere the next run measures again, which takes about a second.
fn write(kept: &BTreeMap<String, String>) {
    let Some((file, text)) = file().zip(serde_json::to_string_pretty(kept).ok()) else { return };
    let folder = file.parent().map_or(Ok(()), std::fs::create_dir_all);
    let _ = folder.and_then(|()| std::fs::write(file, text));
}

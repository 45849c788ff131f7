//! Time, natively and in a browser.

/// Milliseconds on a clock that only rises.
pub fn now() -> f64 {
    #[cfg(target_arch = "wasm32")]
    return crate::web::now();
    #[cfg(not(target_arch = "wasm32"))]
    {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed().as_secs_f64() * 1000.0
    }
}

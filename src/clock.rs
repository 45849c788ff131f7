//! Time, natively and in a browser.

/// Milliseconds on a clock that only rises, from a start that differs from run to run.
pub fn now() -> f64 {
    #[cfg(target_arch = "wasm32")]
    return browser::now();
    #[cfg(not(target_arch = "wasm32"))]
    {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed().as_secs_f64() * 1000.0
    }
}

/// The browser's clock, on the page and in workers alike.
#[cfg(target_arch = "wasm32")]
mod browser {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        /// `performance.now()`.
        #[wasm_bindgen(js_namespace = performance)]
        pub fn now() -> f64;
    }
}

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

/// Waits so many milliseconds, and lets whatever else the browser has to do go first.
#[cfg(target_arch = "wasm32")]
pub async fn sleep(ms: u32) {
    let pause = js_sys::Promise::new(&mut |resolve, _| browser::set_timeout(&resolve, ms));
    // A promise that only resolves is never rejected.
    let _ = wasm_bindgen_futures::JsFuture::from(pause).await;
}

/// The browser's clock, on the page and in workers alike.
#[cfg(target_arch = "wasm32")]
mod browser {
    use js_sys::Function;
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        /// `performance.now()`.
        #[wasm_bindgen(js_namespace = performance)]
        pub fn now() -> f64;

        /// `setTimeout(callback, ms)`.
        #[wasm_bindgen(js_name = setTimeout)]
        pub fn set_timeout(callback: &Function, ms: u32);
    }
}

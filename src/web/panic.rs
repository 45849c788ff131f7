//! What the program says when it breaks down. The trap that follows has no words of its own.

use js_sys::Function;
use std::cell::RefCell;
use std::panic;
use wasm_bindgen::prelude::*;

thread_local! {
    static LISTENER: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// `listener` is told a panic's words before the program traps.
#[wasm_bindgen(js_name = onPanic)]
pub fn on_panic(#[wasm_bindgen(unchecked_param_type = "(words: string) => void")] listener: Function) {
    LISTENER.set(Some(listener));
}

/// Panics are written to the console, and told to whoever listens.
pub(super) fn tell_the_console() {
    panic::set_hook(Box::new(|panic| {
        let words = JsValue::from(panic.to_string());
        web_sys::console::error_1(&words);
        if let Some(listener) = LISTENER.take() {
            // Nothing is left that could be done about a listener that throws.
            let _ = listener.call1(&JsValue::NULL, &words);
        }
    }));
}

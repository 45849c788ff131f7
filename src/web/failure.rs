//! How a failure reaches JavaScript: an `Error` whose message is the English sentence, with the sentence's `code` and an
//! object of its `values`, by which the page says it in its own language.

use super::JsResult;
use crate::error::{self, Error, SENTENCES, Template};
use js_sys::{Object, Reflect};
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

/// A failure as JavaScript throws it.
#[derive(Debug)]
pub struct Failure(JsValue);

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let set = |object: &JsValue, name: &str, value: &JsValue| {
            // A plain object takes every property.
            let _ = Reflect::set(object, &name.into(), value);
        };
        let values: JsValue = Object::new().into();
        for (name, value) in error.values() {
            set(&values, name, &value.into());
        }
        let thrown: JsValue = js_sys::Error::new(&error.to_string()).into();
        set(&thrown, "code", &error.code().into());
        set(&thrown, "values", &values);
        Failure(thrown)
    }
}

impl From<tsify::Error> for Failure {
    fn from(message: tsify::Error) -> Failure {
        Error::Config(error::sentences::web::value(message)).into()
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> JsValue {
        failure.0
    }
}

/// Every sentence of the program in English, with its code.
///
/// # Errors
/// Where one of them is no object in JavaScript.
#[wasm_bindgen]
pub fn sentences() -> JsResult<Vec<Ts<Template>>> {
    SENTENCES.iter().map(|template| Ok(template.into_ts()?)).collect()
}

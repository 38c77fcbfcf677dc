//! The cluster's module, loaded beside the page's own and called on the same thread: text in, text out.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;
use web_sys::HtmlLinkElement;

use super::browser::document;
use super::panic_screen;
use crate::protocol::text::{from_text, to_text};
use crate::protocol::{Act, BUILD, Change, Question, Reply};

#[wasm_bindgen(module = "/src/web/cluster_module.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn open(code: &str, wasm: &str) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type Module;

    #[wasm_bindgen(method)]
    fn build(this: &Module) -> String;
    #[wasm_bindgen(method, catch)]
    fn act(this: &Module, act: &str) -> Result<String, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn answer(this: &Module, question: &str) -> Result<String, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn command_log(this: &Module) -> Result<String, JsValue>;
}

thread_local! {
    static MODULE: RefCell<Option<Module>> = const { RefCell::new(None) };
}

/// Loads the module, once; until then acts change nothing and questions have no reply. The page's document names its
/// addresses, where the browser finds them early.
///
/// # Errors
/// In Russian, when it does not load or is of another build.
pub async fn load() -> Result<(), String> {
    let address = |id: &str| {
        let link = document().get_element_by_id(id).map(|link| link.unchecked_into::<HtmlLinkElement>());
        link.map(|link| link.href()).ok_or_else(|| format!("в странице нет #{id}"))
    };
    let opened = open(&address("cluster-code")?, &address("cluster-wasm")?).await;
    let module: Module = opened
        .map_err(|error| {
            format!(
                "Кластер не загрузился: проверьте связь. Уроки читаются и без него. ({})",
                text_of(&error)
            )
        })?
        .unchecked_into();
    if module.build() != BUILD {
        return Err("Кластер из другой сборки: перезагрузите страницу.".to_owned());
    }
    MODULE.set(Some(module));
    Ok(())
}

/// Does something to the desk. Answers what is new.
pub fn act(act: &Act) -> Vec<Change> {
    let changes = call(&to_text(act), Module::act).unwrap_or_default();
    if changes.is_empty() {
        return Vec::new();
    }
    from_text(&changes).expect("the cluster is of the same build")
}

/// `None` before the module is there, and after it has failed.
pub fn answer(question: &Question) -> Option<Reply> {
    let reply = call(&to_text(question), Module::answer)?;
    Some(from_text(&reply).expect("the cluster is of the same build"))
}

/// What was done in the run, for a report of a failure; empty before the module is there.
pub fn command_log() -> String {
    let module = MODULE.with(|module| module.try_borrow().ok().and_then(|module| module.clone()));
    module.and_then(|module| module.command_log().ok()).unwrap_or_default()
}

fn call(text: &str, function: fn(&Module, &str) -> Result<String, JsValue>) -> Option<String> {
    let module = MODULE.with_borrow(Option::clone)?;
    match function(&module, text) {
        Ok(answer) => Some(answer),
        Err(error) => {
            // A module that has panicked is not to be trusted with another call.
            panic_screen::show(&format!("{}\n\n{text}", text_of(&error)));
            MODULE.set(None);
            None
        }
    }
}

fn text_of(error: &JsValue) -> String {
    let message = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    message.or_else(|| error.as_string()).unwrap_or_default()
}

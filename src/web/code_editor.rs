//! The bundle of CodeMirror (editor/editor.js), loaded when the first editor opens.

use serde_json::{Value, json as value};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, HtmlScriptElement};

use super::browser::{document, resolve};
use super::{cluster, json};
use crate::protocol::{BUILD, Card, Problem, Question, Reply, Suggestion, Suggestions};

#[wasm_bindgen]
extern "C" {
    /// What `mount` of the bundle returns.
    #[derive(Clone)]
    pub type CodeEditor;

    #[wasm_bindgen(method, js_name = setText)]
    pub fn set_text(this: &CodeEditor, text: &str);
    /// Unlike `set_text` an edit of the same text, which can be undone.
    #[wasm_bindgen(method, js_name = changeText)]
    pub fn change_text(this: &CodeEditor, text: &str);
    #[wasm_bindgen(method, js_name = setDiagnostics)]
    fn set_diagnostics_raw(this: &CodeEditor, items: &js_sys::Array);
    #[wasm_bindgen(method, js_name = markLines)]
    fn mark_lines_raw(this: &CodeEditor, lines: &js_sys::Array);
    #[wasm_bindgen(method, js_name = goTo)]
    pub fn go_to(this: &CodeEditor, line: u32, column: u32);
    #[wasm_bindgen(method)]
    pub fn focus(this: &CodeEditor);
    #[wasm_bindgen(method)]
    pub fn destroy(this: &CodeEditor);

    type Bundle;
    #[wasm_bindgen(method)]
    fn mount(this: &Bundle, parent: &HtmlElement, options: &js_sys::Object) -> CodeEditor;
}

/// The mounted editor and the callbacks that it may call while it lives.
pub struct Mounted {
    pub editor: CodeEditor,
    _on_change: Closure<dyn FnMut(String)>,
    _on_apply: Closure<dyn FnMut()>,
    _on_ask: [Closure<dyn FnMut(String, usize) -> JsValue>; 2],
}

/// What the editor asks the page about.
#[derive(Clone, Copy)]
enum Asked {
    Completion,
    Hover,
}

/// The cluster's answer about a byte offset of a text; `null` when there is none.
fn ask(asked: Asked, text: String, offset: usize) -> JsValue {
    let question = match asked {
        Asked::Completion => Question::Suggest { text, offset },
        Asked::Hover => Question::Explain { text, offset },
    };
    let answer = match cluster::answer(&question) {
        Some(Reply::Suggestions(Suggestions { from, suggestions })) => {
            let suggestions: Vec<Value> = suggestions.into_iter().map(suggestion_value).collect();
            value!({"from": from, "suggestions": suggestions})
        }
        Some(Reply::Card(Some(Card { start, end, path, detail, about }))) => {
            value!({"start": start, "end": end, "path": path, "detail": detail, "about": about})
        }
        _ => Value::Null,
    };
    json::to_js(&answer)
}

fn suggestion_value(suggestion: Suggestion) -> Value {
    let Suggestion { label, insert, detail, about, required } = suggestion;
    value!({"label": label, "insert": insert, "detail": detail, "about": about, "required": required})
}

impl CodeEditor {
    pub fn set_diagnostics(&self, problems: &[Problem]) {
        let items = js_sys::Array::new();
        for Problem { mark, severity, exact, russian, .. } in problems {
            let item = js_sys::Object::new();
            let message = if exact.is_empty() { russian.clone() } else { format!("{russian}\n{exact}") };
            set(&item, "line", &mark.line.into());
            set(&item, "column", &mark.column.into());
            set(&item, "toLine", &mark.to_line.into());
            set(&item, "toColumn", &mark.to_column.into());
            set(&item, "severity", &severity.as_str().into());
            set(&item, "message", &message.into());
            items.push(&item);
        }
        self.set_diagnostics_raw(&items);
    }

    pub fn mark_lines(&self, lines: &[u32]) {
        self.mark_lines_raw(&lines.iter().map(|line| JsValue::from(*line)).collect());
    }
}

/// Loads the bundle once; `done` hears whether CodeMirror is there. A build without Node has a bundle that says no.
pub fn load(done: impl FnMut(bool) + 'static) {
    let mut done = done;
    if bundle().is_some() {
        return done(true);
    }
    let Ok(element) = document().create_element("script") else { return done(false) };
    let script: HtmlScriptElement = element.unchecked_into();
    script.set_src(&resolve(&format!("editor.js?{BUILD}")));
    let finished = Closure::<dyn FnMut()>::new(move || done(bundle().is_some()));
    script.set_onload(Some(finished.as_ref().unchecked_ref()));
    script.set_onerror(Some(finished.as_ref().unchecked_ref()));
    // Called at most once, after which the page keeps the few bytes.
    finished.forget();
    if let Some(head) = document().head() {
        // A refused element fires neither event: the textarea simply stays.
        let _ = head.append_child(&script);
    }
}

/// Mounts CodeMirror into `parent`; `None` when the bundle is not there.
pub fn mount(
    parent: &HtmlElement,
    text: &str,
    test_id: &str,
    label: &str,
    on_change: impl FnMut(String) + 'static,
    on_apply: impl FnMut() + 'static,
) -> Option<Mounted> {
    let bundle = bundle()?;
    let on_change = Closure::<dyn FnMut(String)>::new(on_change);
    let on_apply = Closure::<dyn FnMut()>::new(on_apply);
    let on_ask = [Asked::Completion, Asked::Hover].map(|asked| {
        Closure::<dyn FnMut(String, usize) -> JsValue>::new(move |text, at| ask(asked, text, at))
    });
    let options = js_sys::Object::new();
    set(&options, "onComplete", on_ask[0].as_ref());
    set(&options, "onHover", on_ask[1].as_ref());
    set(&options, "text", &text.into());
    set(&options, "testId", &test_id.into());
    set(&options, "label", &label.into());
    set(&options, "onChange", on_change.as_ref());
    set(&options, "onApply", on_apply.as_ref());
    let editor = bundle.mount(parent, &options);
    Some(Mounted { editor, _on_change: on_change, _on_apply: on_apply, _on_ask: on_ask })
}

fn bundle() -> Option<Bundle> {
    let value = js_sys::Reflect::get(&js_sys::global(), &"zadachnikEditor".into()).ok()?;
    value.is_object().then(|| value.unchecked_into())
}

fn set(object: &js_sys::Object, key: &str, value: &JsValue) {
    // Setting a property of a plain object cannot fail.
    let _ = js_sys::Reflect::set(object, &key.into(), value);
}

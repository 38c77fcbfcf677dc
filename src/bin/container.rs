//! The Web Worker's entry: one heavy computation at a time. A panic here is that container's crash:
//! the page sees the worker's error event and starts a fresh one.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};
use zadachnik::containers::compute;
use zadachnik::protocol::BUILD;
use zadachnik::protocol::worker::{Answer, Ask};

fn main() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let sender = scope.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(ask) = event.data().as_string().as_deref().and_then(Ask::parse) else { return };
        let request = ask.request.parse();
        let result = request.map_err(|error| format!("{error}")).and_then(|request| compute::run(&request));
        send(&sender, &Answer::Finished { id: ask.id, result });
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The handler lives as long as the worker, which only terminate() ends.
    on_message.forget();
    send(&scope, &Answer::Ready { build: BUILD.to_owned() });
}

fn send(scope: &DedicatedWorkerGlobalScope, answer: &Answer) {
    // A message of one string can always be cloned; a refusal would mean that the page is gone.
    let _ = scope.post_message(&JsValue::from_str(&answer.to_text()));
}

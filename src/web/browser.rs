//! Small services of the browser, each with its failure turned into a value.

use std::pin::Pin;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Document, HtmlAnchorElement, Response, Url, Window};

pub fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

pub fn document() -> Document {
    window().document().expect("a window has a document")
}

/// An address relative to the page's own folder: the page may live below any path.
pub fn resolve(relative: &str) -> String {
    let base = document().base_uri().ok().flatten().unwrap_or_default();
    let base = base.split('#').next().unwrap_or_default().to_owned();
    Url::new_with_base(relative, &base).map(|url| url.href()).unwrap_or_else(|_| relative.to_owned())
}

/// Real milliseconds since the page was opened; only for pacing and benchmarks, never for the cluster.
pub fn real_ms() -> f64 {
    window().performance().map(|clock| clock.now()).unwrap_or(0.0)
}

/// A seed for a fresh cluster. Randomness of the machine enters here and nowhere else, and goes into the log.
pub fn fresh_seed() -> u64 {
    (js_sys::Math::random() * 9_007_199_254_740_991.0) as u64
}

/// The number with so many decimal places. Written by the browser: the code for it would be a tenth of the page's.
pub fn fixed(number: f64, places: u8) -> String {
    js_sys::Number::from(number).to_fixed(places).map(String::from).unwrap_or_default()
}

pub fn cores() -> usize {
    window().navigator().hardware_concurrency().max(1.0) as usize
}

/// # Errors
/// With what went wrong, in Russian, when the file is missing or the network fails.
pub async fn fetch_text(relative: &str) -> Result<String, String> {
    let address = resolve(relative);
    let failed = |_| format!("Не загрузилось {relative}: проверьте связь и перезагрузите страницу.");
    let response = JsFuture::from(window().fetch_with_str(&address)).await.map_err(failed)?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Err(format!("{relative}: ответ {}.", response.status()));
    }
    let text = JsFuture::from(response.text().map_err(failed)?).await.map_err(failed)?;
    text.as_string().ok_or_else(|| format!("{relative}: не текст."))
}

/// Offers a text as a file to keep.
///
/// # Errors
/// When the browser refuses.
pub fn download(file_name: &str, text: &str) -> Result<(), JsValue> {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&address);
    anchor.set_download(file_name);
    anchor.click();
    Url::revoke_object_url(&address)
}

/// Copies a text; the answer tells whether the browser allowed it.
pub async fn copy(text: String) -> bool {
    JsFuture::from(window().navigator().clipboard().write_text(&text)).await.is_ok()
}

/// Runs a task of the page that may wait for the browser.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    // One type for all tasks: the code that drives them is there once.
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    wasm_bindgen_futures::spawn_local(task);
}

/// Listens on the window for as long as the page lives.
pub fn on_window(event: &str, handler: impl FnMut(web_sys::Event) + 'static) {
    listen(&window(), event, Box::new(handler));
}

/// Listens on the document for as long as the page lives.
pub fn on_document(event: &str, handler: impl FnMut(web_sys::Event) + 'static) {
    listen(&document(), event, Box::new(handler));
}

fn listen(target: &web_sys::EventTarget, event: &str, handler: Box<dyn FnMut(web_sys::Event)>) {
    let closure = Closure::wrap(handler);
    // Registering an event name on a living target cannot fail.
    let _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// Tells the page's own listeners of an event that has no more to it than its name.
pub fn announce(event: &str) {
    if let Ok(event) = web_sys::Event::new(event) {
        // Nobody cancels these events.
        let _ = window().dispatch_event(&event);
    }
}

/// Whether a media query holds.
pub fn matches(query: &str) -> bool {
    let query = window().match_media(query).ok().flatten();
    query.is_some_and(|query| query.matches())
}

pub fn title() -> String {
    document().title()
}

pub fn set_title(title: &str) {
    document().set_title(title);
}

/// What has the focus; the page's body when nothing else has.
pub fn focused() -> Option<web_sys::Element> {
    document().active_element()
}

/// Focuses the first element that the selector finds, if it takes the focus.
pub fn focus_first(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        element.set_tab_index(-1);
        // An element that cannot take the focus simply does not.
        let _ = element.focus();
    }
}

pub fn is_hidden() -> bool {
    document().hidden()
}

/// Reads the file that was chosen in an `<input type="file">`; `done` gets `None` when there is nothing to read.
pub fn read_chosen_file(event: &web_sys::Event, done: Box<dyn FnOnce(Option<String>)>) {
    let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
    let file = input.as_ref().and_then(|input| input.files()).and_then(|files| files.get(0));
    if let Some(input) = input {
        // The same file can then be chosen again.
        input.set_value("");
    }
    spawn(async move {
        let text = match file {
            Some(file) => JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string()),
            None => None,
        };
        done(text);
    });
}

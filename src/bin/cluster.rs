//! The cluster's module: the learner's desk behind two functions that take and give text. The page loads it beside its
//! own module and calls it on the same thread. A panic here throws, and the page shows its last screen.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;
use zadachnik::base::Duration;
use zadachnik::desk::Desk;
use zadachnik::protocol::text::{from_text, to_text};
use zadachnik::protocol::{self, Change};
use zadachnik::session::{CommandLog, history_hash};

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
    /// The newest command log and its length, where a report of a panic can still read it.
    static LOG: RefCell<(usize, String)> = RefCell::default();
}

#[wasm_bindgen]
extern "C" {
    type Performance;
    #[wasm_bindgen(thread_local_v2, js_name = performance)]
    static PERFORMANCE: Performance;
    #[wasm_bindgen(method)]
    fn now(this: &Performance) -> f64;
}

fn main() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        wasm_bindgen::throw_str(&info.to_string());
    }));
}

/// The build that this module belongs to: the page refuses another.
#[wasm_bindgen]
pub fn build() -> String {
    protocol::BUILD.to_owned()
}

/// Takes an `Act`, answers a list of `Change`; an empty text when there is none.
#[wasm_bindgen]
pub fn act(text: &str) -> String {
    let act = from_text(text).expect("the page is of the same build");
    let changes: Vec<Change> = DESK.with_borrow_mut(|desk| {
        let changes = desk.act(act, &real_ms);
        remember_log(desk);
        changes
    });
    if changes.is_empty() {
        return String::new();
    }
    to_text(&changes)
}

/// Takes a `Question`, answers a `Reply`.
#[wasm_bindgen]
pub fn answer(text: &str) -> String {
    let question = from_text(text).expect("the page is of the same build");
    to_text(&DESK.with_borrow_mut(|desk| desk.answer(question, &real_ms)))
}

/// The command log as it was after the last act; can be asked for after a panic, too.
#[wasm_bindgen]
pub fn command_log() -> String {
    LOG.with_borrow(|(_, text)| text.clone())
}

/// The hash of what a command log leads to within so many virtual seconds; `sim history` comes to the same natively.
///
/// # Errors
/// In Russian, when the text is no log.
#[wasm_bindgen]
pub fn history(log: &str, seconds: u32) -> Result<String, String> {
    let log = CommandLog::from_text(log).map_err(|error| error.to_string())?;
    Ok(format!("{:016x}", history_hash(&log, Duration::from_secs(i64::from(seconds)))))
}

fn remember_log(desk: &Desk) {
    LOG.with_borrow_mut(|(length, text)| {
        if *length != desk.log_length() {
            *length = desk.log_length();
            *text = desk.log_text();
        }
    });
}

fn real_ms() -> f64 {
    PERFORMANCE.with(Performance::now)
}

//! The page's one loop: a call for each animation frame, as long as there is something to draw.

use std::cell::{Cell, RefCell};

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::browser;

/// Real milliseconds; with the wait for the frame itself less than what the clock takes for one frame.
const SOON_MS: u32 = 60;

type FrameClosure = Closure<dyn FnMut(f64)>;

/// When the loop's next call is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    Frame,
    /// The clock's next second is soon enough.
    Soon,
    /// Not before somebody wakes the loop.
    Rest,
}

thread_local! {
    static LOOP: RefCell<Option<FrameClosure>> = const { RefCell::new(None) };
    static ASKED: Cell<bool> = const { Cell::new(false) };
    static TIMER: Cell<Option<Timeout>> = const { Cell::new(None) };
}

/// Calls `frame` with the real milliseconds since the call before, once per animation frame; with 0 after a rest.
/// Browsers stop frames of a hidden page, so the first call after that sees a long span: the caller caps it.
pub fn every_frame(mut frame: impl FnMut(f64) -> Next + 'static) {
    let mut last: Option<f64> = None;
    let closure = Closure::new(move |now: f64| {
        ASKED.set(false);
        // A page that has panicked is not to be trusted with another frame.
        if super::panic_screen::is_shown() {
            return;
        }
        let elapsed = last.map_or(0.0, |last| now - last);
        last = match frame(elapsed) {
            Next::Frame => {
                wake();
                Some(now)
            }
            Next::Soon => {
                TIMER.set(Some(Timeout::new(SOON_MS, wake)));
                Some(now)
            }
            Next::Rest => None,
        };
    });
    LOOP.set(Some(closure));
    wake();
}

/// Sees to it that there is a next call. Whoever changes what the loop looks at calls this.
pub fn wake() {
    // One call at a time is due: what is dropped is cancelled.
    TIMER.take();
    if ASKED.replace(true) {
        return;
    }
    LOOP.with_borrow(|closure| {
        if let Some(closure) = closure {
            // Only a page that is being closed refuses, and then there is nothing left to draw.
            let _ = browser::window().request_animation_frame(closure.as_ref().unchecked_ref());
        }
    });
}

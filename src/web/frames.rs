//! The page's one loop: a call for each animation frame, for as long as the page lives.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::browser;

type FrameClosure = Closure<dyn FnMut(f64)>;

/// Calls `frame` with the real milliseconds since the call before, once per animation frame. Browsers stop frames of
/// a hidden page, so the first call after that sees a long span: the caller caps it.
pub fn every_frame(mut frame: impl FnMut(f64) + 'static) {
    let slot: Rc<RefCell<Option<FrameClosure>>> = Rc::new(RefCell::new(None));
    let again = slot.clone();
    let mut last: Option<f64> = None;
    *slot.borrow_mut() = Some(Closure::new(move |now: f64| {
        // A page that has panicked is not to be trusted with another frame.
        if super::panic_screen::is_shown() {
            return;
        }
        let elapsed = last.map_or(0.0, |last| now - last);
        last = Some(now);
        frame(elapsed);
        request(&again);
    }));
    request(&slot);
}

fn request(slot: &Rc<RefCell<Option<FrameClosure>>>) {
    if let Some(closure) = slot.borrow().as_ref() {
        // Only a page that is being closed refuses, and then there is nothing left to draw.
        let _ = browser::window().request_animation_frame(closure.as_ref().unchecked_ref());
    }
}

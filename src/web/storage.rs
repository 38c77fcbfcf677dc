//! What the browser keeps for the learner. Every call may fail (quota, private mode): then memory serves, and the
//! page says so.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::browser::window;

const PREFIX: &str = "zadachnik/";

thread_local! {
    static MEMORY: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

pub fn read(key: &str) -> Option<String> {
    let key = format!("{PREFIX}{key}");
    let in_memory = MEMORY.with_borrow(|memory| memory.get(&key).cloned());
    in_memory.or_else(|| browser_storage()?.get_item(&key).ok().flatten())
}

pub fn write(key: &str, value: &str) {
    let key = format!("{PREFIX}{key}");
    let kept = browser_storage().is_some_and(|storage| storage.set_item(&key, value).is_ok());
    if kept {
        MEMORY.with_borrow_mut(|memory| memory.remove(&key));
    } else {
        if !FAILED.replace(true) {
            super::browser::announce("storage-failed");
        }
        MEMORY.with_borrow_mut(|memory| memory.insert(key, value.to_owned()));
    }
}

pub fn remove(key: &str) {
    let key = format!("{PREFIX}{key}");
    MEMORY.with_borrow_mut(|memory| memory.remove(&key));
    if let Some(storage) = browser_storage() {
        // What cannot be removed is overwritten by the next write.
        let _ = storage.remove_item(&key);
    }
}

fn browser_storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

//! The browser's edge: workers, storage, timers, fetching, downloads. Beside ui/ the only folder that names web_sys.

pub mod protocol;

#[cfg(feature = "page")]
pub mod bench;
#[cfg(feature = "page")]
pub mod browser;
#[cfg(feature = "page")]
pub mod code_editor;
#[cfg(feature = "page")]
pub mod engine;
#[cfg(feature = "page")]
pub mod frames;
#[cfg(feature = "page")]
pub mod panic_screen;
#[cfg(feature = "page")]
pub mod share;
#[cfg(feature = "page")]
pub mod storage;
#[cfg(feature = "page")]
pub mod workers;

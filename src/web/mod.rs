//! The browser's edge: the cluster's module, workers, storage, timers, fetching, downloads. Beside ui/ the only folder
//! that names web_sys.

pub mod bench;
pub mod browser;
pub mod cluster;
pub mod code_editor;
pub mod frames;
pub mod json;
pub mod panic_screen;
pub mod share;
pub mod storage;
pub mod workers;

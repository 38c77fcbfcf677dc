//! The course: lessons as data, checks over the history, predictions, progress.

pub mod checker;
pub mod checks;
pub mod condition;
pub mod exam;
pub mod index;
pub mod lesson;
pub mod matcher;
pub mod measure;
pub mod mistake;
pub mod opening;
pub mod path;
pub mod progress;
pub mod sheet;
pub mod why;
pub mod world;

#[cfg(not(target_arch = "wasm32"))]
pub mod compile;
pub mod feed;
#[cfg(not(target_arch = "wasm32"))]
pub mod runner;
#[cfg(not(target_arch = "wasm32"))]
pub mod script;
#[cfg(not(target_arch = "wasm32"))]
pub mod skeleton;
#[cfg(not(target_arch = "wasm32"))]
pub mod tool;
#[cfg(not(target_arch = "wasm32"))]
pub mod verify;

#[cfg(test)]
mod checker_tests;
#[cfg(test)]
mod guide_tests;

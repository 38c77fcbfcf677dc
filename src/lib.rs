//! Задачник: an interactive tutorial on Kubernetes Jobs.
//!
//! Data flows one way: manifest -> api -> apiserver -> controllers -> node -> containers -> status -> kubectl and grid.
//! Folders depend on each other in that order only; ARCHITECTURE.md draws the arrows and tests/tidy.rs holds them.

pub mod api;
pub mod apiserver;
pub mod base;
pub mod cluster;
pub mod containers;
pub mod controllers;
pub mod course;
pub mod desk;
pub mod kubectl;
pub mod manifest;
pub mod node;
pub mod protocol;
pub mod session;
#[cfg(not(target_arch = "wasm32"))]
pub mod simulation;

#[cfg(feature = "page")]
pub mod ui;
#[cfg(feature = "page")]
pub mod web;

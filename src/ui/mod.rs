//! Leptos components and nothing else: what they show the cluster's module tells, what they ask of the browser is in web/.

mod announcer;
mod app;
mod bench;
mod cluster;
mod cover;
mod desk;
mod desk_changes;
mod desk_run;
mod editor;
mod files;
mod job_card;
mod lesson;
mod lesson_blocks;
mod lesson_state;
mod live;
pub mod names;
mod object_menu;
mod pod_card;
mod pod_table;
mod progress;
mod prompt;
mod prompt_keys;
mod px;
mod sandbox;
mod screen;
mod terminal;
mod terminal_log;
mod theme;
mod timeline;
mod top;
mod why;
mod work;

pub use app::mount;

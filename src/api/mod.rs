//! Objects of the API: types with their wire form, defaulting, validation, update rules, strict decoding.

pub mod assist;
pub mod batch;
pub mod codec;
pub mod core;
pub mod cron_schedule;
pub mod decode;
pub mod defaults;
pub mod diagnostics;
pub mod field_set;
pub mod field_texts;
pub mod fields;
pub mod go_text;
pub mod meta;
pub mod object;
pub mod qos;
pub mod quantity;
pub mod shared;
pub mod status;
pub mod strategy;
pub mod time_zone;
pub mod validation;
pub mod view;

pub use object::{Kind, Object};
pub use shared::Shared;
pub use status::Status;

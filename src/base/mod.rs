//! Virtual time, seeded randomness, identifiers, duration texts, names of faults. Depends on nothing.

pub mod base64;
pub mod digest;
pub mod duration_text;
pub mod edit_distance;
pub mod fault;
pub mod go_duration;
mod go_quoted;
pub mod ids;
pub mod line_diff;
mod lossy;
pub mod random;
pub mod sorted;
pub mod time;
pub mod url_text;

pub use digest::Digest;
pub use edit_distance::{edit_distance, typing_distance};
pub use fault::{Fault, UnknownFault};
pub use go_quoted::go_quoted;
pub use lossy::{carried, carried_bytes, lossy, lossy_string};
pub use random::Random;
pub use time::{Duration, Time, Timestamp};

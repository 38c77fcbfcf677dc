//! Standard output. Whoever reads it may stop early, as `head` does: then there is nothing left to do.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// Writes to standard output; ends the program, with success, when nobody reads it any more.
///
/// # Panics
/// When writing fails for another reason.
pub fn write(text: Arguments) {
    let mut output = std::io::stdout();
    // A prompt must be seen although its line has not ended.
    match output.write_fmt(text).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        written => written.expect("standard output takes what is written"),
    }
}

macro_rules! out {
    ($($text:tt)*) => { $crate::output::write(format_args!($($text)*)) };
}

macro_rules! outln {
    ($($text:tt)*) => { $crate::output::write(format_args!("{}\n", format_args!($($text)*))) };
}

pub(crate) use {out, outln};

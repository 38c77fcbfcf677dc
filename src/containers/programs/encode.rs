//! base64.

use super::args::Args;
use super::filter::{Flow, LineFilter, Out};
use super::text::{Built, built, cloned};
use crate::base::base64;
use crate::containers::kernel::Sys;

/// Letters of a line, unless `-w` says otherwise.
const WIDTH: usize = 76;

#[derive(Clone, Debug)]
struct Base64 {
    decode: bool,
    /// 0: everything on one line.
    width: usize,
    input: Vec<u8>,
}

pub fn base64_program(argv: &[String], _: &mut Sys) -> Built {
    let args = Args::parse(argv, "di", "w", &["wrap"]);
    if let Some(option) = &args.unknown {
        return Err(super::filter::unknown(option));
    }
    let width = match args.value(&["w", "wrap"]) {
        None => WIDTH,
        Some(text) => text.parse().map_err(|_| (format!("invalid wrap size: '{text}'"), 1))?,
    };
    built(Base64 { decode: args.has(&["d", "decode"]), width, input: Vec::new() }, args.operands)
}

impl LineFilter for Base64 {
    fn line(&mut self, _line: &str, _out: &mut Out) -> Flow {
        Flow::On
    }

    fn bytes(&mut self, bytes: &[u8], _out: &mut Out) -> Option<Flow> {
        self.input.extend_from_slice(bytes);
        Some(Flow::On)
    }

    fn end(&mut self, out: &mut Out) -> i32 {
        if self.decode {
            self.input.retain(|byte| !byte.is_ascii_whitespace());
            let (bytes, broken) = match base64::decode(&self.input) {
                Ok(bytes) => (bytes, false),
                Err((_, bytes)) => (bytes, true),
            };
            out.bytes.extend(bytes);
            if broken {
                out.errors.push_str("base64: invalid input\n");
            }
            return i32::from(broken);
        }
        let text = base64::encode(&self.input).into_bytes();
        let width = if self.width == 0 { text.len().max(1) } else { self.width };
        for line in text.chunks(width) {
            out.bytes.extend_from_slice(line);
            if self.width > 0 {
                out.bytes.push(b'\n');
            }
        }
        0
    }

    cloned!();
}

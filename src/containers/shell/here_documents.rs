//! Parsing of here-documents.

use super::ast::{Part, Word};
use super::parser::{ParseError, Parser};
use super::words::Until;

impl Parser<'_> {
    /// The body of a here-document whose marker was just read, taken from the lines below.
    pub fn here_document(&mut self, marker: &Word, strip_tabs: bool) -> Result<Word, ParseError> {
        let mut end = String::new();
        let mut literal = false;
        collect_marker(&marker.parts, &mut end, &mut literal);
        let lines = self.take_here_lines(&end, strip_tabs)?;
        if literal {
            return Ok(Word { parts: vec![Part::Quoted(lines)] });
        }
        self.enter()?;
        let source: Vec<char> = lines.chars().collect();
        let word = self.inside(&source).word(Until::End)?;
        self.leave();
        Ok(Word { parts: vec![Part::Double(word.parts)] })
    }

    /// The lines up to a marker, from behind the current line (or the here-document before).
    fn take_here_lines(&mut self, end: &str, strip_tabs: bool) -> Result<String, ParseError> {
        let mut at = match self.resume {
            Some(at) => at,
            None => {
                let rest = &self.source[self.at..];
                self.at + rest.iter().position(|&c| c == '\n').map_or(rest.len(), |line_end| line_end + 1)
            }
        };
        let mut text = String::new();
        loop {
            if at >= self.source.len() {
                self.here_open = true;
                break;
            }
            let rest = &self.source[at..];
            let length = rest.iter().position(|&c| c == '\n').unwrap_or(rest.len());
            let line: String = rest[..length].iter().collect();
            at += (length + 1).min(rest.len());
            let line = if strip_tabs { line.trim_start_matches('\t') } else { &line };
            if line == end {
                break;
            }
            text.push_str(line);
            text.push('\n');
        }
        self.resume = Some(at);
        Ok(text)
    }
}

/// The marker's text; `literal` when any of it is quoted.
fn collect_marker(parts: &[Part], end: &mut String, literal: &mut bool) {
    for part in parts {
        match part {
            Part::Text(text) => end.push_str(text),
            Part::Quoted(text) => {
                end.push_str(text);
                *literal = true;
            }
            Part::Double(parts) => {
                *literal = true;
                collect_marker(parts, end, literal);
            }
            _ => {}
        }
    }
}

//! Where a line of a half-typed manifest stands: its parents by indentation alone, so that a text that is no YAML yet
//! has an answer too.

/// One step from the document's root to a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    Key(String),
    /// An item of the list that the step before names.
    Item,
}

impl Step {
    pub fn key(&self) -> Option<&str> {
        match self {
            Step::Key(name) => Some(name),
            Step::Item => None,
        }
    }
}

/// A key as it stands in the text, both places in bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyLine {
    pub name: String,
    pub start: usize,
    pub end: usize,
    /// The steps above the key.
    pub parents: Vec<Step>,
    /// Tells keys of one mapping from those of another with the same steps.
    pub mapping: usize,
    /// What stands behind the colon, without quotes.
    pub value: String,
}

/// What is written where something is to be written next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A key is being typed, from this byte on.
    Key { from: usize, parents: Vec<Step>, mapping: usize, column: usize },
    /// The value of this key is being typed, from this byte on.
    Value { from: usize, key: String, parents: Vec<Step> },
    /// Inside a comment, a text of several lines, a list in brackets: nothing to offer.
    Elsewhere,
}

/// The keys of the document that holds the offset, in order, and the place at the offset.
#[derive(Debug)]
pub struct Scan {
    pub keys: Vec<KeyLine>,
    pub place: Place,
}

struct Frame {
    column: usize,
    step: Step,
    /// The mapping that lies in this step.
    mapping: usize,
}

struct Scanner {
    frames: Vec<Frame>,
    mappings: usize,
    /// The column of the key whose value is a text of several lines.
    block_column: Option<usize>,
    keys: Vec<KeyLine>,
    place: Place,
}

/// Reads the document around the offset, a byte offset on a character boundary.
pub fn scan(text: &str, offset: usize) -> Scan {
    let mut scanner = Scanner {
        frames: Vec::new(),
        mappings: 0,
        block_column: None,
        keys: Vec::new(),
        place: Place::Elsewhere,
    };
    let mut start = 0;
    for line in text.split('\n') {
        let end = start + line.len();
        if line.starts_with("---") {
            if start > offset {
                break;
            }
            scanner.frames.clear();
            scanner.block_column = None;
            scanner.keys.clear();
        } else {
            let cursor = (start..=end).contains(&offset).then_some(offset);
            scanner.line(line.strip_suffix('\r').unwrap_or(line), start, cursor);
        }
        start = end + 1;
    }
    Scan { keys: scanner.keys, place: scanner.place }
}

impl Scanner {
    fn line(&mut self, line: &str, start: usize, cursor: Option<usize>) {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let is_blank = line.trim().is_empty();
        if let Some(column) = self.block_column {
            if is_blank && cursor.is_none() || !is_blank && indent > column {
                return;
            }
            if !is_blank {
                self.block_column = None;
            }
        }
        if is_blank {
            if let Some(cursor) = cursor {
                self.key_place(cursor - start, cursor, cursor);
            }
            return;
        }
        let mut column = indent;
        while let Some(rest) =
            line[column..].strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with(' '))
        {
            self.enter_item(column);
            column += 1 + rest.len() - rest.trim_start_matches(' ').len();
        }
        let rest = &line[column..];
        match key_of(rest) {
            Some((name, key_length)) => self.key_line(line, start, column, name, key_length, cursor),
            None => self.word_line(rest, start, column, cursor),
        }
    }

    fn enter_item(&mut self, column: usize) {
        self.frames
            .retain(|frame| frame.column < column || (frame.column == column && frame.step != Step::Item));
        self.push(column, Step::Item);
    }

    fn push(&mut self, column: usize, step: Step) {
        self.mappings += 1;
        self.frames.push(Frame { column, step, mapping: self.mappings });
    }

    fn leave_to(&mut self, column: usize) {
        self.frames.retain(|frame| frame.column < column);
    }

    fn parents(&self) -> Vec<Step> {
        self.frames.iter().map(|frame| frame.step.clone()).collect()
    }

    fn mapping(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.mapping)
    }

    fn key_line(
        &mut self,
        line: &str,
        start: usize,
        column: usize,
        name: &str,
        length: usize,
        cursor: Option<usize>,
    ) {
        self.leave_to(column);
        let after = &line[column + length + 1..];
        let value_column = line.len() - after.trim_start_matches(' ').len();
        let key = KeyLine {
            name: name.to_owned(),
            start: start + column,
            end: start + column + length,
            parents: self.parents(),
            mapping: self.mapping(),
            value: line[value_column..].trim().trim_matches(['"', '\'']).to_owned(),
        };
        if let Some(cursor) = cursor {
            let value = &line[value_column..];
            let in_brackets = value.starts_with(['[', '{', '#', '|', '>', '&', '*']);
            self.place = match cursor {
                _ if cursor <= key.end && cursor >= key.start => {
                    Place::Key { from: key.start, parents: key.parents.clone(), mapping: key.mapping, column }
                }
                _ if cursor > key.end && !in_brackets => Place::Value {
                    from: (start + value_column).min(cursor),
                    key: name.to_owned(),
                    parents: key.parents.clone(),
                },
                _ => Place::Elsewhere,
            };
        }
        if matches!(after.trim_start().chars().next(), Some('|' | '>')) {
            self.block_column = Some(column);
        }
        self.push(column, Step::Key(name.to_owned()));
        self.keys.push(key);
    }

    /// A line without a colon: the beginning of a key, or a scalar.
    fn word_line(&mut self, rest: &str, start: usize, column: usize, cursor: Option<usize>) {
        let Some(cursor) = cursor else { return };
        let is_word = rest.chars().all(|c| c.is_ascii_alphanumeric());
        if is_word && cursor >= start + column {
            self.key_place(column, start + column, cursor);
        }
    }

    fn key_place(&mut self, column: usize, from: usize, cursor: usize) {
        if self.block_column.is_some_and(|block| column > block) {
            return;
        }
        self.leave_to(column);
        self.place =
            Place::Key { from: from.min(cursor), parents: self.parents(), mapping: self.mapping(), column };
    }
}

/// The key at the beginning of the text with its length in bytes, quotes included, when a colon ends it.
fn key_of(text: &str) -> Option<(&str, usize)> {
    if text.starts_with('#') {
        return None;
    }
    let end = text.char_indices().find(|(at, c)| {
        *c == ':' && text[at + 1..].chars().next().is_none_or(|next| next == ' ' || next == '\t')
    })?;
    let written = &text[..end.0];
    let is_plain = !written.is_empty() && !written.contains([' ', '{', '[', '#']);
    is_plain.then(|| (written.trim_matches(['"', '\'']), written.len()))
}

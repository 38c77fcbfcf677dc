//! Expansion of words. Pure: it reads the shell's state, notes its effects and is repeated from the start whenever a command
//! substitution has to run first, with the outputs so far at hand.

use super::arithmetic::{ArithmeticError, Variables, evaluate};
use super::ast::{Block, Part, Word};
use super::fields::Fields;
use super::pattern::{PatternChar, has_wildcards, matches, without_groups};
use super::state::{Content, Key, State};
use crate::base::{Random, Time};
use crate::containers::files::{FileSystem, Kind, normalize};

/// Why an expansion gave nothing.
#[derive(Clone, PartialEq, Debug)]
pub enum Trouble {
    /// This must run first; its output goes to the list.
    Need(Block),
    Unset(String),
    /// `${x?words}`: the name and the words.
    Demanded(String, String),
    Arithmetic(ArithmeticError, String),
    BadSubstitution,
    TooLong,
}

/// What a command substitution printed and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    pub text: String,
    pub status: i32,
}

/// What stands behind the file of `<(...)` or `>(...)`.
#[derive(Clone, Debug)]
pub enum ProcessFile {
    Text(String),
    /// These commands read what is written.
    Takes(Block),
}

pub struct Expander<'a> {
    pub state: &'a State,
    pub files: &'a FileSystem,
    pub directory: &'a str,
    outputs: &'a [Output],
    used: usize,
    /// Assignments made on the way, the latest last.
    pub assignments: Vec<(String, Option<Key>, String)>,
    /// What the files of `<(...)` and `>(...)` are.
    pub processes: Vec<ProcessFile>,
    pub now: Time,
    pub random: Random,
    depth: u32,
    /// Inside `${x:-...}` without quotes even the script's own text is split.
    pub splits_text: bool,
}

/// bash counts the descriptors of `<(...)` downwards.
pub fn process_descriptor(at: usize) -> u32 {
    63_u32.saturating_sub(at as u32)
}

/// Deeper nesting is refused; the parser lets less through.
const MAX_DEPTH: u32 = 100;

impl<'a> Expander<'a> {
    pub fn new(
        state: &'a State,
        files: &'a FileSystem,
        directory: &'a str,
        outputs: &'a [Output],
        random: Random,
        now: Time,
    ) -> Expander<'a> {
        Expander {
            state,
            files,
            directory,
            outputs,
            used: 0,
            assignments: Vec::new(),
            processes: Vec::new(),
            now,
            random,
            depth: 0,
            splits_text: false,
        }
    }

    fn ifs(&self) -> String {
        self.lookup("IFS").unwrap_or_else(|| " \t\n".to_string())
    }

    /// The fields that a command's words become.
    pub fn fields(&mut self, words: &[Word]) -> Result<Vec<String>, Trouble> {
        let mut result = Vec::new();
        for word in words {
            if self.state.is_bash() && super::braces::has_braces(word) {
                for word in super::braces::expand(word) {
                    self.word_fields(&word, &mut result)?;
                }
            } else {
                self.word_fields(word, &mut result)?;
            }
        }
        Ok(result)
    }

    fn word_fields(&mut self, word: &Word, result: &mut Vec<String>) -> Result<(), Trouble> {
        // Most words are plain text.
        if let [Part::Text(text)] = word.parts.as_slice()
            && !text.contains(['*', '?', '[', '('])
        {
            result.push(text.clone());
            return Ok(());
        }
        let mut fields = Fields::new(self.ifs());
        self.parts(&word.parts, false, &mut fields)?;
        fields.finish();
        if fields.is_too_long() {
            return Err(Trouble::TooLong);
        }
        for mut field in fields.done {
            if !self.state.options.extglob {
                without_groups(&mut field);
            }
            if has_wildcards(&field) && !self.state.options.noglob {
                let mut paths = self.glob(&field);
                if !paths.is_empty() {
                    result.append(&mut paths);
                    continue;
                }
                if self.state.options.nullglob {
                    continue;
                }
            }
            result.push(field.into_iter().map(|(c, _)| c).collect());
        }
        Ok(())
    }

    /// One text without splitting: assignments, redirections, here-documents.
    pub fn string(&mut self, word: &Word) -> Result<String, Trouble> {
        Ok(self.pattern(word)?.into_iter().map(|(c, _)| c).collect())
    }

    /// One text that remembers what was quoted.
    pub fn pattern(&mut self, word: &Word) -> Result<Vec<PatternChar>, Trouble> {
        let mut fields = Fields::new(String::new());
        self.parts(&word.parts, false, &mut fields)?;
        fields.finish();
        if fields.is_too_long() {
            return Err(Trouble::TooLong);
        }
        // Only `$@` makes several fields without splitting; they are joined by spaces.
        let mut joined = Vec::new();
        for (at, field) in fields.done.into_iter().enumerate() {
            if at > 0 {
                joined.push((' ', true));
            }
            joined.extend(field);
        }
        Ok(joined)
    }

    /// The same, for matching: groups of alternatives only where the shell has them switched on.
    pub fn matching(&mut self, word: &Word) -> Result<Vec<PatternChar>, Trouble> {
        let mut pattern = self.pattern(word)?;
        if !self.state.options.extglob {
            without_groups(&mut pattern);
        }
        Ok(pattern)
    }

    pub fn parts(&mut self, parts: &[Part], quoted: bool, fields: &mut Fields) -> Result<(), Trouble> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Trouble::TooLong);
        }
        for part in parts {
            match part {
                Part::Text(text) if quoted => fields.quoted(text),
                Part::Text(text) if self.splits_text => fields.split(text),
                Part::Text(text) => fields.literal(text),
                Part::Quoted(text) => fields.quoted(text),
                Part::Double(inner) => {
                    if !self.only_empty_list(inner) {
                        fields.quoted("");
                    }
                    self.parts(inner, true, fields)?;
                }
                Part::Parameter(parameter) => self.parameter(parameter, quoted, fields)?,
                Part::Command(block) => {
                    let output = self.output(block)?;
                    self.insert(&output, quoted, fields);
                }
                Part::Process { block, takes } => {
                    let file = match takes {
                        true => ProcessFile::Takes(block.clone()),
                        false => ProcessFile::Text(self.raw_output(block)?),
                    };
                    fields.quoted(&format!("/dev/fd/{}", process_descriptor(self.processes.len())));
                    self.processes.push(file);
                }
                Part::Arithmetic(word) => {
                    let value = self.arithmetic(word)?.to_string();
                    self.insert(&value, quoted, fields);
                }
                Part::Tilde(user) => match (user.as_str(), self.lookup("HOME")) {
                    ("" | "root", Some(home)) => fields.quoted(&home),
                    _ => fields.literal(&format!("~{user}")),
                },
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// `"$@"` without parameters is no field at all.
    fn only_empty_list(&self, parts: &[Part]) -> bool {
        let [Part::Parameter(parameter)] = parts else { return false };
        self.is_list(parameter) && self.list(parameter).is_empty()
    }

    pub fn insert(&self, text: &str, quoted: bool, fields: &mut Fields) {
        if quoted { fields.quoted(text) } else { fields.split(text) }
    }

    fn output(&mut self, block: &Block) -> Result<String, Trouble> {
        Ok(self.raw_output(block)?.trim_end_matches('\n').to_string())
    }

    fn raw_output(&mut self, block: &Block) -> Result<String, Trouble> {
        let Some(output) = self.outputs.get(self.used) else { return Err(Trouble::Need(block.clone())) };
        self.used += 1;
        Ok(output.text.clone())
    }

    /// The value of an arithmetic expression.
    pub fn arithmetic(&mut self, word: &Word) -> Result<i64, Trouble> {
        let mut fields = Fields::new(String::new());
        self.parts(&word.parts, true, &mut fields)?;
        fields.finish();
        let text: String = fields.done.concat().into_iter().map(|(c, _)| c).collect();
        self.number(&text)
    }

    pub fn number(&mut self, text: &str) -> Result<i64, Trouble> {
        evaluate(text, self).map_err(|error| match error {
            ArithmeticError::Unset(name) => Trouble::Unset(name),
            error => Trouble::Arithmetic(error, text.trim().to_string()),
        })
    }

    /// The value of a name or a special parameter, with the assignments made on the way.
    pub fn lookup(&self, name: &str) -> Option<String> {
        let state = self.state;
        if let Some((_, _, value)) =
            self.assignments.iter().rev().find(|(set, index, _)| set == name && index.is_none())
        {
            return Some(value.clone());
        }
        match name {
            // In bash each command substitution has its say at once, elsewhere the command before this one.
            "?" => {
                let last = self.outputs[..self.used].last().filter(|_| state.is_bash());
                Some(last.map_or(state.status, |output| output.status).to_string())
            }
            "#" => Some(state.positional.len().to_string()),
            "$" => Some(state.shell_pid.to_string()),
            "!" => state.background.map(|pid| pid.to_string()),
            "0" => Some(state.name.clone()),
            "-" => Some(self.flags()),
            "@" | "*" => (!state.positional.is_empty()).then(|| state.positional.join(" ")),
            "UID" | "EUID" if state.is_bash() => Some("0".to_string()),
            "LINENO" => Some(state.line.to_string()),
            "PIPESTATUS" if state.is_bash() => state.pipe_status.first().map(i32::to_string),
            "EPOCHSECONDS" if state.is_bash() => Some((self.now.as_millis() / 1000).to_string()),
            "SECONDS" if state.is_bash() && state.get(name).is_none() => {
                Some((self.now - state.began.unwrap_or(self.now)).as_secs().to_string())
            }
            name if name.starts_with(|c: char| c.is_ascii_digit()) => {
                let at: usize = name.parse().ok()?;
                state.positional.get(at.checked_sub(1)?).cloned()
            }
            name => state.get(name).map(String::from),
        }
    }

    fn flags(&self) -> String {
        let (state, options) = (self.state, &self.state.options);
        let bash = state.is_bash();
        // bash has its letters in the order of the alphabet, the capital ones behind.
        let all = [
            (options.errexit, 'e'),
            (options.noglob, 'f'),
            (bash, 'h'),
            (state.interactive, 'i'),
            (options.nounset, 'u'),
            (options.xtrace, 'x'),
            (bash, 'B'),
            (bash && !state.from_file && !state.in_terminal, 'c'),
        ];
        all.iter().filter(|(on, _)| *on).map(|(_, letter)| *letter).collect()
    }

    /// `RANDOM` draws anew each time; dash does not know it.
    pub fn draw(&mut self, name: &str) -> Option<String> {
        let has_random = self.state.dialect != super::state::Dialect::Dash;
        let draws = name == "RANDOM" && has_random && self.lookup(name).is_none();
        draws.then(|| self.random.below(32_768).to_string())
    }

    /// Paths that match, sorted; none when nothing does.
    fn glob(&self, pattern: &[PatternChar]) -> Vec<String> {
        let absolute = pattern.first().is_some_and(|c| c.0 == '/');
        let mut found = vec![if absolute { "/".to_string() } else { String::new() }];
        for component in pattern.split(|c| c.0 == '/') {
            if component.is_empty() {
                continue;
            }
            let mut next = Vec::new();
            for base in &found {
                self.glob_component(base, component, &mut next);
            }
            found = next;
        }
        found
    }

    fn glob_component(&self, base: &str, component: &[PatternChar], next: &mut Vec<String>) {
        let join = |name: &str| match base {
            "" => name.to_string(),
            base if base.ends_with('/') => format!("{base}{name}"),
            base => format!("{base}/{name}"),
        };
        if !has_wildcards(component) {
            let path = join(&component.iter().map(|c| c.0).collect::<String>());
            if self.files.kind(&normalize(self.directory, &path)).is_some() {
                next.push(path);
            }
            return;
        }
        let directory = normalize(self.directory, base);
        if self.files.kind(&directory) != Some(Kind::Directory) {
            return;
        }
        let hidden = component.first().is_some_and(|c| c.0 == '.');
        for name in self.files.list(&directory).unwrap_or_default() {
            let chars: Vec<char> = name.chars().collect();
            if (hidden || !name.starts_with('.')) && matches(component, &chars) {
                next.push(join(&name));
            }
        }
    }
}

impl Variables for Expander<'_> {
    fn get(&mut self, name: &str, key: Option<&Key>) -> Option<String> {
        match key {
            Some(key) => self.element(name, key),
            None => self.draw(name).or_else(|| self.lookup(name)),
        }
    }

    fn set(&mut self, name: &str, key: Option<Key>, value: String) {
        self.assignments.push((name.to_string(), key, value));
    }

    fn is_by_name(&self, name: &str) -> bool {
        self.state.variable(name).is_some_and(|it| matches!(it.content, Content::Map(_)))
    }

    fn demands_values(&self) -> bool {
        self.state.options.nounset
    }
}

//! lesson.md: frontmatter, Markdown and a closed set of directives.

use super::super::sheet::Block;
use super::author_error::AuthorError;
use super::markdown::{Context, Origin};
use crate::controllers::decisions::Rule;

/// A reference to something in checks.yaml, to be looked up once that is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    pub what: Referred,
    pub id: String,
    pub line: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Referred {
    Prediction,
    Goal,
    Quiz,
    Variant,
    Hints,
    File,
}

#[derive(Default)]
pub struct Page {
    pub body: Vec<Block>,
    pub references: Vec<Reference>,
}

/// Splits the frontmatter off: its text, and the rest with the number of lines before it.
///
/// # Errors
/// When the file does not begin with frontmatter.
pub fn split_frontmatter<'a>(file: &str, text: &'a str) -> Result<(&'a str, &'a str, usize), AuthorError> {
    let inner = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    match inner {
        Some((front, body)) => Ok((front, body, front.lines().count() + 2)),
        None => Err(AuthorError::new(file, 1, "урок начинается с полей между двумя строками ---")),
    }
}

/// A directive line: `::name{words key=value}` or `:::name{...}`.
struct Directive<'a> {
    name: &'a str,
    words: Vec<String>,
    pairs: Vec<(String, String)>,
}

struct OpenStep {
    after: Option<String>,
    title: String,
    body: Vec<Block>,
    line: usize,
}

struct Reader<'c, 'a> {
    context: &'c mut Context<'a>,
    file: &'c str,
    page: Page,
    steps: Vec<OpenStep>,
    /// Markdown since the last directive, and the line where it begins.
    pending: String,
    pending_line: usize,
    /// The line of the code block that is open.
    fence: Option<usize>,
}

/// Reads the body of a lesson; mistakes go to the context.
pub fn read(context: &mut Context, file: &str, body: &str, lines_before: usize) -> Page {
    let first = lines_before + 1;
    let mut reader = Reader {
        context,
        file,
        page: Page::default(),
        steps: Vec::new(),
        pending: String::new(),
        pending_line: first,
        fence: None,
    };
    for (index, line) in body.lines().enumerate() {
        reader.line(line, first + index);
    }
    reader.flush(0);
    if let Some(line) = reader.fence {
        reader.error(line, "блок кода не закрыт: нет строки ```");
    }
    while let Some(step) = reader.steps.pop() {
        reader.error(step.line, "шаг не закрыт: нет строки :::");
    }
    reader.page
}

impl Reader<'_, '_> {
    fn error(&mut self, line: usize, message: impl Into<String>) {
        self.context.errors.push(AuthorError::new(self.file, line, message));
    }

    fn line(&mut self, line: &str, number: usize) {
        if line.trim_start().starts_with("```") {
            self.fence = if self.fence.is_some() { None } else { Some(number) };
        }
        let is_directive = self.fence.is_none() && line.starts_with("::") && !line.starts_with("::term{");
        if !is_directive {
            self.pending.push_str(line);
            self.pending.push('\n');
            return;
        }
        self.flush(number + 1);
        match line.strip_prefix(":::") {
            Some("") => self.close_step(number),
            Some(rest) => self.open_step(rest, number),
            None => self.leaf(line.trim_start_matches(':'), number),
        }
    }

    fn flush(&mut self, next_line: usize) {
        let text = std::mem::take(&mut self.pending);
        if !text.trim().is_empty() {
            let origin = Origin { file: self.file, line: self.pending_line };
            let html = self.context.blocks(&text, origin);
            self.push(Block::Html(html));
        }
        self.pending_line = next_line;
    }

    fn push(&mut self, block: Block) {
        match self.steps.last_mut() {
            Some(step) => step.body.push(block),
            None => self.page.body.push(block),
        }
    }

    fn refer(&mut self, what: Referred, id: &str, line: usize) {
        self.page.references.push(Reference { what, id: id.to_owned(), line });
    }

    fn open_step(&mut self, text: &str, line: usize) {
        let Some(directive) = self.parse(text, line) else { return };
        if directive.name != "step" {
            let message = format!("неизвестная директива «:::{}»; бывает только :::step", directive.name);
            self.error(line, message);
        }
        self.check_attributes(&directive, 0, &["after", "title"], line);
        let after = directive.value("after");
        if let Some(goal) = &after {
            self.refer(Referred::Goal, goal, line);
        }
        let title = directive.value("title").unwrap_or_default();
        let origin = Origin { file: self.file, line };
        self.context.lint_prose(origin, &title);
        self.steps.push(OpenStep { after, title, body: Vec::new(), line });
    }

    fn close_step(&mut self, line: usize) {
        match self.steps.pop() {
            Some(OpenStep { after, title, body, .. }) => self.push(Block::Step { after, title, body }),
            None => self.error(line, "строка ::: ничего не закрывает"),
        }
    }

    fn leaf(&mut self, text: &str, line: usize) {
        let Some(directive) = self.parse(text, line) else { return };
        let (words, known) = match directive.name {
            "predict" | "goal" | "quiz" | "variant" | "why" => (1, true),
            "hints" => (0, true),
            "compare" => (2, true),
            _ => (0, false),
        };
        if !known {
            let message = format!(
                "неизвестная директива «::{}»; можно: predict, goal, why, hints, quiz, compare, variant",
                directive.name
            );
            return self.error(line, message);
        }
        if !self.check_attributes(&directive, words, &[], line) {
            return;
        }
        let word = |index: usize| directive.words.get(index).cloned().unwrap_or_default();
        let first = word(0);
        let mut refer = |what: Referred| self.refer(what, &first, line);
        let block = match directive.name {
            "predict" => {
                refer(Referred::Prediction);
                Block::Predict(word(0))
            }
            "goal" => {
                refer(Referred::Goal);
                Block::Goal(word(0))
            }
            "quiz" => {
                refer(Referred::Quiz);
                Block::Quiz(word(0))
            }
            "variant" => {
                refer(Referred::Variant);
                Block::Variant(word(0))
            }
            "why" => {
                if !Rule::ALL.iter().any(|rule| rule.id() == first) {
                    self.error(
                        line,
                        format!("нет правила «{first}»; имена правил — в src/controllers/decisions"),
                    );
                }
                self.context.rules.push((first.clone(), line));
                Block::Why(word(0))
            }
            "compare" => {
                refer(Referred::File);
                self.refer(Referred::File, &word(1), line);
                Block::Compare(word(0), word(1))
            }
            _ => {
                refer(Referred::Hints);
                Block::Hints
            }
        };
        self.push(block);
    }

    /// Whether the directive has so many words and only known attributes.
    fn check_attributes(&mut self, directive: &Directive, words: usize, keys: &[&str], line: usize) -> bool {
        if directive.words.len() != words {
            let name = directive.name;
            self.error(
                line,
                format!("директиве «{name}» нужно в скобках слов: {words}, дано {}", directive.words.len()),
            );
            return false;
        }
        let unknown = directive.pairs.iter().find(|(key, _)| !keys.contains(&key.as_str()));
        if let Some((key, _)) = unknown {
            self.error(line, format!("неизвестный атрибут «{key}» директивы «{}»", directive.name));
        }
        unknown.is_none()
    }

    fn parse<'t>(&mut self, text: &'t str, line: usize) -> Option<Directive<'t>> {
        let text = text.trim_end();
        let (name, attributes) = match text.split_once('{') {
            Some((name, rest)) => match rest.strip_suffix('}') {
                Some(attributes) => (name, attributes),
                None => {
                    self.error(line, "после директивы на строке ничего не пишут, а скобка закрывается");
                    return None;
                }
            },
            None => (text, ""),
        };
        let (mut words, mut pairs) = (Vec::new(), Vec::new());
        for token in tokens(attributes) {
            match token.split_once('=') {
                Some((key, value)) => pairs.push((key.to_owned(), value.to_owned())),
                None => words.push(token),
            }
        }
        Some(Directive { name, words, pairs })
    }
}

impl Directive<'_> {
    fn value(&self, key: &str) -> Option<String> {
        self.pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    }
}

/// Words divided by spaces; quotes keep spaces together.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut token = String::new();
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => {
                if !token.is_empty() {
                    tokens.push(std::mem::take(&mut token));
                }
            }
            c => token.push(c),
        }
    }
    if !token.is_empty() {
        tokens.push(token);
    }
    tokens
}

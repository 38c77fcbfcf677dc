//! Markdown of lessons to safe HTML: no raw HTML, known links only, runnable commands, glossary terms.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, TextMergeWithOffset, html};

use super::super::index::Term;
use super::super::sheet::LessonFile;
use super::author_error::AuthorError;
use super::lint;

/// What texts of one lesson may refer to, and what was found wrong in them.
pub struct Context<'a> {
    pub glossary: &'a [Term],
    /// Ids of all lessons with their numbers, for links.
    pub lessons: &'a BTreeMap<String, usize>,
    /// The lesson's id, for the address of its images.
    pub lesson: &'a str,
    /// Names of files in the lesson's folder that are images.
    pub images: BTreeSet<String>,
    /// Files of start/ and solution/: code blocks with a file name must repeat one of them exactly.
    pub start: Vec<LessonFile>,
    pub solution: Vec<LessonFile>,
    /// Terms that were used already: the English word comes with the first use only.
    pub used_terms: BTreeSet<String>,
    pub errors: Vec<AuthorError>,
    /// Findings of the prose lint.
    pub findings: Vec<AuthorError>,
    /// The commands that the texts offer.
    pub commands: Vec<Offered>,
    /// The rules whose decisions lesson.md shows, with their lines.
    pub rules: Vec<(String, usize)>,
}

/// A command that a text offers to run, and where.
#[derive(Clone, Debug)]
pub struct Offered {
    pub command: String,
    pub file: String,
    pub line: usize,
}

/// Where a text stands: file, and the line of its first line.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    pub file: &'a str,
    pub line: usize,
}

impl Context<'_> {
    fn error(&mut self, at: Origin, message: impl Into<String>) {
        self.errors.push(AuthorError::new(at.file, at.line, message));
    }

    pub fn lint_prose(&mut self, at: Origin, text: &str) {
        let findings = lint::prose(text).into_iter();
        self.findings.extend(findings.map(|message| AuthorError::new(at.file, at.line, message)));
    }

    pub fn lint_code(&mut self, at: Origin, text: &str) {
        let findings = lint::code(text).into_iter();
        self.findings.extend(findings.map(|message| AuthorError::new(at.file, at.line, message)));
    }

    /// Blocks of Markdown as HTML.
    pub fn blocks(&mut self, text: &str, origin: Origin) -> String {
        let parser = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
        let events: Vec<(Event, usize)> = TextMergeWithOffset::new(parser)
            .map(|(event, span)| (event, line_of(text, span.start, origin)))
            .collect();
        let mut translation =
            Translation { context: self, file: origin.file, out: Vec::new(), in_code: None };
        for (event, line) in events {
            translation.take(event, line);
        }
        let mut page = String::new();
        html::push_html(&mut page, translation.out.into_iter());
        page.trim_end().to_owned()
    }

    /// Inline Markdown as HTML; a text of several paragraphs keeps them.
    pub fn inline(&mut self, text: &str, origin: Origin) -> String {
        let page = self.blocks(text, origin);
        let inner = page.strip_prefix("<p>").and_then(|rest| rest.strip_suffix("</p>"));
        inner.filter(|inner| !inner.contains("<p>")).map_or(page.clone(), str::to_owned)
    }
}

fn line_of(text: &str, offset: usize, origin: Origin) -> usize {
    origin.line + text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

struct Translation<'c, 'a, 'e> {
    context: &'c mut Context<'a>,
    file: &'c str,
    out: Vec<Event<'e>>,
    /// Inside a code block: its info string and text so far.
    in_code: Option<(String, String, usize)>,
}

impl<'e> Translation<'_, '_, 'e> {
    fn take(&mut self, event: Event<'e>, line: usize) {
        let at = Origin { file: self.file, line };
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                self.in_code = Some((info.to_string(), String::new(), line));
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => {
                self.context.error(at, "код пишется между строками ``` с языком, а не отступом");
                self.in_code = Some(("text".to_owned(), String::new(), line));
            }
            Event::End(TagEnd::CodeBlock) => self.code_block(),
            Event::Text(text) if self.in_code.is_some() => {
                if let Some((_, code, _)) = &mut self.in_code {
                    code.push_str(&text);
                }
            }
            Event::Text(text) => self.text(&text, at),
            Event::Code(code) => {
                self.context.lint_code(at, &code);
                self.out.push(Event::Code(code));
            }
            Event::Html(_) | Event::InlineHtml(_) => self.context.error(at, "сырой HTML не допускается"),
            Event::Start(Tag::Heading { level: pulldown_cmark::HeadingLevel::H1, .. }) => {
                self.context.error(at, "заголовок первого уровня — это title урока; начинайте с ##");
            }
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                self.link(dest_url, at);
                self.out.push(event);
            }
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                let dest_url = self.image(&dest_url, at);
                self.out.push(Event::Start(Tag::Image { link_type, dest_url, title, id }));
            }
            Event::End(TagEnd::Image) => {
                if matches!(self.out.last(), Some(Event::Start(Tag::Image { .. }))) {
                    self.context.error(at, "картинке нужно описание: ![что на ней](файл)");
                }
                self.out.push(event);
            }
            other => self.out.push(other),
        }
    }

    fn link(&mut self, target: &str, at: Origin) {
        let lesson = target.strip_prefix("#/lesson/");
        let known = match lesson {
            Some(id) => self.context.lessons.contains_key(id),
            None => ["#/", "#/sandbox", "#/bench"].contains(&target) || target.starts_with("https://"),
        };
        if !known {
            self.context
                .error(at, format!("ссылка «{target}» никуда не ведёт; можно https://… или #/lesson/ИД"));
        }
    }

    fn image(&mut self, target: &str, at: Origin) -> CowStr<'e> {
        if !self.context.images.contains(target) {
            self.context.error(at, format!("в папке урока нет картинки «{target}»"));
        }
        format!("lessons/{}/{target}", self.context.lesson).into()
    }

    /// A code block: `yaml job.yaml` names the file that the block must repeat.
    fn code_block(&mut self) {
        let Some((info, code, line)) = self.in_code.take() else { return };
        let at = Origin { file: self.file, line };
        let mut words = info.split_whitespace();
        let language = words.next().unwrap_or_default().to_owned();
        if !["yaml", "console", "text", "sh"].contains(&language.as_str()) {
            self.context.error(at, "языком блока кода может быть yaml, console, text или sh");
        }
        self.context.lint_code(at, &code);
        let mut attributes = format!(" data-lang=\"{}\"", escape(&language));
        if let Some(name) = words.next() {
            let same = |file: &LessonFile| file.name == name && file.text.trim_end() == code.trim_end();
            if !self.context.start.iter().chain(&self.context.solution).any(same) {
                self.context
                    .error(at, format!("блок не совпадает с файлом «{name}» из start/ или solution/"));
            }
            attributes.push_str(&format!(" data-file=\"{}\"", escape(name)));
        }
        let html = format!("<pre tabindex=\"0\"{attributes}><code>{}</code></pre>\n", escape(&code));
        self.out.push(Event::Html(html.into()));
    }

    fn text(&mut self, text: &str, at: Origin) {
        let text = self.command(text, at);
        let mut prose = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("::term{") {
            let Some((attributes, tail)) = after.split_once('}') else { break };
            prose.push_str(before);
            self.out.push(Event::Text(before.to_owned().into()));
            let html = self.term(attributes, at);
            self.out.push(Event::InlineHtml(html.into()));
            rest = tail;
        }
        if rest.contains("::") && rest.contains('{') {
            self.context.error(at, format!("непонятная вставка «{}»", rest.trim()));
        }
        prose.push_str(rest);
        self.context.lint_prose(at, &prose);
        self.out.push(Event::Text(rest.to_owned().into()));
    }

    /// Turns the code before `{run}` or `{copy}` into a button; answers the rest of the text.
    fn command(&mut self, text: &str, at: Origin) -> String {
        let follows_code = matches!(self.out.last(), Some(Event::Code(_)));
        let Some((attribute, rest)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
            return text.to_owned();
        };
        if !follows_code {
            return text.to_owned();
        }
        if !["run", "copy"].contains(&attribute) {
            self.context.error(at, format!("после кода можно {{run}} или {{copy}}, а не {{{attribute}}}"));
            return rest.to_owned();
        }
        // A button may take a whole line, and the mark would begin the next one.
        if let Some(mark) = rest.chars().next().filter(|c| ".,:;!?".contains(*c)) {
            let message = format!("после кнопки с командой стоит «{mark}»: закончите на ней предложение");
            self.context.findings.push(AuthorError::new(at.file, at.line, message));
        }
        if let Some(Event::Code(code)) = self.out.pop() {
            if attribute == "run" {
                let command = code.to_string();
                self.context.commands.push(Offered { command, file: at.file.to_owned(), line: at.line });
            }
            let code = escape(&code);
            let html = format!(
                "<button type=\"button\" class=\"{attribute}\" data-{attribute}=\"{code}\"><code>{code}</code></button>"
            );
            self.out.push(Event::InlineHtml(html.into()));
        }
        rest.to_owned()
    }

    /// `pod` or `pod пода`: the id of a term and the form of the word in this sentence.
    fn term(&mut self, attributes: &str, at: Origin) -> String {
        let (id, form) = attributes.trim().split_once(' ').unwrap_or((attributes.trim(), ""));
        let Some(term) = self.context.glossary.iter().find(|term| term.id == id) else {
            self.context.error(at, format!("в glossary.yaml нет термина «{id}»"));
            return String::new();
        };
        let word = if form.trim().is_empty() { &term.term } else { form.trim() };
        let mut html = format!(
            "<dfn tabindex=\"0\" title=\"{}\" data-term=\"{}\">{}</dfn>",
            plain(&term.definition),
            escape(id),
            escape(word)
        );
        let first = self.context.used_terms.insert(id.to_owned());
        if first && !word.eq_ignore_ascii_case(&term.english) {
            html.push_str(&format!(" (<span lang=\"en\">{}</span>)", escape(&term.english)));
        }
        html
    }
}

/// HTML without its tags, fit for an attribute.
fn plain(html: &str) -> String {
    let pieces = html.split('<').enumerate();
    let text: String = pieces
        .map(|(at, piece)| if at == 0 { piece } else { piece.split_once('>').map_or("", |(_, text)| text) })
        .collect();
    text.trim().replace('"', "&quot;")
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

//! The terminal's output as DOM, written by hand: only what changed is touched, and only the newest lines are kept,
//! so that ten thousand lines do not slow the typing.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::screen::{Block, Screen};
use crate::protocol::{Line, LineKind};
use crate::web::browser::document;

/// Rows written in one frame: a burst of output is drawn over several frames.
const ROWS_A_FRAME_MAX: usize = 400;

/// Draws a terminal into an element.
#[derive(Default)]
pub struct TerminalLog {
    drawn: Vec<DrawnBlock>,
    revision: Option<u64>,
}

struct DrawnBlock {
    id: u64,
    revision: u64,
    root: Element,
    rows: Vec<(Line, Element)>,
    /// Lines of the block that are no longer drawn, counted from its first.
    skipped: usize,
    cut: Option<Element>,
}

impl TerminalLog {
    /// Brings the element up to date. Answers whether rows are left for the next frame.
    pub fn draw(&mut self, parent: &Element, screen: &Screen, is_name: &dyn Fn(&str) -> bool) -> bool {
        if self.revision == Some(screen.revision) {
            return false;
        }
        self.drop_missing(&screen.blocks);
        let mut budget = ROWS_A_FRAME_MAX;
        for block in &screen.blocks {
            let at = match self.drawn.iter().position(|drawn| drawn.id == block.id) {
                Some(at) => at,
                None => {
                    self.drawn.push(DrawnBlock::begin(parent, block));
                    self.drawn.len() - 1
                }
            };
            self.drawn[at].draw(block, is_name, &mut budget);
            if budget == 0 {
                return true;
            }
        }
        self.revision = Some(screen.revision);
        false
    }

    /// The block that was begun last.
    pub fn newest(&self) -> Option<u64> {
        self.drawn.last().map(|block| block.id)
    }

    fn drop_missing(&mut self, blocks: &[Block]) {
        self.drawn.retain(|drawn| {
            let stays = blocks.iter().any(|block| block.id == drawn.id);
            if !stays {
                drawn.root.remove();
            }
            stays
        });
    }
}

impl DrawnBlock {
    fn begin(parent: &Element, block: &Block) -> DrawnBlock {
        let root = element("section", "block");
        set(&root, "role", "group");
        set(&root, "aria-label", if block.command.is_empty() { "пустая строка" } else { &block.command });
        let heading = element("h3", "");
        let mark = element("span", "mark");
        mark.set_text_content(Some("$ "));
        append(&heading, &mark);
        append(&heading, &text(&block.command));
        append(&root, &heading);
        append(parent, &root);
        DrawnBlock { id: block.id, revision: u64::MAX, root, rows: Vec::new(), skipped: 0, cut: None }
    }

    fn draw(&mut self, block: &Block, is_name: &dyn Fn(&str) -> bool, budget: &mut usize) {
        if self.revision == block.revision {
            return;
        }
        let gone = block.first.saturating_sub(self.skipped).min(self.rows.len());
        self.rows.drain(..gone).for_each(|(_, row)| row.remove());
        self.skipped = block.first;
        let same = self.rows.iter().zip(&block.lines).take_while(|((drawn, _), line)| drawn == *line).count();
        self.rows.drain(same..).for_each(|(_, row)| row.remove());
        for line in &block.lines[same..] {
            if *budget == 0 {
                return;
            }
            *budget -= 1;
            let row = draw_line(line, is_name);
            append(&self.root, &row);
            self.rows.push((line.clone(), row));
        }
        self.show_cut();
        self.revision = block.revision;
    }

    /// Says above the rows how many are not drawn.
    fn show_cut(&mut self) {
        if self.skipped == 0 {
            return;
        }
        let note = format!("… ещё строк выше: {}", self.skipped);
        match &self.cut {
            Some(cut) => cut.set_text_content(Some(&note)),
            None => {
                let cut = element("div", "log-cut");
                cut.set_text_content(Some(&note));
                let after_heading =
                    self.root.first_element_child().and_then(|heading| heading.next_sibling());
                // Both are children of this root, so the insertion cannot fail.
                let _ = self.root.insert_before(&cut, after_heading.as_ref());
                self.cut = Some(cut);
            }
        }
    }
}

fn draw_line(line: &Line, is_name: &dyn Fn(&str) -> bool) -> Element {
    let class = match line.kind {
        LineKind::Stdout if line.text.contains("   ") => "row table",
        LineKind::Stdout => "row",
        LineKind::Stderr => "row stderr",
        LineKind::Explanation => "row explanation",
    };
    let row = element("div", class);
    if line.kind == LineKind::Explanation {
        row.set_text_content(Some(&line.text));
        return row;
    }
    set(&row, "lang", "en");
    let mut plain = String::new();
    for (piece, is_word) in words(&line.text) {
        if is_word && is_name(piece) {
            append(&row, &text(&plain));
            plain.clear();
            let link = element("button", "object-link");
            set(&link, "type", "button");
            set(&link, "data-name", piece);
            link.set_text_content(Some(piece));
            append(&row, &link);
        } else {
            plain.push_str(piece);
        }
    }
    append(&row, &text(&plain));
    row
}

/// The pieces of a line: words that could be names of objects, and what lies between them.
fn words(line: &str) -> Vec<(&str, bool)> {
    let of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let is_word = of_name(first);
        let end = rest.find(|c| of_name(c) != is_word).unwrap_or(rest.len());
        pieces.push((&rest[..end], is_word));
        rest = &rest[end..];
    }
    pieces
}

fn element(tag: &str, class: &str) -> Element {
    let element = document().create_element(tag).expect("the tag is a valid name");
    if !class.is_empty() {
        element.set_class_name(class);
    }
    element
}

fn text(content: &str) -> web_sys::Text {
    document().create_text_node(content)
}

fn append(parent: &Element, child: &web_sys::Node) {
    // A fresh node can always be appended.
    let _ = parent.append_child(child);
}

fn set(element: &Element, name: &str, value: &str) {
    // The names are constants and valid.
    let _ = element.set_attribute(name, value);
}

/// The name of the object whose link was clicked, if it was one.
pub fn clicked_name(event: &web_sys::MouseEvent) -> Option<String> {
    let target: HtmlElement = event.target()?.dyn_into().ok()?;
    target.get_attribute("data-name")
}

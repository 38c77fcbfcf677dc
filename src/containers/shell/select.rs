//! `select`: a menu, a question, and a turn for every answer.

use std::sync::Arc;

use super::Interpreter;
use super::ast::Block;
use super::builtins::read;
use super::frames::Frame;
use crate::containers::kernel::Sys;

#[derive(Clone, Debug)]
pub struct Select {
    name: String,
    items: Arc<Vec<String>>,
    body: Block,
    /// The menu is shown before the next question.
    shows: bool,
    /// The answer is being read.
    pub asked: bool,
}

/// The width that the menu is laid out in.
const COLUMNS: usize = 80;
const TAB: usize = 8;

impl Select {
    pub fn new(name: String, items: Arc<Vec<String>>, body: Block) -> Select {
        Select { name, items, body, shows: true, asked: false }
    }

    /// The items with their numbers, in columns where one would be long and narrow.
    // Models bash execute_cmd.c print_select_list
    fn menu(&self) -> String {
        let count = self.items.len();
        let digits = count.to_string().len();
        let longest = self.items.iter().map(|item| item.chars().count()).max().unwrap_or(0);
        let width = longest + digits + 4;
        let rows = count.div_ceil((COLUMNS / width).max(1));
        // A single row is a column after all.
        let rows = if rows == 1 { count } else { rows };
        let mut menu = String::new();
        for row in 0..rows {
            let mut end = 0;
            for (column, at) in (row..count).step_by(rows).enumerate() {
                indent(&mut menu, end, column * width);
                menu += &format!("{:digits$}) {}", at + 1, self.items[at]);
                end = column * width + self.items[at].chars().count() + digits + 2;
            }
            menu.push('\n');
        }
        menu
    }
}

/// Tabs as far as they go, then blanks.
fn indent(text: &mut String, mut from: usize, to: usize) {
    while from < to {
        if to / TAB > from / TAB {
            text.push('\t');
            from += TAB - from % TAB;
        } else {
            text.push(' ');
            from += 1;
        }
    }
}

impl Interpreter {
    pub(super) fn select_turn(&mut self, sys: &mut Sys, mut select: Select) {
        let reply = self.state.get("REPLY").unwrap_or("").to_string();
        if select.asked && self.state.status != 0 {
            self.print(sys, "\n");
            return;
        }
        if select.items.is_empty() {
            return;
        }
        if select.asked && !reply.is_empty() {
            let number = reply.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let chosen = number.and_then(|at| select.items.get(at)).cloned().unwrap_or_default();
            if !self.state.set(&select.name, chosen) {
                return self.report_readonly(sys, &select.name);
            }
            select.asked = false;
            let block = select.body.clone();
            self.frames.push(Frame::Select(select));
            self.frames.push(Frame::Block { block, at: 0 });
            return;
        }
        // An empty answer, now or set by the body, brings the menu back.
        if std::mem::take(&mut select.shows) || reply.is_empty() {
            sys.err(&select.menu());
        }
        let prompt = self.state.get("PS3").unwrap_or("#? ").to_string();
        sys.err(&prompt);
        select.asked = true;
        self.frames.push(Frame::Select(select));
        read::start(self, sys, &[]);
    }
}

//! The terminal's blocks as far as the page draws them.

use crate::protocol::Line;

/// Lines of one block that are kept here; the older ones stay behind the page.
const BLOCK_LINES_MAX: usize = 1_000;

#[derive(Default)]
pub struct Screen {
    pub blocks: Vec<Block>,
    /// Counts changes of any block.
    pub revision: u64,
}

pub struct Block {
    pub id: u64,
    pub command: String,
    /// How many lines came before the first of these.
    pub first: usize,
    pub lines: Vec<Line>,
    pub revision: u64,
}

impl Screen {
    pub fn begin(&mut self, id: u64, command: String) {
        self.revision += 1;
        self.blocks.push(Block { id, command, first: 0, lines: Vec::new(), revision: 0 });
    }

    pub fn remove(&mut self, id: u64) {
        self.revision += 1;
        self.blocks.retain(|block| block.id != id);
    }

    pub fn print(&mut self, id: u64, from: usize, lines: Vec<Line>) {
        self.revision += 1;
        if let Some(block) = self.blocks.iter_mut().find(|block| block.id == id) {
            block.print(from, lines);
        }
    }
}

impl Block {
    fn print(&mut self, from: usize, lines: Vec<Line>) {
        self.revision += 1;
        if from <= self.first || from > self.first + self.lines.len() {
            self.first = from;
            self.lines.clear();
        }
        self.lines.truncate(from - self.first);
        self.lines.extend(lines);
        let surplus = self.lines.len().saturating_sub(BLOCK_LINES_MAX);
        self.lines.drain(..surplus);
        self.first += surplus;
    }
}

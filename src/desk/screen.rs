//! Which lines of the terminal the page has: only new ones are told.

use std::collections::BTreeMap;

use crate::protocol::{Change, Line, LineKind};
use crate::session::terminal::{self, Block, Terminal};

/// Blocks that the page shows.
const BLOCKS_MAX: usize = 120;
/// Lines of one block that the page shows; the older ones stay in the session.
const BLOCK_LINES_MAX: usize = 1_000;
/// A line is shown up to here; a longer one is cut, with a mark.
const LINE_BYTES_MAX: usize = 20_000;

#[derive(Default)]
pub struct Screen {
    revision: Option<u64>,
    blocks: BTreeMap<u64, Shown>,
}

#[derive(Clone, Copy, Default)]
struct Shown {
    revision: u64,
    redraws: u64,
    /// Lines that were told, counted with those that the block has dropped.
    lines: usize,
    /// How much of the last of them was told, in bytes: a line grows until its newline comes.
    last_bytes: usize,
}

impl Screen {
    pub fn tell(&mut self, terminal: &Terminal, changes: &mut Vec<Change>) {
        if self.revision.replace(terminal.revision) == Some(terminal.revision) {
            return;
        }
        let blocks = &terminal.blocks[terminal.blocks.len().saturating_sub(BLOCKS_MAX)..];
        self.blocks.retain(|id, _| {
            let stays = blocks.iter().any(|block| block.id == *id);
            if !stays {
                changes.push(Change::BlockGone(*id));
            }
            stays
        });
        for block in blocks {
            let shown = self.blocks.entry(block.id).or_insert_with(|| {
                changes.push(Change::Block { id: block.id, command: block.command.clone() });
                Shown::default()
            });
            if shown.revision != block.revision {
                shown.tell(block, changes);
            }
        }
    }
}

impl Shown {
    fn tell(&mut self, block: &Block, changes: &mut Vec<Change>) {
        let end = block.dropped + block.lines.len();
        let last_told = self.lines.checked_sub(block.dropped + 1).and_then(|at| block.lines.get(at));
        let from = match last_told {
            _ if self.redraws != block.redraws => block.dropped,
            Some(line) if told_bytes(line) != self.last_bytes => self.lines - 1,
            _ => self.lines,
        };
        let from = from.max(block.dropped).max(end.saturating_sub(BLOCK_LINES_MAX));
        if from < end || self.redraws != block.redraws {
            let lines = block.lines[from - block.dropped..].iter().map(line_of).collect();
            changes.push(Change::Lines { block: block.id, from, lines });
        }
        *self = Shown {
            revision: block.revision,
            redraws: block.redraws,
            lines: end,
            last_bytes: block.lines.last().map_or(0, told_bytes),
        };
    }
}

fn line_of(line: &terminal::Line) -> Line {
    let kind = match line.kind {
        terminal::LineKind::Stdout => LineKind::Stdout,
        terminal::LineKind::Stderr => LineKind::Stderr,
        terminal::LineKind::Explanation => LineKind::Explanation,
    };
    let mut text = line.text[..line.text.floor_char_boundary(LINE_BYTES_MAX)].to_owned();
    if told_bytes(line) > LINE_BYTES_MAX {
        text.push('…');
    }
    Line { kind, text }
}

/// The bytes of a line that are told, and one more where it is cut.
fn told_bytes(line: &terminal::Line) -> usize {
    line.text.len().min(LINE_BYTES_MAX + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;

    /// What a page has that takes over the changes.
    #[derive(Default)]
    struct Page {
        first: usize,
        lines: Vec<String>,
    }

    impl Page {
        fn take(&mut self, screen: &mut Screen, terminal: &Terminal) -> usize {
            let mut changes = Vec::new();
            screen.tell(terminal, &mut changes);
            let mut told = 0;
            for change in changes {
                let Change::Lines { from, lines, .. } = change else { continue };
                let end = self.first + self.lines.len();
                if from <= self.first || from > end {
                    self.first = from;
                    self.lines.clear();
                }
                self.lines.truncate(from - self.first);
                told += lines.len();
                self.lines.extend(lines.into_iter().map(|line| line.text));
            }
            told
        }
    }

    #[test]
    fn only_new_lines_cross_and_the_page_has_the_same_text() {
        let (mut terminal, mut screen, mut page) = (Terminal::default(), Screen::default(), Page::default());
        terminal.begin("watch", Time::default());
        terminal.print(terminal::LineKind::Stdout, "a\nb");
        assert_eq!(page.take(&mut screen, &terminal), 2);
        terminal.print(terminal::LineKind::Stdout, "c\nd\n");
        assert_eq!(page.take(&mut screen, &terminal), 2);
        assert_eq!(page.lines, ["a", "bc", "d"]);
        terminal.print(terminal::LineKind::Stdout, "e\n");
        assert_eq!(page.take(&mut screen, &terminal), 1);
        terminal.redraw();
        assert_eq!(page.take(&mut screen, &terminal), 0);
        assert!(page.lines.is_empty());
        terminal.print(terminal::LineKind::Stdout, "x\n");
        page.take(&mut screen, &terminal);
        assert_eq!(page.lines, ["x"]);
        assert_eq!(page.take(&mut screen, &terminal), 0);
    }

    #[test]
    fn a_line_without_end_is_told_up_to_its_cut_and_no_more() {
        let (mut terminal, mut screen, mut page) = (Terminal::default(), Screen::default(), Page::default());
        terminal.begin("cat /dev/zero", Time::default());
        for told in [1, 1, 1, 0, 0] {
            terminal.print(terminal::LineKind::Stdout, &"я".repeat(4_000));
            assert_eq!(page.take(&mut screen, &terminal), told);
        }
        assert_eq!(page.lines, ["я".repeat(LINE_BYTES_MAX / 2) + "…"]);
    }

    #[test]
    fn of_a_flood_the_newest_lines_are_told() {
        let (mut terminal, mut screen, mut page) = (Terminal::default(), Screen::default(), Page::default());
        terminal.begin("yes", Time::default());
        for round in 0..30 {
            terminal.print(terminal::LineKind::Stdout, &format!("{round}\n").repeat(700));
            assert_eq!(page.take(&mut screen, &terminal), 700);
        }
        let told: String = (0..1_500).map(|line| format!("{line}\n")).collect();
        terminal.print(terminal::LineKind::Stdout, &told);
        assert_eq!(page.take(&mut screen, &terminal), BLOCK_LINES_MAX);
        assert_eq!(page.first + page.lines.len(), 30 * 700 + 1_500);
        assert_eq!(page.lines.last().map(String::as_str), Some("1499"));
    }
}

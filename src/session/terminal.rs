//! What the terminal shows: one block a command line, with its output and how it ended.

use crate::base::Time;
use crate::containers::CLEAR;

/// Output beyond this many lines of one block drops the block's oldest lines: a runaway loop must not eat the page.
const BLOCK_LINES_MAX: usize = 10_000;
/// So do bytes beyond these: lines may be long.
const BLOCK_BYTES_MAX: usize = 8 << 20;
/// What follows in a longer line is not kept: a line may have no end (`cat /dev/zero`).
const LINE_BYTES_MAX: usize = 1 << 20;
/// What `CLEAR` begins with.
const ESCAPE: char = '\u{1b}';
/// Blocks kept; older ones scroll away.
const BLOCKS_MAX: usize = 500;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineKind {
    Stdout,
    Stderr,
    /// One Russian line under an error: what it means and what to do. No part of any stream.
    Explanation,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    pub kind: LineKind,
    pub text: String,
}

/// One command line and what it printed.
#[derive(Clone, Debug)]
pub struct Block {
    pub id: u64,
    /// When the line was entered.
    pub at: Time,
    pub command: String,
    pub lines: Vec<Line>,
    /// The exit status; `None` while the command runs.
    pub status: Option<i32>,
    /// Lines dropped from the top because there were too many.
    pub dropped: usize,
    /// Counts changes, so that a view can tell whether it is up to date.
    pub revision: u64,
    /// Counts how often the output was emptied to be drawn anew.
    pub redraws: u64,
    /// Whether the last line still waits for its newline.
    open: bool,
    /// What the lines come to.
    bytes: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Terminal {
    pub blocks: Vec<Block>,
    /// Counts changes of any block.
    pub revision: u64,
    next_id: u64,
}

impl Terminal {
    pub fn begin(&mut self, command: &str, at: Time) -> u64 {
        self.next_id += 1;
        self.revision += 1;
        if self.blocks.len() == BLOCKS_MAX {
            self.blocks.remove(0);
        }
        let id = self.next_id;
        let command = command.to_owned();
        let lines = Vec::new();
        self.blocks.push(Block {
            id,
            at,
            command,
            lines,
            status: None,
            dropped: 0,
            revision: 0,
            redraws: 0,
            open: false,
            bytes: 0,
        });
        id
    }

    /// Appends text to the newest block, split into lines; a line stays open until its newline comes.
    pub fn print(&mut self, kind: LineKind, text: &str) {
        // Listings are megabytes long: what would scroll out at once is not looked at.
        let (skipped, text) = newest_lines(text);
        // A single character is found faster than a text.
        if let Some((_, rest)) = text.rfind(ESCAPE).and_then(|_| text.rsplit_once(CLEAR)) {
            self.redraw();
            return self.print(kind, rest);
        }
        let Some(block) = self.blocks.last_mut() else { return };
        if skipped > 0 {
            // They would scroll out at once, and all that stood before them.
            let joined = block.open && block.lines.last().is_some_and(|line| line.kind == kind);
            block.dropped += block.lines.len() + skipped - usize::from(joined);
            block.lines.clear();
            (block.bytes, block.open) = (0, false);
        }
        for piece in text.split_inclusive('\n') {
            let (content, ends) = piece.strip_suffix('\n').map_or((piece, false), |content| (content, true));
            let open = block.lines.last_mut().filter(|line| block.open && line.kind == kind);
            let room = LINE_BYTES_MAX - open.as_ref().map_or(0, |line| line.text.len());
            let content = &content[..content.floor_char_boundary(room)];
            match open {
                Some(line) => line.text.push_str(content),
                None => block.lines.push(Line { kind, text: content.to_owned() }),
            }
            block.bytes += content.len();
            block.open = !ends;
        }
        block.drop_oldest();
        block.revision += 1;
        self.revision += 1;
    }

    /// Empties the newest block's output, as programs do that redraw the screen.
    pub fn redraw(&mut self) {
        if let Some(block) = self.blocks.last_mut() {
            block.lines.clear();
            (block.bytes, block.open) = (0, false);
            block.redraws += 1;
            block.revision += 1;
        }
        self.revision += 1;
    }

    pub fn finish(&mut self, status: i32) {
        if let Some(block) = self.blocks.last_mut() {
            block.status = Some(status);
            block.revision += 1;
        }
        self.revision += 1;
    }

    pub fn clear(&mut self) {
        self.blocks.retain(|block| block.status.is_none());
        self.revision += 1;
    }
}

/// The last lines of a text, as many as a block shows, and how many stand before them.
fn newest_lines(text: &str) -> (usize, &str) {
    let whole = text.strip_suffix('\n').unwrap_or(text);
    let before = whole.rmatch_indices('\n').nth(BLOCK_LINES_MAX - 1).map_or(0, |(at, _)| at + 1);
    let (skipped, newest) = text.split_at(before);
    (line_breaks(skipped.as_bytes()), newest)
}

/// Counts eight bytes at once: listings are megabytes long.
fn line_breaks(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let (words, rest) = bytes.as_chunks::<8>();
    let in_words = words.iter().map(|word| {
        // A byte is zero where there is a line break; its highest bit, where there is none.
        let differing = u64::from_le_bytes(*word) ^ (ONES * u64::from(b'\n'));
        let others = ((differing & (ONES * 0x7f)) + ONES * 0x7f) | differing;
        (!others & (ONES * 0x80)).count_ones() as usize
    });
    in_words.sum::<usize>() + rest.iter().filter(|byte| **byte == b'\n').count()
}

impl Block {
    /// Keeps the newest lines, as many as a block may hold.
    fn drop_oldest(&mut self) {
        let mut surplus = 0;
        while self.lines.len() - surplus > BLOCK_LINES_MAX || self.bytes > BLOCK_BYTES_MAX {
            self.bytes -= self.lines[surplus].text.len();
            surplus += 1;
        }
        self.lines.drain(..surplus);
        self.dropped += surplus;
    }

    /// Both streams as a transcript shows them, without explanations.
    pub fn streams_text(&self) -> String {
        let lines = self.lines.iter().filter(|line| line.kind != LineKind::Explanation);
        let mut text: String = lines.map(|line| format!("{}\n", line.text)).collect();
        if self.open {
            text.pop();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_are_counted_wherever_they_stand() {
        for text in ["", "\n", "\n\n\n\n\n\n\n\n\n", "a\u{b}\n\u{9}\u{8a}éя\n0123456789\n", "01234567"] {
            assert_eq!(line_breaks(text.as_bytes()), text.matches('\n').count(), "{text:?}");
        }
    }

    #[test]
    fn pieces_of_a_line_join_until_its_newline() {
        let mut terminal = Terminal::default();
        terminal.begin("printf", Time::default());
        for piece in ["a", "b\nc", "\n", "d"] {
            terminal.print(LineKind::Stdout, piece);
        }
        assert_eq!(terminal.blocks[0].streams_text(), "ab\nc\nd");
    }

    #[test]
    fn of_a_long_output_the_newest_lines_are_kept() {
        let numbers = |from: usize, to: usize| (from..to).map(|n| format!("{n}\n")).collect::<String>();
        let (head, tail) = ("a\nb", numbers(0, BLOCK_LINES_MAX + 2) + "end");
        let mut at_once = Terminal::default();
        at_once.begin("seq", Time::default());
        at_once.print(LineKind::Stdout, head);
        at_once.print(LineKind::Stdout, &tail);
        let mut by_lines = Terminal::default();
        by_lines.begin("seq", Time::default());
        for piece in [head].into_iter().chain(tail.split_inclusive('\n')) {
            by_lines.print(LineKind::Stdout, piece);
        }
        let (got, wanted) = (&at_once.blocks[0], &by_lines.blocks[0]);
        assert_eq!((&got.lines, got.dropped, got.open), (&wanted.lines, wanted.dropped, wanted.open));
        assert_eq!((got.dropped, got.lines[0].text.as_str()), (4, "3"));
    }

    #[test]
    fn lines_without_end_and_long_ones_take_a_bounded_room() {
        let mut terminal = Terminal::default();
        terminal.begin("cat /dev/zero", Time::default());
        for _ in 0..40 {
            terminal.print(LineKind::Stdout, &"я".repeat(100_001));
        }
        assert_eq!(terminal.blocks[0].lines[0].text.len(), LINE_BYTES_MAX);
        terminal.print(LineKind::Stdout, "\nnext\n");
        assert_eq!(terminal.blocks[0].lines[1].text, "next");
        for _ in 0..40 {
            terminal.print(LineKind::Stdout, &("long".repeat(100_000) + "\n"));
        }
        let block = &terminal.blocks[0];
        let held: usize = block.lines.iter().map(|line| line.text.len()).sum();
        assert_eq!((held, block.bytes, block.dropped), (20 * 400_000, 20 * 400_000, 22));
    }

    #[test]
    fn explanations_are_no_part_of_the_streams() {
        let mut terminal = Terminal::default();
        terminal.begin("kubectl", Time::default());
        terminal.print(LineKind::Stderr, "error: no\n");
        terminal.print(LineKind::Explanation, "так нельзя\n");
        assert_eq!(terminal.blocks[0].streams_text(), "error: no\n");
    }
}

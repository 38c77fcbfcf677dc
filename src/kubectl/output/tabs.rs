//! Text in columns, as Go's tabwriter lays it out.

use super::yaml::push_spaces;

/// Lays tab-separated cells out. The last cell of a line belongs to no column. A column spans neighbouring lines that
/// have it; its width is its widest cell plus the padding, at least the minimum.
// Models text/tabwriter and github.com/liggitt/tabwriter (remembered widths)
#[derive(Clone, Debug, Default)]
pub struct TabWriter {
    minimum: usize,
    padding: usize,
    /// Widths of earlier flushes; `None` when each text stands alone.
    remembered: Option<Vec<usize>>,
}

impl TabWriter {
    /// As `kubectl describe` writes.
    pub fn describing() -> TabWriter {
        TabWriter { minimum: 0, padding: 2, remembered: None }
    }

    /// As tables are written: later rows of a watch keep the widths of earlier ones.
    pub fn table() -> TabWriter {
        TabWriter { minimum: 6, padding: 3, remembered: Some(Vec::new()) }
    }

    /// Lays out whole lines; each must end with a newline.
    pub fn lay_out(&mut self, text: &str) -> String {
        let columns = self.columns(text);
        let mut at = vec![0; columns.len()];
        let mut out = String::with_capacity(text.len() * 2);
        for (number, line) in lines(text).enumerate() {
            let mut rest = line;
            for (column, at) in columns.iter().zip(&mut at) {
                let Some((cell, after)) = split_cell(rest) else { break };
                while column[*at].end <= number {
                    *at += 1;
                }
                out.push_str(cell);
                push_spaces(&mut out, column[*at].width.saturating_sub(width(cell)));
                rest = after;
            }
            out.push_str(rest);
            out.push('\n');
        }
        out
    }

    /// Each column's blocks of neighbouring lines that have it.
    fn columns(&mut self, text: &str) -> Vec<Vec<Block>> {
        let mut columns: Vec<Vec<Block>> = Vec::new();
        for (number, line) in lines(text).enumerate() {
            let mut rest = line;
            let mut column = 0;
            while let Some((cell, after)) = split_cell(rest) {
                if columns.len() == column {
                    columns.push(Vec::new());
                }
                let width = width(cell) + self.padding;
                match columns[column].last_mut() {
                    Some(last) if last.end == number => {
                        *last = Block { end: number + 1, width: width.max(last.width) };
                    }
                    _ => columns[column].push(Block { end: number + 1, width }),
                }
                rest = after;
                column += 1;
            }
        }
        for (number, column) in columns.iter_mut().enumerate() {
            for block in column {
                block.width = self.remember(number, block.width.max(self.minimum));
            }
        }
        columns
    }

    fn remember(&mut self, column: usize, width: usize) -> usize {
        let Some(remembered) = &mut self.remembered else { return width };
        if remembered.len() <= column {
            remembered.resize(column + 1, 0);
        }
        remembered[column] = remembered[column].max(width);
        remembered[column]
    }
}

/// Neighbouring lines that have a column.
struct Block {
    /// The number of the first line after them.
    end: usize,
    width: usize,
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').map(|line| line.strip_suffix('\n').unwrap_or(line))
}

/// The first cell of a line and what follows its tab.
fn split_cell(line: &str) -> Option<(&str, &str)> {
    let at = line.bytes().position(|byte| byte == b'\t')?;
    Some((&line[..at], &line[at + 1..]))
}

fn width(cell: &str) -> usize {
    if cell.is_ascii() { cell.len() } else { cell.chars().count() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_span_neighbouring_lines_only() {
        let text = "Name:\tok\nLabels:\ta=b\n\tc=d\nPods:\n  Image:\tx\n";
        let expected = "Name:    ok\nLabels:  a=b\n         c=d\nPods:\n  Image:  x\n";
        assert_eq!(TabWriter::describing().lay_out(text), expected);
    }

    #[test]
    fn tables_remember_their_widths() {
        let mut table = TabWriter::table();
        assert_eq!(
            table.lay_out("NAME\tSTATUS\nlonger-name\tx\n"),
            "NAME          STATUS\nlonger-name   x\n"
        );
        assert_eq!(table.lay_out("a\tb\n"), "a             b\n");
    }
}

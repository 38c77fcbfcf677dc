//! Text in columns, as Go's tabwriter lays it out.

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
        let lines: Vec<Vec<&str>> = text.split_inclusive('\n').map(cells).collect();
        let mut widths: Vec<Vec<usize>> = lines.iter().map(|line| vec![0; line.len() - 1]).collect();
        let columns = lines.iter().map(|line| line.len() - 1).max().unwrap_or(0);
        for column in 0..columns {
            let mut from = 0;
            while from < lines.len() {
                if lines[from].len() <= column + 1 {
                    from += 1;
                    continue;
                }
                let length = lines[from..].iter().take_while(|line| line.len() > column + 1).count();
                let block = &lines[from..from + length];
                let widest = block.iter().map(|line| width(line[column]) + self.padding).max().unwrap_or(0);
                let chosen = self.remember(column, widest.max(self.minimum));
                for line in &mut widths[from..from + length] {
                    line[column] = chosen;
                }
                from += length;
            }
        }
        let mut out = String::with_capacity(text.len() * 2);
        for (line, widths) in lines.iter().zip(&widths) {
            for (at, cell) in line.iter().enumerate() {
                out.push_str(cell);
                if let Some(wanted) = widths.get(at) {
                    out.extend(std::iter::repeat_n(' ', wanted.saturating_sub(width(cell))));
                }
            }
            out.push('\n');
        }
        out
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

fn cells(line: &str) -> Vec<&str> {
    line.strip_suffix('\n').unwrap_or(line).split('\t').collect()
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

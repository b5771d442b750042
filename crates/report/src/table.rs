//! Tables of plain text.

use crate::escape;

/// On which side a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A cell: its text, made safe for a terminal, and the escape sequences around it, which take no width.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cell {
    text: String,
    before: &'static str,
    after: &'static str,
}

impl Cell {
    pub(crate) fn plain(text: &str) -> Cell {
        Cell::painted(text, ("", ""))
    }

    /// A cell between two escape sequences.
    pub(crate) fn painted(text: &str, (before, after): (&'static str, &'static str)) -> Cell {
        Cell { text: escape::terminal(text), before, after }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// Rows of cells in columns two spaces apart, each line indented by two spaces, without spaces at the end of a line.
/// `None` when it does not fit the width.
pub(crate) fn render(rows: &[Vec<Cell>], aligns: &[Align], width: usize) -> Option<String> {
    let mut widths = vec![0; aligns.len()];
    for row in rows {
        for (cell, widest) in row.iter().zip(&mut widths) {
            *widest = cell.width().max(*widest);
        }
    }
    if widths.iter().sum::<usize>() + 2 * widths.len() > width {
        return None;
    }
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        let last = row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |index| index + 1);
        for (column, cell) in row.iter().enumerate().take(last) {
            let padding = " ".repeat(widths[column].saturating_sub(cell.width()));
            line.push_str("  ");
            if aligns[column] == Align::Right {
                line.push_str(&padding);
            }
            line.push_str(cell.before);
            line.push_str(&cell.text);
            line.push_str(cell.after);
            if aligns[column] == Align::Left && column + 1 < last {
                line.push_str(&padding);
            }
        }
        out.push_str(&line);
        out.push('\n');
    }
    Some(out)
}

/// Breaks text into lines of at most `width` characters at spaces; a word that is longer stands on a line of its own,
/// unbroken, so that an ARN can still be copied.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let size = word.chars().count();
        match lines.last_mut() {
            Some(line) if length + 1 + size <= width => {
                line.push(' ');
                line.push_str(word);
                length += 1 + size;
            }
            _ => {
                lines.push(word.to_string());
                length = size;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn columns_line_up_and_escapes_take_no_room() {
        let bold = Cell::painted("9", ("\u{1b}[1m", "\u{1b}[0m"));
        let rows = vec![
            vec![Cell::plain("name"), Cell::plain("value")],
            vec![Cell::plain("a"), bold],
            vec![Cell::plain("long name"), Cell::plain("")],
        ];
        let text = render(&rows, &[Align::Left, Align::Right], 80).unwrap();
        assert_eq!(text, "  name       value\n  a              \u{1b}[1m9\u{1b}[0m\n  long name\n");
        assert_eq!(render(&rows, &[Align::Left, Align::Right], 17), None);
    }

    proptest! {
        #[test]
        fn wrapped_lines_fit_and_lose_no_word(text in "([a-z]{1,12} ){0,40}", width in 12..80usize) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| line.chars().count() <= width));
            prop_assert_eq!(lines.join(" "), text.trim_end());
        }
    }
}

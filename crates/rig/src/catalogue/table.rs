//! The text form of the tables under `data/`: `#` comments, one line of column names, then one line a row, cells
//! separated by tabs, no quoting.

/// One embedded table.
pub(super) struct Table {
    name: &'static str,
    columns: Vec<&'static str>,
    body: &'static str,
}

impl Table {
    /// Opens the text of a table; `name` is for messages.
    pub(super) fn open(name: &'static str, text: &'static str) -> Self {
        let mut body = text;
        while body.starts_with('#') {
            body = after_line(body);
        }
        let header = body.lines().next().unwrap_or_default();
        Self { name, columns: header.split('\t').collect(), body: after_line(body) }
    }

    /// The position of a column.
    ///
    /// # Panics
    /// When the table lacks it: tables are part of the program, and each is read by a test.
    pub(super) fn column(&self, name: &str) -> usize {
        match self.columns.iter().position(|column| *column == name) {
            Some(position) => position,
            None => panic!("BUG: data/{} has no column {name}", self.name),
        }
    }

    /// The names of the columns.
    pub(super) fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    /// The lines of the table, without comments and header.
    pub(super) fn lines(&self) -> impl Iterator<Item = &'static str> {
        self.body.lines().filter(|line| !line.is_empty())
    }
}

fn after_line(text: &'static str) -> &'static str {
    text.split_once('\n').map_or("", |(_, rest)| rest)
}

/// One row of a table, cut into cells. The buffer is used again for the next row.
#[derive(Default)]
pub(super) struct Row {
    cells: Vec<&'static str>,
}

impl Row {
    /// Cuts the next line.
    pub(super) fn cut(&mut self, line: &'static str) {
        self.cells.clear();
        self.cells.extend(line.split('\t'));
    }

    /// The text of a cell; the empty text where the row is shorter.
    pub(super) fn text(&self, column: usize) -> &'static str {
        self.cells.get(column).copied().unwrap_or_default()
    }

    /// The text of a cell, if it is not empty.
    pub(super) fn known(&self, column: usize) -> Option<&'static str> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// A cell as a number (or anything else that parses), if it holds one.
    pub(super) fn number<T: std::str::FromStr>(&self, column: usize) -> Option<T> {
        self.text(column).parse().ok()
    }

    /// A cell as yes (`1`) or no (`0`).
    pub(super) fn flag(&self, column: usize) -> Option<bool> {
        match self.text(column) {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        }
    }
}

/// A table of one line a row name and one column a Region (or the like), whose cells are cut only when they are asked
/// for: 20,000 prices cost an index of 1,400 lines.
pub(super) struct Matrix {
    columns: Vec<&'static str>,
    /// Name of the row and the rest of its line, ordered by name.
    rows: Vec<(&'static str, &'static str)>,
}

impl Matrix {
    /// Opens the text of a table whose first column names the rows.
    pub(super) fn open(name: &'static str, text: &'static str) -> Self {
        let table = Table::open(name, text);
        let mut rows: Vec<_> =
            table.lines().map(|line| line.split_once('\t').unwrap_or((line, ""))).collect();
        // The tables are ordered; sorting an ordered list costs one pass, and a lookup relies on it.
        rows.sort_unstable_by_key(|(row, _)| *row);
        Self { columns: table.columns()[1..].to_vec(), rows }
    }

    /// The names of the columns, without that of the row name.
    pub(super) fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    /// The names of the rows, in order.
    #[cfg(test)]
    pub(super) fn rows(&self) -> impl Iterator<Item = &'static str> {
        self.rows.iter().map(|(name, _)| *name)
    }

    /// A cell that is not empty.
    pub(super) fn cell(&self, row: &str, column: &str) -> Option<&'static str> {
        let position = self.columns.iter().position(|other| *other == column)?;
        let found = self.rows.binary_search_by(|(name, _)| (*name).cmp(row)).ok()?;
        self.rows[found].1.split('\t').nth(position).filter(|cell| !cell.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_comments_header_and_rows() {
        let table = Table::open("t", "# about\n# more\nname\tn\tyes\na\t1\t1\n\nb\t\t0\n");
        let mut row = Row::default();
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 2);
        row.cut(lines[0]);
        assert_eq!((row.text(0), row.number::<u32>(1), row.flag(2)), ("a", Some(1), Some(true)));
        row.cut(lines[1]);
        assert_eq!(
            (row.known(1), row.number::<u32>(1), row.flag(2), row.text(9)),
            (None, None, Some(false), "")
        );
        assert_eq!(table.column("yes"), 2);
    }

    #[test]
    fn finds_cells_of_a_matrix() {
        let matrix = Matrix::open("t", "# x\ntype\teu\tus\nb\t2\t\na\t\t1\nc\n");
        assert_eq!(matrix.cell("a", "us"), Some("1"));
        assert_eq!(matrix.cell("a", "eu"), None);
        assert_eq!(matrix.cell("b", "eu"), Some("2"));
        assert_eq!(
            (matrix.cell("c", "eu"), matrix.cell("d", "eu"), matrix.cell("a", "zz")),
            (None, None, None)
        );
        assert_eq!(matrix.rows().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(matrix.columns(), ["eu", "us"]);
    }
}

//! Text for people and for programs.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write as _, stderr, stdin, stdout};
use std::path::Path;

use anyhow::bail;

/// Writes `text` and a line end to standard output, at once.
///
/// # Errors
/// When nobody reads it any more, or it cannot be written.
pub fn say(text: &str) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// Writes a document that ends its own lines to standard output.
///
/// # Errors
/// See [`say`].
pub fn write(document: &str) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    out.write_all(document.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Whether a file can be written, to be asked before the work for it. What is in it stays, and one that is not there is not
/// there afterwards either.
///
/// # Errors
/// Where it cannot be.
pub fn writable(path: &Path) -> io::Result<()> {
    match File::options().write(true).create_new(true).open(path) {
        Ok(_) => fs::remove_file(path),
        // A pipe is not opened twice: who reads it would see it end.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match fs::metadata(path)?.file_type() {
            kind if kind.is_file() || kind.is_dir() => File::options().write(true).open(path).map(drop),
            _ => Ok(()),
        },
        Err(error) => Err(error),
    }
}

/// Writes to standard error, as well as that goes.
pub fn complain(text: &str) {
    // There is nowhere left to say that this failed.
    let _ = writeln!(stderr(), "{text}");
}

/// Whether an error means that the reader of our output went away.
pub fn is_closed(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// Prints a value as JSON for programs.
///
/// # Errors
/// See [`say`].
pub fn say_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string_pretty(value)?)
}

/// Rows in columns two spaces apart. Columns named in `right` are aligned to the right.
pub fn table(header: &[&str], right: &[usize], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = header.iter().map(|title| title.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let titles: Vec<String> = header.iter().map(|title| (*title).to_owned()).collect();
    let lines = std::iter::once(&titles).chain(rows).map(|row| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
            if right.contains(&column) { format!("{padding}{cell}") } else { format!("{cell}{padding}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Asks on a terminal; elsewhere nobody can answer.
///
/// # Errors
/// When there is no terminal.
pub fn confirmed(question: &str) -> anyhow::Result<bool> {
    if !stdin().is_terminal() {
        bail!("there is no terminal to ask on: give --yes to go ahead, or --dry-run to see the plan");
    }
    write!(stderr(), "{question} [y/N] ")?;
    stderr().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// As a shell takes it.
pub fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=@%+,".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{quoted, table};

    #[test]
    fn columns_line_up() {
        let rows = [vec!["m5.large".to_owned(), "7".to_owned()], vec!["t3".to_owned(), "1200".to_owned()]];
        let expected = "TYPE      FREE\nm5.large     7\nt3        1200";
        assert_eq!(table(&["TYPE", "FREE"], &[1], &rows), expected);
    }

    #[test]
    fn a_replay_line_survives_a_shell() {
        assert_eq!(quoted("a/b.toml"), "a/b.toml");
        assert_eq!(quoted("it's here.toml"), r"'it'\''s here.toml'");
        assert_eq!(quoted(""), "''");
    }
}

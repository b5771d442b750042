//! The labels above a panel: marks and spans, in as many rows as they need so that none lies on another.

use super::{Frame, px};
use crate::escape;
use crate::plot::{Plot, axis};
use std::fmt::Write;

/// Height of one row of labels.
const ROW: f64 = 16.0;
/// More rows than this would leave no room for the data; what finds no place keeps its line and its tooltip.
const MOST_ROWS: usize = 4;
/// Mean width of one character at the size of the labels. Fonts differ; this errs on the wide side.
const CHARACTER: f64 = 6.7;

/// The width a label needs.
pub(super) fn width_of(characters: usize) -> f64 {
    characters as f64 * CHARACTER
}

/// Labels with their places.
pub(super) struct Flags {
    /// Height of all rows.
    pub height: f64,
    flags: Vec<Flag>,
}

struct Flag {
    at: f64,
    title: String,
    text: String,
    row: Option<usize>,
    from: f64,
    is_mark: bool,
    ends_at_line: bool,
}

/// Finds a place for each mark and span of a plot.
pub(super) fn place(plot: &Plot, x: (f64, f64), left: f64, right: f64) -> Flags {
    let marks = plot.marks.iter().map(|mark| (mark.at, mark.at, &mark.label, true));
    let spans = plot.spans.iter().map(|span| (span.from, span.to, &span.label, false));
    let mut wanted: Vec<(f64, f64, &String, bool)> =
        marks.chain(spans).filter(|(at, to, ..)| *at <= x.1 && *to >= x.0 && at.is_finite()).collect();
    wanted.sort_by(|a, b| a.0.total_cmp(&b.0));

    let mut rows: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut flags = Vec::new();
    for (at, to, label, is_mark) in wanted {
        let share = ((at - x.0) / (x.1 - x.0)).clamp(0.0, 1.0);
        let line = left + share * (right - left);
        let ends_at_line = line + 5.0 + width_of(label.chars().count()) > right && line - left > right - line;
        let room = if ends_at_line { line - left - 5.0 } else { right - line - 5.0 };
        let text = shorten(label, room);
        let width = width_of(text.chars().count());
        let from = if ends_at_line { line - 5.0 - width } else { line + 5.0 };
        let row = free_row(&mut rows, (from.min(line) - 3.0, (from + width).max(line) + 3.0));
        let clock = plot.clock;
        let mut title = format!("{label}, {}", axis::instant_label(at, clock));
        if !is_mark {
            let _ = write!(title, " – {}", axis::instant_label(to, clock));
        }
        flags.push(Flag { at: line, title, text, row, from, is_mark, ends_at_line });
    }
    Flags { height: rows.len() as f64 * ROW, flags }
}

/// The first row in which a stretch is free, which it then takes.
fn free_row(rows: &mut Vec<Vec<(f64, f64)>>, stretch: (f64, f64)) -> Option<usize> {
    let is_free =
        |row: &Vec<(f64, f64)>| row.iter().all(|taken| stretch.1 <= taken.0 || stretch.0 >= taken.1);
    let row = match rows.iter().position(is_free) {
        Some(row) => row,
        None if rows.len() < MOST_ROWS => {
            rows.push(Vec::new());
            rows.len() - 1
        }
        None => return None,
    };
    rows[row].push(stretch);
    Some(row)
}

/// Cuts a label to a width.
fn shorten(label: &str, room: f64) -> String {
    let fits = (room / CHARACTER).max(1.0) as usize;
    if label.chars().count() <= fits {
        return label.to_string();
    }
    let kept: String = label.chars().take(fits.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

impl Flags {
    /// Draws the labels, and for marks the lines down to the time axis.
    pub(super) fn draw(&self, out: &mut String, frame: &Frame) {
        for flag in &self.flags {
            let class = if flag.is_mark { "mark" } else { "fault" };
            let _ = write!(out, "<g class=\"{class}\"><title>{}</title>", escape::markup(&flag.title));
            let top = flag.row.map_or(frame.top, |row| row as f64 * ROW + 4.0);
            if flag.is_mark {
                let _ = write!(out, "<path d=\"M{} {}V{}\"/>", px(flag.at), px(top), px(frame.bottom));
            } else if flag.row.is_some() {
                let _ = write!(out, "<path d=\"M{} {}V{}\"/>", px(flag.at), px(top), px(frame.top - 5.0));
            }
            if flag.row.is_some() {
                let (anchor, x) =
                    if flag.ends_at_line { ("end", flag.at - 5.0) } else { ("start", flag.from) };
                let text = escape::markup(&flag.text);
                let y = px(top + 9.0);
                let _ = write!(out, "<text x=\"{}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>", px(x));
            }
            out.push_str("</g>");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Kind;
    use crate::units::Unit;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn labels_never_overlap(marks in prop::collection::vec((0.0..100.0f64, "[a-z ]{0,60}"), 0..20)) {
            let mut plot = Plot::new("p", "y", Unit::Count, Kind::Line);
            for (at, label) in marks {
                plot.mark(at, label);
            }
            let placed = place(&plot, (0.0, 100.0), 40.0, 380.0);
            prop_assert!(placed.height <= MOST_ROWS as f64 * ROW);
            for (index, one) in placed.flags.iter().enumerate() {
                for other in &placed.flags[..index] {
                    let end = |flag: &Flag| flag.from + width_of(flag.text.chars().count());
                    let apart = end(one) <= other.from || one.from >= end(other);
                    prop_assert!(one.row != other.row || one.row.is_none() || apart);
                }
            }
        }
    }
}

//! A verdict as text.

use super::{BOLD, CYAN, DIM, GREEN, Page, RED, YELLOW, color_of_outcome, spark};
use crate::escape;
use crate::measure::{Measure, Value};
use crate::plot::{Kind, Plot, Scale, Series, axis};
use crate::table::{self, Align, Cell};
use crate::units;
use crate::verdict::Verdict;

/// A timeline longer than this is cut off: a terminal is no place to read hundreds of lines.
const MOST_EVENTS: usize = 40;

pub(super) fn write(page: &mut Page, model: &Verdict) {
    let title = page.paint(BOLD, &format!("{}: {}", model.practice, model.title));
    page.line(&title);
    let head = format!(
        "{} · {} of virtual time from {} · {}",
        model.seeds_line(),
        units::duration(model.experiment.seconds),
        model.experiment.start.iso(),
        model.software
    );
    let head = page.paint(DIM, &head);
    page.line(&head);

    page.heading("STEADY STATE");
    page.indented(2, &model.hypothesis.statement);
    page.indented(2, &model.hypothesis.measured);
    page.heading("EXPERIMENT");
    page.indented(2, &model.experiment.summary);
    write_injections(page, model);
    write_outcomes(page, model);
    write_measures(page, model);
    write_seeds(page, model);
    model.plots.iter().for_each(|plot| write_course(page, model, plot));
    write_timeline(page, model);
    page.heading("CONCLUSION");
    page.indented(2, &model.conclusion);
    write_notes(page, model);
    page.heading("REPLAY");
    page.line(&format!("  {}", escape::terminal(&model.replay)));
}

fn clock(model: &Verdict, at: f64) -> String {
    model.experiment.start.plus(at).clock_after(model.experiment.start)
}

fn write_injections(page: &mut Page, model: &Verdict) {
    let mut injections: Vec<_> = model.experiment.injections.iter().collect();
    injections.sort_by(|a, b| a.at.total_cmp(&b.at));
    for injection in injections {
        let until = injection.until.map(|until| format!("–{}", clock(model, until))).unwrap_or_default();
        let text =
            format!("{}{until} {} on {}", clock(model, injection.at), injection.action, injection.target);
        page.paragraph("  • ", 4, &text);
    }
}

fn write_outcomes(page: &mut Page, model: &Verdict) {
    page.heading("VERDICT");
    let widest = model.variants.iter().map(|variant| variant.name.chars().count()).max().unwrap_or(0);
    for (index, variant) in model.variants.iter().enumerate() {
        let outcome = model.outcome(index);
        let (before, after) = page.around(color_of_outcome(outcome));
        let name = escape::terminal(&variant.name);
        let said = format!("{} {:<13}", outcome.sign(), outcome.name());
        let first = format!("  {name:<widest$}  {before}{said}{after}  ");
        let first_width = widest.max(name.chars().count()) + 21;
        if page.style.width >= first_width + 40 {
            page.paragraph(&first, first_width, &model.reason(index));
        } else {
            page.line(&first);
            page.indented(6, &model.reason(index));
        }
    }
}

/// One cell of the table of measures: the value, whether it keeps its bound, whether it is the best.
fn measure_cell(page: &Page, measure: &Measure, index: usize, is_best: bool) -> Cell {
    let value = measure.values.get(index).unwrap_or(&Value::NotMeasured);
    let mut text = value.write(&measure.unit);
    let mut color = "";
    if let Some(bound) = measure.required {
        let (sign, sign_color) = match bound.holds(value) {
            Some(true) => ("✓", GREEN),
            Some(false) => ("✗", RED),
            None => ("?", YELLOW),
        };
        text = format!("{sign} {text}");
        color = sign_color;
    }
    text.push_str(if is_best { " *" } else { "  " });
    let color = if color.is_empty() && is_best { BOLD } else { color };
    Cell::painted(&text, if color.is_empty() { ("", "") } else { page.around(color) })
}

fn measure_name(measure: &Measure) -> String {
    let required =
        measure.required.map(|bound| format!(" ({})", bound.line(&measure.unit))).unwrap_or_default();
    format!("{}{required}", measure.name)
}

fn write_measures(page: &mut Page, model: &Verdict) {
    if model.measures.is_empty() {
        return;
    }
    page.heading("MEASURES");
    let mut body: Vec<Vec<Cell>> = Vec::new();
    for measure in &model.measures {
        let best = measure.best();
        let mut row = vec![Cell::plain(&measure_name(measure))];
        row.extend(
            (0..model.variants.len()).map(|index| measure_cell(page, measure, index, best.contains(&index))),
        );
        body.push(row);
    }
    let mut rows = measure_head(model, &body);
    rows.extend(body.iter().cloned());
    let mut aligns = vec![Align::Left];
    aligns.extend(model.variants.iter().map(|_| Align::Right));
    match table::render(&rows, &aligns, page.style.width) {
        Some(text) => text.lines().for_each(|line| page.line(line)),
        None => write_measures_as_list(page, model, body),
    }
    let mut legend = "* best   ✓ keeps the steady state   ✗ breaks it".to_owned();
    if model.seeds.is_some() {
        legend.push_str("   median (5th – 95th percentile of the seeds; the worst decides)");
    }
    let legend = page.paint(DIM, &legend);
    page.line(&format!("  {legend}"));
}

/// The heads of the table: the names of the variants, wrapped to the width of what stands below them.
fn measure_head(model: &Verdict, body: &[Vec<Cell>]) -> Vec<Vec<Cell>> {
    let heads: Vec<Vec<String>> = model
        .variants
        .iter()
        .enumerate()
        .map(|(index, variant)| {
            let cells = body.iter().filter_map(|row| row.get(index + 1));
            let widest = cells.map(|cell| cell.width()).max().unwrap_or(0);
            table::wrap(&escape::terminal(&variant.name), widest.saturating_sub(2).max(14))
        })
        .collect();
    let height = heads.iter().map(Vec::len).max().unwrap_or(0);
    (0..height)
        .map(|line| {
            let mut row = vec![Cell::plain("")];
            for head in &heads {
                // Heads stand on the line above the numbers, and two spaces where the star of the best would.
                let text = (line + head.len()).checked_sub(height).and_then(|index| head.get(index));
                row.push(Cell::plain(&text.map(|text| format!("{text}  ")).unwrap_or_default()));
            }
            row
        })
        .collect()
}

/// The same cells below each other, for tables that are too wide.
fn write_measures_as_list(page: &mut Page, model: &Verdict, rows: Vec<Vec<Cell>>) {
    for row in rows {
        let mut cells = row.into_iter();
        let name = cells.next().unwrap_or_default();
        page.line(&format!("  {}", name.text()));
        let lines: Vec<Vec<Cell>> = model
            .variants
            .iter()
            .zip(cells)
            .map(|(variant, cell)| vec![Cell::plain(&format!("  {}", variant.name)), cell])
            .collect();
        let text = table::render(&lines, &[Align::Left, Align::Right], usize::MAX).unwrap_or_default();
        text.lines().for_each(|line| page.line(line));
    }
}

/// Which seeds to replay.
fn write_seeds(page: &mut Page, model: &Verdict) {
    let Some(seeds) = &model.seeds else { return };
    page.heading("SEEDS TO REPLAY");
    let mut rows = vec![["", "", "median", "95th percentile", "worst"].map(Cell::plain).to_vec()];
    let mut last = "";
    for pick in &seeds.picks {
        let measure = if pick.measure == last { "" } else { &pick.measure };
        last = &pick.measure;
        let mut row = vec![Cell::plain(measure), Cell::plain(model.variant_name(&pick.variant))];
        let unit = model.unit_of(&pick.measure);
        row.extend([&pick.median, &pick.p95, &pick.worst].map(|run| Cell::plain(&run.write(unit))));
        rows.push(row);
    }
    let aligns = [Align::Left, Align::Left, Align::Right, Align::Right, Align::Right];
    let text = table::render(&rows, &aligns, usize::MAX).unwrap_or_default();
    text.lines().for_each(|line| page.line(line));
}

/// The course of each series of a plot. What a total is made of is left to the page: its lines say little alone.
fn write_course(page: &mut Page, model: &Verdict, plot: &Plot) {
    let series: Vec<_> = plot.series.iter().filter(|series| !series.points.is_empty()).collect();
    if series.is_empty() || plot.kind == Kind::StackedArea {
        return;
    }
    let y_label = if plot.y_label.is_empty() { String::new() } else { format!(" ({})", plot.y_label) };
    page.heading(&format!("{}{y_label}", plot.title));
    let all = || plot.series.iter().flat_map(|series| &series.points).filter_map(|point| point.value);
    let low = all().reduce(f64::min).unwrap_or(0.0);
    let high = all().reduce(f64::max).unwrap_or(0.0);
    let names = plot.names().len();
    let name_of = |series: &Series| {
        let variant =
            series.variant.as_deref().and_then(|id| model.variant(id)).map(|i| &model.variants[i].name);
        match variant {
            Some(variant) if names > 1 => format!("{variant}: {}", series.name),
            Some(variant) => variant.clone(),
            None => series.name.clone(),
        }
    };
    let time = plot.time_range();
    let widest =
        series.iter().map(|s| name_of(s).chars().count()).max().unwrap_or(0).min(page.style.width / 2);
    let width = page.style.width.saturating_sub(widest + 26).clamp(10, 60);
    let base = if plot.scale == Scale::FromZero { low.min(0.0) } else { low };
    let rows: Vec<Vec<Cell>> = series
        .iter()
        .map(|series| {
            let drawn = spark::line(series, time, (base, high), width, plot.is_level());
            let values = || series.points.iter().filter_map(|point| point.value);
            let least = values().reduce(f64::min).map(|v| plot.unit.write(v)).unwrap_or_default();
            let most = values().reduce(f64::max).map(|v| plot.unit.write(v)).unwrap_or_default();
            let course = Cell::painted(&drawn, page.around(if series.reference { DIM } else { CYAN }));
            vec![Cell::plain(&name_of(series)), course, Cell::plain(&format!("{least} – {most}"))]
        })
        .collect();
    let text = table::render(&rows, &[Align::Left; 3], usize::MAX).unwrap_or_default();
    text.lines().for_each(|line| page.line(line));
    let from = axis::instant_label(time.0, plot.clock);
    let to = axis::instant_label(time.1, plot.clock);
    let gap = width.saturating_sub(from.chars().count() + to.chars().count());
    let name_width = rows_name_width(&rows);
    let scale = page.paint(DIM, &format!("{from}{}{to}", " ".repeat(gap)));
    page.line(&format!("{}{scale}", " ".repeat(name_width + 4)));
}

fn rows_name_width(rows: &[Vec<Cell>]) -> usize {
    rows.iter().filter_map(|row| row.first()).map(|cell| cell.width()).max().unwrap_or(0)
}

fn write_timeline(page: &mut Page, model: &Verdict) {
    if model.timeline.is_empty() {
        return;
    }
    page.heading("TIMELINE");
    for event in model.ordered_timeline().into_iter().take(MOST_EVENTS) {
        let variant = match event.variant.as_deref().and_then(|id| model.variant(id)) {
            Some(index) => format!("[{}] ", model.variants[index].name),
            None => String::new(),
        };
        let detail = if event.detail.is_empty() { String::new() } else { format!(": {}", event.detail) };
        let at = page.paint(DIM, &clock(model, event.at));
        let width = clock(model, event.at).chars().count() + 4;
        page.paragraph(&format!("  {at}  "), width, &format!("{variant}{}{detail}", event.what));
    }
    if let Some(more @ 1..) = model.timeline.len().checked_sub(MOST_EVENTS) {
        let text = page
            .paint(DIM, &format!("and {} more, all of them in the JSON report", units::count(more as f64)));
        page.line(&format!("  {text}"));
    }
}

fn write_notes(page: &mut Page, model: &Verdict) {
    if model.notes.is_empty() {
        return;
    }
    page.heading("NOTES");
    for note in &model.notes {
        page.paragraph("  • ", 4, &format!("{}: {}", note.kind.name(), note.text));
    }
}

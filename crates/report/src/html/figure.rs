//! One plot on the page: title, legend, drawing, and the same numbers as a table.

use super::Markup;
use crate::plot::svg::{self, Panel, Size};
use crate::plot::{Clock, Kind, Paint, Plot, Series, axis};
use crate::verdict::Verdict;

const WIDE: Size = Size { width: 880.0, height: 320.0 };
const NARROW: Size = Size { width: 380.0, height: 290.0 };
const PANEL: Size = Size { width: 430.0, height: 260.0 };
/// The table below a drawing has a row for each tick a wide axis would have, which is enough to read values off.
const TABLE_ROWS: usize = 13;

pub(super) fn write(page: &mut Markup, model: &Verdict, index: usize, columns: usize) {
    let plot = &model.plots[index];
    let ids: Vec<&str> = model.variants.iter().map(|variant| variant.id.as_str()).collect();
    page.raw("<figure>\n<figcaption>");
    page.element("h3", &plot.title);
    page.element("p class=\"axes\"", &axes(plot));
    page.raw("</figcaption>\n");
    legend(page, model, plot, &ids);

    let label = aria_label(plot);
    let shape = Panel { plot, index, variant: None, label: &label, variants: &ids, columns };
    if plot.has_panels() {
        page.raw("<div class=\"panels\">\n");
        for id in plot.variants() {
            let name = model.variant_name(id);
            let panel_label = format!("{name}: {label}");
            page.raw("<div>").element("h4", name);
            let panel = Panel { variant: Some(id), label: &panel_label, columns: columns.min(350), ..shape };
            page.raw(&svg::panel(&panel, PANEL)).raw("</div>\n");
        }
        page.raw("</div>\n");
    } else {
        page.raw("<div class=\"wide\">").raw(&svg::panel(&shape, WIDE)).raw("</div>\n");
        let narrow = Panel { columns: (columns / 2).clamp(1, 300), ..shape };
        page.raw("<div class=\"narrow\">").raw(&svg::panel(&narrow, NARROW)).raw("</div>\n");
    }
    if !plot.caption.is_empty() {
        page.element("p class=\"caption\"", &plot.caption);
    }
    table(page, model, plot);
    page.raw("</figure>\n");
}

/// What the two axes are, in one line.
fn axes(plot: &Plot) -> String {
    let mut what = plot.y_label.clone();
    let unit = plot.unit.axis_name();
    if !unit.is_empty() && !what.contains(unit) {
        what = if what.is_empty() { unit.to_string() } else { format!("{what}, {unit}") };
    }
    let when = match plot.clock {
        Clock::SinceStart => "by time since the experiment began".to_string(),
        Clock::Wall(start) => format!("by time of day, UTC, from {}", start.date()),
        Clock::Runs => "by share of the seeds, from the best to the worst".to_string(),
    };
    if what.is_empty() { when } else { format!("{what}, {when}") }
}

fn aria_label(plot: &Plot) -> String {
    let names = plot.names().join(", ");
    let marks: Vec<String> = plot
        .marks
        .iter()
        .map(|mark| format!("{} at {}", mark.label, axis::instant_label(mark.at, plot.clock)))
        .collect();
    let marks = if marks.is_empty() { String::new() } else { format!(" Marks: {}.", marks.join("; ")) };
    format!("{}: {}. Series: {names}.{marks} The table below has the values.", plot.title, axes(plot))
}

fn legend(page: &mut Markup, model: &Verdict, plot: &Plot, ids: &[&str]) {
    let keys = crate::plot::legend(plot, ids, |id| model.variant_name(id).to_string());
    if keys.len() < 2 && !plot.has_panels() && plot.limits.is_empty() && plot.spans.is_empty() {
        return;
    }
    page.raw("<ul class=\"legend\">");
    for key in keys {
        let shape = match plot.kind {
            Kind::StackedArea if key.paint.color.is_some() => "area",
            Kind::Bars if key.paint.color.is_some() => "bar",
            _ => "line",
        };
        page.raw(
            "<li><svg class=\"key\" viewBox=\"0 0 26 12\" width=\"26\" height=\"12\" aria-hidden=\"true\">",
        );
        let drawing = if shape == "line" { "M1 6H25" } else { "M1 1H25V11H1Z" };
        page.raw(&format!("<path class=\"{shape} {}\" d=\"{drawing}\"/></svg>", key.paint.classes()));
        page.text(&key.label).raw("</li>");
    }
    if !plot.spans.is_empty() {
        page.raw(
            "<li><svg class=\"key\" viewBox=\"0 0 26 12\" width=\"26\" height=\"12\" aria-hidden=\"true\">",
        );
        page.raw("<g class=\"span\"><rect width=\"26\" height=\"12\"/><rect class=\"cap\" width=\"26\" height=\"3\"/>");
        page.raw("</g></svg>fault</li>");
    }
    page.raw("</ul>\n");
}

/// The values at the ticks, for those who cannot see the drawing or want numbers.
fn table(page: &mut Markup, model: &Verdict, plot: &Plot) {
    let (from, to) = plot.time_range();
    let series: Vec<&Series> = plot.series.iter().filter(|series| !series.points.is_empty()).collect();
    if series.is_empty() {
        return;
    }
    page.raw("<details><summary>Values as a table</summary>\n<div class=\"scroll\"><table>\n<thead><tr>");
    let first = match plot.clock {
        Clock::SinceStart => "Time",
        Clock::Wall(_) => "Time (UTC)",
        Clock::Runs => "Seeds",
    };
    page.element("th scope=\"col\"", first);
    for one in &series {
        let label = match &one.variant {
            Some(id) if plot.variants().len() > 1 => format!("{}: {}", model.variant_name(id), one.name),
            _ => one.name.clone(),
        };
        page.element("th scope=\"col\"", &label);
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for tick in axis::time_ticks(from, to, plot.clock, TABLE_ROWS) {
        page.raw("<tr>").element("th scope=\"row\"", &axis::instant_label(tick.at, plot.clock));
        for one in &series {
            let value = one.value_at(tick.at, plot.is_level());
            page.element("td", &value.map_or_else(|| "–".to_string(), |number| plot.unit.write(number)));
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody>\n</table></div></details>\n");
}

/// The color class of a variant's own series, for swatches elsewhere on the page.
pub(super) fn variant_class(index: usize) -> String {
    Paint { color: Some(index % crate::plot::COLORS), dash: 0 }.classes()
}

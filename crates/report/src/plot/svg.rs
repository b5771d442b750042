//! Drawing one panel of a plot as SVG.

mod data;
mod labels;

use super::{Clock, Kind, Paint, Plot, Series, axis};
use crate::escape;
use crate::units;
use std::fmt::Write;

/// Width and height of a drawing, in CSS pixels at its natural size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Size {
    pub width: f64,
    pub height: f64,
}

/// What one drawing shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panel<'a> {
    /// The plot.
    pub plot: &'a Plot,
    /// Its place among the plots of the page, for the script that shows values under the pointer.
    pub index: usize,
    /// Only the series of this variant and those of none; `None` shows all.
    pub variant: Option<&'a str>,
    /// What a screen reader says.
    pub label: &'a str,
    /// Ids of all variants of the page, in their order.
    pub variants: &'a [&'a str],
    /// How many stretches of time a series is reduced to.
    pub columns: usize,
}

/// Where the axes lie, and how data become pixels.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: (f64, f64),
    y: (f64, f64),
}

impl Frame {
    fn x(&self, at: f64) -> f64 {
        let share = (at - self.x.0) / (self.x.1 - self.x.0);
        self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.y.0) / (self.y.1 - self.y.0);
        self.bottom - share.clamp(0.0, 1.0) * (self.bottom - self.top)
    }
}

/// A coordinate, to a tenth of a pixel.
fn px(value: f64) -> String {
    units::trimmed(value, 1)
}

/// Draws a panel.
pub(crate) fn panel(panel: &Panel<'_>, size: Size) -> String {
    let plot = panel.plot;
    let y_most = ((size.height / 48.0) as usize).clamp(3, 8);
    let y = data::value_range(plot, y_most);
    let y_ticks = axis::number_ticks(y.0, y.1, &plot.unit, y_most);
    let widest = y_ticks.iter().map(|tick| tick.label.chars().count()).max().unwrap_or(1);
    let left = labels::width_of(widest) + 12.0;
    let right = size.width - 14.0;
    let x = plot.time_range();
    let flags = labels::place(plot, x, left, right);
    let frame = Frame { left, right, top: flags.height + 8.0, bottom: size.height - 28.0, x, y };

    let mut out = String::new();
    open(&mut out, panel, &frame, size);
    spans(&mut out, plot, &frame);
    grid(&mut out, plot, &frame, &y_ticks);
    match plot.kind {
        Kind::StackedArea => data::areas(&mut out, panel, &frame),
        Kind::Bars => data::bars(&mut out, panel, &frame),
        Kind::Line | Kind::Step => lines(&mut out, panel, &frame),
    }
    limits(&mut out, plot, &frame);
    flags.draw(&mut out, &frame);
    out.push_str("<g class=\"cross\"></g></svg>");
    out
}

fn open(out: &mut String, panel: &Panel<'_>, frame: &Frame, size: Size) {
    let _ = write!(
        out,
        "<svg class=\"plot\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" \
         data-plot=\"{}\" data-variant=\"{}\" data-box=\"{} {} {} {}\" data-x=\"{} {}\">",
        escape::markup(panel.label),
        panel.index,
        escape::markup(panel.variant.unwrap_or_default()),
        px(frame.left),
        px(frame.right),
        px(frame.top),
        px(frame.bottom),
        frame.x.0,
        frame.x.1,
        w = px(size.width),
        h = px(size.height),
    );
}

fn grid(out: &mut String, plot: &Plot, frame: &Frame, y_ticks: &[axis::Tick]) {
    out.push_str("<g class=\"grid\">");
    for tick in y_ticks {
        let class = if tick.at == 0.0 { " class=\"zero\"" } else { "" };
        let y = px(frame.y(tick.at));
        let _ = write!(out, "<path{class} d=\"M{} {y}H{}\"/>", px(frame.left), px(frame.right));
    }
    out.push_str("</g><g class=\"ticks\">");
    for tick in y_ticks {
        let _ = write!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            px(frame.left - 6.0),
            px(frame.y(tick.at) + 4.0),
            escape::markup(&tick.label)
        );
    }
    let most = (((frame.right - frame.left) / 74.0) as usize).clamp(2, 10);
    for tick in axis::time_ticks(frame.x.0, frame.x.1, plot.clock, most) {
        let x = frame.x(tick.at);
        let half = labels::width_of(tick.label.chars().count()) / 2.0;
        let (anchor, text_x) =
            if x + half > frame.right + 14.0 { ("end", frame.right + 12.0) } else { ("middle", x) };
        let _ = write!(
            out,
            "<path d=\"M{x} {}v5\"/><text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            px(frame.bottom),
            px(text_x),
            px(frame.bottom + 19.0),
            escape::markup(&tick.label),
            x = px(x),
        );
    }
    let _ = write!(out, "<path d=\"M{} {}H{}\"/></g>", px(frame.left), px(frame.bottom), px(frame.right));
}

fn spans(out: &mut String, plot: &Plot, frame: &Frame) {
    for span in &plot.spans {
        let (from, to) = (frame.x(span.from), frame.x(span.to));
        let _ = write!(
            out,
            "<g class=\"span\"><title>{}, {} – {}</title><rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{}\"/>\
             <rect class=\"cap\" x=\"{x}\" y=\"{}\" width=\"{w}\" height=\"3\"/></g>",
            escape::markup(&span.label),
            instant(span.from, plot.clock),
            instant(span.to, plot.clock),
            px(frame.bottom - frame.top),
            px(frame.top - 5.0),
            x = px(from),
            y = px(frame.top),
            w = px((to - from).max(1.0)),
        );
    }
}

fn limits(out: &mut String, plot: &Plot, frame: &Frame) {
    for limit in plot.limits.iter().filter(|limit| limit.value.is_finite()) {
        let y = frame.y(limit.value);
        // Below the line where there is no room above it.
        let text_y = if y - frame.top < 14.0 { y + 13.0 } else { y - 4.0 };
        let _ = write!(
            out,
            "<g class=\"limit\"><title>{label}: {}</title><path d=\"M{} {}H{}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{label}</text></g>",
            escape::markup(&plot.unit.write(limit.value)),
            px(frame.left),
            px(y),
            px(frame.right),
            px(frame.right - 4.0),
            px(text_y),
            label = escape::markup(&limit.label),
        );
    }
}

fn lines(out: &mut String, panel: &Panel<'_>, frame: &Frame) {
    let shown = data::shown(panel);
    for (place, series) in shown.iter().enumerate() {
        let paint = Paint::of(panel.plot, series, panel.variants);
        let over = if series.reference { 0 } else { (shown.len() - place - 1).min(3) };
        let path = data::line(series, panel, frame);
        let _ = write!(
            out,
            "<path class=\"line {} u{over}\" d=\"{path}\"><title>{}</title></path>",
            paint.classes(),
            escape::markup(&series_title(panel, series)),
        );
    }
}

/// What the tooltip of a series says: its name and its extremes.
fn series_title(panel: &Panel<'_>, series: &Series) -> String {
    let name = match &series.variant {
        Some(id) => format!("{} ({id})", series.name),
        None => series.name.clone(),
    };
    let values = || series.points.iter().filter_map(|point| point.value);
    let Some(least) = values().reduce(f64::min) else {
        return format!("{name}: no values");
    };
    let most = values().reduce(f64::max).unwrap_or(least);
    let unit = &panel.plot.unit;
    format!("{name}: {} to {}", unit.write(least), unit.write(most))
}

fn instant(at: f64, clock: Clock) -> String {
    escape::markup(&axis::instant_label(at, clock))
}

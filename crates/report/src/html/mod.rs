//! A verdict as one HTML page that needs nothing else: styles, drawings and numbers are inside, and it reads well
//! without its few lines of script, printed, in the dark and on a telephone.

mod figure;
mod sections;

use crate::escape;
use crate::json;
use crate::plot::{Point, downsample};
use crate::verdict::Verdict;

/// How many stretches of time all series of a page together are reduced to. At most five points of about ten bytes
/// come from each, and half as many again for the narrow drawing, so the drawings stay below some 110 kB.
const PAGE_COLUMNS: usize = 1_500;
/// The same for the numbers inside the page, whose points take about 17 bytes.
const DATA_COLUMNS: usize = 700;
/// Series up to so many points cost little and take no part in the sharing.
const SHORT: usize = 60;
/// Drawings get no more stretches than they have pixels.
const MOST_COLUMNS: usize = 700;

/// HTML under construction. Text gets in escaped; only literals of this crate get in as they are.
#[derive(Default)]
struct Markup(String);

impl Markup {
    /// Markup as it is.
    fn raw(&mut self, markup: &str) -> &mut Markup {
        self.0.push_str(markup);
        self
    }

    /// Text, escaped.
    fn text(&mut self, text: &str) -> &mut Markup {
        self.0.push_str(&escape::markup(text));
        self
    }

    /// An element with text in it: `tag` may carry attributes written as literals.
    fn element(&mut self, tag: &str, text: &str) -> &mut Markup {
        let name = tag.split(' ').next().unwrap_or(tag);
        self.raw("<").raw(tag).raw(">").text(text).raw("</").raw(name).raw(">\n")
    }
}

/// A verdict as a page. Series longer than a drawing can show are reduced, in the drawings and in the numbers inside
/// the page, so that the page stays below some 300 kB; [`json::verdict`] has all of them.
pub fn verdict(model: &Verdict) -> String {
    let mut page = Markup::default();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    page.element("title", &format!("{}: {}", model.practice, model.title));
    page.raw("<style>\n").raw(include_str!("page.css")).raw("</style>\n</head>\n<body>\n<main>\n");
    sections::head(&mut page, model);
    sections::conclusion(&mut page, model);
    sections::measures(&mut page, model);
    sections::seeds(&mut page, model);
    sections::setup(&mut page, model);
    figures(&mut page, model);
    sections::timeline(&mut page, model);
    sections::notes(&mut page, model);
    sections::replay(&mut page, model);
    page.raw("</main>\n");
    sections::foot(&mut page, model);
    let numbers = escape::script_json(&json::verdict_compact(&reduced(model)));
    page.raw("<script type=\"application/json\" id=\"numbers\">").raw(&numbers).raw("</script>\n");
    page.raw("<script>\n").raw(include_str!("page.js")).raw("</script>\n</body>\n</html>\n");
    page.0
}

/// How many stretches each series gets when the long ones share a number of them.
fn share(model: &Verdict, columns: usize) -> usize {
    let series = model.plots.iter().flat_map(|plot| &plot.series);
    let long = series.filter(|series| series.points.len() > SHORT).count();
    (columns / long.max(1)).clamp(30, MOST_COLUMNS)
}

/// The verdict with series short enough for the page.
fn reduced(model: &Verdict) -> Verdict {
    let columns = share(model, DATA_COLUMNS);
    let mut short = model.clone();
    short.timeline = model.ordered_timeline().into_iter().take(sections::TIMELINE_MOST).cloned().collect();
    for plot in &mut short.plots {
        let range = plot.time_range();
        for series in &mut plot.series {
            series.points =
                downsample::columns(&series.points, range, columns).into_iter().map(rounded).collect();
        }
    }
    short
}

/// A point to the millisecond and to six digits, for the eye.
fn rounded(point: Point) -> Point {
    let digits = |value: f64| format!("{value:.5e}").parse().unwrap_or(value);
    Point { at: (point.at * 1e3).round() / 1e3, value: point.value.map(digits) }
}

fn figures(page: &mut Markup, model: &Verdict) {
    if model.plots.is_empty() {
        return;
    }
    let columns = share(model, PAGE_COLUMNS);
    let over = if model.seeds.is_some() { "Over all seeds" } else { "Over time" };
    page.raw("<section>\n").element("h2", over);
    for index in 0..model.plots.len() {
        figure::write(page, model, index, columns);
    }
    page.raw("</section>\n");
}

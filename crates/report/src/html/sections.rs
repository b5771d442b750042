//! The parts of the page around its plots.

use super::{Markup, figure};
use crate::measure::{Better, Measure, Value};
use crate::units;
use crate::verdict::{Outcome, Verdict};

/// A timeline longer than this is folded away, and one longer than [`TIMELINE_MOST`] cut off.
const TIMELINE_OPEN: usize = 30;
pub(super) const TIMELINE_MOST: usize = 200;

fn class_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Holds => "holds",
        Outcome::DoesNotHold => "breaks",
        Outcome::Undecided => "open",
    }
}

pub(super) fn head(page: &mut Markup, model: &Verdict) {
    page.raw("<header>\n").element("p class=\"practice\"", &model.practice).element("h1", &model.title);
    page.raw("<p class=\"facts\">");
    let facts = [
        model.seeds_line(),
        format!("{} of virtual time", units::duration(model.experiment.seconds)),
        format!("from {}", model.experiment.start.iso()),
    ];
    for (index, fact) in facts.iter().enumerate() {
        page.raw(if index == 0 { "<span>" } else { " · <span>" }).text(fact).raw("</span>");
    }
    page.raw("</p>\n</header>\n<section class=\"verdicts\" aria-label=\"Verdict\">\n");
    for (index, variant) in model.variants.iter().enumerate() {
        let outcome = model.outcome(index);
        page.raw("<article class=\"verdict ").raw(class_of(outcome)).raw("\">");
        page.raw("<h2><span class=\"swatch ").raw(&figure::variant_class(index)).raw("\"></span>");
        page.text(&variant.name).raw("</h2>\n");
        page.raw("<p class=\"outcome\"><span class=\"sign\" aria-hidden=\"true\">").raw(outcome.sign());
        page.raw("</span> ").text(outcome.name()).raw("</p>\n");
        page.element("p class=\"described\"", &variant.description);
        let practice = if variant.practice { "with the practice" } else { "without the practice" };
        page.element("p class=\"with\"", practice);
        page.raw("</article>\n");
    }
    page.raw("</section>\n");
}

pub(super) fn conclusion(page: &mut Markup, model: &Verdict) {
    page.raw("<section class=\"conclusion\">\n").element("p", &model.conclusion).raw("</section>\n");
}

pub(super) fn measures(page: &mut Markup, model: &Verdict) {
    if model.measures.is_empty() {
        return;
    }
    page.raw("<section>\n<h2>Side by side</h2>\n<div class=\"scroll\"><table class=\"measures\">\n");
    page.raw("<thead><tr><th scope=\"col\">Measure</th>");
    for (index, variant) in model.variants.iter().enumerate() {
        page.raw("<th scope=\"col\"><span class=\"swatch ").raw(&figure::variant_class(index));
        page.raw("\"></span>").text(&variant.name).raw("</th>");
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for measure in &model.measures {
        measure_row(page, measure, model.variants.len());
    }
    page.raw("</tbody>\n</table></div>\n<p class=\"legend-text\"><span class=\"best-tag\">best</span> ");
    page.raw("best of the variants · <b class=\"pass\">✓</b> keeps the steady state · ");
    page.raw("<b class=\"fail\">✗</b> breaks it");
    if model.seeds.is_some() {
        page.raw(" · large: the median seed, small: 5th to 95th percentile; the worst seed decides");
    }
    page.raw("</p>\n</section>\n");
}

/// Which seeds to replay.
pub(super) fn seeds(page: &mut Markup, model: &Verdict) {
    let Some(seeds) = &model.seeds else { return };
    page.raw("<section>\n<h2>Seeds to replay</h2>\n<p class=\"quiet\">");
    page.text(&format!("All of {}. ", model.seeds_line()));
    page.raw("<code>--seed N</code> in place of <code>--seeds</code> tells the whole course of one.</p>\n");
    page.raw("<details><summary>Median, 95th percentile and worst of each measure</summary>\n");
    page.raw("<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Measure</th><th scope=\"col\">Variant</th>");
    page.raw("<th scope=\"col\">Median</th><th scope=\"col\">95th percentile</th><th scope=\"col\">Worst</th></tr></thead>\n<tbody>\n");
    for pick in &seeds.picks {
        page.raw("<tr>").element("th scope=\"row\"", &pick.measure);
        page.raw("<td>").text(model.variant_name(&pick.variant)).raw("</td>");
        let unit = model.unit_of(&pick.measure);
        for run in [&pick.median, &pick.p95, &pick.worst] {
            page.element("td", &run.write(unit));
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody>\n</table></div></details>\n</section>\n");
}

fn measure_row(page: &mut Markup, measure: &Measure, variants: usize) {
    page.raw("<tr><th scope=\"row\">").text(&measure.name);
    let direction = match measure.better {
        Better::Higher => "higher is better",
        Better::Lower => "lower is better",
        Better::Neither => "",
    };
    let hint = match measure.required {
        Some(bound) => format!("required {}", bound.line(&measure.unit)),
        None => direction.to_string(),
    };
    if !hint.is_empty() {
        page.raw("<small>").text(&hint).raw("</small>");
    }
    if let Some(note) = &measure.note {
        page.raw("<small>").text(note).raw("</small>");
    }
    page.raw("</th>");
    let best = measure.best();
    let largest = measure.values.iter().filter_map(Value::typical).fold(0.0, f64::max);
    for index in 0..variants {
        let value = measure.values.get(index).unwrap_or(&Value::NotMeasured);
        page.raw(if best.contains(&index) { "<td class=\"best\">" } else { "<td>" });
        page.raw("<span class=\"value\">");
        if best.contains(&index) {
            page.raw("<span class=\"best-tag\">best</span> ");
        }
        match measure.required.map(|bound| bound.holds(value)) {
            Some(Some(true)) => page.raw("<b class=\"pass\" title=\"keeps the steady state\">✓</b> "),
            Some(Some(false)) => page.raw("<b class=\"fail\" title=\"breaks the steady state\">✗</b> "),
            Some(None) => page.raw("<b class=\"unknown\" title=\"not measured\">?</b> "),
            None => page,
        };
        match value {
            Value::Distribution(spread) => {
                page.text(&measure.unit.write(spread.p50)).raw("<small>").text(&spread.spread(&measure.unit));
                if spread.never > 0 {
                    page.text(&format!(", never in {}", spread.never));
                }
                page.raw("</small></span>");
            }
            other => {
                page.text(&other.write(&measure.unit)).raw("</span>");
            }
        }
        if let Some(number) = value.typical().filter(|number| *number >= 0.0 && largest > 0.0) {
            let width = units::trimmed(number / largest * 100.0, 1);
            page.raw("<span class=\"gauge\" aria-hidden=\"true\"><i class=\"")
                .raw(&figure::variant_class(index));
            page.raw("\" style=\"width:").raw(&width).raw("%\"></i></span>");
        }
        page.raw("</td>");
    }
    page.raw("</tr>\n");
}

pub(super) fn setup(page: &mut Markup, model: &Verdict) {
    page.raw("<section class=\"setup\">\n<div>\n<h2>Steady state</h2>\n");
    page.element("p", &model.hypothesis.statement);
    page.element("p class=\"quiet\"", &model.hypothesis.measured);
    page.raw("</div>\n<div>\n<h2>Experiment</h2>\n").element("p", &model.experiment.summary);
    let mut injections: Vec<_> = model.experiment.injections.iter().collect();
    injections.sort_by(|a, b| a.at.total_cmp(&b.at));
    if !injections.is_empty() {
        page.raw("<ul class=\"injections\">\n");
    }
    for injection in &injections {
        let start = model.experiment.start;
        page.raw("<li><time>").text(&start.plus(injection.at).clock_after(start));
        if let Some(until) = injection.until {
            page.raw(" – ").text(&start.plus(until).clock_after(start));
        }
        page.raw("</time> <code>")
            .text(&injection.action)
            .raw("</code> on ")
            .text(&injection.target)
            .raw("</li>\n");
    }
    if !injections.is_empty() {
        page.raw("</ul>\n");
    }
    page.raw("</div>\n");
    if let Some(template) = &model.experiment.template {
        page.raw("<details><summary>AWS FIS experiment template</summary>\n");
        page.element("pre", template).raw("</details>\n");
    }
    page.raw("</section>\n");
}

pub(super) fn timeline(page: &mut Markup, model: &Verdict) {
    if model.timeline.is_empty() {
        return;
    }
    page.raw("<section>\n<h2>Timeline</h2>\n");
    let folded = model.timeline.len() > TIMELINE_OPEN;
    if folded {
        let summary = format!("{} events", units::count(model.timeline.len() as f64));
        page.raw("<details>").element("summary", &summary);
    }
    page.raw(
        "<div class=\"scroll\"><table class=\"timeline\">\n<thead><tr><th scope=\"col\">Time (UTC)</th>",
    );
    page.raw("<th scope=\"col\">After</th><th scope=\"col\">Where</th><th scope=\"col\">What</th></tr></thead>\n<tbody>\n");
    let start = model.experiment.start;
    for event in model.ordered_timeline().into_iter().take(TIMELINE_MOST) {
        page.raw("<tr>").element("td class=\"time\"", &start.plus(event.at).clock_after(start));
        page.element("td class=\"time\"", &units::duration(event.at)).raw("<td class=\"where\">");
        match event.variant.as_deref().and_then(|id| model.variant(id)) {
            Some(index) => {
                page.raw("<span class=\"swatch ").raw(&figure::variant_class(index)).raw("\"></span>");
                page.text(&model.variants[index].name);
            }
            None => {
                page.raw("<b>experiment</b>");
            }
        }
        page.raw("</td><td>").text(&event.what);
        if !event.detail.is_empty() {
            page.raw(" <span class=\"quiet\">").text(&event.detail).raw("</span>");
        }
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n");
    if model.timeline.len() > TIMELINE_MOST {
        let text = format!("The first {TIMELINE_MOST}; the JSON report has all of them.");
        page.element("p class=\"quiet\"", &text);
    }
    page.raw(if folded { "</details>\n</section>\n" } else { "</section>\n" });
}

pub(super) fn notes(page: &mut Markup, model: &Verdict) {
    if model.notes.is_empty() {
        return;
    }
    page.raw("<section>\n<h2>Limits of the model</h2>\n<ul class=\"notes\">\n");
    for note in &model.notes {
        page.raw("<li><b>").text(note.kind.name()).raw("</b> ").text(&note.text).raw("</li>\n");
    }
    page.raw("</ul>\n</section>\n");
}

pub(super) fn replay(page: &mut Markup, model: &Verdict) {
    page.raw("<section>\n<h2>Replay</h2>\n<p class=\"quiet\">The same version with the same seed gives this page again, ");
    page.raw("to the byte.</p>\n<pre><code>").text(&model.replay).raw("</code></pre>\n</section>\n");
}

pub(super) fn foot(page: &mut Markup, model: &Verdict) {
    page.raw("<footer><p>").text(&model.software).raw(" · ").text(&model.practice);
    page.raw(" · ").text(&model.seeds_line()).raw("</p>\n");
    page.raw("<p>The numbers are in this page as JSON, in the script element with the id <code>numbers</code>.</p>");
    page.raw("</footer>\n");
}

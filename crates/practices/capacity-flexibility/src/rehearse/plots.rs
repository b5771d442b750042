//! What is drawn of each variant.

use std::collections::BTreeMap;

use ironbird_cloud::rehearsal::{cost_plot, plot};
use ironbird_report::{Kind, Plot, Point, Unit, steps};

use super::Seen;
use super::course::{ByPool, Sample};
use super::fault;
use super::scenario::Scenario;

/// A stacked plot shows so many types by name; the others are one area.
const MOST_TYPES: usize = 6;

/// All plots.
pub fn plots(scenario: &Scenario, courses: &[Seen]) -> Vec<Plot> {
    let mut plots = vec![capacity(courses), cost(courses)];
    let shown = |id: &str| courses.iter().find(|seen| seen.variant.id == id);
    let compared: Vec<&Seen> = ["one-small", "many-small"].into_iter().filter_map(shown).collect();
    plots.insert(1, by_type(&compared));
    plots.insert(2, free(&compared));
    plots.insert(3, by_zone(&compared));
    for plot in &mut plots {
        fault::mark(scenario, courses, plot);
    }
    plots
}

/// A count over time.
fn points(samples: &[Sample], value: impl Fn(&Sample) -> f64) -> Vec<Point> {
    steps(samples.iter().map(|sample| (f64::from(sample.at), value(sample))))
}

fn capacity(courses: &[Seen]) -> Plot {
    let mut plot = plot("Instances that serve", "instances", Unit::Count, Kind::Step);
    plot.panels = true;
    if let Some(first) = courses.first() {
        plot.add_reference(
            "asked for by the demand",
            points(&first.course.samples, |sample| f64::from(sample.demand)),
        );
    }
    for seen in courses {
        let serving = points(&seen.course.samples, |sample| f64::from(sample.serving));
        plot.add("serving", Some(seen.variant.id), serving);
    }
    plot.caption = "Where the line is below the dashed one, the group is short.".to_owned();
    plot
}

fn cost(courses: &[Seen]) -> Plot {
    let spent = courses.iter().map(|seen| (seen.variant.id, seen.course.spent.points.as_slice()));
    cost_plot("On-Demand prices, without reservations and Savings Plans.", spent)
}

/// Sums counts over pools of one name.
fn summed(counts: &ByPool, name: impl Fn(&(String, String)) -> bool) -> f64 {
    counts.iter().filter(|(pool, _)| name(pool)).map(|(_, count)| f64::from(*count)).sum()
}

fn by_type(compared: &[&Seen]) -> Plot {
    let mut plot = plot("Which types the capacity is made of", "instances", Unit::Count, Kind::StackedArea);
    for seen in compared {
        let samples = &seen.course.samples;
        let mut weights: BTreeMap<&str, u64> = BTreeMap::new();
        for ((name, _), count) in samples.iter().flat_map(|sample| sample.by_pool.iter()) {
            *weights.entry(name).or_default() += u64::from(*count);
        }
        plot.add_parts(seen.variant.id, weights, MOST_TYPES, |is_meant| {
            points(samples, |sample| summed(&sample.by_pool, |pool| is_meant(&pool.0)))
        });
    }
    plot
}

fn by_zone(compared: &[&Seen]) -> Plot {
    let mut plot = plot("Which zones it runs in", "instances", Unit::Count, Kind::StackedArea);
    for seen in compared {
        for zone in zones(seen, |sample| &sample.by_pool) {
            let own = points(&seen.course.samples, |sample| summed(&sample.by_pool, |pool| pool.1 == zone));
            plot.add(&*zone, Some(seen.variant.id), own);
        }
    }
    plot
}

fn zones(seen: &Seen, of: impl Fn(&Sample) -> &ByPool) -> Vec<String> {
    let all = seen.course.samples.iter().flat_map(|sample| of(sample).keys());
    let names: std::collections::BTreeSet<&String> = all.map(|(_, zone)| zone).collect();
    names.into_iter().cloned().collect()
}

fn free(compared: &[&Seen]) -> Plot {
    let mut plot = plot("What is free in the main type's pools", "instances", Unit::Count, Kind::Step);
    plot.panels = true;
    for seen in compared {
        let main = &seen.course.main_pool.0;
        for zone in zones(seen, |sample| &sample.free) {
            let own = points(&seen.course.samples, |sample| {
                summed(&sample.free, |pool| pool.0 == *main && pool.1 == zone)
            });
            plot.add(format!("{main} in {zone}"), Some(seen.variant.id), own);
        }
    }
    plot.caption = "The size of pools is a declared model of ours: AWS does not publish theirs.".to_owned();
    plot
}

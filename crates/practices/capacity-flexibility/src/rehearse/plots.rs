//! What is drawn of each variant.

use std::collections::BTreeMap;

use ironbird_cloud::rehearsal::START;
use ironbird_report::{Kind, Plot, Point, Unit, WallTime};

use super::Seen;
use super::course::{ByPool, Sample};
use super::fault;
use super::scenario::Scenario;

/// A stacked plot shows so many types by name; the others are one area.
const MOST_TYPES: usize = 6;

/// Virtual time of the run's start.
pub fn start() -> WallTime {
    WallTime(START.nanos())
}

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

fn new(title: &str, y_label: &str, unit: Unit, kind: Kind) -> Plot {
    Plot::new(title, y_label, unit, kind).by_wall_clock(start())
}

/// Points where the value changes, and the last one, so that a step's line is whole.
fn points(samples: &[Sample], value: impl Fn(&Sample) -> f64) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for (index, sample) in samples.iter().enumerate() {
        let point = Point::from((f64::from(sample.at), value(sample)));
        let is_last = index + 1 == samples.len();
        if is_last || points.last().is_none_or(|last| last.value != point.value) {
            points.push(point);
        }
    }
    points
}

fn capacity(courses: &[Seen]) -> Plot {
    let mut plot = new("Instances that serve", "instances", Unit::Count, Kind::Step);
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
    let mut plot = new("Cost so far", "US dollars", Unit::Dollars, Kind::Line);
    for seen in courses {
        let spent = seen.course.cost.iter().map(|(at, dollars)| Point::from((*at, *dollars))).collect();
        plot.add("spent", Some(seen.variant.id), spent);
    }
    plot.caption = "On-Demand prices, without reservations and Savings Plans.".to_owned();
    plot
}

/// Sums counts over pools of one name.
fn summed(counts: &ByPool, name: impl Fn(&(String, String)) -> bool) -> f64 {
    counts.iter().filter(|(pool, _)| name(pool)).map(|(_, count)| f64::from(*count)).sum()
}

fn by_type(compared: &[&Seen]) -> Plot {
    let mut plot = new("Which types the capacity is made of", "instances", Unit::Count, Kind::StackedArea);
    for seen in compared {
        let samples = &seen.course.samples;
        let mut weights: BTreeMap<&str, u64> = BTreeMap::new();
        for ((name, _), count) in samples.iter().flat_map(|sample| sample.by_pool.iter()) {
            *weights.entry(name).or_default() += u64::from(*count);
        }
        let mut names: Vec<(&str, u64)> = weights.into_iter().collect();
        names.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        let (shown, others) = names.split_at(names.len().min(MOST_TYPES));
        for (name, _) in shown {
            let own = points(samples, |sample| summed(&sample.by_pool, |pool| pool.0 == *name));
            plot.add(*name, Some(seen.variant.id), own);
        }
        if !others.is_empty() {
            let rest = points(samples, |sample| {
                summed(&sample.by_pool, |pool| others.iter().any(|(name, _)| pool.0 == *name))
            });
            plot.add("others", Some(seen.variant.id), rest);
        }
    }
    plot
}

fn by_zone(compared: &[&Seen]) -> Plot {
    let mut plot = new("Which zones it runs in", "instances", Unit::Count, Kind::StackedArea);
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
    let mut plot = new("What is free in the main type's pools", "instances", Unit::Count, Kind::Step);
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

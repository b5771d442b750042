//! What is drawn of each variant.

use std::collections::BTreeMap;

use ironbird_cloud::rehearsal::START;
use ironbird_report::{Kind, Plot, Point, Unit, WallTime};

use super::Seen;
use super::course::Sample;
use super::scenario::Scenario;

/// A stacked plot shows so many types by name; the others are one area.
const MOST_TYPES: usize = 6;

/// Virtual time of the run's start.
pub fn start() -> WallTime {
    WallTime(START.nanos())
}

/// All plots.
pub fn plots(scenario: &Scenario, courses: &[Seen]) -> Vec<Plot> {
    let second = |minute: u32| f64::from(minute) * 60.0;
    let surge = &scenario.surge;
    let mut plots = vec![serving(scenario, courses), by_type(courses), cost(courses)];
    for plot in &mut plots {
        plot.span(second(surge.at), second(surge.at + surge.lasts), "others need more");
        plot.mark(second(scenario.experiment_at), "experiment");
        plot.mark(second(scenario.arrival.at), format!("{} arrives", scenario.arrival.instance_type));
        plot.mark(second(scenario.refresh_at), "instances are replaced");
    }
    plots
}

fn new(title: &str, y_label: &str, unit: Unit, kind: Kind) -> Plot {
    Plot::new(title, y_label, unit, kind).by_wall_clock(start())
}

/// Points where the value changes, and the last one, so that a step's line is whole.
fn points(samples: &[Sample], value: impl Fn(&Sample) -> u32) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for (index, sample) in samples.iter().enumerate() {
        let point = Point::from((f64::from(sample.at), f64::from(value(sample))));
        let is_last = index + 1 == samples.len();
        if is_last || points.last().is_none_or(|last| last.value != point.value) {
            points.push(point);
        }
    }
    points
}

fn serving(scenario: &Scenario, courses: &[Seen]) -> Plot {
    let mut plot = new("Instances in service", "instances", Unit::Count, Kind::Step);
    plot.panels = true;
    if let Some(first) = courses.first() {
        plot.add_reference("wanted", points(&first.course.samples, |_| scenario.instances));
    }
    for seen in courses {
        let serving = points(&seen.course.samples, |sample| sample.serving);
        plot.add("in service", Some(seen.variant.id), serving);
    }
    plot
}

fn by_type(courses: &[Seen]) -> Plot {
    let mut plot = new("Which types the capacity is made of", "instances", Unit::Count, Kind::StackedArea);
    for seen in courses {
        let samples = &seen.course.samples;
        let mut weights: BTreeMap<&str, u64> = BTreeMap::new();
        for (name, count) in samples.iter().flat_map(|sample| sample.by_type.iter()) {
            *weights.entry(name).or_default() += u64::from(*count);
        }
        let mut names: Vec<(&str, u64)> = weights.into_iter().collect();
        names.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        let (shown, others) = names.split_at(names.len().min(MOST_TYPES));
        for (name, _) in shown {
            let own = points(samples, |sample| sample.by_type.get(*name).copied().unwrap_or(0));
            plot.add(*name, Some(seen.variant.id), own);
        }
        if !others.is_empty() {
            let rest = points(samples, |sample| {
                let counts = others.iter().filter_map(|(name, _)| sample.by_type.get(*name));
                counts.sum()
            });
            plot.add("others", Some(seen.variant.id), rest);
        }
    }
    plot
}

fn cost(courses: &[Seen]) -> Plot {
    let mut plot = new("Cost so far", "US dollars", Unit::Dollars, Kind::Line);
    for seen in courses {
        let spent = seen.course.spent.points.iter().map(|(at, dollars)| Point::from((*at, *dollars)));
        plot.add("spent", Some(seen.variant.id), spent.collect());
    }
    plot.caption = "Spot prices of the rig, which move by pool.".to_owned();
    plot
}

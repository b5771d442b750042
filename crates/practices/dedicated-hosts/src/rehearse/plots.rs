//! What is drawn of each variant.

use ironbird_cloud::rehearsal::START;
use ironbird_report::{Kind, Plot, Point, Unit, WallTime};

use super::Seen;
use super::course::Sample;
use super::scenario::Scenario;

/// Virtual time of the run's start.
pub fn start() -> WallTime {
    WallTime(START.nanos())
}

/// All plots.
pub fn plots(scenario: &Scenario, courses: &[Seen]) -> Vec<Plot> {
    let failure = f64::from(scenario.failure.at) * 60.0;
    let wanted = f64::from(scenario.failure.at + scenario.failure.wanted_after) * 60.0;
    let mut serving = serving(courses);
    serving.mark(failure, "a host fails");
    serving.mark(wanted, "stopped instances are to start");
    let mut builds = builds(courses);
    builds.mark(f64::from(scenario.mac.unneeded_at) * 60.0, "the Mac is no longer needed");
    vec![serving, builds, cost(courses)]
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

fn serving(courses: &[Seen]) -> Plot {
    let mut plot = new("Instances that serve", "instances", Unit::Count, Kind::Step);
    plot.panels = true;
    if let Some(first) = courses.first() {
        plot.add_reference("wanted", points(&first.course.samples, |sample| sample.wanted));
    }
    for seen in courses {
        let serving = points(&seen.course.samples, |sample| sample.serving);
        plot.add("serving", Some(seen.variant.id), serving);
    }
    plot.caption = "Running, with status checks that pass, on Dedicated Hosts.".to_owned();
    plot
}

fn builds(courses: &[Seen]) -> Plot {
    let mut plot = new("Builds done on the Mac", "builds", Unit::Count, Kind::Step);
    for seen in courses {
        let mut done: Vec<Point> =
            seen.course.builds.iter().map(|(at, count)| Point::from((*at, *count))).collect();
        let end = seen.course.samples.last().map(|sample| f64::from(sample.at));
        if let (Some(end), Some(last)) = (end, seen.course.builds.last()) {
            done.push(Point::from((end, last.1)));
        }
        plot.add("builds", Some(seen.variant.id), done);
    }
    plot.caption = "A Mac that an instance has left is scrubbed before the next one can come.".to_owned();
    plot
}

fn cost(courses: &[Seen]) -> Plot {
    let mut plot = new("Cost so far", "US dollars", Unit::Dollars, Kind::Line);
    for seen in courses {
        let spent = seen.course.spent.points.iter().map(|(at, dollars)| Point::from((*at, *dollars)));
        plot.add("spent", Some(seen.variant.id), spent.collect());
    }
    plot.caption = "Hosts are paid for while they are available, whatever runs on them.".to_owned();
    plot
}

//! What is drawn of each variant.

use ironbird_cloud::rehearsal::{cost_plot, plot};
use ironbird_report::{Kind, Plot, Point, Unit, steps};

use super::Seen;
use super::course::Sample;
use super::scenario::Scenario;

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

/// A count over time.
fn points(samples: &[Sample], value: impl Fn(&Sample) -> u32) -> Vec<Point> {
    steps(samples.iter().map(|sample| (f64::from(sample.at), f64::from(value(sample)))))
}

fn serving(courses: &[Seen]) -> Plot {
    let mut plot = plot("Instances that serve", "instances", Unit::Count, Kind::Step);
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
    let mut plot = plot("Builds done on the Mac", "builds", Unit::Count, Kind::Step);
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
    let spent = courses.iter().map(|seen| (seen.variant.id, seen.course.spent.points.as_slice()));
    cost_plot("Hosts are paid for while they are available, whatever runs on them.", spent)
}

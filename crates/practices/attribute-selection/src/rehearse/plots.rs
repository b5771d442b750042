//! What is drawn of each variant.

use std::collections::BTreeMap;

use ironbird_cloud::rehearsal::{cost_plot, plot};
use ironbird_report::{Kind, Plot, Point, Unit, steps};

use super::Seen;
use super::course::Sample;
use super::scenario::Scenario;

/// A stacked plot shows so many types by name; the others are one area.
const MOST_TYPES: usize = 6;

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

/// A count over time.
fn points(samples: &[Sample], value: impl Fn(&Sample) -> u32) -> Vec<Point> {
    steps(samples.iter().map(|sample| (f64::from(sample.at), f64::from(value(sample)))))
}

fn serving(scenario: &Scenario, courses: &[Seen]) -> Plot {
    let mut plot = plot("Instances in service", "instances", Unit::Count, Kind::Step);
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
    let mut plot = plot("Which types the capacity is made of", "instances", Unit::Count, Kind::StackedArea);
    for seen in courses {
        let samples = &seen.course.samples;
        let mut weights: BTreeMap<&str, u64> = BTreeMap::new();
        for (name, count) in samples.iter().flat_map(|sample| sample.by_type.iter()) {
            *weights.entry(name).or_default() += u64::from(*count);
        }
        plot.add_parts(seen.variant.id, weights, MOST_TYPES, |is_meant| {
            let counted = |sample: &Sample| {
                let meant = sample.by_type.iter().filter(|(name, _)| is_meant(name));
                meant.map(|(_, count)| count).sum()
            };
            points(samples, counted)
        });
    }
    plot
}

fn cost(courses: &[Seen]) -> Plot {
    let spent = courses.iter().map(|seen| (seen.variant.id, seen.course.spent.points.as_slice()));
    cost_plot("Spot prices of the rig, which move by pool.", spent)
}

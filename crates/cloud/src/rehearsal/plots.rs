//! Plots that every practice draws alike: by the world's time, and what was spent.

use ironbird_report::{Kind, Plot, Point, Unit, WallTime};

use super::START;

/// Virtual time at which the run begins, which every time in a report counts from.
pub fn start() -> WallTime {
    WallTime(START.nanos())
}

/// A plot over the world's time.
pub fn plot(title: &str, y_label: &str, unit: Unit, kind: Kind) -> Plot {
    Plot::new(title, y_label, unit, kind).by_wall_clock(start())
}

/// What each variant, by its id, had spent at each moment.
pub fn cost_plot<'a>(caption: &str, variants: impl IntoIterator<Item = (&'a str, &'a [(f64, f64)])>) -> Plot {
    let mut plot = plot("Cost so far", "US dollars", Unit::Dollars, Kind::Line);
    for (id, spent) in variants {
        plot.add("spent", Some(id), spent.iter().copied().map(Point::from).collect());
    }
    plot.caption = caption.to_owned();
    plot
}

//! Measures over time, and their drawing as inline SVG.

pub mod axis;
pub mod downsample;
mod paint;
pub(crate) mod svg;

use std::collections::BTreeMap;

use crate::time::WallTime;
use crate::units::Unit;
use serde::{Deserialize, Serialize};

pub(crate) use paint::{COLORS, Paint, legend};

/// One diagram over virtual time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// What it shows: `Capacity in service`.
    pub title: String,
    /// How the time axis is labeled.
    pub clock: Clock,
    /// What the vertical axis counts: `instances`.
    pub y_label: String,
    /// Unit of every value.
    pub unit: Unit,
    /// How series are drawn.
    pub kind: Kind,
    /// Where the vertical axis begins.
    pub scale: Scale,
    /// Whether each variant gets a panel of its own. Stacked areas of more than one variant always do.
    pub panels: bool,
    /// The lines. At most seven colors exist; more series than that share colors and differ by dashes.
    pub series: Vec<Series>,
    /// Instants worth a line: `pool drained`.
    pub marks: Vec<Mark>,
    /// Stretches worth a shade: a fault while it lasts.
    pub spans: Vec<Span>,
    /// Values worth a line: a quota, a goal.
    pub limits: Vec<Limit>,
    /// A sentence below the diagram.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub caption: String,
}

/// How the horizontal axis is labeled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// By the time passed since the experiment began.
    SinceStart,
    /// By the time of day in UTC, when the experiment began at this instant.
    Wall(WallTime),
    /// By no time: by the share of the runs, 0 to 1, from the best to the worst.
    Runs,
}

/// How series are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Straight from point to point: something sampled.
    Line,
    /// Level until the next point: something that jumps, as a count of instances does.
    Step,
    /// Levels on top of each other: what a total is made of.
    StackedArea,
    /// A bar from each point on, as wide as the least distance between points: something counted per interval.
    Bars,
}

/// Where the vertical axis begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// At zero, so that heights can be compared.
    FromZero,
    /// Near the least value, for differences that zero would hide. Areas and bars begin at zero all the same.
    Fit,
}

/// One line of a plot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Id of the variant it was measured in; `None` where it belongs to all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variant: Option<String>,
    /// Whether it is what the others are compared to (what was wanted) rather than measured: gray and dashed.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub reference: bool,
    /// Its points, by time.
    pub points: Vec<Point>,
}

/// A value at a time. As JSON it is `[at, value]`, a gap is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f64, Option<f64>)", into = "(f64, Option<f64>)")]
pub struct Point {
    /// Seconds of virtual time since the experiment began.
    pub at: f64,
    /// The value; `None` interrupts the line.
    pub value: Option<f64>,
}

impl From<(f64, Option<f64>)> for Point {
    fn from((at, value): (f64, Option<f64>)) -> Point {
        Point { at, value: value.filter(|number| number.is_finite()) }
    }
}

impl From<(f64, f64)> for Point {
    fn from((at, value): (f64, f64)) -> Point {
        Point::from((at, Some(value)))
    }
}

impl From<Point> for (f64, Option<f64>) {
    fn from(point: Point) -> (f64, Option<f64>) {
        (point.at, point.value)
    }
}

/// The points of something that jumps: those where it changes, and the last one, so that a step's line is whole.
pub fn steps(values: impl IntoIterator<Item = (f64, f64)>) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    let mut values = values.into_iter().map(Point::from).peekable();
    while let Some(point) = values.next() {
        let is_last = values.peek().is_none();
        if is_last || points.last().is_none_or(|last| last.value != point.value) {
            points.push(point);
        }
    }
    points
}

/// An instant worth a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// When, in seconds since the experiment began.
    pub at: f64,
    /// What: `pool drained`.
    pub label: String,
}

/// A stretch of time worth a shade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Its begin, in seconds since the experiment began.
    pub from: f64,
    /// Its end.
    pub to: f64,
    /// What: `no capacity in us-east-1a`.
    pub label: String,
}

/// A value worth a line across.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// The value.
    pub value: f64,
    /// What: `goal`.
    pub label: String,
}

impl Plot {
    /// A plot without series, labeled by the time since the start, from zero.
    pub fn new(title: impl Into<String>, y_label: impl Into<String>, unit: Unit, kind: Kind) -> Plot {
        Plot {
            title: title.into(),
            clock: Clock::SinceStart,
            y_label: y_label.into(),
            unit,
            kind,
            scale: Scale::FromZero,
            panels: false,
            series: Vec::new(),
            marks: Vec::new(),
            spans: Vec::new(),
            limits: Vec::new(),
            caption: String::new(),
        }
    }

    /// Labels the axis by the time of day.
    pub fn by_wall_clock(mut self, start: WallTime) -> Plot {
        self.clock = Clock::Wall(start);
        self
    }

    /// Adds a measured series of one variant.
    pub fn add(&mut self, name: impl Into<String>, variant: Option<&str>, points: Vec<Point>) {
        let variant = variant.map(str::to_string);
        self.series.push(Series { name: name.into(), variant, reference: false, points });
    }

    /// Adds what a total is made of: the names of most weight each by itself, as many as `most`, and the others together.
    /// `points` gives the sum over the names that it is asked for.
    pub fn add_parts(
        &mut self,
        variant: &str,
        weights: BTreeMap<&str, u64>,
        most: usize,
        points: impl Fn(&dyn Fn(&str) -> bool) -> Vec<Point>,
    ) {
        let mut names: Vec<(&str, u64)> = weights.into_iter().collect();
        names.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        let (shown, others) = names.split_at(names.len().min(most));
        for (name, _) in shown {
            self.add(*name, Some(variant), points(&|known| known == *name));
        }
        if !others.is_empty() {
            let rest = points(&|known| others.iter().any(|(name, _)| *name == known));
            self.add("others", Some(variant), rest);
        }
    }

    /// Adds what the others are compared to.
    pub fn add_reference(&mut self, name: impl Into<String>, points: Vec<Point>) {
        self.series.push(Series { name: name.into(), variant: None, reference: true, points });
    }

    /// Adds a line at an instant.
    pub fn mark(&mut self, at: f64, label: impl Into<String>) {
        self.marks.push(Mark { at, label: label.into() });
    }

    /// Adds a shade.
    pub fn span(&mut self, from: f64, to: f64, label: impl Into<String>) {
        self.spans.push(Span { from, to, label: label.into() });
    }

    /// Adds a line across.
    pub fn limit(&mut self, value: f64, label: impl Into<String>) {
        self.limits.push(Limit { value, label: label.into() });
    }

    /// The ids of the variants its measured series name, in the order they come up.
    pub fn variants(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        for id in self.series.iter().filter(|series| !series.reference).filter_map(|s| s.variant.as_deref()) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// The names of its measured series, in the order they come up.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for series in self.series.iter().filter(|series| !series.reference) {
            if !names.contains(&series.name.as_str()) {
                names.push(&series.name);
            }
        }
        names
    }

    /// Whether each variant is drawn in a panel of its own.
    pub fn has_panels(&self) -> bool {
        self.variants().len() > 1 && (self.panels || self.kind == Kind::StackedArea)
    }

    /// Whether values hold until the next point.
    pub(crate) fn is_level(&self) -> bool {
        self.kind != Kind::Line
    }

    /// First and last instant of all series, and for bars the end of the last; one second from zero where there is
    /// none.
    pub(crate) fn time_range(&self) -> (f64, f64) {
        let times = self.series.iter().flat_map(|s| &s.points).map(|p| p.at).filter(|at| at.is_finite());
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for at in times {
            low = low.min(at);
            high = high.max(at);
        }
        if low > high {
            return (0.0, 1.0);
        }
        if self.kind == Kind::Bars {
            high += self.least_gap().unwrap_or(0.0);
        }
        if low == high { (low, low + 1.0) } else { (low, high) }
    }

    /// The least distance between two points of a measured series.
    pub(crate) fn least_gap(&self) -> Option<f64> {
        let measured = self.series.iter().filter(|series| !series.reference);
        let gaps = measured.flat_map(|s| s.points.windows(2)).map(|pair| pair[1].at - pair[0].at);
        gaps.filter(|gap| *gap > 0.0).reduce(f64::min)
    }
}

impl Series {
    /// The value at an instant: the last one before it when levels hold, else on the line between its neighbors.
    /// `None` before the first point, in a gap, and on a line after its end.
    pub(crate) fn value_at(&self, at: f64, level: bool) -> Option<f64> {
        let after = self.points.partition_point(|point| point.at <= at);
        let before = self.points.get(after.checked_sub(1)?)?;
        let low = before.value?;
        if level || before.at == at {
            return Some(low);
        }
        let next = self.points.get(after)?;
        let high = next.value?;
        Some(low + (high - low) * ((at - before.at) / (next.at - before.at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_between_points() {
        let points = [(0.0, Some(1.0)), (10.0, Some(3.0)), (20.0, None)].map(Point::from).to_vec();
        let series = Series { name: "s".into(), variant: None, reference: false, points };
        assert_eq!(series.value_at(5.0, false), Some(2.0));
        assert_eq!(series.value_at(5.0, true), Some(1.0));
        assert_eq!(series.value_at(-1.0, true), None);
        assert_eq!(series.value_at(10.0, false), Some(3.0));
        assert_eq!(series.value_at(15.0, false), None);
        assert_eq!(series.value_at(25.0, true), None);
    }

    #[test]
    fn numbers_that_are_not_finite_become_gaps() {
        assert_eq!(Point::from((1.0, f64::NAN)).value, None);
        assert_eq!(serde_json::to_string(&Point::from((1.0, f64::INFINITY))).unwrap(), "[1.0,null]");
    }
}

//! Figures measured side by side, and the bounds that make some of them conditions.

use crate::units::Unit;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Which direction is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More is better: availability.
    Higher,
    /// Less is better: time to recover, cost.
    Lower,
    /// Neither: instances launched.
    Neither,
}

/// What a measure must not pass for the steady state to hold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Bound {
    /// The number itself.
    pub const fn limit(self) -> f64 {
        match self {
            Bound::AtLeast(limit) | Bound::AtMost(limit) => limit,
        }
    }

    /// `≥ 95%`, in the measure's unit.
    pub fn line(self, unit: &Unit) -> String {
        match self {
            Bound::AtLeast(limit) => format!("≥ {}", unit.write(limit)),
            Bound::AtMost(limit) => format!("≤ {}", unit.write(limit)),
        }
    }

    /// Whether the value keeps to it: `None` when it was not measured. Of a distribution the worst run decides.
    pub fn holds(self, value: &Value) -> Option<bool> {
        let (lowest, highest) = match value {
            Value::Single(number) => (*number, *number),
            Value::Distribution(d) if d.never == 0 => (d.min, d.max),
            Value::Never | Value::Distribution(_) => return Some(false),
            Value::NotMeasured => return None,
        };
        if lowest.is_nan() || highest.is_nan() {
            return None;
        }
        Some(match self {
            Bound::AtLeast(limit) => lowest >= limit,
            Bound::AtMost(limit) => highest <= limit,
        })
    }
}

/// What was measured in one variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// One number, from one run. It must be finite.
    Single(f64),
    /// What was waited for did not come before the experiment ended: worse than any number, and no bound holds.
    Never,
    /// Not measured in this variant; a bound on it stays undecided.
    NotMeasured,
    /// Many runs with many seeds.
    Distribution(Distribution),
}

impl Value {
    /// A number, or [`Value::Never`] where there is none.
    pub fn or_never(number: Option<f64>) -> Value {
        number.map_or(Value::Never, Value::Single)
    }

    /// The number that stands for it when variants are compared: itself, or the median.
    pub fn typical(&self) -> Option<f64> {
        match self {
            Value::Single(number) if number.is_finite() => Some(*number),
            Value::Distribution(d) if d.runs > 0 && d.never * 2 < d.runs + d.never => Some(d.p50),
            _ => None,
        }
    }

    /// As in a table cell.
    pub fn write(&self, unit: &Unit) -> String {
        match self {
            Value::Single(number) => unit.write(*number),
            Value::Never => "never".to_string(),
            Value::NotMeasured => "not measured".to_string(),
            Value::Distribution(d) => d.write(unit),
        }
    }
}

/// The same measure over many seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// Runs that gave a number.
    pub runs: u64,
    /// Runs in which what was waited for never came.
    pub never: u64,
    /// Least.
    pub min: f64,
    /// 5th percentile, by nearest rank, as all of them.
    pub p5: f64,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Most.
    pub max: f64,
    /// Mean.
    pub mean: f64,
}

impl Distribution {
    /// The distribution of some values, in any order; `never` counts the runs without one. Values that are not finite
    /// are counted as `never`. `None` when no value is left.
    pub fn of(values: &[f64], never: u64) -> Option<Distribution> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (first, last) = (*sorted.first()?, *sorted.last()?);
        let dropped = values.len() - sorted.len();
        let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1];
        Some(Distribution {
            runs: sorted.len() as u64,
            never: never + dropped as u64,
            min: first,
            p5: rank(5),
            p50: rank(50),
            p95: rank(95),
            max: last,
            mean: sorted.iter().sum::<f64>() / sorted.len() as f64,
        })
    }

    fn write(&self, unit: &Unit) -> String {
        let never = if self.never == 0 { String::new() } else { format!(", never in {}", self.never) };
        format!("{} ({}){never}", unit.write(self.p50), self.spread(unit))
    }

    /// Where nine in ten of the runs that gave a number lie: `5 s – 9 s`, or one number where that is all.
    pub(crate) fn spread(&self, unit: &Unit) -> String {
        let (low, high) = (unit.write(self.p5), unit.write(self.p95));
        if low == high { low } else { format!("{low} – {high}") }
    }
}

/// One figure, measured in each variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Name: `Availability`.
    pub name: Cow<'static, str>,
    /// Unit of every value.
    pub unit: Unit,
    /// Which direction is better.
    pub better: Better,
    /// One value for each variant, in their order.
    pub values: Vec<Value>,
    /// The steady state's condition on it, where it is part of the steady state.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub required: Option<Bound>,
    /// What exactly was measured, where the name leaves it open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

impl Measure {
    /// A measure without a condition.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        unit: Unit,
        better: Better,
        values: Vec<Value>,
    ) -> Measure {
        Measure { name: name.into(), unit, better, values, required: None, note: None }
    }

    /// The same measure as a condition of the steady state.
    pub fn required(mut self, bound: Bound) -> Measure {
        self.required = Some(bound);
        self
    }

    /// The same measure with what exactly was measured.
    pub fn with_note(mut self, note: impl Into<String>) -> Measure {
        self.note = Some(note.into());
        self
    }

    /// Which variants are best; empty when the variants are all alike, or neither direction is better.
    pub fn best(&self) -> Vec<usize> {
        let typical: Vec<Option<f64>> = self.values.iter().map(Value::typical).collect();
        let numbers = typical.iter().flatten().copied();
        let best = match self.better {
            Better::Higher => numbers.reduce(f64::max),
            Better::Lower => numbers.reduce(f64::min),
            Better::Neither => None,
        };
        let winners: Vec<usize> = match best {
            Some(number) => (0..typical.len()).filter(|&index| typical[index] == Some(number)).collect(),
            None => Vec::new(),
        };
        if winners.len() == self.values.len() { Vec::new() } else { winners }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_run_decides_a_bound() {
        let spread = Distribution::of(&[0.97, 0.99, 0.94, f64::NAN], 0).unwrap();
        assert_eq!((spread.runs, spread.never), (3, 1));
        let clean = Value::Distribution(Distribution::of(&[0.97, 0.99, 0.94], 0).unwrap());
        assert_eq!(Bound::AtLeast(0.95).holds(&clean), Some(false));
        assert_eq!(Bound::AtLeast(0.9).holds(&clean), Some(true));
        assert_eq!(Bound::AtMost(9.0).holds(&Value::Distribution(spread)), Some(false));
        assert_eq!(Bound::AtMost(600.0).holds(&Value::Never), Some(false));
        assert_eq!(Bound::AtMost(600.0).holds(&Value::NotMeasured), None);
        assert_eq!(Bound::AtMost(600.0).holds(&Value::Single(600.0)), Some(true));
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let d = Distribution::of(&values, 0).unwrap();
        assert_eq!((d.min, d.p5, d.p50, d.p95, d.max, d.mean), (1.0, 5.0, 50.0, 95.0, 100.0, 50.5));
        assert_eq!(Distribution::of(&[], 3), None);
        let rare = Distribution { never: 2, ..d };
        assert_eq!(Value::Distribution(rare).write(&Unit::Seconds), "50 s (5 s – 1 min 35 s), never in 2");
    }

    #[test]
    fn never_is_never_best_and_a_draw_has_no_winner() {
        let time = |values| Measure::new("Time to recover", Unit::Seconds, Better::Lower, values);
        assert_eq!(time(vec![Value::Never, Value::Single(9.0)]).best(), [1]);
        assert_eq!(time(vec![Value::Single(9.0), Value::Single(9.0)]).best(), [0usize; 0]);
        assert_eq!(time(vec![Value::Never, Value::Never]).best(), [0usize; 0]);
    }
}

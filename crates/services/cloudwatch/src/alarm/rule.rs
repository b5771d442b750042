//! When an alarm is in which state: thresholds, M out of N, and data that is missing.
//!
//! Source: "Configuring how CloudWatch alarms treat missing data" in the CloudWatch user guide, whose tables are the tests.

use super::record::State;

/// How a value is compared to the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    AtLeast,
    Above,
    AtMost,
    Below,
}

/// How many operators there are, by AWS's names.
pub const COMPARISONS: [(&str, Comparison); 4] = [
    ("GreaterThanOrEqualToThreshold", Comparison::AtLeast),
    ("GreaterThanThreshold", Comparison::Above),
    ("LessThanOrEqualToThreshold", Comparison::AtMost),
    ("LessThanThreshold", Comparison::Below),
];

impl Comparison {
    /// The operator of that name.
    pub fn parse(name: &str) -> Option<Self> {
        COMPARISONS.iter().find(|(known, _)| *known == name).map(|(_, comparison)| *comparison)
    }

    /// Whether the value is on the wrong side.
    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::AtLeast => value >= threshold,
            Self::Above => value > threshold,
            Self::AtMost => value <= threshold,
            Self::Below => value < threshold,
        }
    }

    /// `greater than the threshold`, as reasons have it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::AtLeast => "greater than or equal to",
            Self::Above => "greater than",
            Self::AtMost => "less than or equal to",
            Self::Below => "less than",
        }
    }
}

/// What is made of a period without data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    #[default]
    Unknown,
    Ignore,
    Breaching,
    NotBreaching,
}

impl Missing {
    /// The treatment of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "missing" => Self::Unknown,
            "ignore" => Self::Ignore,
            "breaching" => Self::Breaching,
            "notBreaching" => Self::NotBreaching,
            _ => return None,
        })
    }
}

/// Periods looked at beyond those that are evaluated, so that a late data point does not change the state. AWS says only that
/// it looks at more; its examples have two more.
pub const FURTHER: usize = 2;

/// The state of an alarm. `periods` are the latest `evaluated` + [`FURTHER`] periods, the newest last, each with whether it
/// breaches or none where there is no data. None means that the state stays as it is.
pub fn state(periods: &[Option<bool>], evaluated: usize, to_alarm: usize, missing: Missing) -> Option<State> {
    let existing: Vec<bool> = periods.iter().copied().flatten().collect();
    if existing.is_empty() {
        return match missing {
            Missing::Unknown => Some(State::InsufficientData),
            Missing::Ignore => None,
            Missing::Breaching => Some(State::Alarm),
            Missing::NotBreaching => Some(State::Ok),
        };
    }
    // With enough data, what is missing is passed over.
    let latest = &existing[existing.len().saturating_sub(evaluated)..];
    let filled = evaluated - latest.len();
    let breaching = latest.iter().filter(|breaches| **breaches).count();
    if breaching >= to_alarm {
        return Some(State::Alarm);
    }
    if missing == Missing::Breaching {
        return Some(if breaching + filled >= to_alarm { State::Alarm } else { State::Ok });
    }
    if missing == Missing::NotBreaching || filled == 0 || breaching < latest.len() {
        return Some(State::Ok);
    }
    // All that there is breaches, and it is too little.
    if missing == Missing::Ignore {
        return None;
    }
    // An alarm whose oldest breach is long enough ago, with nothing better since, goes off.
    let recent = &periods[periods.len().saturating_sub(evaluated)..];
    let age = recent.iter().position(|breaches| *breaches == Some(true)).map(|at| recent.len() - at);
    age.filter(|age| *age >= to_alarm).map(|_| State::Alarm)
}

#[cfg(test)]
mod tests {
    use super::{Missing, state};
    use crate::alarm::record::State::{self, Alarm, InsufficientData, Ok};

    /// `0` does not breach, `X` does, `-` is missing.
    fn periods(text: &str) -> Vec<Option<bool>> {
        text.split(' ').map(|word| (word != "-").then_some(word == "X")).collect()
    }

    fn check(text: &str, to_alarm: usize, expected: [Option<State>; 4]) {
        let ways = [Missing::Unknown, Missing::Ignore, Missing::Breaching, Missing::NotBreaching];
        let found = ways.map(|missing| state(&periods(text), 3, to_alarm, missing));
        assert_eq!(found, expected, "{text}, {to_alarm} out of 3");
    }

    #[test]
    fn three_out_of_three() {
        check("0 - X - X", 3, [Some(Ok); 4]);
        check("- - - - 0", 3, [Some(Ok); 4]);
        check("- - - - -", 3, [Some(InsufficientData), None, Some(Alarm), Some(Ok)]);
        check("0 X X - X", 3, [Some(Alarm); 4]);
        check("- - X - -", 3, [Some(Alarm), None, Some(Alarm), Some(Ok)]);
    }

    #[test]
    fn two_out_of_three() {
        check("0 - X - X", 2, [Some(Alarm); 4]);
        check("0 0 X 0 X", 2, [Some(Alarm); 4]);
        check("0 - X - -", 2, [Some(Ok), Some(Ok), Some(Alarm), Some(Ok)]);
        check("- - - - 0", 2, [Some(Ok), Some(Ok), Some(Alarm), Some(Ok)]);
        check("- - - X -", 2, [Some(Alarm), None, Some(Alarm), Some(Ok)]);
    }

    #[test]
    fn one_breach_does_not_set_off_an_alarm_that_asks_for_three() {
        check("- - - - X", 3, [None, None, Some(Alarm), Some(Ok)]);
    }
}

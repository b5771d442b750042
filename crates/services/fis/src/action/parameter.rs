//! Parameters of actions, and what their values look like.

use std::fmt;

use crate::duration;

/// A parameter that an action takes.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) required: bool,
    pub(crate) form: Form,
}

/// What a parameter's value looks like. Values are texts, whatever they stand for.
pub(crate) enum Form {
    /// A span of time within these bounds, in seconds.
    Span {
        /// Least.
        least: i64,
        /// Most.
        most: i64,
    },
    /// A whole number from 1 to 100.
    Percentage,
    /// `true` or `false`
    Flag,
    /// Words with commas between.
    Words,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

/// The time that an action may take: one minute to twelve hours.
pub(crate) const DURATION: Parameter = Parameter {
    name: "duration",
    description: "How long the action lasts",
    required: true,
    form: Form::Span { least: 60, most: 43_200 },
};

/// The share of calls that fail, all unless given.
pub(crate) const PERCENTAGE: Parameter = Parameter {
    name: "percentage",
    description: "Share of the calls that fail",
    required: false,
    form: Form::Percentage,
};

impl Form {
    pub(crate) fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Span { least, most } => duration::nanos(value)
                .is_some_and(|nanos| (least * 1_000_000_000..=most * 1_000_000_000).contains(&nanos)),
            Self::Percentage => value.parse::<u8>().is_ok_and(|share| (1..=100).contains(&share)),
            Self::Flag => value == "true" || value == "false",
            Self::Words => value.split(',').any(|word| !word.trim().is_empty()),
            Self::OneOf(words) => words.contains(&value),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Span { least, most } if *least < 60 => {
                write!(f, "an ISO 8601 duration such as PT5M, from {least} seconds to {} minutes", most / 60)
            }
            Self::Span { least, most } => {
                write!(f, "an ISO 8601 duration such as PT5M, from {} to {} minutes", least / 60, most / 60)
            }
            Self::Percentage => f.write_str("a whole number from 1 to 100"),
            Self::Flag => f.write_str("true or false"),
            Self::Words => f.write_str("one value or more, with commas between"),
            Self::OneOf(words) => write!(f, "one of {}", words.join(", ")),
        }
    }
}

//! What is wrong with a setting of a scenario, and reading scenarios.

use std::fmt;

use ironbird_rig::account::Region;
use serde::de::DeserializeOwned;

/// A setting that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which setting: `demand.base_share`.
    pub setting: String,
    /// What is wrong with it.
    pub wrong: String,
    /// What to do instead.
    pub advice: String,
}

impl Problem {
    /// A problem with a setting.
    pub fn new(setting: &str, wrong: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { setting: setting.to_owned(), wrong: wrong.into(), advice: advice.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.setting, self.wrong, self.advice)
    }
}

impl std::error::Error for Problem {}

/// Checks that a setting is in a range; a number that is none is in no range.
///
/// # Errors
/// With both ends of the range.
pub fn in_range<T: PartialOrd + fmt::Display>(
    setting: &str,
    value: T,
    (least, most): (T, T),
) -> Result<(), Problem> {
    if value >= least && value <= most {
        return Ok(());
    }
    let wrong = format!("{value} is not between {least} and {most}");
    Err(Problem::new(setting, wrong, "give a number in that range"))
}

/// The Region of that code.
///
/// # Errors
/// With `example`, where there is none.
pub fn region(code: &str, example: &str) -> Result<Region, Problem> {
    Region::parse(code).ok_or_else(|| {
        Problem::new("region", format!("{code:?} is no Region"), format!("give a code such as {example}"))
    })
}

/// Reads a scenario file of a practice. What it does not set has its default.
///
/// # Errors
/// Where the text is no TOML, or has a setting that there is not; the line is in the message.
pub fn read<S: DeserializeOwned>(text: &str, practice: &str) -> Result<S, Problem> {
    toml::from_str(text).map_err(|error| {
        let place =
            error.span().map_or(1, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1);
        let advice = format!("see docs/practices/{practice}.md for the settings there are");
        Problem::new(&format!("line {place}"), error.message().trim().replace('\n', " "), advice)
    })
}

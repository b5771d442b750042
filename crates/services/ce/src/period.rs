//! The spans that costs are shown for.

use ironbird_rig::{Result, Timestamp};

use crate::validation;

/// Most spans of an answer: fourteen months of days, as far back as Cost Explorer looks.
const MOST: usize = 14 * 31;

const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

/// How long a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Granularity {
    Hourly,
    Daily,
    Monthly,
}

impl Granularity {
    /// Reads `HOURLY`, `DAILY` or `MONTHLY`; the model allows nothing else.
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "HOURLY" => Self::Hourly,
            "MONTHLY" => Self::Monthly,
            _ => Self::Daily,
        }
    }

    /// An instant as requests and answers with this granularity write it.
    pub(crate) fn write(self, at: Timestamp) -> String {
        let text = at.iso8601();
        match self {
            Self::Hourly => text,
            Self::Daily | Self::Monthly => text.chars().take(10).collect(),
        }
    }

    fn read(self, text: &str) -> Result<Timestamp> {
        let (form, whole) = match self {
            Self::Hourly => ("yyyy-MM-ddThh:mm:ssZ", text.to_owned()),
            Self::Daily | Self::Monthly => ("yyyy-MM-dd", format!("{text}T00:00:00Z")),
        };
        Timestamp::parse_iso8601(&whole)
            .ok_or_else(|| validation(format!("Time period {text} is not in the form {form}.")))
    }

    /// The span from `start` up to `end`.
    ///
    /// # Errors
    /// `ValidationException` for times that are none, or out of order.
    pub(crate) fn span(self, start: &str, end: &str) -> Result<[Timestamp; 2]> {
        let (from, until) = (self.read(start)?, self.read(end)?);
        if from >= until {
            return Err(validation("Start date (and hour) should be before end date (and hour)."));
        }
        Ok([from, until])
    }

    /// The bounds of all spans from `start` up to `end`: one more than there are spans. The first and the last month
    /// may be parts of months.
    ///
    /// # Errors
    /// `ValidationException` for times that are none, out of order, or too far apart.
    pub(crate) fn bounds(self, start: &str, end: &str) -> Result<Vec<Timestamp>> {
        let [from, until] = self.span(start, end)?;
        let mut bounds = vec![from];
        let mut at = from;
        while at < until {
            at = self.next(at).min(until);
            bounds.push(at);
            if bounds.len() > MOST {
                return Err(validation(format!(
                    "The time period has more than {MOST} spans; ask for a shorter one."
                )));
            }
        }
        Ok(bounds)
    }

    fn next(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Hourly => Timestamp::from_secs(at.secs() + HOUR),
            Self::Daily => Timestamp::from_secs(at.secs() + DAY),
            // No month is longer than the 32 days after its first.
            Self::Monthly => first_of_month(Timestamp::from_secs(first_of_month(at).secs() + 32 * DAY)),
        }
    }
}

/// When the month of `at` begins.
pub(crate) fn first_of_month(at: Timestamp) -> Timestamp {
    let text: String = at.iso8601().chars().take(7).collect();
    Timestamp::parse_iso8601(&format!("{text}-01T00:00:00Z")).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::Granularity;

    fn shown(granularity: Granularity, start: &str, end: &str) -> Vec<String> {
        let bounds = granularity.bounds(start, end).unwrap();
        bounds.into_iter().map(|at| granularity.write(at)).collect()
    }

    #[test]
    fn months_begin_on_their_first() {
        assert_eq!(
            shown(Granularity::Monthly, "2026-01-15", "2026-04-02"),
            ["2026-01-15", "2026-02-01", "2026-03-01", "2026-04-01", "2026-04-02"]
        );
        assert_eq!(shown(Granularity::Monthly, "2025-12-01", "2026-01-01"), ["2025-12-01", "2026-01-01"]);
    }

    #[test]
    fn days_and_hours_follow_one_another() {
        assert_eq!(shown(Granularity::Daily, "2026-02-27", "2026-03-01").len(), 3);
        assert_eq!(
            shown(Granularity::Hourly, "2026-01-01T22:00:00Z", "2026-01-02T00:00:00Z").last().unwrap(),
            "2026-01-02T00:00:00Z"
        );
    }

    #[test]
    fn periods_that_make_no_sense_are_refused() {
        for (granularity, start, end) in [
            (Granularity::Daily, "2026-01-02", "2026-01-02"),
            (Granularity::Daily, "2026-01-02", "2026-01-01"),
            (Granularity::Daily, "2026-13-02", "2026-01-01"),
            (Granularity::Daily, "2020-01-01", "2026-01-01"),
            (Granularity::Hourly, "2026-01-01", "2026-01-02"),
            (Granularity::Monthly, "soon", "later"),
        ] {
            assert!(granularity.bounds(start, end).is_err(), "{start} {end}");
        }
    }
}

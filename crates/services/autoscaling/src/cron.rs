//! Recurrences of scheduled actions: five fields of cron, in UTC.

use ironbird_rig::Timestamp;

/// A schedule, each field a set of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether a field was not `*`: where both are limited, one of them is enough, as cron has it.
    days_limited: bool,
    weekdays_limited: bool,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// After so many days without a match there is none: the 29th of February comes within eight years.
const HORIZON_DAYS: i64 = 366 * 9;

impl Cron {
    /// Reads `30 0 1 1,6,12 *`; none where that is no schedule.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split_ascii_whitespace();
        let mut next = || fields.next();
        let (minutes, hours, days, months, weekdays) = (next()?, next()?, next()?, next()?, next()?);
        if next().is_some() {
            return None;
        }
        let mut weekday_bits = field(weekdays, 0, 7, &WEEKDAYS, 0)?;
        // Both 0 and 7 are Sunday.
        weekday_bits |= (weekday_bits >> 7) & 1;
        Some(Self {
            minutes: field(minutes, 0, 59, &[], 0)?,
            hours: field(hours, 0, 23, &[], 0)?,
            days: field(days, 1, 31, &[], 0)?,
            months: field(months, 1, 12, &MONTHS, 1)?,
            weekdays: weekday_bits,
            days_limited: days != "*",
            weekdays_limited: weekdays != "*",
        })
    }

    /// The first match after `instant`, if there ever is one.
    pub(crate) fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        let start = instant.secs().div_euclid(60) + 1;
        let first_day = start.div_euclid(1440);
        for day in first_day..first_day + HORIZON_DAYS {
            if !self.has_day(day) {
                continue;
            }
            let from = if day == first_day { start.rem_euclid(1440) } else { 0 };
            let minute =
                (from..1440).find(|minute| has(self.hours, minute / 60) && has(self.minutes, minute % 60));
            if let Some(minute) = minute {
                return Some(Timestamp::from_secs((day * 1440 + minute) * 60));
            }
        }
        None
    }

    fn has_day(&self, day: i64) -> bool {
        let (month, of_month) = month_and_day(day);
        // 1970-01-01 was a Thursday.
        let by_weekday = has(self.weekdays, (day + 4).rem_euclid(7));
        let by_day = has(self.days, of_month);
        let fits = match (self.days_limited, self.weekdays_limited) {
            (true, true) => by_day || by_weekday,
            _ => by_day && by_weekday,
        };
        fits && has(self.months, month)
    }
}

const fn has(bits: u64, value: i64) -> bool {
    bits >> value & 1 == 1
}

fn field(text: &str, least: u64, most: u64, names: &[&str], first_name: u64) -> Option<u64> {
    let value = |text: &str| {
        let lower = text.to_ascii_lowercase();
        let named = (first_name..).zip(names).find(|(_, name)| **name == lower).map(|(value, _)| value);
        named.or_else(|| text.parse().ok()).filter(|value| (least..=most).contains(value))
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u64>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (value(from)?, value(to)?),
            None if part.contains('/') => (value(range)?, most),
            None => (value(range)?, value(range)?),
        };
        if from > to {
            return None;
        }
        let mut at = from;
        while at <= to {
            bits |= 1 << at;
            at += step;
        }
    }
    Some(bits)
}

/// Month and day of the month of a day counted from 1970-01-01. Source: H. Hinnant, "chrono-compatible low-level date
/// algorithms".
const fn month_and_day(days: i64) -> (i64, i64) {
    let shifted = days + 719_468;
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (month, day)
}

#[cfg(test)]
mod tests {
    use ironbird_rig::Timestamp;

    use super::Cron;

    fn next(text: &str, from: &str) -> String {
        let from = Timestamp::parse_iso8601(from).unwrap();
        Cron::parse(text).unwrap().next_after(from).map_or("never".to_owned(), Timestamp::iso8601)
    }

    #[test]
    fn the_next_match_is_found() {
        assert_eq!(next("30 0 1 1,6,12 *", "2026-11-22T10:00:00Z"), "2026-12-01T00:30:00Z");
        assert_eq!(next("*/15 * * * *", "2026-11-22T10:00:00Z"), "2026-11-22T10:15:00Z");
        assert_eq!(next("0 9 * * MON-FRI", "2026-11-20T09:00:00Z"), "2026-11-23T09:00:00Z");
        assert_eq!(next("0 0 29 2 *", "2026-11-22T10:00:00Z"), "2028-02-29T00:00:00Z");
        assert_eq!(next("0 0 13 * 7", "2026-11-09T00:00:00Z"), "2026-11-13T00:00:00Z");
        assert_eq!(next("59 23 31 12 *", "2026-12-31T23:59:00Z"), "2027-12-31T23:59:00Z");
        assert_eq!(next("0 0 30 2 *", "2026-11-22T10:00:00Z"), "never");
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* * 0 * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "x * * * *",
        ] {
            assert_eq!(Cron::parse(text), None, "{text}");
        }
    }
}

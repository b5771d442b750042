//! Recurrences of scheduled actions: five fields of cron, on the clocks of a time zone.

use ironbird_rig::Timestamp;
use jiff::civil::Date;

use crate::zone::Zone;

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
const HORIZON_DAYS: i32 = 366 * 9;

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

    /// The first match after `instant` on the clocks of `zone`, if there ever is one.
    pub(crate) fn next_after(&self, instant: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let now = zone.clock(instant)?;
        let mut day = now.date();
        let mut earliest = i64::from(now.hour()) * 60 + i64::from(now.minute());
        for _ in 0..HORIZON_DAYS {
            if self.has_day(day) {
                let minutes = (earliest..1440).filter(|minute| self.has_minute(*minute));
                let found = minutes.filter_map(|minute| zone.instant(day, minute)).find(|at| *at > instant);
                if found.is_some() {
                    return found;
                }
            }
            day = day.tomorrow().ok()?;
            earliest = 0;
        }
        None
    }

    fn has_minute(&self, of_day: i64) -> bool {
        has(self.hours, of_day / 60) && has(self.minutes, of_day % 60)
    }

    fn has_day(&self, day: Date) -> bool {
        let by_weekday = has(self.weekdays, i64::from(day.weekday().to_sunday_zero_offset()));
        let by_day = has(self.days, i64::from(day.day()));
        let fits = match (self.days_limited, self.weekdays_limited) {
            (true, true) => by_day || by_weekday,
            _ => by_day && by_weekday,
        };
        fits && has(self.months, i64::from(day.month()))
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

#[cfg(test)]
mod tests {
    use ironbird_rig::Timestamp;

    use super::Cron;
    use crate::zone::Zone;

    fn next(text: &str, from: &str) -> String {
        next_in("Etc/UTC", text, from)
    }

    fn next_in(zone: &str, text: &str, from: &str) -> String {
        let from = Timestamp::parse_iso8601(from).unwrap();
        let zone = Zone::named(zone).unwrap();
        Cron::parse(text).unwrap().next_after(from, &zone).map_or("never".to_owned(), Timestamp::iso8601)
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
    fn a_schedule_keeps_to_the_clocks_of_its_zone() {
        let new_york = |from| next_in("America/New_York", "0 8 * * *", from);
        assert_eq!(new_york("2026-03-07T00:00:00Z"), "2026-03-07T13:00:00Z");
        assert_eq!(new_york("2026-03-07T13:00:00Z"), "2026-03-08T12:00:00Z");
        // The zone's date counts, not that of UTC.
        assert_eq!(next_in("Pacific/Auckland", "0 8 1 * *", "2026-06-29T00:00:00Z"), "2026-06-30T20:00:00Z");
        assert_eq!(next_in("Etc/GMT+9", "30 16 * * *", "2026-06-30T00:00:00Z"), "2026-06-30T01:30:00Z");
    }

    #[test]
    fn a_time_that_clocks_skip_is_skipped_and_one_that_they_repeat_comes_once() {
        let berlin = |text, from| next_in("Europe/Berlin", text, from);
        assert_eq!(berlin("30 2 * * *", "2026-03-28T12:00:00Z"), "2026-03-30T00:30:00Z");
        assert_eq!(berlin("30 2 * * *", "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
        assert_eq!(berlin("30 2 * * *", "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00Z");
        assert_eq!(berlin("*/20 * * * *", "2026-10-25T00:40:00Z"), "2026-10-25T02:00:00Z");
        assert_eq!(berlin("*/20 * * * *", "2026-10-25T01:10:00Z"), "2026-10-25T02:00:00Z");
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

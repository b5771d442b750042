//! Instants of the virtual clock, written as UTC.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

const NANOS: i64 = 1_000_000_000;
const DAY: i64 = 86_400;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// An instant: nanoseconds since 1970-01-01T00:00:00Z, leap seconds ignored as Unix time ignores them. As JSON it
/// is a string in the form of RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct WallTime(pub i64);

/// An instant taken apart by the Gregorian calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Civil {
    year: i64,
    month: usize,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
}

impl WallTime {
    /// Seconds from `start` to this instant; negative when it lies before. This is the unit of every `at` in a
    /// [`crate::Verdict`].
    pub fn since(self, start: WallTime) -> f64 {
        let nanos = i128::from(self.0) - i128::from(start.0);
        // Whole seconds and the rest apart: an f64 of nanoseconds would lose the last digits after 104 days.
        let seconds = nanos.div_euclid(i128::from(NANOS));
        let rest = nanos.rem_euclid(i128::from(NANOS));
        seconds as f64 + rest as f64 / 1e9
    }

    /// The instant so many seconds later, at the nearest nanosecond; the ends of the range stay the ends.
    pub fn plus(self, seconds: f64) -> WallTime {
        let nanos = (seconds * 1e9).round();
        WallTime(self.0.saturating_add(nanos as i64))
    }

    /// `2026-03-02T09:00:00Z`, with a fraction only where there is one.
    pub fn iso(self) -> String {
        let c = self.civil();
        let mut out = format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            c.year, c.month, c.day, c.hour, c.minute, c.second
        );
        if c.nanos != 0 {
            let fraction = format!("{:09}", c.nanos);
            out.push('.');
            out.push_str(fraction.trim_end_matches('0'));
        }
        out.push('Z');
        out
    }

    /// `2 Mar 2026`.
    pub fn date(self) -> String {
        let c = self.civil();
        format!("{} {} {}", c.day, MONTHS[c.month - 1], c.year)
    }

    /// `2 Mar`.
    pub fn day_and_month(self) -> String {
        let c = self.civil();
        format!("{} {}", c.day, MONTHS[c.month - 1])
    }

    /// `09:05`.
    pub fn hour_and_minute(self) -> String {
        let c = self.civil();
        format!("{:02}:{:02}", c.hour, c.minute)
    }

    /// `09:05:30`, with milliseconds where there are any.
    pub fn clock(self) -> String {
        let c = self.civil();
        let millis = c.nanos / 1_000_000;
        if millis == 0 {
            return format!("{:02}:{:02}:{:02}", c.hour, c.minute, c.second);
        }
        format!("{:02}:{:02}:{:02}.{millis:03}", c.hour, c.minute, c.second)
    }

    /// The time of day, with the date before it when that is another than the start's: `3 Mar 02:15:00`.
    pub fn clock_after(self, start: WallTime) -> String {
        if self.date() == start.date() {
            return self.clock();
        }
        format!("{} {}", self.day_and_month(), self.clock())
    }

    /// Seconds since the last midnight.
    pub(crate) fn second_of_day(self) -> f64 {
        let nanos = self.0.rem_euclid(DAY * NANOS);
        nanos as f64 / 1e9
    }

    fn civil(self) -> Civil {
        let seconds = self.0.div_euclid(NANOS);
        let second_of_day = seconds.rem_euclid(DAY);
        // The usual way: count days from 1 March of year 0, so that the leap day is the last of its year, in
        // eras of 400 years, which are all 146,097 days long.
        let days = seconds.div_euclid(DAY) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Civil {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as usize,
            day: day_of_year - (153 * shifted + 2) / 5 + 1,
            hour: second_of_day / 3_600,
            minute: second_of_day / 60 % 60,
            second: second_of_day % 60,
            nanos: self.0.rem_euclid(NANOS),
        }
    }

    /// Reads what [`WallTime::iso`] writes; `None` for anything else, other zones included.
    pub fn parse(text: &str) -> Option<WallTime> {
        let (date, rest) = text.strip_suffix('Z')?.split_once('T')?;
        let (clock, fraction) = rest.split_once('.').unwrap_or((rest, ""));
        let [year, month, day] = numbers(date, '-')?;
        let [hour, minute, second] = numbers(clock, ':')?;
        let in_range = (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60
            && (1..=9_999).contains(&year);
        let is_fraction = fraction.len() <= 9 && fraction.bytes().all(|b| b.is_ascii_digit());
        if !in_range || !is_fraction {
            return None;
        }
        let march_year = if month <= 2 { year - 1 } else { year };
        let shifted = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * shifted + 2) / 5 + day - 1;
        let era = march_year.div_euclid(400);
        let year_of_era = march_year.rem_euclid(400);
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        let seconds = days * DAY + hour * 3_600 + minute * 60 + second;
        let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
        let instant = WallTime(seconds.checked_mul(NANOS)?.checked_add(nanos)?);
        // 31 February and its like come out as another day.
        (instant.civil().day == day).then_some(instant)
    }
}

/// Three unsigned decimal numbers between separators.
fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator).map(|part| part.parse::<u32>().ok().map(i64::from));
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.iso())
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        WallTime::parse(&text).ok_or_else(|| D::Error::custom(format!("not an instant in UTC: {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn writes_known_instants() {
        assert_eq!(WallTime(0).iso(), "1970-01-01T00:00:00Z");
        assert_eq!(WallTime(951_782_400 * NANOS).iso(), "2000-02-29T00:00:00Z");
        assert_eq!(WallTime(-1).iso(), "1969-12-31T23:59:59.999999999Z");
        let start = WallTime::parse("2026-03-02T09:05:30.25Z").unwrap();
        assert_eq!(start.clock(), "09:05:30.250");
        assert_eq!(start.date(), "2 Mar 2026");
        assert_eq!(start.plus(0.75).iso(), "2026-03-02T09:05:31Z");
        assert_eq!(start.plus(90.0).since(start), 90.0);
        assert_eq!(start.plus(3_600.0).clock_after(start), "10:05:30.250");
        assert_eq!(start.plus(86_400.0).clock_after(start), "3 Mar 09:05:30.250");
    }

    #[test]
    fn refuses_what_is_no_instant() {
        for text in
            ["", "2026-02-31T00:00:00Z", "2026-03-02", "2026-03-02T09:00:00+01:00", "2026-13-01T00:00:00Z"]
        {
            assert_eq!(WallTime::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(nanos in any::<i64>()) {
            prop_assert_eq!(WallTime::parse(&WallTime(nanos).iso()), Some(WallTime(nanos)));
        }
    }
}

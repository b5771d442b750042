//! An instant as the protocols carry it.

use std::fmt::Write;

use crate::schema::TimestampFormat;

/// An instant: nanoseconds since 1970-01-01T00:00:00Z. Covers the years 1678 to 2262; instants that are read
/// from text outside of that become the nearest one in range.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

const NANOS: i64 = 1_000_000_000;
const DAY: i64 = 86_400;
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Timestamp {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);

    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From whole seconds since the epoch; instants out of range become the nearest one in range.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(NANOS))
    }

    /// From seconds since the epoch as a floating-point number: to the microsecond, which is all that a double
    /// holds for our dates, and to the millisecond from the year 2106 on. `None` when it is not finite.
    pub fn from_secs_f64(secs: f64) -> Option<Self> {
        if !secs.is_finite() {
            return None;
        }
        // The casts saturate, and so does what follows: absurd instants become the nearest one in range.
        let whole = secs.floor();
        let units = if secs.abs() < f64::from(u32::MAX) { 1e6 } else { 1e3 };
        let nanos = ((secs - whole) * units).round() * (1e9 / units);
        Some(Self::from_parts(whole as i64, nanos as i64))
    }

    const fn from_parts(secs: i64, nanos: i64) -> Self {
        let wide = secs as i128 * NANOS as i128 + nanos as i128;
        if wide > i64::MAX as i128 {
            Self(i64::MAX)
        } else if wide < i64::MIN as i128 {
            Self(i64::MIN)
        } else {
            Self(wide as i64)
        }
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(NANOS)
    }

    /// Milliseconds within the second, rounded down.
    pub const fn millis_of_second(self) -> i64 {
        self.0.rem_euclid(NANOS) / 1_000_000
    }

    /// `2026-11-22T10:00:00.000Z`, always with milliseconds, as EC2 prints it.
    pub fn iso8601_millis(self) -> String {
        let mut out = String::with_capacity(24);
        self.write_iso8601(&mut out, true);
        out
    }

    /// `2026-11-22T10:00:00Z`, with milliseconds only where there are some.
    pub fn iso8601(self) -> String {
        let mut out = String::with_capacity(24);
        self.write_iso8601(&mut out, false);
        out
    }

    /// `Sun, 22 Nov 2026 10:00:00 GMT`
    pub fn http_date(self) -> String {
        let mut out = String::with_capacity(29);
        self.write_http_date(&mut out);
        out
    }

    /// `1795341600`, with milliseconds (`1795341600.25`) only where there are some.
    pub fn epoch_seconds(self) -> String {
        let mut out = String::with_capacity(14);
        self.write_epoch(&mut out);
        out
    }

    /// Appends the instant in `format`. With `millis`, ISO 8601 always has its milliseconds.
    pub fn write(self, out: &mut String, format: TimestampFormat, millis: bool) {
        match format {
            TimestampFormat::Iso8601 => self.write_iso8601(out, millis),
            TimestampFormat::EpochSeconds => self.write_epoch(out),
            TimestampFormat::HttpDate => self.write_http_date(out),
        }
    }

    /// Reads `text` in `format`.
    pub fn parse(text: &str, format: TimestampFormat) -> Option<Self> {
        match format {
            TimestampFormat::Iso8601 => Self::parse_iso8601(text),
            TimestampFormat::EpochSeconds => Self::parse_epoch_seconds(text),
            TimestampFormat::HttpDate => Self::parse_http_date(text),
        }
    }

    /// Reads `text` in any of the three formats, as clients must: services do not keep to what is modelled.
    pub fn parse_any(text: &str) -> Option<Self> {
        Self::parse_iso8601(text)
            .or_else(|| Self::parse_epoch_seconds(text))
            .or_else(|| Self::parse_http_date(text))
    }

    fn write_iso8601(self, out: &mut String, millis: bool) {
        let secs = self.secs();
        let (year, month, day) = civil(secs.div_euclid(DAY));
        let clock = secs.rem_euclid(DAY);
        pad(out, year, 4);
        out.push('-');
        pad(out, month, 2);
        out.push('-');
        pad(out, day, 2);
        out.push('T');
        write_clock(out, clock);
        let fraction = self.millis_of_second();
        if millis || fraction != 0 {
            out.push('.');
            pad(out, fraction, 3);
        }
        out.push('Z');
    }

    fn write_http_date(self, out: &mut String) {
        let secs = self.secs();
        let days = secs.div_euclid(DAY);
        let (year, month, day) = civil(days);
        // 1970-01-01 was a Thursday.
        out.push_str(WEEKDAYS[(days + 4).rem_euclid(7) as usize]);
        out.push_str(", ");
        pad(out, day, 2);
        out.push(' ');
        out.push_str(MONTHS[(month - 1) as usize]);
        out.push(' ');
        pad(out, year, 4);
        out.push(' ');
        write_clock(out, secs.rem_euclid(DAY));
        out.push_str(" GMT");
    }

    fn write_epoch(self, out: &mut String) {
        // Milliseconds towards minus infinity, then sign and magnitude: -0.25 is not -1 and .75.
        let millis = self.secs() * 1000 + self.millis_of_second();
        if millis < 0 {
            out.push('-');
        }
        let magnitude = millis.unsigned_abs();
        // Writing to a String cannot fail.
        let _ = write!(out, "{}", magnitude / 1000);
        let fraction = magnitude % 1000;
        if fraction != 0 {
            out.push('.');
            pad(out, fraction as i64, 3);
            out.truncate(out.trim_end_matches('0').len());
        }
    }

    /// Reads `2026-11-22T10:00:00Z`, with or without a fraction, with `Z` or an offset (`+01:00`, `+0100`).
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let mut scan = Scan(text.as_bytes());
        let year = scan.number(4)?;
        scan.byte(b'-')?;
        let month = scan.number(2)?;
        scan.byte(b'-')?;
        let day = scan.number(2)?;
        scan.byte(b'T')?;
        let (clock, nanos) = scan.clock()?;
        let offset = scan.offset()?;
        scan.end()?;
        Some(Self::from_parts(days(year, month, day)? * DAY + clock - offset, nanos))
    }

    /// Reads `Sun, 22 Nov 2026 10:00:00 GMT`, with or without a fraction of a second.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let mut scan = Scan(text.as_bytes());
        scan.name(&WEEKDAYS)?;
        scan.byte(b',')?;
        scan.byte(b' ')?;
        let day = scan.number(2)?;
        scan.byte(b' ')?;
        let month = scan.name(&MONTHS)? + 1;
        scan.byte(b' ')?;
        let year = scan.number(4)?;
        scan.byte(b' ')?;
        let (clock, nanos) = scan.clock()?;
        (scan.0 == b" GMT").then_some(())?;
        Some(Self::from_parts(days(year, month, day)? * DAY + clock, nanos))
    }

    /// Reads `1795341600`, `1795341600.25` or `1.7953416E9`.
    pub fn parse_epoch_seconds(text: &str) -> Option<Self> {
        if text.contains(['e', 'E']) {
            return Self::from_secs_f64(plain_number(text)?);
        }
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, "0"));
        if !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let secs = whole.parse().unwrap_or(i64::MAX);
        let nanos = fraction_nanos(fraction.as_bytes());
        Some(if negative { Self::from_parts(-secs, -nanos) } else { Self::from_parts(secs, nanos) })
    }
}

/// A number in decimal notation; not the words for infinity that Rust also takes.
fn plain_number(text: &str) -> Option<f64> {
    if text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'e' | b'E' | b'+' | b'-' | b'.')) {
        return text.parse().ok();
    }
    None
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The digits after a point as nanoseconds; those beyond the ninth are cut.
fn fraction_nanos(digits: &[u8]) -> i64 {
    (0..9).fold(0, |nanos, i| nanos * 10 + digits.get(i).map_or(0, |digit| i64::from(digit - b'0')))
}

fn write_clock(out: &mut String, clock: i64) {
    pad(out, clock / 3600, 2);
    out.push(':');
    pad(out, clock / 60 % 60, 2);
    out.push(':');
    pad(out, clock % 60, 2);
}

/// Appends a number of zero or more in at least `width` digits.
fn pad(out: &mut String, number: i64, width: u32) {
    let mut unit = 10_i64.pow(width - 1);
    while unit > 0 {
        let digit = (number / unit % 10) as u8;
        out.push(char::from(b'0' + digit));
        unit /= 10;
    }
}

/// Year, month and day of a day number, day 0 being 1970-01-01. After Howard Hinnant's description of the
/// proleptic Gregorian calendar in eras of 400 years, years starting in March.
const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// The day number of a date, if there is such a date.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let number = era * 146_097 + day_of_era - 719_468;
    // The 31st of a short month comes out as a day of the next one.
    (civil(number) == (year, month, day)).then_some(number)
}

/// What is left to read.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn byte(&mut self, expected: u8) -> Option<()> {
        let (&first, rest) = self.0.split_first()?;
        (first == expected).then(|| self.0 = rest)
    }

    fn number(&mut self, width: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(width)?;
        let mut number = 0;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            number = number * 10 + i64::from(digit - b'0');
        }
        self.0 = rest;
        Some(number)
    }

    fn name(&mut self, names: &[&str]) -> Option<i64> {
        let (name, rest) = self.0.split_at_checked(3)?;
        let index = names.iter().position(|known| known.as_bytes() == name)?;
        self.0 = rest;
        Some(index as i64)
    }

    /// Seconds of the day and nanoseconds of `HH:MM:SS[.fraction]`. Second 60 is the next minute's first.
    fn clock(&mut self) -> Option<(i64, i64)> {
        let hour = self.number(2)?;
        self.byte(b':')?;
        let minute = self.number(2)?;
        self.byte(b':')?;
        let second = self.number(2)?;
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let mut nanos = 0;
        if self.byte(b'.').is_some() {
            let width = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
            let (digits, rest) = self.0.split_at(width);
            if digits.is_empty() {
                return None;
            }
            nanos = fraction_nanos(digits);
            self.0 = rest;
        }
        Some((hour * 3600 + minute * 60 + second, nanos))
    }

    /// Seconds east of Greenwich.
    fn offset(&mut self) -> Option<i64> {
        let (&sign, rest) = self.0.split_first()?;
        self.0 = rest;
        let direction = match sign {
            b'Z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.number(2)?;
        let _ = self.byte(b':');
        let minutes = self.number(2)?;
        (hours <= 23 && minutes <= 59).then_some(direction * (hours * 3600 + minutes * 60))
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64, millis: i64) -> Timestamp {
        Timestamp::from_nanos(secs * NANOS + millis * 1_000_000)
    }

    #[test]
    fn prints_as_aws_does() {
        let instant = at(1_398_796_238, 0);
        assert_eq!(instant.iso8601(), "2014-04-29T18:30:38Z");
        assert_eq!(instant.iso8601_millis(), "2014-04-29T18:30:38.000Z");
        assert_eq!(instant.http_date(), "Tue, 29 Apr 2014 18:30:38 GMT");
        assert_eq!(instant.epoch_seconds(), "1398796238");
        assert_eq!(at(946_845_296, 123).iso8601(), "2000-01-02T20:34:56.123Z");
        assert_eq!(at(1, 250).epoch_seconds(), "1.25");
        assert_eq!(Timestamp::from_nanos(-250_000_000).epoch_seconds(), "-0.25");
    }

    #[test]
    fn reads_offsets_and_fractions() {
        assert_eq!(Timestamp::parse_iso8601("2019-12-16T22:48:18-01:00"), Some(at(1_576_540_098, 0)));
        assert_eq!(Timestamp::parse_iso8601("2019-12-17T00:48:18+0100"), Some(at(1_576_540_098, 0)));
        assert_eq!(
            Timestamp::parse_iso8601("2000-01-02T20:34:56.123456789Z").unwrap().nanos() % NANOS,
            123_456_789
        );
        assert_eq!(
            Timestamp::parse_http_date("Sun, 02 Jan 2000 20:34:56.456 GMT"),
            Some(at(946_845_296, 456))
        );
        assert_eq!(Timestamp::parse_epoch_seconds("1.398796238E9"), Some(at(1_398_796_238, 0)));
        assert_eq!(Timestamp::parse_epoch_seconds("-0.25"), Some(Timestamp::from_nanos(-250_000_000)));
    }

    #[test]
    fn leap_days_and_short_months() {
        assert!(Timestamp::parse_iso8601("2000-02-29T00:00:00Z").is_some());
        assert!(Timestamp::parse_iso8601("1900-02-29T00:00:00Z").is_none());
        assert!(Timestamp::parse_iso8601("2021-04-31T00:00:00Z").is_none());
    }

    #[test]
    fn out_of_range_is_the_nearest_in_range() {
        assert_eq!(Timestamp::parse_iso8601("9999-12-31T23:59:59Z"), Some(Timestamp::from_nanos(i64::MAX)));
        assert_eq!(Timestamp::parse_iso8601("0001-01-01T00:00:00Z"), Some(Timestamp::from_nanos(i64::MIN)));
        assert_eq!(Timestamp::parse_epoch_seconds(&"9".repeat(400)), Some(Timestamp::from_nanos(i64::MAX)));
    }

    #[test]
    fn refuses_what_is_not_a_timestamp() {
        for bad in [
            "",
            "2014-04-29",
            "2014-04-29T18:30:38",
            "2014-13-29T18:30:38Z",
            "2014-04-29T24:30:38Z",
            "2014-04-29T18:30:38.Z",
            "x",
        ] {
            assert!(Timestamp::parse_any(bad).is_none(), "{bad}");
        }
        for bad in ["inf", "NaN", "1e", "--1", "1.", ".5", "1e999", "infinity"] {
            assert!(Timestamp::parse_epoch_seconds(bad).is_none(), "{bad}");
        }
    }
}

//! The two date forms that a signed request may carry, to and from seconds since 1970.

const DAY: i64 = 86_400;

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar (Howard Hinnant's civil calendar algorithm).
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_of`]: (year, month, day).
fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

fn number(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

/// Seconds since 1970 of a moment that exists in the calendar.
fn seconds_of(date: (i64, i64, i64), time: (i64, i64, i64)) -> Option<i64> {
    let (year, month, day) = date;
    let (hour, minute, second) = time;
    if !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_of(year, month, day);
    if date_of(days) != date {
        return None;
    }
    Some(days * DAY + hour * 3_600 + minute * 60 + second)
}

/// Reads ISO 8601 basic format, `20150830T123600Z`.
pub(crate) fn parse_basic(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let date = (number(&bytes[..4])?, number(&bytes[4..6])?, number(&bytes[6..8])?);
    let time = (number(&bytes[9..11])?, number(&bytes[11..13])?, number(&bytes[13..15])?);
    seconds_of(date, time)
}

/// Reads the form of the `Date` header, `Sun, 30 Aug 2015 12:36:00 GMT` (or with `+0000`).
pub(crate) fn parse_http_date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_weekday, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let day = number(parts.next()?.as_bytes())?;
    let month_name = parts.next()?;
    let month = MONTHS.iter().position(|&name| name == month_name)? as i64 + 1;
    let year = number(parts.next().filter(|year| year.len() == 4)?.as_bytes())?;
    let clock = parts.next().filter(|clock| clock.len() == 8)?.as_bytes();
    if clock[2] != b':' || clock[5] != b':' || !matches!(parts.next(), Some("GMT" | "UTC" | "+0000")) {
        return None;
    }
    seconds_of((year, month, day), (number(&clock[..2])?, number(&clock[3..5])?, number(&clock[6..])?))
}

/// Seconds since 1970 in ISO 8601 basic format, `20150830T123600Z`.
pub(crate) fn format_basic(seconds: i64) -> String {
    let (year, month, day) = date_of(seconds.div_euclid(DAY));
    let second_of_day = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// Seconds since 1970 in ISO 8601 extended format, `2015-08-30T12:36:00Z`, as S3's error documents show times.
pub(crate) fn format_extended(seconds: i64) -> String {
    let (year, month, day) = date_of(seconds.div_euclid(DAY));
    let second_of_day = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_the_same_second() {
        assert_eq!(parse_basic("20150830T123600Z"), Some(1_440_938_160));
        assert_eq!(parse_http_date("Sun, 30 Aug 2015 12:36:00 GMT"), Some(1_440_938_160));
        assert_eq!(parse_http_date("Sun, 30 Aug 2015 12:36:00 +0000"), Some(1_440_938_160));
        assert_eq!(format_basic(1_440_938_160), "20150830T123600Z");
        assert_eq!(format_extended(1_440_938_160), "2015-08-30T12:36:00Z");
    }

    #[test]
    fn every_day_of_four_centuries_returns() {
        for days in -140_000..60_000 {
            let seconds = days * DAY + 45_296;
            assert_eq!(parse_basic(&format_basic(seconds)), Some(seconds));
        }
    }

    #[test]
    fn dates_outside_the_calendar_are_refused() {
        for text in [
            "20150229T000000Z",
            "20151301T000000Z",
            "20150830T243600Z",
            "20150830T12360Z",
            "2015-08-30T1236Z",
        ] {
            assert_eq!(parse_basic(text), None, "{text}");
        }
        for text in
            ["Sun, 31 Feb 2015 12:36:00 GMT", "Sun, 30 Aug 15 12:36:00 GMT", "30 Aug 2015 12:36:00 GMT", ""]
        {
            assert_eq!(parse_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn far_times_are_written_without_panicking() {
        for seconds in [i64::MAX / DAY, -i64::MAX / DAY] {
            assert!(format_basic(seconds).ends_with('Z'));
        }
    }
}

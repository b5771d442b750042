//! Units, and numbers written for people.
//!
//! Every function here is exact arithmetic plus `format!`'s correctly rounded decimals, so its output is the same on
//! every platform.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a number counts, which decides how it is written and where an axis puts its ticks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A plain number: `1,234`.
    Count,
    /// A fraction from 0 to 1, written as a percentage: 0.9995 is `99.95%`.
    Share,
    /// Seconds of virtual time, written as a duration: 3900 is `1 h 05 min`.
    Seconds,
    /// US dollars: `$1,234.56`.
    Dollars,
    /// US dollars per hour: `$0.504/h`.
    DollarsPerHour,
    /// Bytes, in binary multiples: 1536 is `1.5 KiB`.
    Bytes,
    /// Anything else, by its name after the number: `64 vCPU`.
    Named(Cow<'static, str>),
}

impl Unit {
    /// A number with its unit, as in a sentence or a table cell. A value that is not finite is written `n/a`.
    pub fn write(&self, value: f64) -> String {
        if !value.is_finite() {
            return "n/a".to_string();
        }
        match self {
            Unit::Count => count(value),
            Unit::Share => percent(value),
            Unit::Seconds => duration(value),
            Unit::Dollars => money(value),
            Unit::DollarsPerHour => format!("{}/h", money(value)),
            Unit::Bytes => bytes(value),
            Unit::Named(name) => format!("{} {name}", count(value)),
        }
    }

    /// What numbers of it are in a table for machines, as it is called in JSON: `dollars-per-hour`.
    pub fn name(&self) -> &str {
        match self {
            Unit::Count => "count",
            Unit::Share => "share",
            Unit::Seconds => "seconds",
            Unit::Dollars => "dollars",
            Unit::DollarsPerHour => "dollars-per-hour",
            Unit::Bytes => "bytes",
            Unit::Named(name) => name,
        }
    }

    /// The name beside an axis, empty where each tick already says it.
    pub fn axis_name(&self) -> &str {
        match self {
            Unit::Named(name) => name,
            Unit::DollarsPerHour => "per hour",
            _ => "",
        }
    }
}

/// `value` with at most `decimals` digits after the point and no idle zeros; never `-0`.
pub fn trimmed(value: f64, decimals: usize) -> String {
    let mut text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    if text == "-0" { "0".to_string() } else { text }
}

/// Puts a comma between each three digits before the point: `-1234567.5` becomes `-1,234,567.5`.
pub fn with_separators(number: &str) -> String {
    let (sign, unsigned) = match number.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", number),
    };
    let (whole, fraction) = match unsigned.find('.') {
        Some(point) => unsigned.split_at(point),
        None => (unsigned, ""),
    };
    let mut out = String::with_capacity(number.len() + whole.len() / 3 + 1);
    out.push_str(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(fraction);
    out
}

/// A plain number: whole ones in full with separators (`1,234,567`), others with at most three digits that matter
/// after the point (`12.35`, `0.00412`).
pub fn count(value: f64) -> String {
    if !value.is_finite() {
        return "n/a".to_string();
    }
    let size = value.abs();
    let decimals = match size {
        _ if size == size.trunc() || size >= 10_000.0 => 0,
        _ if size >= 100.0 => 1,
        _ if size >= 1.0 => 2,
        _ => 2 + leading_zeros(size),
    };
    with_separators(&trimmed(value, decimals))
}

/// How many zeros stand between the point and the first digit that matters, plus one; at most 12.
fn leading_zeros(size: f64) -> usize {
    let mut zeros = 1;
    let mut scaled = size * 10.0;
    while scaled < 1.0 && zeros < 12 {
        scaled *= 10.0;
        zeros += 1;
    }
    zeros
}

/// A fraction from 0 to 1 as a percentage. Digits are added until it no longer looks like 100% or 0% without being
/// it (0.99995 is `99.995%`, not `100%`), five at most, then `>` or `<` says so.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "n/a".to_string();
    }
    let value = share * 100.0;
    let size = value.abs();
    let least = if (1.0..99.0).contains(&size) || size > 100.0 { 1 } else { 2 };
    for decimals in least..=5 {
        let text = trimmed(value, decimals);
        let misleads = (text == "100" && share != 1.0) || (text == "0" && share != 0.0);
        if !misleads {
            return format!("{}%", with_separators(&text));
        }
    }
    if size < 50.0 {
        return "<0.00001%".to_string();
    }
    if share < 1.0 { ">99.99999%".to_string() } else { "100%".to_string() }
}

/// US dollars: cents from one dollar on (`$1,234.56`), up to four decimals below it (`$0.0041`, `$0.50`), and two
/// digits that matter for less than a hundredth of a cent.
pub fn money(dollars: f64) -> String {
    if !dollars.is_finite() {
        return "n/a".to_string();
    }
    let size = dollars.abs();
    let text = match size {
        _ if size == 0.0 || size >= 1.0 => format!("{size:.2}"),
        _ if size >= 0.001 => at_least_cents(trimmed(size, 4)),
        _ => at_least_cents(trimmed(size, leading_zeros(size) + 1)),
    };
    let sign = if dollars < 0.0 { "-" } else { "" };
    format!("{sign}${}", with_separators(&text))
}

/// Pads a decimal number to two digits after the point.
fn at_least_cents(mut text: String) -> String {
    let digits = text.find('.').map_or(0, |point| text.len() - point - 1);
    if digits == 0 {
        text.push('.');
    }
    for _ in digits..2 {
        text.push('0');
    }
    text
}

/// Bytes in binary multiples with at most two decimals: `512 B`, `1.5 KiB`, `1.6 TiB`.
pub fn bytes(value: f64) -> String {
    if !value.is_finite() {
        return "n/a".to_string();
    }
    let (scale, name) = byte_scale(value.abs());
    let scaled = value / scale;
    let decimals = if scale == 1.0 || scaled.abs() >= 100.0 { 0 } else { 2 };
    format!("{} {name}", with_separators(&trimmed(scaled, decimals)))
}

/// The binary multiple for a number of bytes: its size and its name.
pub(crate) fn byte_scale(size: f64) -> (f64, &'static str) {
    let mut scale = 1.0;
    for name in ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] {
        if size < scale * 1024.0 {
            return (scale, name);
        }
        scale *= 1024.0;
    }
    (scale, "EiB")
}

/// A duration in its two largest units: `0 s`, `350 ms`, `2.5 s`, `4 min 05 s`, `1 h 05 min`, `3 d 04 h`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "n/a".to_string();
    }
    let size = seconds.abs();
    let sign = if seconds < 0.0 { "-" } else { "" };
    // Rounded before the unit is chosen: 59.97 s is one minute, not "60 s".
    let text = if size == 0.0 {
        "0 s".to_string()
    } else if size < 0.000_999_5 {
        format!("{} µs", trimmed(size * 1e6, 1))
    } else if size < 0.999_5 {
        format!("{} ms", trimmed(size * 1e3, if size < 0.1 { 1 } else { 0 }))
    } else if size < 59.95 {
        format!("{} s", trimmed(size, if size < 10.0 { 2 } else { 1 }))
    } else {
        long_duration(size)
    };
    format!("{sign}{text}")
}

/// A duration of a minute or more.
fn long_duration(size: f64) -> String {
    let seconds = size.round();
    if seconds < 3_600.0 {
        return pair(seconds, 60.0, "min", "s");
    }
    let minutes = (size / 60.0).round();
    if minutes < 1_440.0 {
        return pair(minutes, 60.0, "h", "min");
    }
    pair((size / 3_600.0).round(), 24.0, "d", "h")
}

/// `total` small units as large ones and the rest, which is left out when it is zero.
fn pair(total: f64, per_large: f64, large: &str, small: &str) -> String {
    let whole = (total / per_large).floor();
    let rest = total - whole * per_large;
    let head = format!("{} {large}", with_separators(&trimmed(whole, 0)));
    if rest == 0.0 { head } else { format!("{head} {rest:02.0} {small}") }
}

/// A number with an SI prefix, for axis labels: `1.2k`, `3M`. `decimals` is how many digits to keep.
pub fn si(value: f64, decimals: usize) -> String {
    let size = value.abs();
    let (scale, prefix) = match size {
        _ if size >= 1e12 => (1e12, "T"),
        _ if size >= 1e9 => (1e9, "G"),
        _ if size >= 1e6 => (1e6, "M"),
        _ if size >= 10_000.0 => (1e3, "k"),
        _ => return with_separators(&trimmed(value, decimals)),
    };
    format!("{}{prefix}", trimmed(value / scale, 3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations() {
        let cases = [
            (0.0, "0 s"),
            (0.000_012, "12 µs"),
            (0.35, "350 ms"),
            (0.9996, "1 s"),
            (2.5, "2.5 s"),
            (59.97, "1 min"),
            (245.0, "4 min 05 s"),
            (3_600.0, "1 h"),
            (3_599.6, "1 h"),
            (3_900.0, "1 h 05 min"),
            (86_399.0, "1 d"),
            (273_600.0, "3 d 04 h"),
            (-90.0, "-1 min 30 s"),
            (f64::NAN, "n/a"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn amounts_of_money() {
        let cases = [
            (0.0, "$0.00"),
            (1_234.56, "$1,234.56"),
            (0.0041, "$0.0041"),
            (0.5, "$0.50"),
            (0.0104, "$0.0104"),
            (0.000_016_6, "$0.000017"),
            (-2.0, "-$2.00"),
            (1_000_000.0, "$1,000,000.00"),
        ];
        for (dollars, text) in cases {
            assert_eq!(money(dollars), text, "{dollars}");
        }
    }

    #[test]
    fn counts_and_percentages() {
        assert_eq!(count(1_234_567.0), "1,234,567");
        assert_eq!(count(-0.001), "-0.001");
        assert_eq!(count(12.345), "12.35");
        assert_eq!(count(0.004_123), "0.00412");
        assert_eq!(percent(1.0), "100%");
        assert_eq!(percent(0.999_95), "99.995%");
        assert_eq!(percent(0.999_999_999_9), ">99.99999%");
        assert_eq!(percent(0.713), "71.3%");
        assert_eq!(percent(0.0), "0%");
        assert_eq!(percent(0.000_000_000_1), "<0.00001%");
        assert_eq!(bytes(1536.0), "1.5 KiB");
        assert_eq!(bytes(1_759_218_604_442.0), "1.6 TiB");
        assert_eq!(Unit::Named("vCPU".into()).write(64.0), "64 vCPU");
        assert_eq!(si(25_000.0, 0), "25k");
    }

    proptest! {
        #[test]
        fn only_all_is_written_as_all(share in 0.0..1.0f64) {
            prop_assert_ne!(percent(share), "100%");
            if share > 0.0 {
                prop_assert_ne!(percent(share), "0%");
            }
        }

        #[test]
        fn every_number_can_be_written(value in any::<f64>()) {
            for unit in [Unit::Count, Unit::Share, Unit::Seconds, Unit::Dollars, Unit::DollarsPerHour, Unit::Bytes] {
                let text = unit.write(value);
                prop_assert!(!text.is_empty() && !text.starts_with("-0%"), "{}", text);
            }
        }
    }
}

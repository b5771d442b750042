//! Spans of time as action parameters write them: ISO 8601, `PT5M`, `PT1H30M`, `P1D`.

/// Nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;

/// Nanoseconds of a span in days, hours, minutes and whole seconds; none for any other text.
pub(crate) fn nanos(text: &str) -> Option<i64> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) if !time.is_empty() => (days, time),
        Some(_) => return None,
        None => (rest, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let seconds =
        parts(days, &[('D', 86_400)])?.checked_add(parts(time, &[('H', 3_600), ('M', 60), ('S', 1)])?)?;
    seconds.checked_mul(SECOND)
}

/// Sums numbers that are each followed by a unit; the units come in their order, each at most once.
fn parts(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let (mut rest, mut units, mut sum) = (text, units, 0_i64);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..end].parse().ok()?;
        let letter = rest[end..].chars().next()?;
        let at = units.iter().position(|(unit, _)| *unit == letter)?;
        sum = sum.checked_add(number.checked_mul(units[at].1)?)?;
        (rest, units) = (&rest[end + 1..], &units[at + 1..]);
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::{SECOND, nanos};

    #[test]
    fn spans_are_read_and_nothing_else_is() {
        for (text, seconds) in
            [("PT1M", 60), ("PT12H", 43_200), ("PT1H30M5S", 5_405), ("P1D", 86_400), ("P1DT1S", 86_401)]
        {
            assert_eq!(nanos(text), Some(seconds * SECOND), "{text}");
        }
        for text in [
            "",
            "P",
            "PT",
            "P1",
            "PT5",
            "PTM",
            "5M",
            "PT1M1H",
            "PT1M1M",
            "PT-1M",
            "P1M",
            "PT1.5S",
            "P1DT",
            "PT99999999999999H",
            "PT1é",
        ] {
            assert_eq!(nanos(text), None, "{text}");
        }
    }
}

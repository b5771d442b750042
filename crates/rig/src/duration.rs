//! Spans of time as parameters write them: ISO 8601, `PT5M`, `PT1H30M`, `P1D`.

/// Seconds of a span in days, hours, minutes and whole seconds; none for any other text. A span has no months or years.
pub fn seconds(text: &str) -> Option<i64> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) if !time.is_empty() => (days, time),
        Some(_) => return None,
        None if rest.is_empty() => return None,
        None => (rest, ""),
    };
    let days = parts(days, &[('D', 86_400)])?;
    days.checked_add(parts(time, &[('H', 3_600), ('M', 60), ('S', 1)])?)
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
    use super::seconds;

    #[test]
    fn spans_are_read_and_nothing_else_is() {
        for (text, length) in [
            ("PT1M", 60),
            ("PT12H", 43_200),
            ("PT90M", 5_400),
            ("PT1H30M5S", 5_405),
            ("P1D", 86_400),
            ("P1DT1S", 86_401),
        ] {
            assert_eq!(seconds(text), Some(length), "{text}");
        }
        for text in [
            "",
            "P",
            "PT",
            "P1",
            "PT5",
            "PTM",
            "5M",
            "2H",
            "PT1M1H",
            "PT1M1M",
            "PT-1M",
            "-PT2H",
            "P1M",
            "P1Y",
            "PT1.5S",
            "P1DT",
            "PT99999999999999999999H",
            "PT9999999999999999H",
            "PT1é",
            "pt1h",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}

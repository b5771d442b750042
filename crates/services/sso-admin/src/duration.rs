//! How long a session of a permission set lasts: ISO 8601, from an hour to twelve.

/// What lasts as long as nothing else is said.
pub(crate) const DEFAULT: &str = "PT1H";

/// Shortest and longest session, in seconds ("Set session duration for AWS accounts" in the user guide).
const BOUNDS: (u64, u64) = (3_600, 43_200);

/// Whether a session may last as long as `text` says.
pub(crate) fn is_valid(text: &str) -> bool {
    seconds(text).is_some_and(|seconds| (BOUNDS.0..=BOUNDS.1).contains(&seconds))
}

/// Seconds of a span in days, hours, minutes and seconds; none for any other text. A session lasts no months or years.
pub(crate) fn seconds(text: &str) -> Option<u64> {
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
fn parts(text: &str, units: &[(char, u64)]) -> Option<u64> {
    let (mut rest, mut units, mut sum) = (text, units, 0_u64);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..end].parse().ok()?;
        let letter = rest[end..].chars().next()?;
        let at = units.iter().position(|(unit, _)| *unit == letter)?;
        sum = sum.checked_add(number.checked_mul(units[at].1)?)?;
        (rest, units) = (&rest[end + 1..], &units[at + 1..]);
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::{is_valid, seconds};

    #[test]
    fn sessions_last_from_one_hour_to_twelve() {
        for text in ["PT1H", "PT12H", "PT90M", "PT3600S", "PT1H30M5S", "PT720M"] {
            assert!(is_valid(text), "{text}");
        }
        for text in [
            "",
            "P",
            "PT",
            "PT59M",
            "PT12H1S",
            "P1D",
            "P1M",
            "P1Y",
            "-PT2H",
            "PT1.5H",
            "PT2",
            "2H",
            "PT1M1H",
            "PT1H1H",
            "PTH",
            "PT99999999999999999999H",
            "PT9999999999999999H",
            "PT1é",
            "P1DT",
            "pt1h",
        ] {
            assert!(!is_valid(text), "{text}");
        }
        assert_eq!(seconds("P1DT1S"), Some(86_401));
    }
}

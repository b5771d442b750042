//! Spans of time as people write them: `2h`, `1d12h`, `90s`.

use std::time::Duration;

/// Units, with their seconds.
const UNITS: [(char, u64); 5] = [('w', 7 * 86_400), ('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// Reads a span of time.
///
/// # Errors
/// What is wrong with the text, for the user.
pub fn parse(text: &str) -> Result<Duration, String> {
    let usage = || format!("`{text}` is not a span of time; write 90s, 45m, 2h, 1d12h or 1w");
    let mut seconds: u64 = 0;
    let mut digits = String::new();
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        let unit = UNITS.iter().find(|(letter, _)| *letter == character).ok_or_else(usage)?.1;
        let number: u64 = digits.parse().map_err(|_| usage())?;
        let more = number.checked_mul(unit).ok_or_else(usage)?;
        seconds = seconds.checked_add(more).ok_or_else(usage)?;
        digits.clear();
    }
    if text.is_empty() || !digits.is_empty() {
        return Err(usage());
    }
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn spans_are_read() {
        for (text, seconds) in [("90s", 90), ("2h", 7200), ("1d12h", 129_600), ("1w", 604_800), ("0s", 0)] {
            assert_eq!(parse(text).map(|span| span.as_secs()), Ok(seconds), "{text}");
        }
        for text in ["", "2", "h", "2 h", "-2h", "1.5h", "2y", "99999999999999999999w"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

//! How long a session of a permission set lasts: from an hour to twelve.

use ironbird_rig::duration;

/// What lasts as long as nothing else is said.
pub(crate) const DEFAULT: &str = "PT1H";

/// Shortest and longest session, in seconds ("Set session duration for AWS accounts" in the user guide).
const BOUNDS: (i64, i64) = (3_600, 43_200);

/// Whether a session may last as long as `text` says.
pub(crate) fn is_valid(text: &str) -> bool {
    duration::seconds(text).is_some_and(|seconds| (BOUNDS.0..=BOUNDS.1).contains(&seconds))
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn sessions_last_from_one_hour_to_twelve() {
        for text in ["PT1H", "PT12H", "PT90M", "PT3600S", "PT1H30M5S", "PT720M"] {
            assert!(is_valid(text), "{text}");
        }
        for text in ["", "PT59M", "PT12H1S", "P1D"] {
            assert!(!is_valid(text), "{text}");
        }
    }
}

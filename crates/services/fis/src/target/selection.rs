//! `ALL`, `COUNT(n)`, `PERCENT(n)`

use ironbird_rig::seed::Rng;

/// How many of the resources found are acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// All.
    All,
    /// So many, or all if there are fewer.
    Count(usize),
    /// So many in a hundred, rounded down, but one at least (as FIS does).
    Percent(usize),
}

impl Selection {
    /// Reads a selection mode.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number = |prefix: &str| -> Option<usize> {
            text.strip_prefix(prefix)?.strip_suffix(')')?.trim().parse().ok().filter(|number| *number > 0)
        };
        match text {
            "ALL" => Some(Self::All),
            _ if text.starts_with("COUNT(") => number("COUNT(").map(Self::Count),
            _ => number("PERCENT(").filter(|share| *share <= 100).map(Self::Percent),
        }
    }

    /// Draws as many as wanted, and keeps their order.
    pub(crate) fn choose<T>(self, mut from: Vec<T>, rng: &mut Rng) -> Vec<T> {
        let wanted = match self {
            Self::All => return from,
            Self::Count(count) => count,
            Self::Percent(share) => (from.len() * share / 100).max(1),
        };
        while from.len() > wanted {
            let bound = u64::try_from(from.len()).unwrap_or(u64::MAX);
            from.remove(usize::try_from(rng.below(bound)).unwrap_or(0));
        }
        from
    }
}

#[cfg(test)]
mod tests {
    use ironbird_rig::seed::Seed;

    use super::Selection;

    #[test]
    fn modes_are_read() {
        for (text, mode) in [
            ("ALL", Some(Selection::All)),
            ("COUNT(3)", Some(Selection::Count(3))),
            ("PERCENT(25)", Some(Selection::Percent(25))),
            ("COUNT(0)", None),
            ("PERCENT(101)", None),
            ("COUNT(", None),
            ("some", None),
        ] {
            assert_eq!(Selection::parse(text), mode, "{text}");
        }
    }

    #[test]
    fn as_many_as_wanted_are_drawn_and_stay_in_order() {
        let draw =
            |mode: Selection, seed| mode.choose((0..10).collect::<Vec<_>>(), &mut Seed::root(seed).rng());
        for seed in 0..20 {
            let three = draw(Selection::Count(3), seed);
            assert!(three.len() == 3 && three.is_sorted(), "{three:?}");
            assert_eq!(draw(Selection::Percent(25), seed).len(), 2);
            assert_eq!(draw(Selection::Percent(1), seed).len(), 1);
            assert_eq!(draw(Selection::Count(20), seed).len(), 10);
        }
        assert_ne!(draw(Selection::Count(3), 1), draw(Selection::Count(3), 2));
    }
}

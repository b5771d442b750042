//! Which condition keys are worth putting together: those that policies ask for. Most ask for none.

use std::cmp::Ordering;

use ironbird_iam::Source;

/// The keys that policies ask for, or all of them.
pub(super) struct Wanted<'a> {
    /// Sorted lists of names in lower case; none where every key is wanted.
    lists: Option<[&'a [Box<str>]; 3]>,
}

impl<'a> Wanted<'a> {
    /// Every key, for those who are told what was known.
    pub(super) const ALL: Self = Self { lists: None };

    /// No key, for those who ask only what is needed.
    pub(super) const NONE: Self = Self::only([&[], &[], &[]]);

    /// The keys in these lists, each of which is one that [`keys`] made.
    pub(super) const fn only(lists: [&'a [Box<str>]; 3]) -> Self {
        Self { lists: Some(lists) }
    }

    /// Whether a key is wanted.
    pub(super) fn has(&self, name: &str) -> bool {
        let Some(lists) = &self.lists else { return true };
        lists.iter().any(|list| !list.is_empty() && list.binary_search_by(|key| order(key, name)).is_ok())
    }

    /// Whether any key is wanted whose name begins so.
    pub(super) fn has_any(&self, prefix: &str) -> bool {
        let Some(lists) = &self.lists else { return true };
        let begins =
            |key: &str| key.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
        lists.iter().any(|list| list.iter().any(|key| begins(key)))
    }
}

/// The keys that policies ask for, sorted.
pub(super) fn keys<'s>(sources: impl IntoIterator<Item = &'s Source>) -> Vec<Box<str>> {
    let all = sources.into_iter().flat_map(|source| source.policy.context_keys());
    let mut keys: Vec<Box<str>> = all.cloned().collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// How a name in lower case compares with another in any case.
fn order(folded: &str, name: &str) -> Ordering {
    folded.bytes().cmp(name.bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::Wanted;

    #[test]
    fn names_are_found_whatever_their_case() {
        let list: Vec<Box<str>> =
            ["aws:principaltag/team", "aws:sourceip", "ec2:region"].map(Box::from).into();
        let wanted = Wanted::only([&[], &list, &[]]);
        assert!(wanted.has("aws:SourceIp") && wanted.has("ec2:Region") && !wanted.has("aws:UserAgent"));
        assert!(wanted.has_any("aws:PrincipalTag/") && !wanted.has_any("aws:RequestTag/"));
        assert!(!Wanted::only([&[], &[], &[]]).has("aws:SourceIp") && Wanted::ALL.has("anything"));
    }
}

//! Patterns of instance types: `m5.8xlarge`, `c5*.*`, `m5a.*`, `r*`, `*3*`.

/// Whether a type's whole name fits the pattern. An asterisk stands for any run of characters, also none; everything
/// else stands for itself. `c5*` is all families that begin so; `m5a.*` is that family only.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(start) => rest = &rest[start + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_forms() {
        let cases = [
            ("m5.8xlarge", "m5.8xlarge", true),
            ("m5.8xlarge", "m5.8xlarge2", false),
            ("m5.8xlarge", "am5.8xlarge", false),
            ("c5*.*", "c5.large", true),
            ("c5*.*", "c5a.large", true),
            ("c5*.*", "c6.large", false),
            ("c5*", "c5n.metal", true),
            ("m5a.*", "m5a.large", true),
            ("m5a.*", "m5ad.large", false),
            ("m5a.*", "m5n.large", false),
            ("r*", "r6i.2xlarge", true),
            ("r*", "gr6.4xlarge", false),
            ("*3*", "i3.large", true),
            ("*3*", "m5.3xlarge", true),
            ("*3*", "m5.large", false),
            ("*.metal*", "m7i.metal-24xl", true),
            ("*", "anything.at-all", true),
            ("**", "t3.nano", true),
            ("", "t3.nano", false),
            ("a*a", "a", false),
            ("t*.nano", "t3.nano", true),
            ("t*a*nano", "t3a.nano", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}

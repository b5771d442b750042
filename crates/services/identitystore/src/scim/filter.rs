//! Filters: `attribute eq "value"`, and two such with `and` between them.

use ironbird_rig::Result;

use super::invalid;

/// Which values attributes have to have, each by its name in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter(Vec<(String, String)>);

impl Filter {
    /// Reads a filter of which the attributes are one of the combinations.
    ///
    /// # Errors
    /// `ValidationException`
    pub(super) fn read(text: &str, combinations: &[&[&str]]) -> Result<Self> {
        let unreadable = || invalid("A filter must be of the form: attribute eq \"value\"");
        let mut rest = text.trim();
        let mut clauses: Vec<(String, String)> = Vec::new();
        loop {
            let (name, after) = rest.split_once(char::is_whitespace).ok_or_else(unreadable)?;
            let (operator, after) =
                after.trim_start().split_once(char::is_whitespace).ok_or_else(unreadable)?;
            if !operator.eq_ignore_ascii_case("eq") {
                return Err(invalid(format!("The filter operator {operator} is not supported.")));
            }
            let mut value = serde_json::Deserializer::from_str(after.trim_start()).into_iter::<String>();
            let read = value.next().and_then(|read| read.ok()).ok_or_else(unreadable)?;
            let after = &after.trim_start()[value.byte_offset()..];
            clauses.push((name.to_lowercase(), read));
            rest = after.trim_start();
            if rest.is_empty() {
                break;
            }
            let (and, after) = rest.split_once(char::is_whitespace).ok_or_else(unreadable)?;
            if !and.eq_ignore_ascii_case("and") {
                return Err(unreadable());
            }
            rest = after.trim_start();
        }
        let mut names: Vec<&str> = clauses.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if combinations.contains(&names.as_slice()) {
            return Ok(Self(clauses));
        }
        Err(invalid(format!("A filter by {} is not supported.", names.join(" and "))))
    }

    /// The value that an attribute has to have, by its name in lower case.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;

    const KNOWN: &[&[&str]] = &[&["username"], &["id", "manager"]];

    #[test]
    fn a_filter_is_attributes_with_their_values() {
        let filter = Filter::read("userName eq \"a \\\"b\\\"\"", KNOWN).unwrap();
        assert_eq!((filter.value("username"), filter.value("id")), (Some("a \"b\""), None));
        let both = Filter::read("manager eq \"1\" and ID EQ \"2\"", KNOWN).unwrap();
        assert_eq!((both.value("manager"), both.value("id")), (Some("1"), Some("2")));
    }

    #[test]
    fn other_filters_are_refused() {
        for text in [
            "",
            "userName",
            "userName eq",
            "userName eq ann",
            "userName co \"a\"",
            "userName eq \"a\" or userName eq \"b\"",
            "userName eq \"a\" and",
            "userName eq \"a\" and id eq \"b\"",
            "title eq \"a\"",
            "not (userName eq \"a\")",
        ] {
            assert!(Filter::read(text, KNOWN).is_err(), "{text}");
        }
    }
}

//! Filters of Describe operations: every filter must hold, and it holds when one of its values does.
//!
//! Values match case-sensitively. `*` stands for any number of characters, `?` for none or one, and a backslash
//! makes the next character ordinary. `tag:KEY`, `tag-key` and `tag-value` work on every resource that has tags.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use crate::{error, tag};

/// More values than this in one request are refused, as on AWS.
const MAX_VALUES: usize = 200;

/// Asks whether a value of a resource is one of those wanted.
pub type Test<'a> = &'a dyn Fn(&str) -> bool;

/// The filters of one request.
#[derive(Default)]
pub struct Filters(Vec<Condition>);

struct Condition {
    subject: Subject,
    values: Vec<Pattern>,
}

enum Subject {
    Tag(String),
    TagKey,
    TagValue,
    Own(String),
}

/// The word of a flag in filter values.
pub const fn flag(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

impl Filters {
    /// Reads a request's filters. `names` are the filters that the operation has besides those on tags, and
    /// `tagged` says whether it has those on tags.
    ///
    /// # Errors
    /// `InvalidParameterValue` for a name that is not among them, `FilterLimitExceeded` beyond 200 values.
    pub fn read(filters: Option<&[ec2::Filter]>, names: &[&str], tagged: bool) -> Result<Self> {
        let mut conditions = Vec::new();
        let mut count = 0;
        for filter in filters.unwrap_or_default() {
            let name = filter.name.as_deref().unwrap_or("null");
            let subject = match name {
                "tag-key" if tagged => Subject::TagKey,
                "tag-value" if tagged => Subject::TagValue,
                _ => match name.strip_prefix("tag:").filter(|_| tagged) {
                    Some(key) => Subject::Tag(key.to_owned()),
                    None if names.contains(&name) => Subject::Own(name.to_owned()),
                    None => return Err(error::invalid_value(format!("The filter '{name}' is invalid"))),
                },
            };
            let values = filter.values.as_deref().unwrap_or_default();
            count += values.len();
            if count > MAX_VALUES {
                return Err(Error::client(
                    "FilterLimitExceeded",
                    format!(
                        "The maximum number of filter values, specified on a single call, is {MAX_VALUES}"
                    ),
                ));
            }
            conditions
                .push(Condition { subject, values: values.iter().map(|text| Pattern::new(text)).collect() });
        }
        Ok(Self(conditions))
    }

    /// Whether nothing is filtered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the resource `id` passes. `has` is asked for each filter that is not on tags: given its name,
    /// whether one of the resource's values of that name passes the test.
    pub fn pass(&self, ctx: &Ctx<'_>, id: &str, has: impl Fn(&str, Test<'_>) -> bool) -> bool {
        self.0.iter().all(|condition| {
            let test = |value: &str| condition.values.iter().any(|pattern| pattern.matches(value));
            match &condition.subject {
                Subject::Own(name) => has(name, &test),
                Subject::Tag(key) => tag::value(ctx, id, key).is_some_and(test),
                Subject::TagKey => tag::pairs(ctx, id).any(|(key, _)| test(key)),
                Subject::TagValue => tag::pairs(ctx, id).any(|(_, value)| test(value)),
            }
        })
    }

    /// The same for what has no tags.
    pub fn pass_untagged(&self, has: impl Fn(&str, Test<'_>) -> bool) -> bool {
        self.0.iter().all(|condition| match &condition.subject {
            Subject::Own(name) => {
                has(name, &|value: &str| condition.values.iter().any(|pattern| pattern.matches(value)))
            }
            Subject::Tag(_) | Subject::TagKey | Subject::TagValue => false,
        })
    }

    /// The values of the filter `name`, if it is set and none of them has a wildcard: what a lookup can start
    /// from instead of looking at everything.
    pub fn exact(&self, name: &str) -> Option<Vec<&str>> {
        let wanted = |subject: &Subject| matches!(subject, Subject::Own(own) if own == name);
        let condition = self.0.iter().find(|condition| wanted(&condition.subject))?;
        condition.values.iter().map(Pattern::exact).collect()
    }
}

/// A filter value or another text with wildcards.
#[derive(Clone, Debug)]
pub struct Pattern(Vec<Token>);

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Text(String),
    OneOrNone,
    Any,
}

impl Pattern {
    /// Reads `text`; every text is a pattern.
    pub fn new(text: &str) -> Self {
        let mut tokens = Vec::new();
        let mut plain = String::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let wildcard = match character {
                '*' => Token::Any,
                '?' => Token::OneOrNone,
                '\\' => {
                    plain.push(characters.next().unwrap_or('\\'));
                    continue;
                }
                _ => {
                    plain.push(character);
                    continue;
                }
            };
            if !plain.is_empty() {
                tokens.push(Token::Text(std::mem::take(&mut plain)));
            }
            tokens.push(wildcard);
        }
        if !plain.is_empty() {
            tokens.push(Token::Text(plain));
        }
        Self(tokens)
    }

    fn exact(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Token::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether all of `value` matches. Takes time in proportion to the product of both lengths at most.
    pub fn matches(&self, value: &str) -> bool {
        if let Some(text) = self.exact() {
            return text == value;
        }
        // The byte positions of `value` up to which the tokens so far may have matched, rising.
        let mut reached = vec![0];
        for token in &self.0 {
            let mut next = Vec::new();
            match token {
                Token::Text(text) => {
                    let after =
                        |at: &usize| value[*at..].starts_with(text.as_str()).then_some(*at + text.len());
                    next.extend(reached.iter().filter_map(after));
                }
                Token::Any => {
                    let Some(first) = reached.first() else { return false };
                    next.extend((*first..=value.len()).filter(|at| value.is_char_boundary(*at)));
                }
                Token::OneOrNone => {
                    for at in &reached {
                        next.push(*at);
                        next.extend(value[*at..].chars().next().map(|skipped| *at + skipped.len_utf8()));
                    }
                    next.sort_unstable();
                    next.dedup();
                }
            }
            reached = next;
        }
        reached.last() == Some(&value.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Filters, Pattern};
    use ironbird_api::ec2::Filter;

    #[test]
    fn wildcards() {
        for (pattern, value, expected) in [
            ("", "", true),
            ("abc", "abc", true),
            ("abc", "ABC", false),
            ("abc", "abcd", false),
            ("*", "", true),
            ("*amazon", "web-amazon", true),
            ("*amazon", "amazon-web", false),
            ("*a*b*", "xxayyb", true),
            ("a?c", "abc", true),
            ("a?c", "ac", true),
            ("a?c", "abbc", false),
            ("é?*", "é", true),
            (r"\*amazon\?\\", r"*amazon?\", true),
            (r"\*amazon", "xamazon", false),
            ("t3.*", "t3.micro", true),
            ("t3.*", "t3a.micro", false),
            ("??*??", "", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(value), expected, "{pattern} on {value}");
        }
    }

    #[test]
    fn hostile_patterns_take_no_exponential_time() {
        let pattern = Pattern::new(&"?*".repeat(300));
        assert!(pattern.matches(&"a".repeat(300)));
        assert!(!Pattern::new(&format!("{}b", "a?*".repeat(200))).matches(&"a".repeat(300)));
    }

    fn filter(name: &str, values: &[&str]) -> Filter {
        Filter {
            name: Some(name.to_owned()),
            values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
        }
    }

    #[test]
    fn unknown_names_are_refused() {
        let error = Filters::read(Some(&[filter("nope", &["x"])]), &["vpc-id"], true).err().unwrap();
        assert_eq!(error.code(), "InvalidParameterValue");
        assert_eq!(error.message(), "The filter 'nope' is invalid");
        assert!(Filters::read(Some(&[filter("tag:Name", &["x"])]), &[], false).is_err());
        let many = vec!["x"; 201];
        let error = Filters::read(Some(&[filter("vpc-id", &many)]), &["vpc-id"], true).err().unwrap();
        assert_eq!(error.code(), "FilterLimitExceeded");
    }

    #[test]
    fn filters_are_and_values_are_or() {
        let filters = [filter("zone", &["a", "b"]), filter("state", &["up"])];
        let filters = Filters::read(Some(&filters), &["zone", "state"], false).unwrap();
        let passes = |zone: &str, state: &str| {
            filters.pass_untagged(|name, test| match name {
                "zone" => test(zone),
                _ => test(state),
            })
        };
        assert!(passes("b", "up"));
        assert!(!passes("c", "up"));
        assert!(!passes("a", "down"));
        assert_eq!(filters.exact("zone"), Some(vec!["a", "b"]));
    }
}

//! Attributes: keys and values of load balancers, target groups and listeners, each with its default and the values it takes.

use std::collections::BTreeMap;

use ironbird_rig::{Ctx, Result};

use crate::error;

/// Values that an attribute takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Takes {
    /// `true` or `false`
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number of this range.
    Number(i64, i64),
    /// A whole number of this range, or `off`.
    NumberOrOff(i64, i64),
    /// Anything.
    Text,
}

/// An attribute that something has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub(crate) key: &'static str,
    pub(crate) default: &'static str,
    pub(crate) takes: Takes,
    /// Whether anything here depends on it.
    pub(crate) works: bool,
}

/// An attribute that is kept and given back.
pub(crate) const fn kept(key: &'static str, default: &'static str, takes: Takes) -> Attribute {
    Attribute { key, default, takes, works: false }
}

/// An attribute that this rig acts on.
pub(crate) const fn acted_on(key: &'static str, default: &'static str, takes: Takes) -> Attribute {
    Attribute { key, default, takes, works: true }
}

impl Attribute {
    fn check(&self, value: &str) -> Result<()> {
        let within =
            |from: i64, to: i64| value.parse().is_ok_and(|number: i64| (from..=to).contains(&number));
        let expected = match self.takes {
            Takes::Text => return Ok(()),
            Takes::Flag if matches!(value, "true" | "false") => return Ok(()),
            Takes::Word(words) if words.contains(&value) => return Ok(()),
            Takes::Number(from, to) if within(from, to) => return Ok(()),
            Takes::NumberOrOff(from, to) if value == "off" || within(from, to) => return Ok(()),
            Takes::Flag => "one of [true, false]".to_owned(),
            Takes::Word(words) => format!("one of [{}]", words.join(", ")),
            Takes::Number(from, to) => format!("between '{from}-{to}' inclusive"),
            Takes::NumberOrOff(from, to) => format!("'off' or between '{from}-{to}' inclusive"),
        };
        Err(error::validation(format!("'{}' value '{value}' must be {expected}", self.key)))
    }
}

/// What a resource has of attributes: those that were set; all others have their default.
pub(crate) type Set = BTreeMap<String, String>;

/// The value of an attribute.
pub(crate) fn value<'a>(known: &[Attribute], set: &'a Set, key: &str) -> &'a str {
    match set.get(key) {
        Some(value) => value,
        None => known.iter().find(|attribute| attribute.key == key).map_or("", |attribute| attribute.default),
    }
}

/// All attributes with their values, in the order in which they are known.
pub(crate) fn all<'a>(known: &'a [Attribute], set: &'a Set) -> impl Iterator<Item = (String, String)> + 'a {
    known.iter().map(|attribute| {
        let value = set.get(attribute.key).map_or(attribute.default, String::as_str);
        (attribute.key.to_owned(), value.to_owned())
    })
}

/// Sets attributes; `operation` is who asks, `what` is how errors call the resource.
///
/// # Errors
/// `ValidationError` for keys that the resource does not have, and for values that they do not take.
pub(crate) fn set<'a>(
    ctx: &mut Ctx<'_>,
    (operation, what): (&str, &str),
    known: &[Attribute],
    into: &mut Set,
    given: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>,
) -> Result<()> {
    for (key, value) in given {
        let (key, value) = (key.unwrap_or_default(), value.unwrap_or_default());
        let attribute = known
            .iter()
            .find(|attribute| attribute.key == key)
            .ok_or_else(|| error::validation(format!("{what} attribute key '{key}' is not recognized")))?;
        attribute.check(value)?;
        if !attribute.works {
            ctx.without_effect(&format!("{operation}.Attributes.{key}"));
        }
        into.insert(key.to_owned(), value.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Set, Takes, all, kept, value};

    #[test]
    fn values_are_checked_and_defaults_shown() {
        let delay = kept("delay", "300", Takes::Number(0, 3600));
        assert!(delay.check("0").is_ok() && delay.check("3600").is_ok());
        assert_eq!(
            delay.check("3601").unwrap_err().message(),
            "'delay' value '3601' must be between '0-3600' inclusive"
        );
        assert!(kept("flag", "false", Takes::Flag).check("yes").is_err());
        assert!(kept("least", "1", Takes::NumberOrOff(1, 9)).check("off").is_ok());
        let set = Set::from([("delay".to_owned(), "5".to_owned())]);
        assert_eq!(value(&[delay], &set, "delay"), "5");
        assert_eq!(value(&[delay], &Set::new(), "delay"), "300");
        assert_eq!(all(&[delay], &set).collect::<Vec<_>>(), [("delay".to_owned(), "5".to_owned())]);
    }
}

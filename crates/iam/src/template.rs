//! Text with policy variables: `arn:aws:s3:::home/${aws:username, 'nobody'}/*`.
//!
//! Variables are those of version 2012-10-17; before, `${` is text. A key that the request does not have, or that has
//! several values, has no value to stand in: nothing is equal to or like text in which it occurs. What stands in is
//! text, its `*` and `?` no wildcards, and `${*}`, `${?}` and `${$}` are the characters themselves.

use crate::context::{Context, folded};
use crate::glob::{Glob, Token, matches, tokens};

/// Text that is compared as it is, or with wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Template {
    /// Without variables.
    Fixed { text: Box<str>, glob: Glob },
    /// With at least one variable or escaped character.
    Variable(Box<[Part]>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text, and its tokens for where `*` and `?` are wildcards.
    Text { text: Box<str>, tokens: Box<[Token]> },
    /// A character that would be a wildcard.
    Escaped(u8),
    /// A key's value, or what to take without one.
    Variable { key: Box<str>, default: Option<Box<str>> },
}

impl Template {
    /// Reads `text`; where `variables` is false, `${` is text. An error says what is wrong.
    pub(crate) fn new(text: &str, variables: bool) -> Result<Self, String> {
        if !variables || !text.contains("${") {
            return Ok(Self::Fixed { text: text.into(), glob: Glob::new(text) });
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(begin) = rest.find("${") {
            if begin > 0 {
                parts.push(Part::text(&rest[..begin]));
            }
            let inner = &rest[begin + 2..];
            let end = end_of_variable(inner).ok_or_else(|| format!("`${{` without its `}}` in `{text}`"))?;
            parts.push(variable(&inner[..end])?);
            rest = &inner[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::text(rest));
        }
        Ok(Self::Variable(parts.into()))
    }

    /// Whether `text` is what the template stands for, wildcards included.
    pub(crate) fn like(&self, text: &str, context: &Context) -> bool {
        match self {
            Self::Fixed { glob, .. } => glob.matches(text),
            Self::Variable(parts) => tokens_of(parts, context).is_some_and(|pattern| matches(&pattern, text)),
        }
    }

    /// The text that the template stands for, in which `*` and `?` are themselves; none where a key has no value.
    pub(crate) fn with_text<T>(&self, context: &Context, use_text: impl FnOnce(&str) -> T) -> Option<T> {
        match self {
            Self::Fixed { text, .. } => Some(use_text(text)),
            Self::Variable(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text { text: plain, .. } => text.push_str(plain),
                        Part::Escaped(byte) => text.push(char::from(*byte)),
                        Part::Variable { key, default } => {
                            text.push_str(value(key, default.as_deref(), context)?)
                        }
                    }
                }
                Some(use_text(&text))
            }
        }
    }

    /// The pattern that the template stands for; none where a key has no value.
    pub(crate) fn pattern(&self, context: &Context) -> Option<Vec<Token>> {
        match self {
            Self::Fixed { text, .. } => Some(tokens(text).collect()),
            Self::Variable(parts) => tokens_of(parts, context),
        }
    }

    /// Whether it is the same for every request, and so quick to compare.
    pub(crate) const fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed { .. })
    }

    /// The keys of its variables, in lower case.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let parts = match self {
            Self::Fixed { .. } => &[][..],
            Self::Variable(parts) => parts,
        };
        parts.iter().filter_map(|part| match part {
            Part::Variable { key, .. } => Some(&**key),
            _ => None,
        })
    }
}

impl Part {
    fn text(text: &str) -> Self {
        Self::Text { text: text.into(), tokens: tokens(text).collect() }
    }
}

fn tokens_of(parts: &[Part], context: &Context) -> Option<Vec<Token>> {
    // Most patterns and the values in them are short: one allocation.
    let mut pattern = Vec::with_capacity(128);
    for part in parts {
        match part {
            Part::Text { tokens, .. } => pattern.extend_from_slice(tokens),
            Part::Escaped(byte) => pattern.push(Token::Byte(*byte)),
            Part::Variable { key, default } => {
                pattern.extend(value(key, default.as_deref(), context)?.bytes().map(Token::Byte));
            }
        }
    }
    Some(pattern)
}

fn value<'a>(key: &str, default: Option<&'a str>, context: &'a Context) -> Option<&'a str> {
    context.single(key).or(default)
}

/// Where the variable ends; a `}` within quotes is part of its default.
fn end_of_variable(inner: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'}' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// What stands between `${` and `}`.
fn variable(inner: &str) -> Result<Part, String> {
    if let [byte @ (b'*' | b'?' | b'$')] = inner.as_bytes() {
        return Ok(Part::Escaped(*byte));
    }
    let (key, default) = match inner.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim())),
        None => (inner.trim(), None),
    };
    if key.is_empty() || key.contains(['$', '{', '\'']) {
        return Err(format!("`${{{inner}}}` names no key"));
    }
    let default = default.map(|quoted| {
        let text = quoted.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        text.map(Box::from).ok_or_else(|| format!("the default in `${{{inner}}}` is not in single quotes"))
    });
    Ok(Part::Variable { key: folded(key), default: default.transpose()? })
}

#[cfg(test)]
mod tests {
    use super::Template;
    use crate::context::Context;

    fn like(template: &str, text: &str) -> bool {
        let mut context = Context::new();
        context.set("aws:username", "an*a").set_many("aws:TagKeys", vec!["a".into(), "b".into()]);
        Template::new(template, true).unwrap().like(text, &context)
    }

    #[test]
    fn keys_stand_in_as_plain_text() {
        assert!(like("home/${aws:UserName}/*", "home/an*a/x"));
        assert!(!like("home/${aws:username}", "home/anna"));
        assert!(like("${aws:PrincipalTag/team, 'no }ne'}-*", "no }ne-1"));
        assert!(!like("${aws:PrincipalTag/team}", ""));
        assert!(!like("${aws:TagKeys}", "a"));
    }

    #[test]
    fn escaped_wildcards_are_characters() {
        assert!(like("a${*}${?}${$}", "a*?$"));
        assert!(!like("a${*}", "ab"));
    }

    #[test]
    fn older_versions_have_no_variables() {
        let template = Template::new("${aws:username}", false).unwrap();
        assert!(template.like("${aws:username}", &Context::new()));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("a${aws:username", "`${` without its `}` in `a${aws:username`"),
            ("${}", "`${}` names no key"),
            ("${a:b, c}", "the default in `${a:b, c}` is not in single quotes"),
        ] {
            assert_eq!(Template::new(text, true).unwrap_err(), expected);
        }
    }
}

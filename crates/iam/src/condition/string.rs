//! `StringEquals`, `StringEqualsIgnoreCase`, `StringLike`, and their negations.

use crate::context::Context;
use crate::template::Template;

/// How strings are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// As they are; `*` and `?` are themselves.
    Equal,
    EqualIgnoringCase,
    /// With wildcards.
    Like,
}

#[derive(Clone, Debug)]
pub(super) struct Values {
    how: Match,
    templates: Box<[Template]>,
}

impl Values {
    pub(super) fn new(how: Match, texts: &[String], variables: bool) -> Result<Self, String> {
        Ok(Self { how, templates: super::templates(texts, variables)? })
    }

    pub(super) fn any(&self, value: &str, context: &Context) -> bool {
        self.templates.iter().any(|template| match self.how {
            Match::Like => template.like(value, context),
            Match::Equal => template.with_text(context, |text| text == value).unwrap_or(false),
            Match::EqualIgnoringCase => {
                template.with_text(context, |text| equal_ignoring_case(text, value)).unwrap_or(false)
            }
        })
    }

    pub(super) const fn templates(&self) -> &[Template] {
        &self.templates
    }
}

fn equal_ignoring_case(one: &str, other: &str) -> bool {
    one.chars().flat_map(char::to_lowercase).eq(other.chars().flat_map(char::to_lowercase))
}

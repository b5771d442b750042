//! `ArnEquals` and `ArnLike`, which are the same, and their negations: ARNs are compared part by part, with wildcards.

use crate::arn::like;
use crate::context::Context;
use crate::glob::Token;
use crate::template::Template;

#[derive(Clone, Debug)]
pub(super) struct Values {
    templates: Box<[Template]>,
    /// The patterns of templates without variables.
    fixed: Box<[Option<Box<[Token]>>]>,
}

impl Values {
    pub(super) fn new(texts: &[String], variables: bool) -> Result<Self, String> {
        let templates = super::templates(texts, variables)?;
        let pattern = |template: &Template| match template {
            Template::Fixed { .. } => template.pattern(&Context::new()).map(Into::into),
            Template::Variable(_) => None,
        };
        let fixed = templates.iter().map(pattern).collect();
        Ok(Self { templates, fixed })
    }

    pub(super) fn any(&self, value: &str, context: &Context) -> bool {
        self.templates.iter().zip(&self.fixed).any(|(template, fixed)| match fixed {
            Some(pattern) => like(pattern, value),
            None => template.pattern(context).is_some_and(|pattern| like(&pattern, value)),
        })
    }

    pub(super) const fn templates(&self) -> &[Template] {
        &self.templates
    }
}

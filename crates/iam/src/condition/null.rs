//! `Null`: whether a key is missing.

use crate::condition::boolean;
use crate::context::Context;
use crate::template::Template;

#[derive(Clone, Debug)]
pub(super) struct Values {
    templates: Box<[Template]>,
}

impl Values {
    pub(super) fn new(texts: &[String], variables: bool) -> Result<Self, String> {
        Ok(Self { templates: super::templates(texts, variables)? })
    }

    /// Whether one of the values says what is: `true` that the key is missing, `false` that it is there.
    pub(super) fn hold(&self, missing: bool, context: &Context) -> bool {
        let says = |text: &str| boolean::parse(text) == Some(missing);
        self.templates.iter().any(|template| template.with_text(context, says).unwrap_or(false))
    }

    pub(super) const fn templates(&self) -> &[Template] {
        &self.templates
    }
}

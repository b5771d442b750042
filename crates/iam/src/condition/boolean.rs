//! `Bool`.

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

    pub(super) fn any(&self, value: &str, context: &Context) -> bool {
        let Some(value) = parse(value) else { return false };
        let equal = |text: &str| parse(text) == Some(value);
        self.templates.iter().any(|template| template.with_text(context, equal).unwrap_or(false))
    }

    pub(super) const fn templates(&self) -> &[Template] {
        &self.templates
    }
}

pub(super) fn parse(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

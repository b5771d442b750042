//! Which lines count: expressions over dimensions.

use ironbird_api::ce as api;
use ironbird_rig::metering::BillLine;
use ironbird_rig::{Ctx, Result};

use crate::dimension::Dimension;
use crate::validation;

/// How deep expressions may lie in one another. Ours; the model sets no bound, and bad input must not exhaust the stack.
const DEEPEST: usize = 16;

/// A condition that a line meets or not.
#[derive(Debug)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Is { dimension: Dimension, values: Vec<String>, matching: Matching },
}

/// How a value is compared.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Matching {
    Equals,
    StartsWith,
    EndsWith,
    Contains,
}

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// `ValidationException` for one that says nothing or two things at once, and for options there are not.
    pub(crate) fn read(expression: &api::Expression) -> Result<Self> {
        read(expression, 0)
    }

    /// Whether a line meets the condition.
    pub(crate) fn passes(&self, line: &BillLine) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.passes(line)),
            Self::Any(parts) => parts.iter().any(|part| part.passes(line)),
            Self::Not(part) => !part.passes(line),
            Self::Is { dimension, values, matching } => {
                let own = dimension.value(line);
                values.iter().any(|value| match matching {
                    Matching::Equals => own == *value,
                    Matching::StartsWith => own.starts_with(value.as_str()),
                    Matching::EndsWith => own.ends_with(value.as_str()),
                    Matching::Contains => own.contains(value.as_str()),
                })
            }
        }
    }
}

fn read(expression: &api::Expression, depth: usize) -> Result<Filter> {
    if depth > DEEPEST {
        return Err(validation(format!("Expressions lie in one another more than {DEEPEST} deep.")));
    }
    let each = |parts: &[api::Expression]| {
        parts.iter().map(|part| read(part, depth + 1)).collect::<Result<Vec<_>>>()
    };
    let api::Expression { or, and, not, dimensions, tags, cost_categories } = expression;
    match (or, and, not, dimensions) {
        _ if tags.is_some() => Err(Ctx::unsupported("Filter.Tags", "costs are not kept by tag yet")),
        _ if cost_categories.is_some() => Err(Ctx::unsupported("Filter.CostCategories", "there are none")),
        (Some(parts), None, None, None) => Ok(Filter::Any(each(parts)?)),
        (None, Some(parts), None, None) => Ok(Filter::All(each(parts)?)),
        (None, None, Some(part), None) => Ok(Filter::Not(Box::new(read(part, depth + 1)?))),
        (None, None, None, Some(values)) => is(values),
        _ => Err(validation("Expression should contain one of Or, And, Not, Dimensions.")),
    }
}

fn is(given: &api::DimensionValues) -> Result<Filter> {
    let Some(key) = &given.key else {
        return Err(validation("Dimensions needs a Key."));
    };
    let mut matching = Matching::Equals;
    for option in given.match_options.iter().flatten() {
        matching = match option.as_str() {
            "EQUALS" | "CASE_SENSITIVE" => matching,
            "STARTS_WITH" => Matching::StartsWith,
            "ENDS_WITH" => Matching::EndsWith,
            "CONTAINS" => Matching::Contains,
            other => {
                return Err(Ctx::unsupported(
                    &format!("MatchOptions {other}"),
                    "use EQUALS, STARTS_WITH, ENDS_WITH or CONTAINS",
                ));
            }
        };
    }
    Ok(Filter::Is {
        dimension: Dimension::parse(key)?,
        values: given.values.clone().unwrap_or_default(),
        matching,
    })
}

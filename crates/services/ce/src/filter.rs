//! Which lines count: expressions over dimensions and tags.

use ironbird_api::ce as api;
use ironbird_rig::metering::BillLine;
use ironbird_rig::{Ctx, Result};

use crate::dimension::Dimension;
use crate::facet::{Columns, Facet};
use crate::validation;

/// How deep expressions may lie in one another. Ours; the model sets no bound, and bad input must not exhaust the stack.
const DEEPEST: usize = 16;

/// A condition that a line meets or not.
#[derive(Debug)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Is {
        facet: Facet,
        values: Vec<String>,
        matching: Matching,
    },
    /// Has none of the tags at these places.
    Untagged(Vec<usize>),
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
    /// Reads an expression. The tags that it names become columns.
    ///
    /// # Errors
    /// `ValidationException` for one that says nothing or two things at once, and for options there are not.
    pub(crate) fn read(expression: &api::Expression, columns: &mut Columns) -> Result<Self> {
        read(expression, columns, 0)
    }

    /// Whether a line meets the condition.
    pub(crate) fn passes(&self, line: &BillLine) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.passes(line)),
            Self::Any(parts) => parts.iter().any(|part| part.passes(line)),
            Self::Not(part) => !part.passes(line),
            Self::Untagged(places) => places.iter().all(|place| Facet::Tag(*place).value(line).is_none()),
            Self::Is { facet, values, matching } => {
                // As in Cost Explorer's own filters, the empty value stands for what does not have the tag.
                let own = facet.value(line).unwrap_or_default();
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

fn read(expression: &api::Expression, columns: &mut Columns, depth: usize) -> Result<Filter> {
    if depth > DEEPEST {
        return Err(validation(format!("Expressions lie in one another more than {DEEPEST} deep.")));
    }
    let api::Expression { or, and, not, dimensions, tags, cost_categories } = expression;
    if cost_categories.is_some() {
        return Err(Ctx::unsupported("Filter.CostCategories", "there are none"));
    }
    let mut each = |parts: &[api::Expression]| {
        parts.iter().map(|part| read(part, columns, depth + 1)).collect::<Result<Vec<_>>>()
    };
    match (or, and, not, dimensions, tags) {
        (Some(parts), None, None, None, None) => Ok(Filter::Any(each(parts)?)),
        (None, Some(parts), None, None, None) => Ok(Filter::All(each(parts)?)),
        (None, None, Some(part), None, None) => Ok(Filter::Not(Box::new(read(part, columns, depth + 1)?))),
        (None, None, None, Some(values), None) => of_dimension(values),
        (None, None, None, None, Some(values)) => of_tag(values, columns),
        _ => Err(validation("Expression should contain one of Or, And, Not, Dimensions, Tags.")),
    }
}

fn of_dimension(given: &api::DimensionValues) -> Result<Filter> {
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
    let facet = Facet::Dimension(Dimension::parse(key)?);
    Ok(Filter::Is { facet, values: given.values.clone().unwrap_or_default(), matching })
}

/// Without values, what does not have the tag, and without a key either, what has no tag at all. Source: `TagValues` in the API
/// reference.
fn of_tag(given: &api::TagValues, columns: &mut Columns) -> Result<Filter> {
    let mut is_absent = given.values.is_none();
    for option in given.match_options.iter().flatten() {
        match option.as_str() {
            "EQUALS" | "CASE_SENSITIVE" => {}
            "ABSENT" => is_absent = true,
            other => {
                return Err(Ctx::unsupported(
                    &format!("Tags.MatchOptions {other}"),
                    "use EQUALS, CASE_SENSITIVE or ABSENT",
                ));
            }
        }
    }
    match (&given.key, &given.values) {
        (Some(key), None) => Ok(Filter::Untagged(vec![columns.place(key)])),
        (None, None) => Ok(Filter::Untagged(columns.every())),
        (Some(key), Some(values)) if !is_absent => Ok(Filter::Is {
            facet: Facet::Tag(columns.place(key)),
            values: values.clone(),
            matching: Matching::Equals,
        }),
        (Some(key), Some(values)) if values.is_empty() => Ok(Filter::Untagged(vec![columns.place(key)])),
        (Some(_), Some(_)) => Err(validation("Tags takes no Values with the match option ABSENT.")),
        (None, Some(_)) => Err(validation("Tags needs a Key for its Values.")),
    }
}

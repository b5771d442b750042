//! Which resources an experiment acts on: by ARN or tag, narrowed by filters, and as many of them as it wants.

mod kind;
mod selection;

use std::collections::BTreeMap;

use ironbird_api::fis as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};
use serde_json::Value;

use crate::experiment::record::Resolved;
use crate::template::record::{Filter, TargetPlan};
use crate::{error, page};

pub(crate) use kind::{Kind, kind};
pub(crate) use selection::Selection;

/// Something that may be a target.
struct Candidate {
    arn: String,
    tags: BTreeMap<String, String>,
    /// As its Describe operation shows it.
    document: Value,
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::ListTargetResourceTypes>(list_target_resource_types)
        .read::<api::GetTargetResourceType>(get_target_resource_type)
}

/// Finds the resources of a target, in the order of their ARNs. A share of them is drawn from the seed.
///
/// # Errors
/// Those of the operations that list resources.
pub(crate) fn resolve(
    ctx: &mut Ctx<'_>,
    experiment: &str,
    name: &str,
    planned: &TargetPlan,
) -> Result<Vec<Resolved>> {
    let Some(kind) = kind(&planned.resource_type) else {
        return Err(error::validation(format!("Resource type {} is not supported.", planned.resource_type)));
    };
    let mut found: Vec<Resolved> = match kind.list {
        // Roles are not looked up: nobody keeps them yet.
        None => planned.resource_arns.iter().map(|arn| Resolved { arn: arn.clone() }).collect(),
        Some(list) => {
            let candidates = list(ctx, &planned.parameters)?;
            let fits = candidates.into_iter().filter(|candidate| fits(candidate, planned));
            fits.map(|candidate| Resolved { arn: candidate.arn }).collect()
        }
    };
    found.sort_by(|left, right| left.arn.cmp(&right.arn));
    found.dedup();
    let selection = Selection::parse(&planned.selection_mode).unwrap_or(Selection::All);
    let mut rng = ctx.seed().child("fis").child(experiment).child(name).rng();
    Ok(selection.choose(found, &mut rng))
}

fn fits(candidate: &Candidate, planned: &TargetPlan) -> bool {
    let named = planned.resource_arns.is_empty() || planned.resource_arns.contains(&candidate.arn);
    let tagged = planned.resource_tags.iter().all(|(key, value)| candidate.tags.get(key) == Some(value));
    named && tagged && planned.filters.iter().all(|filter| passes(filter, &candidate.document))
}

/// Whether one of the values at a path is one of those wanted. Lists on the way are looked through.
fn passes(filter: &Filter, document: &Value) -> bool {
    let mut at = vec![document];
    for name in filter.path.split('.') {
        let inner = at.into_iter().flat_map(|value| match value {
            Value::Array(items) => items.iter().collect(),
            other => vec![other],
        });
        at = inner.filter_map(|value| value.get(name)).collect();
    }
    let leaves = at.into_iter().flat_map(|value| match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    });
    leaves.into_iter().any(|value| match value {
        Value::String(text) => filter.values.contains(text),
        Value::Bool(_) | Value::Number(_) => filter.values.contains(&value.to_string()),
        _ => false,
    })
}

fn list_target_resource_types(
    _: &mut Ctx<'_>,
    input: &api::ListTargetResourceTypesRequest,
) -> Result<api::ListTargetResourceTypesResponse> {
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.list(kind::ALL.iter(), |kind| Key::new().text(kind.name));
    let shown = page.items.into_iter().map(|kind| api::TargetResourceTypeSummary {
        resource_type: Some(kind.name.to_owned()),
        description: Some(kind.description.to_owned()),
    });
    Ok(api::ListTargetResourceTypesResponse {
        target_resource_types: Some(shown.collect()),
        next_token: page.next,
    })
}

fn get_target_resource_type(
    _: &mut Ctx<'_>,
    input: &api::GetTargetResourceTypeRequest,
) -> Result<api::GetTargetResourceTypeResponse> {
    let Some(Kind { name, description, parameters, .. }) = kind(&input.resource_type) else {
        return Err(error::not_found(format!(
            "Target resource type {} does not exist.",
            input.resource_type
        )));
    };
    let parameters = parameters.iter().map(|name| {
        let shown = api::TargetResourceTypeParameter { description: None, required: Some(false) };
        ((*name).to_owned(), shown)
    });
    Ok(api::GetTargetResourceTypeResponse {
        target_resource_type: Some(api::TargetResourceType {
            resource_type: Some((*name).to_owned()),
            description: Some((*description).to_owned()),
            parameters: Some(parameters.collect()),
        }),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Filter, passes};

    #[test]
    fn filters_look_through_lists() {
        let document = json!({ "State": { "Name": "running" }, "Groups": [{ "Id": "sg-1" }, { "Id": "sg-2" }], "On": true });
        let test = |path: &str, value: &str| {
            passes(&Filter { path: path.to_owned(), values: vec![value.to_owned()] }, &document)
        };
        assert!(test("State.Name", "running") && test("Groups.Id", "sg-2") && test("On", "true"));
        assert!(!test("State.Name", "stopped") && !test("State", "running") && !test("Nothing.Here", "x"));
    }
}

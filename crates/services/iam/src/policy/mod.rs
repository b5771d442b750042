//! Managed policies: those of an account, with their versions, and AWS's own.

pub(crate) mod attachment;
pub(crate) mod aws;
pub(crate) mod find;
mod record;
mod tags;
mod version;

use std::collections::BTreeMap;

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::page::Page;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use crate::document::{self, Kind};
use crate::named::{self, Head, Named as _};
use crate::tag::Tags;
use crate::{error, page};
use attachment::Use;
use find::Found;
pub(crate) use record::Managed;
use record::Version;
pub(crate) use version::versions;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<Managed>()
        .write::<api::CreatePolicy>(create_policy)
        .read::<api::GetPolicy>(get_policy)
        .read::<api::ListPolicies>(list_policies)
        .write::<api::DeletePolicy>(delete_policy);
    let definition = version::register(definition);
    let definition = attachment::register(definition);
    tags::register(definition)
}

fn create_policy(ctx: &mut Ctx<'_>, input: &api::CreatePolicyRequest) -> Result<api::CreatePolicyResponse> {
    let text = &input.policy_document;
    document::check(Kind::Managed, text)?;
    document::check_size(Kind::Managed, std::iter::once(text), "policy")?;
    let tags = Tags::new(input.tags.as_deref())?;
    let head = Head::fresh::<Managed>(ctx, &input.policy_name, input.path.as_deref())?;
    let version = Version { document: text.clone(), created: head.created };
    let policy = Managed {
        updated: head.created,
        description: input.description.clone().filter(|text| !text.is_empty()),
        tags,
        versions: BTreeMap::from([(1, version)]),
        default: 1,
        last: 1,
        head,
    };
    named::add(ctx, policy)?;
    let policy: &Managed = named::find(ctx, &input.policy_name)?;
    let shown = api::Policy { tags: policy.tags.some(), ..Found::Own(policy).view(ctx) };
    Ok(api::CreatePolicyResponse { policy: Some(shown) })
}

fn get_policy(ctx: &mut Ctx<'_>, input: &api::GetPolicyRequest) -> Result<api::GetPolicyResponse> {
    let found = find::existing(ctx, &input.policy_arn)?;
    let mut shown = found.view(ctx);
    // Lists leave these out.
    if let Found::Own(policy) = found {
        shown.description.clone_from(&policy.description);
        shown.tags = Some(policy.tags.view());
    }
    Ok(api::GetPolicyResponse { policy: Some(shown) })
}

fn list_policies(ctx: &mut Ctx<'_>, input: &api::ListPoliciesRequest) -> Result<api::ListPoliciesResponse> {
    let (own, aws) = match input.scope.as_deref() {
        Some("Local") => (true, false),
        Some("AWS") => (false, true),
        _ => (true, true),
    };
    let path = input.path_prefix.as_deref().unwrap_or("/");
    let what = match input.policy_usage_filter.as_deref() {
        Some("PermissionsPolicy") => Some(Use::Policy),
        Some("PermissionsBoundary") => Some(Use::Boundary),
        _ => None,
    };
    let wanted = |found: &Found<'_>| {
        let arn = found.arn(ctx);
        let used = |what| attachment::count(ctx, &arn, what) > 0;
        let attached = input.only_attached != Some(true) || attachment::is_used(ctx, &arn);
        found.path().starts_with(path) && attached && what.is_none_or(used)
    };
    let owned = ctx.scan::<Managed>(&named::prefix(ctx)).map(|(_, policy)| Found::Own(policy));
    let theirs = aws::all().values().map(Found::Aws);
    let all = owned.filter(|_| own).chain(theirs.filter(|_| aws)).filter(wanted);
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let Page { items, next } = window.list(all, order);
    Ok(api::ListPoliciesResponse {
        policies: Some(items.iter().map(|found| found.view(ctx)).collect()),
        is_truncated: Some(next.is_some()),
        marker: next,
    })
}

/// The account's policies come first, in the order of their names, then AWS's.
fn order(found: &Found<'_>) -> Key {
    match found {
        Found::Own(policy) => Key::new().number(0).text(&policy.head().name.to_ascii_lowercase()),
        Found::Aws(policy) => Key::new().number(1).text(&format!("{}{}", policy.path, policy.name)),
    }
}

fn delete_policy(ctx: &mut Ctx<'_>, input: &api::DeletePolicyRequest) -> Result<Empty> {
    let name = find::own(ctx, &input.policy_arn)?;
    if attachment::is_used(ctx, &input.policy_arn) {
        return Err(error::delete_conflict("Cannot delete a policy attached to entities."));
    }
    let policy: &Managed = named::find(ctx, &name)?;
    if policy.versions.len() > 1 {
        return Err(error::delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. \
             The default version is deleted with the policy.",
        ));
    }
    ctx.delete::<Managed>(&named::key(ctx, &name))?;
    Ok(Empty {})
}

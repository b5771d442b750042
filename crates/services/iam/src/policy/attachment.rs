//! Whom managed policies are attached to: an index, so that a policy is counted and deleted without a look at everybody.

use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use super::find;
use crate::holder::Holder;
use crate::named::{self, Head};
use crate::{error, page};

/// Attachments: (account, ARN of the policy, use, kind of holder, its name).
pub(crate) struct Attachments;

impl Table for Attachments {
    const NAME: &'static str = "iam.attachments";
    type Record = Attachment;
}

/// A policy is attached to somebody.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Attachment {
    holding: Holding,
    name: String,
    id: String,
    path: String,
}

/// What can hold a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Holding {
    Group,
    Role,
    User,
}

/// What a policy is attached for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// What it allows.
    Policy,
    /// What it bounds.
    Boundary,
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Attachments>().read::<api::ListEntitiesForPolicy>(list_entities_for_policy)
}

/// Notes that a policy is attached.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn add<H: Holder>(ctx: &mut Ctx<'_>, arn: &str, head: &Head, what: Use) -> Result<()> {
    let attachment = Attachment {
        holding: H::HOLDING,
        name: head.name.clone(),
        id: head.id.clone(),
        path: head.path.clone(),
    };
    ctx.put::<Attachments>(key::<H>(ctx, arn, head, what), attachment)
}

/// Notes that a policy is attached no more.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn remove<H: Holder>(ctx: &mut Ctx<'_>, arn: &str, head: &Head, what: Use) -> Result<()> {
    ctx.delete::<Attachments>(&key::<H>(ctx, arn, head, what))?;
    Ok(())
}

/// To how many a policy is attached.
pub(crate) fn count(ctx: &Ctx<'_>, arn: &str, what: Use) -> usize {
    ctx.scan::<Attachments>(&prefix(ctx, arn, what)).count()
}

/// Whether a policy is attached to anybody, for whatever.
pub(crate) fn is_used(ctx: &Ctx<'_>, arn: &str) -> bool {
    ctx.scan::<Attachments>(&named::prefix(ctx).text(arn)).next().is_some()
}

fn prefix(ctx: &Ctx<'_>, arn: &str, what: Use) -> Key {
    named::prefix(ctx).text(arn).number(what as u64)
}

fn key<H: Holder>(ctx: &Ctx<'_>, arn: &str, head: &Head, what: Use) -> Key {
    prefix(ctx, arn, what).text(H::RESOURCE).text(&head.name.to_ascii_lowercase())
}

fn list_entities_for_policy(
    ctx: &mut Ctx<'_>,
    input: &api::ListEntitiesForPolicyRequest,
) -> Result<api::ListEntitiesForPolicyResponse> {
    let arn = &input.policy_arn;
    if find::find(ctx, arn)?.is_none() {
        return Err(error::no_such_entity(format!("Policy {arn} was not found.")));
    }
    let what = match input.policy_usage_filter.as_deref() {
        Some("PermissionsBoundary") => Use::Boundary,
        _ => Use::Policy,
    };
    let path = input.path_prefix.as_deref().unwrap_or("/");
    let wanted = |holding: Holding| match input.entity_filter.as_deref() {
        Some("User") => holding == Holding::User,
        Some("Group") => holding == Holding::Group,
        Some("Role") => holding == Holding::Role,
        // What else it may be says of the policy whose it is, which the ARN says already.
        _ => true,
    };
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let page = window.scan::<Attachments, _>(ctx, &prefix(ctx, arn, what), |found| {
        (wanted(found.holding) && found.path.starts_with(path)).then_some(found)
    });
    let of = |holding: Holding| page.items.iter().filter(move |found| found.holding == holding);
    let text = |text: &String| Some(text.clone());
    let groups = of(Holding::Group);
    let groups = groups.map(|it| api::PolicyGroup { group_name: text(&it.name), group_id: text(&it.id) });
    let users = of(Holding::User);
    let users = users.map(|it| api::PolicyUser { user_name: text(&it.name), user_id: text(&it.id) });
    let roles = of(Holding::Role);
    let roles = roles.map(|it| api::PolicyRole { role_name: text(&it.name), role_id: text(&it.id) });
    Ok(api::ListEntitiesForPolicyResponse {
        policy_groups: Some(groups.collect()),
        policy_users: Some(users.collect()),
        policy_roles: Some(roles.collect()),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

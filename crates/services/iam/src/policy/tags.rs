//! Tags of managed policies.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::find::{self, Found};
use super::record::Managed;
use crate::named;
use crate::tag::Tags;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::TagPolicy>(tag_policy)
        .write::<api::UntagPolicy>(untag_policy)
        .read::<api::ListPolicyTags>(list_policy_tags)
}

fn tag_policy(ctx: &mut Ctx<'_>, input: &api::TagPolicyRequest) -> Result<Empty> {
    let name = find::own(ctx, &input.policy_arn)?;
    named::change::<Managed, _>(ctx, &name, |policy| policy.tags.set(&input.tags))?;
    Ok(Empty {})
}

fn untag_policy(ctx: &mut Ctx<'_>, input: &api::UntagPolicyRequest) -> Result<Empty> {
    let name = find::own(ctx, &input.policy_arn)?;
    named::change::<Managed, _>(ctx, &name, |policy| {
        policy.tags.remove(&input.tag_keys);
        Ok(())
    })?;
    Ok(Empty {})
}

fn list_policy_tags(
    ctx: &mut Ctx<'_>,
    input: &api::ListPolicyTagsRequest,
) -> Result<api::ListPolicyTagsResponse> {
    let none = Tags::default();
    let tags = match find::existing(ctx, &input.policy_arn)? {
        Found::Own(policy) => &policy.tags,
        Found::Aws(_) => &none,
    };
    let page = tags.page(input.max_items, input.marker.as_deref())?;
    Ok(api::ListPolicyTagsResponse {
        tags: page.items,
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

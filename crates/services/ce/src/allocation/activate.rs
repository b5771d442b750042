//! Which tags there are to activate, and activating them.

use std::collections::BTreeMap;

use ironbird_api::ce as api;
use ironbird_rig::page::Window;
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Timestamp, metering};

use super::{AllocationTag, AllocationTags, paying, prefix, tags};
use crate::invalid_token;
use crate::period::first_of_month;
use crate::view::View;

/// How many tags a page holds unless the request says. Source: the API reference.
const PAGE: i32 = 100;

const MOST: usize = 1000;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::ListCostAllocationTags>(list_cost_allocation_tags)
        .write::<api::UpdateCostAllocationTagsStatus>(update_cost_allocation_tags_status)
}

fn list_cost_allocation_tags(
    ctx: &mut Ctx<'_>,
    input: &api::ListCostAllocationTagsRequest,
) -> Result<api::ListCostAllocationTagsResponse> {
    let payer = paying(ctx, "list Cost Allocation Tag")?;
    let last_used = last_used(ctx)?;
    let mut known = tags(ctx, payer);
    for key in last_used.keys() {
        known.entry(key.clone()).or_default();
    }
    let wanted = known.into_iter().map(|(key, tag)| shown(key.clone(), &tag, last_used.get(&key).copied()));
    let wanted = wanted.filter(|tag| {
        input.status.as_ref().is_none_or(|status| *status == tag.status)
            && input.r#type.as_ref().is_none_or(|kind| *kind == tag.r#type)
            && input.tag_keys.as_ref().is_none_or(|keys| keys.contains(&tag.tag_key))
    });
    let window = Window::asked(input.max_results.or(Some(PAGE)), MOST, input.next_token.as_deref());
    let page = window.ok_or_else(invalid_token)?.list(wanted, |tag| Key::new().text(&tag.tag_key));
    Ok(api::ListCostAllocationTagsResponse { cost_allocation_tags: Some(page.items), next_token: page.next })
}

/// When the keys that the caller's payer sees were last in use.
fn last_used(ctx: &mut Ctx<'_>) -> Result<BTreeMap<String, Timestamp>> {
    let mut last: BTreeMap<String, Timestamp> = BTreeMap::new();
    for seen in View::of_caller(ctx)?.accounts {
        for (key, used) in metering::tag_keys(ctx, seen.account) {
            let at = last.entry(key).or_insert(used);
            *at = used.max(*at);
        }
    }
    Ok(last)
}

fn shown(key: String, tag: &AllocationTag, last_used: Option<Timestamp>) -> api::CostAllocationTag {
    let is_ever_changed = tag.updated != Timestamp::default();
    api::CostAllocationTag {
        r#type: if key.starts_with("aws:") { "AWSGenerated" } else { "UserDefined" }.to_owned(),
        status: if tag.active_since.is_some() { "Active" } else { "Inactive" }.to_owned(),
        last_updated_date: is_ever_changed.then(|| tag.updated.iso8601()),
        last_used_date: last_used.map(|at| first_of_month(at).iso8601()),
        tag_key: key,
    }
}

/// Keys that nothing in use ever had are told one by one; the others are changed.
fn update_cost_allocation_tags_status(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateCostAllocationTagsStatusRequest,
) -> Result<api::UpdateCostAllocationTagsStatusResponse> {
    let payer = paying(ctx, "update Cost Allocation Tag")?;
    let used = last_used(ctx)?;
    let now = ctx.now();
    let mut errors = Vec::new();
    for entry in &input.cost_allocation_tags_status {
        let at = prefix(payer).text(&entry.tag_key);
        let known = ctx.peek::<AllocationTags>(&at).cloned();
        if known.is_none() && !used.contains_key(&entry.tag_key) {
            errors.push(api::UpdateCostAllocationTagsStatusError {
                tag_key: Some(entry.tag_key.clone()),
                code: Some("TagKeysNotFoundException".to_owned()),
                message: Some(format!("Failed to update Cost Allocation Tag: {}", entry.tag_key)),
            });
            continue;
        }
        let mut tag =
            known.unwrap_or_else(|| AllocationTag { key: entry.tag_key.clone(), ..Default::default() });
        tag.set(entry.status == "Active", now);
        ctx.put::<AllocationTags>(at, tag)?;
    }
    Ok(api::UpdateCostAllocationTagsStatusResponse { errors: Some(errors) })
}

//! The management policy that an account ends up with.

use ironbird_api::organizations as api;
use ironbird_rig::{Account, Ctx, Result, ServiceDef, Timestamp};
use serde_json::{Map, Value};

use super::merge::Element;
use super::{Kind, attachment, kind};
use crate::id::Kind as Id;
use crate::organization::{self, Organization};
use crate::{caller, error, id, tree};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<api::DescribeEffectivePolicy>(describe_policy)
}

fn describe_policy(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeEffectivePolicyRequest,
) -> Result<api::DescribeEffectivePolicyResponse> {
    let own = ctx.scope().account;
    let account = match input.target_id.as_deref().map(|id| id::checked(id, |_| true)).transpose()? {
        None => own,
        Some(Id::Account(account)) => account,
        Some(_) => {
            let message = "You can't perform the specified operation on that target entity.";
            return Err(error::invalid_input("TARGET_NOT_SUPPORTED", message));
        }
    };
    // Every member may ask for itself.
    let organization = if account == own { caller::member(ctx)? } else { caller::reader(ctx)? };
    organization::member(ctx, &organization, account).map_err(|_| error::no_target())?;
    let kind = kind::named(&input.policy_type)?;
    let (content, updated) = effective(ctx, &organization, account, kind)?.ok_or_else(|| {
        let message = "The account doesn't have an effective policy of this type.";
        error::client("EffectivePolicyNotFoundException", message)
    })?;
    Ok(api::DescribeEffectivePolicyResponse {
        effective_policy: Some(api::EffectivePolicy {
            policy_content: Some(content.to_string()),
            last_updated_timestamp: Some(updated),
            target_id: Some(account.to_string()),
            policy_type: Some(input.policy_type.clone()),
        }),
    })
}

/// What the policies of a type come to, and when one of them last changed or was attached.
fn effective(
    ctx: &Ctx<'_>,
    organization: &Organization,
    account: Account,
    kind: &Kind,
) -> Result<Option<(Value, Timestamp)>> {
    if !organization.policy_types.contains(kind.name) {
        return Ok(None);
    }
    let mut merged = Element::default();
    let mut updated = None;
    for (level, target) in tree::lineage(ctx, organization, &account.to_string()).iter().enumerate() {
        let attached = attachment::in_order(ctx, organization, target, kind.name);
        let times = attached.iter().map(|(attachment, policy)| attachment.since.max(policy.updated));
        updated = times.chain(updated).max();
        let documents = attached.iter().filter_map(|(_, policy)| serde_json::from_str(&policy.content).ok());
        let documents: Vec<Map<String, Value>> = documents.collect();
        merged.merge(level, &documents).map_err(|conflict| {
            let reason = format!("two policies that are attached to {target} both assign {}", conflict.path);
            Ctx::unsupported("DescribeEffectivePolicy of such an account", &reason)
        })?;
    }
    Ok(merged.effective().zip(updated))
}

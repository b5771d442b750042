//! What an organization withholds from an account, for whoever authorizes calls.

use std::sync::Arc;

use ironbird_iam::{Kind as Language, Level};
use ironbird_rig::access::{Controls, Membership, policy};
use ironbird_rig::{Account, Ctx, Key, ServiceDef};

use super::{arn, attachment};
use crate::organization::Organization;
use crate::{caller, delegation, tree};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.controls(controls)
}

/// Control policies, from the root down. They do not restrict the management account.
fn controls(ctx: &Ctx<'_>, account: Account) -> Arc<Controls> {
    ctx.memo("organizations.controls", &Key::new().number(account.number()), || {
        let Some(organization) = caller::organization_of(ctx, account) else { return Arc::default() };
        let membership = Membership {
            organization: organization.id.clone(),
            path: tree::path(ctx, &organization, &account.to_string()),
            manager: Some(organization.management),
            administers: delegation::services_of(ctx, &organization, account),
        };
        let levels = |kind, language| match organization.management == account {
            true => Vec::new(),
            false => levels(ctx, &organization, account, kind, language),
        };
        let service = levels("SERVICE_CONTROL_POLICY", Language::ServiceControl);
        let resource = levels("RESOURCE_CONTROL_POLICY", Language::ResourceControl);
        Arc::new(Controls::new(membership, service, resource))
    })
}

fn levels(
    ctx: &Ctx<'_>,
    organization: &Organization,
    account: Account,
    kind: &str,
    language: Language,
) -> Vec<Level> {
    if !organization.policy_types.contains(kind) {
        return Vec::new();
    }
    let level = |target: String| {
        let policies = attachment::of(ctx, organization, &target, kind);
        let policies =
            policies.filter_map(|found| policy(language, &arn(organization, found), &found.content));
        Level { policies: policies.collect(), name: target.into() }
    };
    tree::lineage(ctx, organization, &account.to_string()).into_iter().map(level).collect()
}

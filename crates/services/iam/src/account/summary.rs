//! How much of everything an account has, and may have.

use std::collections::BTreeMap;

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::group::Group;
use crate::mfa;
use crate::named::{self, Named};
use crate::policy::Managed;
use crate::profile::Profile;
use crate::role::Role;
use crate::user::User;

/// Quotas that are the same for every account (IAM user guide, "IAM and AWS STS quotas").
const QUOTAS: &[(&str, i32)] = &[
    ("AccessKeysPerUserQuota", 2),
    ("AssumeRolePolicySizeQuota", 2048),
    ("AttachedPoliciesPerGroupQuota", 10),
    ("AttachedPoliciesPerRoleQuota", 10),
    ("AttachedPoliciesPerUserQuota", 10),
    ("GroupPolicySizeQuota", 5120),
    ("GroupsPerUserQuota", 10),
    ("PolicySizeQuota", 6144),
    ("PolicyVersionsInUseQuota", 10_000),
    ("RolePolicySizeQuota", 10_240),
    ("ServerCertificatesQuota", 20),
    ("SigningCertificatesPerUserQuota", 2),
    ("UserPolicySizeQuota", 2048),
    ("VersionsPerPolicyQuota", 5),
    // What this rig has none of: a root user signs with no access key of IAM's.
    ("AccountAccessKeysPresent", 0),
    ("AccountMFAEnabled", 0),
    ("AccountPasswordPresent", 0),
    ("AccountSigningCertificatesPresent", 0),
    ("Providers", 0),
    ("ServerCertificates", 0),
];

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<api::GetAccountSummary>(get_account_summary)
}

fn get_account_summary(ctx: &mut Ctx<'_>, _input: &Empty) -> Result<api::GetAccountSummaryResponse> {
    let mut summary: BTreeMap<String, i32> =
        QUOTAS.iter().map(|(name, figure)| ((*name).to_owned(), *figure)).collect();
    let mut have = |name: &str, count: usize, most: usize| {
        let figure = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        summary.insert(name.to_owned(), figure(count));
        summary.insert(format!("{name}Quota"), figure(most));
    };
    have("Users", count::<User>(ctx), User::QUOTA.1);
    have("Groups", count::<Group>(ctx), Group::QUOTA.1);
    have("Roles", count::<Role>(ctx), Role::QUOTA.1);
    have("InstanceProfiles", count::<Profile>(ctx), Profile::QUOTA.1);
    have("Policies", count::<Managed>(ctx), Managed::QUOTA.1);
    let (devices, in_use) = mfa::count(ctx);
    summary.insert("MFADevices".to_owned(), i32::try_from(devices).unwrap_or(i32::MAX));
    summary.insert("MFADevicesInUse".to_owned(), i32::try_from(in_use).unwrap_or(i32::MAX));
    let policies = ctx.scan::<Managed>(&named::prefix(ctx));
    let versions: usize = policies.map(|(_, policy)| policy.versions.len()).sum();
    summary.insert("PolicyVersionsInUse".to_owned(), i32::try_from(versions).unwrap_or(i32::MAX));
    Ok(api::GetAccountSummaryResponse { summary_map: Some(summary) })
}

fn count<N: Named>(ctx: &Ctx<'_>) -> usize {
    ctx.scan::<N>(&named::prefix(ctx)).count()
}

//! Versions of managed policies.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::page::Page;
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef};

use super::aws::AwsPolicy;
use super::find::{self, Found};
use super::record::{Managed, Version};
use crate::document::{self, Kind};
use crate::named;
use crate::{error, page};

/// Versions that a policy may have at once (IAM user guide, "IAM and AWS STS quotas").
const MOST: usize = 5;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::CreatePolicyVersion>(create_policy_version)
        .read::<api::GetPolicyVersion>(get_policy_version)
        .read::<api::ListPolicyVersions>(list_policy_versions)
        .write::<api::SetDefaultPolicyVersion>(set_default_policy_version)
        .write::<api::DeletePolicyVersion>(delete_policy_version)
}

/// A version as answers have it; lists leave the document out.
fn view(policy: &Managed, number: u32, version: &Version, whole: bool) -> api::PolicyVersion {
    api::PolicyVersion {
        document: whole.then(|| document::encode(&version.document)),
        version_id: Some(format!("v{number}")),
        is_default_version: Some(number == policy.default),
        create_date: Some(version.created),
    }
}

/// All versions that there are of a policy, with their documents, the newest first.
pub(crate) fn versions(found: Found<'_>) -> Vec<api::PolicyVersion> {
    match found {
        Found::Own(policy) => {
            let newest_first = policy.versions.iter().rev();
            newest_first.map(|(number, version)| view(policy, *number, version, true)).collect()
        }
        Found::Aws(policy) => vec![view_of_aws(policy, true)],
    }
}

fn view_of_aws(policy: &AwsPolicy, whole: bool) -> api::PolicyVersion {
    api::PolicyVersion {
        document: whole.then(|| document::encode(&policy.document)),
        version_id: Some(policy.version.clone()),
        is_default_version: Some(true),
        create_date: Some(policy.updated),
    }
}

fn number(version_id: &str) -> Option<u32> {
    version_id.strip_prefix('v')?.parse().ok()
}

fn missing(arn: &str, version: &str) -> Error {
    error::no_such_entity(format!("Policy {arn} version {version} does not exist or is not attachable."))
}

fn create_policy_version(
    ctx: &mut Ctx<'_>,
    input: &api::CreatePolicyVersionRequest,
) -> Result<api::CreatePolicyVersionResponse> {
    let text = &input.policy_document;
    let name = find::own(ctx, &input.policy_arn)?;
    document::check(Kind::Managed, text)?;
    document::check_size(Kind::Managed, std::iter::once(text), "policy")?;
    let now = named::now(ctx);
    let shown = named::change::<Managed, _>(ctx, &name, |policy| {
        if policy.versions.len() >= MOST {
            return Err(error::limit_exceeded(format!(
                "A managed policy can have up to {MOST} versions. Before you create a new version, you must delete an \
                 existing version."
            )));
        }
        policy.last += 1;
        let version = Version { document: text.clone(), created: now };
        if input.set_as_default == Some(true) {
            policy.default = policy.last;
            policy.updated = now;
        }
        let shown = view(policy, policy.last, &version, false);
        policy.versions.insert(policy.last, version);
        Ok(shown)
    })?;
    Ok(api::CreatePolicyVersionResponse { policy_version: Some(shown) })
}

fn get_policy_version(
    ctx: &mut Ctx<'_>,
    input: &api::GetPolicyVersionRequest,
) -> Result<api::GetPolicyVersionResponse> {
    let wanted = &input.version_id;
    let found = match find::existing(ctx, &input.policy_arn)? {
        Found::Own(policy) => number(wanted)
            .and_then(|number| Some((number, policy.versions.get(&number)?)))
            .map(|(number, version)| view(policy, number, version, true)),
        Found::Aws(policy) => (policy.version == *wanted).then(|| view_of_aws(policy, true)),
    };
    let policy_version = Some(found.ok_or_else(|| missing(&input.policy_arn, wanted))?);
    Ok(api::GetPolicyVersionResponse { policy_version })
}

fn list_policy_versions(
    ctx: &mut Ctx<'_>,
    input: &api::ListPolicyVersionsRequest,
) -> Result<api::ListPolicyVersionsResponse> {
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let (versions, next) = match find::existing(ctx, &input.policy_arn)? {
        Found::Own(policy) => {
            // The newest comes first.
            let newest_first = policy.versions.iter().rev();
            let Page { items, next } =
                window.list(newest_first, |(number, _)| Key::new().number(u64::from(u32::MAX - **number)));
            let shown = items.into_iter().map(|(number, version)| view(policy, *number, version, false));
            (shown.collect(), next)
        }
        Found::Aws(policy) => (vec![view_of_aws(policy, false)], None),
    };
    Ok(api::ListPolicyVersionsResponse {
        versions: Some(versions),
        is_truncated: Some(next.is_some()),
        marker: next,
    })
}

fn set_default_policy_version(
    ctx: &mut Ctx<'_>,
    input: &api::SetDefaultPolicyVersionRequest,
) -> Result<Empty> {
    let name = find::own(ctx, &input.policy_arn)?;
    let now = named::now(ctx);
    named::change::<Managed, _>(ctx, &name, |policy| {
        let number = number(&input.version_id).filter(|number| policy.versions.contains_key(number));
        policy.default = number.ok_or_else(|| missing(&input.policy_arn, &input.version_id))?;
        policy.updated = now;
        Ok(())
    })?;
    Ok(Empty {})
}

fn delete_policy_version(ctx: &mut Ctx<'_>, input: &api::DeletePolicyVersionRequest) -> Result<Empty> {
    let name = find::own(ctx, &input.policy_arn)?;
    named::change::<Managed, _>(ctx, &name, |policy| {
        let number = number(&input.version_id).filter(|number| policy.versions.contains_key(number));
        let number = number.ok_or_else(|| missing(&input.policy_arn, &input.version_id))?;
        if number == policy.default {
            return Err(error::delete_conflict("Cannot delete the default version of a policy."));
        }
        policy.versions.remove(&number);
        Ok(())
    })?;
    Ok(Empty {})
}

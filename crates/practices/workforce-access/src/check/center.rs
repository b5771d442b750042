//! no-boundary, and management-account as far as permission sets are assigned there.

use ironbird_api::sso_admin;
use ironbird_client::CallError;
use ironbird_cloud::note::Report;
use ironbird_cloud::{Cloud, read};
use ironbird_report::{Finding, Unit};

use super::counted;
use super::organization::{OF_ORGANIZATION, Organization};
use super::rules::{MANAGEMENT_ACCOUNT, NO_BOUNDARY};

/// An organization's instance of Identity Center.
pub struct Instance {
    /// Its ARN.
    pub arn: String,
}

/// Finds the organization's instance, where the account sees it in this Region.
///
/// # Errors
/// When nothing can be read at all.
pub async fn instance<C: Cloud>(
    cloud: &C,
    report: &mut Report,
    organization: &Organization,
) -> Result<Option<Instance>, CallError> {
    let what = "sso:ListInstances";
    let found = read::identity::instances(cloud, Default::default()).await;
    let Some(found) = report.note(what, &OF_ORGANIZATION, found)? else { return Ok(None) };
    // An account may have an instance of its own, which assigns applications and nothing in accounts.
    let of_all = found.into_iter().find(|it| it.owner_account_id.as_ref() == Some(&organization.management));
    let Some(arn) = of_all.and_then(|it| it.instance_arn) else {
        let why = format!(
            "no Identity Center of the organization is seen from this account in {}: it is in one Region, and seen by the \
             management account ({}) and by delegated administrators",
            cloud.region(),
            organization.management
        );
        report.findings.could_not_read(what, why, &OF_ORGANIZATION);
        return Ok(None);
    };
    Ok(Some(Instance { arn }))
}

/// Checks every permission set.
///
/// # Errors
/// When nothing can be read at all.
pub async fn check<C: Cloud>(
    cloud: &C,
    report: &mut Report,
    organization: &Organization,
    instance: &Instance,
) -> Result<(), CallError> {
    let input =
        sso_admin::ListPermissionSetsRequest { instance_arn: instance.arn.clone(), ..Default::default() };
    let sets = read::identity::permission_sets(cloud, input).await;
    let rules = [&NO_BOUNDARY, &MANAGEMENT_ACCOUNT];
    let Some(sets) = report.note("sso:ListPermissionSets", &rules, sets)? else { return Ok(()) };
    if !sets.is_empty() {
        report.findings.figure("permission sets", sets.len() as f64, Unit::Count);
    }
    for set in sets {
        let name = match describe(cloud, instance, &set).await {
            Ok(name) => name,
            Err(error) => {
                report.unread("sso:DescribePermissionSet", &rules, set, error)?;
                continue;
            }
        };
        match has_boundary(cloud, instance, &set).await {
            Ok(has_boundary) => check_boundary(report, &set, &name, has_boundary),
            Err(error) => {
                let what = "sso:GetPermissionsBoundaryForPermissionSet";
                report.unread(what, &[&NO_BOUNDARY], set.clone(), error)?;
            }
        }
        let input = sso_admin::ListAccountAssignmentsRequest {
            instance_arn: instance.arn.clone(),
            account_id: organization.management.clone(),
            permission_set_arn: set.clone(),
            ..Default::default()
        };
        match read::identity::assignments(cloud, input).await {
            Ok(assigned) => check_management(report, organization, &set, &name, &assigned),
            Err(error) => report.unread("sso:ListAccountAssignments", &[&MANAGEMENT_ACCOUNT], set, error)?,
        }
    }
    Ok(())
}

/// Name of a permission set.
async fn describe<C: Cloud>(cloud: &C, instance: &Instance, set: &str) -> Result<String, CallError> {
    let input = sso_admin::DescribePermissionSetRequest {
        instance_arn: instance.arn.clone(),
        permission_set_arn: set.to_owned(),
    };
    let found = cloud.call::<sso_admin::DescribePermissionSet>(&input).await?;
    Ok(found.permission_set.and_then(|set| set.name).unwrap_or_default())
}

async fn has_boundary<C: Cloud>(cloud: &C, instance: &Instance, set: &str) -> Result<bool, CallError> {
    let input = sso_admin::GetPermissionsBoundaryForPermissionSetRequest {
        instance_arn: instance.arn.clone(),
        permission_set_arn: set.to_owned(),
    };
    match cloud.call::<sso_admin::GetPermissionsBoundaryForPermissionSet>(&input).await {
        Ok(answer) => Ok(answer.permissions_boundary.is_some()),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(false),
        Err(error) => Err(error),
    }
}

fn check_boundary(report: &mut Report, set: &str, name: &str, has_boundary: bool) {
    report.findings.examine(&NO_BOUNDARY, set);
    if !has_boundary {
        report.findings.find(Finding::new(
            &NO_BOUNDARY,
            set,
            format!("The permission set {name} has no permissions boundary."),
            "Put a boundary on it, an AWS managed policy or a customer managed policy that every account has under the same name.",
        ));
    }
}

fn check_management(
    report: &mut Report,
    organization: &Organization,
    set: &str,
    name: &str,
    assigned: &[sso_admin::AccountAssignment],
) {
    report.findings.examine(&MANAGEMENT_ACCOUNT, set);
    if assigned.is_empty() {
        return;
    }
    let count_of =
        |kind: &str| assigned.iter().filter(|it| it.principal_type.as_deref() == Some(kind)).count();
    let seen = format!(
        "The permission set {name} is assigned in the management account {} to {} and {}.",
        organization.management,
        counted(count_of("USER"), "user"),
        counted(count_of("GROUP"), "group"),
    );
    let advice = "Move what is worked on to a member account and take the assignment away; keep a narrow one for what only the \
                  management account can do.";
    let finding = Finding::new(&MANAGEMENT_ACCOUNT, set, seen, advice);
    report.findings.find(finding.with_figure("assignments there", assigned.len() as f64, Unit::Count));
}

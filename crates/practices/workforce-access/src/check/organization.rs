//! The organization, and no-delegated-administrator: who administers Identity Center for it.

use ironbird_api::organizations::{DescribeOrganization, ListDelegatedAdministratorsRequest};
use ironbird_client::CallError;
use ironbird_cloud::note::Report;
use ironbird_cloud::{Cloud, read};
use ironbird_report::{Finding, Rule};

use super::center::Instance;
use super::rules::{MANAGEMENT_ACCOUNT, NO_BOUNDARY, NO_DELEGATED_ADMINISTRATOR};
use crate::CENTER;

/// The organization that the account is in.
pub struct Organization {
    /// Id of its management account.
    pub management: String,
}

/// The rules that cannot be decided without knowing the organization.
pub const OF_ORGANIZATION: [&Rule; 3] = [&NO_DELEGATED_ADMINISTRATOR, &MANAGEMENT_ACCOUNT, &NO_BOUNDARY];

/// Reads which organization the account is in; none where it is in none, or that could not be read.
///
/// # Errors
/// When nothing can be read at all.
pub async fn read<C: Cloud>(cloud: &C, report: &mut Report) -> Result<Option<Organization>, CallError> {
    let found = match cloud.call::<DescribeOrganization>(&Default::default()).await {
        Ok(answer) => Ok(answer.organization.into_iter().collect()),
        // An account by itself: there is no management account, and no Identity Center for accounts.
        Err(error) if error.code() == Some("AWSOrganizationsNotInUseException") => Ok(Vec::new()),
        Err(error) => Err(error),
    };
    let found = report.note("organizations:DescribeOrganization", &OF_ORGANIZATION, found)?;
    let management = found.and_then(|list| list.into_iter().next()).and_then(|it| it.master_account_id);
    Ok(management.map(|management| Organization { management }))
}

/// Checks whether another account than the management account may administer Identity Center.
///
/// # Errors
/// When nothing can be read at all.
pub async fn check_delegation<C: Cloud>(
    cloud: &C,
    report: &mut Report,
    instance: &Instance,
) -> Result<(), CallError> {
    let input = ListDelegatedAdministratorsRequest {
        service_principal: Some(CENTER.to_owned()),
        ..Default::default()
    };
    let found = read::identity::delegated_administrators(cloud, input).await;
    let what = "organizations:ListDelegatedAdministrators";
    let Some(found) = report.note(what, &[&NO_DELEGATED_ADMINISTRATOR], found)? else { return Ok(()) };
    report.findings.examine(&NO_DELEGATED_ADMINISTRATOR, &instance.arn);
    if found.is_empty() {
        report.findings.find(Finding::new(
            &NO_DELEGATED_ADMINISTRATOR,
            &instance.arn,
            "Only the management account administers Identity Center.",
            "Register a member account as delegated administrator for sso.amazonaws.com, and manage users and permission sets there.",
        ));
    }
    Ok(())
}

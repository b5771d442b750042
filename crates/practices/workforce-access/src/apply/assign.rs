//! What takes its time: assignments, and provisioning roles anew. Some are begun at once and then waited for.

use ironbird_api::sso_admin as api;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::change::ApplyError;

use super::center::Center;
use super::item::Item;
use super::write::target;

/// So many are under way at a time; AWS queues asynchronous calls (Identity Center quotas and throttle limits).
const AT_ONCE: usize = 10;

/// Seconds between two looks at what is under way.
const LOOK_EVERY: u32 = 2;

/// Looks before it is given up: ten minutes.
const MOST_LOOKS: u32 = 300;

/// What is under way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Assign,
    Unassign,
    Provision,
}

/// What came of a look.
struct Status {
    state: Option<String>,
    reason: Option<String>,
}

/// Makes assignments, or takes them away; `told` hears of each that is done.
///
/// # Errors
/// The first that failed.
pub async fn assign<C: Cloud>(
    cloud: &C,
    center: &Center,
    items: &[&Item],
    is_to_be: bool,
    told: &mut impl FnMut(String),
) -> Result<(), ApplyError> {
    let (work, doing) = if is_to_be { (Work::Assign, "assign") } else { (Work::Unassign, "take away") };
    let mut done = 0;
    for part in items.chunks(AT_ONCE) {
        let mut begun = Vec::new();
        for item in part {
            let failed = ApplyError::call(format!("cannot {doing} {item}"));
            begun.push((item, begin(cloud, center, item, is_to_be).await.map_err(failed)?));
        }
        for (item, request) in begun {
            if let Some(request) = request {
                wait(cloud, center, work, &request, &format!("cannot {doing} {item}")).await?;
            }
            done += 1;
            told(format!("{done} of {}: {item}", items.len()));
        }
    }
    Ok(())
}

/// Begins one: the id of its request. Where somebody or something is gone, there is nothing to take away.
async fn begin<C: Cloud>(
    cloud: &C,
    center: &Center,
    item: &Item,
    is_to_be: bool,
) -> Result<Option<String>, CallError> {
    let Item::Assignment { set, account, principal, name } = item else { return Ok(None) };
    let id = center.principal(cloud, principal, name).await?;
    let (Some((instance_arn, permission_set_arn)), Some(principal_id)) = (target(center, set), id) else {
        return Ok(None);
    };
    let (target_id, target_type, principal_type) =
        (account.clone(), "AWS_ACCOUNT".to_owned(), principal.clone());
    let status = if is_to_be {
        let input = api::CreateAccountAssignmentRequest {
            instance_arn,
            target_id,
            target_type,
            permission_set_arn,
            principal_type,
            principal_id,
        };
        cloud.call::<api::CreateAccountAssignment>(&input).await?.account_assignment_creation_status
    } else {
        let input = api::DeleteAccountAssignmentRequest {
            instance_arn,
            target_id,
            target_type,
            permission_set_arn,
            principal_type,
            principal_id,
        };
        cloud.call::<api::DeleteAccountAssignment>(&input).await?.account_assignment_deletion_status
    };
    Ok(status.and_then(|status| status.request_id))
}

/// Provisions a permission set anew in accounts whose role is not as the set is; `told` hears of each that is done.
///
/// # Errors
/// The first that failed.
pub async fn provision<C: Cloud>(
    cloud: &C,
    center: &Center,
    set: &str,
    told: &mut impl FnMut(String),
) -> Result<Vec<String>, ApplyError> {
    let doing = || format!("cannot provision permission set {set}");
    let accounts = center.outdated(cloud, set).await.map_err(ApplyError::call(doing()))?;
    for (index, account) in accounts.iter().enumerate() {
        let Some((instance_arn, permission_set_arn)) = target(center, set) else { break };
        let input = api::ProvisionPermissionSetRequest {
            instance_arn,
            permission_set_arn,
            target_id: Some(account.clone()),
            target_type: "AWS_ACCOUNT".to_owned(),
        };
        let failed = ApplyError::call(format!("{} in account {account}", doing()));
        let begun = cloud.call::<api::ProvisionPermissionSet>(&input).await.map_err(failed)?;
        if let Some(request) = begun.permission_set_provisioning_status.and_then(|status| status.request_id) {
            let doing = format!("{} in account {account}", doing());
            wait(cloud, center, Work::Provision, &request, &doing).await?;
        }
        told(format!(
            "{} of {}: role of permission set {set} in account {account}",
            index + 1,
            accounts.len()
        ));
    }
    Ok(accounts)
}

/// Waits until something is done.
async fn wait<C: Cloud>(
    cloud: &C,
    center: &Center,
    work: Work,
    request: &str,
    doing: &str,
) -> Result<(), ApplyError> {
    for _ in 0..MOST_LOOKS {
        let status = look(cloud, center, work, request).await.map_err(ApplyError::call(doing))?;
        match status.state.as_deref() {
            Some("SUCCEEDED") => return Ok(()),
            Some("FAILED") => {
                let reason = status.reason.unwrap_or_else(|| "no reason was given".to_owned());
                return Err(ApplyError::NotAsPlanned(vec![format!("{doing}: {reason}")]));
            }
            _ => cloud.pause(LOOK_EVERY).await,
        }
    }
    Err(ApplyError::NotAsPlanned(vec![format!(
        "{doing}: it is still under way: run the command again later"
    )]))
}

async fn look<C: Cloud>(cloud: &C, center: &Center, work: Work, request: &str) -> Result<Status, CallError> {
    let (instance_arn, id) = (center.instance.clone(), request.to_owned());
    let of_assignment = |status: Option<api::AccountAssignmentOperationStatus>| {
        let status = status.unwrap_or_default();
        Status { state: status.status, reason: status.failure_reason }
    };
    match work {
        Work::Assign => {
            let input = api::DescribeAccountAssignmentCreationStatusRequest {
                instance_arn,
                account_assignment_creation_request_id: id,
            };
            let found = cloud.call::<api::DescribeAccountAssignmentCreationStatus>(&input).await?;
            Ok(of_assignment(found.account_assignment_creation_status))
        }
        Work::Unassign => {
            let input = api::DescribeAccountAssignmentDeletionStatusRequest {
                instance_arn,
                account_assignment_deletion_request_id: id,
            };
            let found = cloud.call::<api::DescribeAccountAssignmentDeletionStatus>(&input).await?;
            Ok(of_assignment(found.account_assignment_deletion_status))
        }
        Work::Provision => {
            let input = api::DescribePermissionSetProvisioningStatusRequest {
                instance_arn,
                provision_permission_set_request_id: id,
            };
            let found = cloud.call::<api::DescribePermissionSetProvisioningStatus>(&input).await?;
            let status = found.permission_set_provisioning_status.unwrap_or_default();
            Ok(Status { state: status.status, reason: status.failure_reason })
        }
    }
}

//! Who may make volumes of a snapshot: DescribeSnapshotAttribute, ModifySnapshotAttribute, ResetSnapshotAttribute.

use ironbird_api::{Empty, ec2};
use ironbird_rig::account::Account;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::{Snapshot, Snapshots, own};
use crate::error;

/// The attribute that is about this.
const ATTRIBUTE: &str = "createVolumePermission";

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<ec2::DescribeSnapshotAttribute>(describe_snapshot_attribute)
        .write::<ec2::ModifySnapshotAttribute>(modify_snapshot_attribute)
        .write::<ec2::ResetSnapshotAttribute>(reset_snapshot_attribute)
}

fn describe_snapshot_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeSnapshotAttributeRequest,
) -> Result<ec2::DescribeSnapshotAttributeResult> {
    error::dry_run(input.dry_run)?;
    let snapshot = own(ctx, &input.snapshot_id)?;
    let mut result =
        ec2::DescribeSnapshotAttributeResult { snapshot_id: Some(snapshot.id.clone()), ..Default::default() };
    match input.attribute.as_str() {
        ATTRIBUTE => {
            let user = |account: &Account| ec2::CreateVolumePermission {
                user_id: Some(account.to_string()),
                group: None,
            };
            let everybody = ec2::CreateVolumePermission { user_id: None, group: Some("all".to_owned()) };
            let mut permissions: Vec<_> = snapshot.users.iter().map(user).collect();
            permissions.extend(Some(everybody).filter(|_| snapshot.public));
            result.create_volume_permissions = Some(permissions);
        }
        "productCodes" => result.product_codes = Some(Vec::new()),
        other => return Err(error::invalid_parameter_value(other, "attribute")),
    }
    Ok(result)
}

/// Users and whether everybody is meant, of one half of a change.
fn meant(given: &[ec2::CreateVolumePermission]) -> (Vec<String>, Vec<String>) {
    let users = given.iter().filter_map(|it| it.user_id.clone()).collect();
    (users, given.iter().filter_map(|it| it.group.clone()).collect())
}

fn modify_snapshot_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifySnapshotAttributeRequest,
) -> Result<Empty> {
    let mut snapshot = own(ctx, &input.snapshot_id)?.clone();
    if let Some(other) = input.attribute.as_deref().filter(|attribute| *attribute != ATTRIBUTE) {
        return Err(error::invalid_parameter_value(other, "attribute"));
    }
    match &input.create_volume_permission {
        Some(change) => {
            let (users, groups) = meant(change.add.as_deref().unwrap_or_default());
            grant(&mut snapshot, &users, &groups, true)?;
            let (users, groups) = meant(change.remove.as_deref().unwrap_or_default());
            grant(&mut snapshot, &users, &groups, false)?;
        }
        None => {
            let adds = match input.operation_type.as_deref() {
                Some("add") => true,
                Some("remove") => false,
                Some(other) => return Err(error::invalid_parameter_value(other, "operationType")),
                None => return Err(error::missing_parameter("operationType")),
            };
            let users = input.user_ids.as_deref().unwrap_or_default();
            grant(&mut snapshot, users, input.group_names.as_deref().unwrap_or_default(), adds)?;
        }
    }
    if snapshot.public && snapshot.encrypted {
        let message = "Encrypted snapshots with EBS default key cannot be shared";
        return Err(Error::client("OperationNotPermitted", message));
    }
    ctx.put::<Snapshots>(ctx.scope().key(&snapshot.id), snapshot)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

/// Gives a snapshot to users and groups, or takes it from them.
fn grant(snapshot: &mut Snapshot, users: &[String], groups: &[String], adds: bool) -> Result<()> {
    if let Some(other) = groups.iter().find(|group| *group != "all") {
        return Err(error::invalid_parameter_value(other, "userGroup"));
    }
    if !groups.is_empty() {
        snapshot.public = adds;
    }
    for text in users {
        let malformed = || {
            let message = format!("Invalid user id: \"{text}\"");
            Error::client("InvalidUserID.Malformed", message)
        };
        let user = Account::parse(text).ok_or_else(malformed)?;
        snapshot.users.retain(|other| *other != user);
        if adds {
            snapshot.users.push(user);
        }
    }
    Ok(())
}

fn reset_snapshot_attribute(ctx: &mut Ctx<'_>, input: &ec2::ResetSnapshotAttributeRequest) -> Result<Empty> {
    let mut snapshot = own(ctx, &input.snapshot_id)?.clone();
    if input.attribute != ATTRIBUTE {
        return Err(error::invalid_parameter_value(&input.attribute, "attribute"));
    }
    snapshot.public = false;
    snapshot.users.clear();
    ctx.put::<Snapshots>(ctx.scope().key(&snapshot.id), snapshot)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

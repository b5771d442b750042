//! DescribeImageAttribute, ModifyImageAttribute, ResetImageAttribute.

use ironbird_api::{Empty, ec2};
use ironbird_rig::account::Account;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::record::{Images, Mapping, Record};
use super::{describe, find, lifecycle, own};
use crate::error;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const ORGANIZATIONS: &str =
        "images are shared with accounts only here, not with organizations and their units";
    definition
        .read::<ec2::DescribeImageAttribute>(describe_image_attribute)
        .write::<ec2::ModifyImageAttribute>(modify_image_attribute)
        .refuses::<ec2::ModifyImageAttribute>(&[
            ("ProductCodes", "there are no product codes"),
            ("OrganizationArns", ORGANIZATIONS),
            ("OrganizationalUnitArns", ORGANIZATIONS),
            ("LaunchPermission.Add.OrganizationArn", ORGANIZATIONS),
            ("LaunchPermission.Add.OrganizationalUnitArn", ORGANIZATIONS),
            ("LaunchPermission.Remove.OrganizationArn", ORGANIZATIONS),
            ("LaunchPermission.Remove.OrganizationalUnitArn", ORGANIZATIONS),
        ])
        .write::<ec2::ResetImageAttribute>(lifecycle::reset)
}

fn describe_image_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeImageAttributeRequest,
) -> Result<ec2::ImageAttribute> {
    error::dry_run(input.dry_run)?;
    let image = find(ctx, &input.image_id)?;
    if image.owner != ctx.scope().account.to_string() {
        // Nobody is told of the attributes of what others own.
        return Err(Error::client("AuthFailure", "Unauthorized attempt to access restricted resource"));
    }
    let value = |value: Option<&str>| Some(ec2::AttributeValue { value: value.map(str::to_owned) });
    let mut result = ec2::ImageAttribute { image_id: Some(image.id.clone()), ..Default::default() };
    match input.attribute.as_str() {
        "description" => result.description = value(Some(&image.description)),
        "launchPermission" => result.launch_permissions = Some(permissions(&image)),
        "blockDeviceMapping" => {
            result.block_device_mappings = Some(image.mappings.iter().map(Mapping::shown).collect());
        }
        "bootMode" => result.boot_mode = value(image.boot_mode.as_deref()),
        "tpmSupport" => result.tpm_support = value(image.tpm.then_some("v2.0")),
        "imdsSupport" => result.imds_support = value(image.imds_v2.then_some("v2.0")),
        "sriovNetSupport" => result.sriov_net_support = value(image.sriov.then_some("simple")),
        "deregistrationProtection" => {
            result.deregistration_protection = value(Some(describe::protection(&image)));
        }
        "kernel" => result.kernel_id = value(None),
        "ramdisk" => result.ramdisk_id = value(None),
        "uefiData" => result.uefi_data = value(None),
        "productCodes" => result.product_codes = Some(Vec::new()),
        other => return Err(error::invalid_parameter_value(other, "attribute")),
    }
    Ok(result)
}

fn permissions(image: &Record) -> Vec<ec2::LaunchPermission> {
    let user = |id: &String| ec2::LaunchPermission { user_id: Some(id.clone()), ..Default::default() };
    let everybody = ec2::LaunchPermission { group: Some("all".to_owned()), ..Default::default() };
    let mut permissions: Vec<_> = image.users.iter().map(user).collect();
    permissions.extend(Some(everybody).filter(|_| image.public));
    permissions
}

fn wrong_item(value: &str, kind: &str) -> Error {
    let message = format!("Invalid attribute item value \"{value}\" for {kind} item type.");
    Error::client("InvalidAMIAttributeItemValue", message)
}

/// Gives an image to users and groups, or takes it from them.
fn grant(image: &mut Record, users: &[String], groups: &[String], adds: bool) -> Result<()> {
    if let Some(other) = groups.iter().find(|group| *group != "all") {
        return Err(wrong_item(other, "userGroup"));
    }
    if !groups.is_empty() {
        image.public = adds;
    }
    for text in users {
        if Account::parse(text).is_none() {
            return Err(wrong_item(text, "userId"));
        }
        image.users.retain(|other| other != text);
        if adds {
            image.users.push(text.clone());
        }
    }
    Ok(())
}

fn meant(given: Option<&Vec<ec2::LaunchPermission>>) -> (Vec<String>, Vec<String>) {
    let given = given.map(Vec::as_slice).unwrap_or_default();
    let users = given.iter().filter_map(|it| it.user_id.clone()).collect();
    (users, given.iter().filter_map(|it| it.group.clone()).collect())
}

fn modify_image_attribute(ctx: &mut Ctx<'_>, input: &ec2::ModifyImageAttributeRequest) -> Result<Empty> {
    let mut image = Record::clone(&*own(ctx, &input.image_id)?);
    let mut changes = false;
    if let Some(change) = &input.launch_permission {
        let (users, groups) = meant(change.add.as_ref());
        grant(&mut image, &users, &groups, true)?;
        let (users, groups) = meant(change.remove.as_ref());
        grant(&mut image, &users, &groups, false)?;
        changes = true;
    }
    if let Some(operation) = input.operation_type.as_deref() {
        let adds = match operation {
            "add" => true,
            "remove" => false,
            other => return Err(error::invalid_parameter_value(other, "operationType")),
        };
        let users = input.user_ids.as_deref().unwrap_or_default();
        grant(&mut image, users, input.user_groups.as_deref().unwrap_or_default(), adds)?;
        changes = true;
    }
    let by_name = input.value.as_ref().filter(|_| input.attribute.as_deref() == Some("description"));
    let description = input.description.as_ref().and_then(|value| value.value.as_ref()).or(by_name);
    if let Some(text) = description {
        image.description.clone_from(text);
        changes = true;
    }
    if let Some(word) = input.imds_support.as_ref().and_then(|value| value.value.as_deref()) {
        if word != "v2.0" {
            return Err(error::invalid_parameter_value(word, "imdsSupport"));
        }
        image.imds_v2 = true;
        changes = true;
    }
    if !changes {
        return Err(error::missing_parameter("launchPermission, description or imdsSupport"));
    }
    ctx.put::<Images>(ctx.scope().key(&image.id), image)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

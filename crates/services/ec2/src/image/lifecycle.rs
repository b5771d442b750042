//! DeregisterImage, and what comes before: deprecation, disabling, protection.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Timestamp};

use super::record::Images;
use super::{Record, describe, own, using_snapshot};
use crate::{error, snapshot, tag};

/// How long protection goes on after it was lifted, where that was asked for, in seconds. Source: "Protect an AMI from
/// deregistration" in the EC2 user guide.
const COOL_DOWN: i64 = 24 * 3600;
/// How far ahead a deprecation may lie, in seconds: ten years. Source: the API reference.
const MAX_AHEAD: i64 = 10 * 366 * 24 * 3600;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::DeregisterImage>(deregister_image)
        .write::<ec2::EnableImage>(enable_image)
        .write::<ec2::DisableImage>(disable_image)
        .write::<ec2::EnableImageDeprecation>(enable_image_deprecation)
        .write::<ec2::DisableImageDeprecation>(disable_image_deprecation)
        .write::<ec2::EnableImageDeregistrationProtection>(enable_protection)
        .write::<ec2::DisableImageDeregistrationProtection>(disable_protection)
}

/// Changes an image of the account's own.
pub(super) fn change(ctx: &mut Ctx<'_>, id: &str, change: impl FnOnce(&mut Record)) -> Result<()> {
    own(ctx, id)?;
    let key = ctx.scope().key(id);
    ctx.update::<Images, _>(&key, change).map(drop)
}

fn deregister_image(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeregisterImageRequest,
) -> Result<ec2::DeregisterImageResult> {
    let image = own(ctx, &input.image_id)?;
    let still = image.protected_until.is_some_and(|until| ctx.now() < until);
    if image.protected.is_some() || still {
        let message = format!(
            "You can't deregister the AMI {} because deregistration protection is enabled.",
            image.id
        );
        return Err(error::not_permitted(message));
    }
    ctx.delete::<Images>(&ctx.scope().key(&image.id))?;
    tag::remove_all(ctx, &image.id)?;
    let mut results = Vec::new();
    if input.delete_associated_snapshots == Some(true) {
        for id in image.snapshots() {
            // A snapshot that another image needs stays.
            let code = match using_snapshot(ctx, id) {
                Some(_) => "skipped",
                None if snapshot::remove(ctx, id)? => "success",
                None => "missing-permissions",
            };
            results.push(ec2::DeleteSnapshotReturnCode {
                snapshot_id: Some(id.to_owned()),
                return_code: Some(code.to_owned()),
            });
        }
    }
    error::dry_run(input.dry_run)?;
    Ok(ec2::DeregisterImageResult { r#return: Some(true), delete_snapshot_results: Some(results) })
}

fn enable_image(ctx: &mut Ctx<'_>, input: &ec2::EnableImageRequest) -> Result<ec2::EnableImageResult> {
    change(ctx, &input.image_id, |image| image.disabled = false)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::EnableImageResult { r#return: Some(true) })
}

fn disable_image(ctx: &mut Ctx<'_>, input: &ec2::DisableImageRequest) -> Result<ec2::DisableImageResult> {
    change(ctx, &input.image_id, |image| {
        image.disabled = true;
        // What nobody may launch is shared with nobody.
        image.public = false;
        image.users.clear();
    })?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DisableImageResult { r#return: Some(true) })
}

fn enable_image_deprecation(
    ctx: &mut Ctx<'_>,
    input: &ec2::EnableImageDeprecationRequest,
) -> Result<ec2::EnableImageDeprecationResult> {
    let now = ctx.now().secs();
    // Rounded to the minute, as on AWS.
    let at = input.deprecate_at.secs().saturating_add(30) / 60 * 60;
    if input.deprecate_at.secs() < now || at > now.saturating_add(MAX_AHEAD) {
        let message = "The deprecation date must be in the future and at most 10 years ahead.";
        return Err(Error::client("InvalidParameterValue", message));
    }
    change(ctx, &input.image_id, |image| image.deprecated = Some(Timestamp::from_secs(at)))?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::EnableImageDeprecationResult { r#return: Some(true) })
}

fn disable_image_deprecation(
    ctx: &mut Ctx<'_>,
    input: &ec2::DisableImageDeprecationRequest,
) -> Result<ec2::DisableImageDeprecationResult> {
    change(ctx, &input.image_id, |image| image.deprecated = None)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DisableImageDeprecationResult { r#return: Some(true) })
}

fn enable_protection(
    ctx: &mut Ctx<'_>,
    input: &ec2::EnableImageDeregistrationProtectionRequest,
) -> Result<ec2::EnableImageDeregistrationProtectionResult> {
    let with_cooldown = input.with_cooldown.unwrap_or(false);
    change(ctx, &input.image_id, |image| image.protected = Some(with_cooldown))?;
    error::dry_run(input.dry_run)?;
    let shown = describe::protection(&*own(ctx, &input.image_id)?).to_owned();
    Ok(ec2::EnableImageDeregistrationProtectionResult { r#return: Some(shown) })
}

fn disable_protection(
    ctx: &mut Ctx<'_>,
    input: &ec2::DisableImageDeregistrationProtectionRequest,
) -> Result<ec2::DisableImageDeregistrationProtectionResult> {
    let until = Timestamp::from_secs(ctx.now().secs().saturating_add(COOL_DOWN));
    let mut shown = "disabled";
    change(ctx, &input.image_id, |image| {
        if image.protected == Some(true) {
            image.protected_until = Some(until);
            shown = "disabled-after-cooldown";
        }
        image.protected = None;
    })?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DisableImageDeregistrationProtectionResult { r#return: Some(shown.to_owned()) })
}

/// For operations that give nothing back.
pub(super) fn reset(ctx: &mut Ctx<'_>, input: &ec2::ResetImageAttributeRequest) -> Result<Empty> {
    if input.attribute != "launchPermission" {
        return Err(error::invalid_parameter_value(&input.attribute, "attribute"));
    }
    change(ctx, &input.image_id, |image| {
        image.public = false;
        image.users.clear();
    })?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

//! DeleteLaunchTemplate and DeleteLaunchTemplateVersions.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::{LaunchTemplate, LaunchTemplates, Names, Versions, find, versions};
use crate::resource::{self, Resource};
use crate::{error, tag};

/// Versions that one request may name.
const MAX: usize = 200;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::DeleteLaunchTemplate>(delete_launch_template)
        .write::<ec2::DeleteLaunchTemplateVersions>(delete_launch_template_versions)
}

fn delete_launch_template(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeleteLaunchTemplateRequest,
) -> Result<ec2::DeleteLaunchTemplateResult> {
    let template =
        find(ctx, input.launch_template_id.as_deref(), input.launch_template_name.as_deref())?.clone();
    let shown = LaunchTemplates::view(ctx, &template);
    let keys: Vec<_> =
        ctx.scan::<Versions>(&ctx.scope().key(&template.id)).map(|(key, _)| key.clone()).collect();
    for key in keys {
        ctx.delete::<Versions>(&key)?;
    }
    ctx.delete::<Names>(&ctx.scope().key(&template.name))?;
    ctx.delete::<LaunchTemplates>(&ctx.scope().key(&template.id))?;
    tag::remove_all(ctx, &template.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DeleteLaunchTemplateResult { launch_template: Some(shown) })
}

fn delete_launch_template_versions(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeleteLaunchTemplateVersionsRequest,
) -> Result<ec2::DeleteLaunchTemplateVersionsResult> {
    let template =
        find(ctx, input.launch_template_id.as_deref(), input.launch_template_name.as_deref())?.clone();
    if input.versions.is_empty() {
        return Err(error::missing_parameter("LaunchTemplateVersion"));
    }
    if input.versions.len() > MAX {
        return Err(error::invalid_value(format!(
            "A request may delete {MAX} launch template versions at most."
        )));
    }
    let (mut deleted, mut kept) = (Vec::new(), Vec::new());
    for word in &input.versions {
        let number = versions::plain_number(word)?;
        match delete_version(ctx, &template, number)? {
            Ok(()) => deleted.push(ec2::DeleteLaunchTemplateVersionsResponseSuccessItem {
                launch_template_id: Some(template.id.clone()),
                launch_template_name: Some(template.name.clone()),
                version_number: Some(number),
            }),
            Err(problem) => kept.push(ec2::DeleteLaunchTemplateVersionsResponseErrorItem {
                launch_template_id: Some(template.id.clone()),
                launch_template_name: Some(template.name.clone()),
                version_number: Some(number),
                response_error: Some(problem),
            }),
        }
    }
    let latest = versions::of_template(ctx, &template.id).last().map_or(0, |version| version.number);
    resource::change::<LaunchTemplates>(ctx, &template.id, |template| template.latest_version = latest)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DeleteLaunchTemplateVersionsResult {
        successfully_deleted_launch_template_versions: Some(deleted),
        unsuccessfully_deleted_launch_template_versions: Some(kept),
    })
}

/// Deletes one version; the inner error goes into the answer beside those that were deleted.
fn delete_version(
    ctx: &mut Ctx<'_>,
    template: &LaunchTemplate,
    number: i64,
) -> Result<std::result::Result<(), ec2::ResponseError>> {
    let problem = |code: &str, message: String| {
        Ok(Err(ec2::ResponseError { code: Some(code.to_owned()), message: Some(message) }))
    };
    if number == template.default_version {
        let message = format!("Cannot delete the default version {number} of the launch template.");
        return problem("unexpectedError", message);
    }
    let key = ctx.scope().key(&template.id).number(number.cast_unsigned());
    if !ctx.delete::<Versions>(&key)? {
        let message = format!("Launch template version {number} does not exist.");
        return problem("launchTemplateVersionDoesNotExist", message);
    }
    Ok(Ok(()))
}

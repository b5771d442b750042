//! Versions: which one a request means, and how it is shown.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::{LaunchTemplate, LaunchTemplateVersion, Versions, find};
use crate::{convert, error};

/// The version that `word` means: `$Latest`, `$Default` or a number.
///
/// # Errors
/// `InvalidParameterValue` for anything else.
pub(super) fn number(template: &LaunchTemplate, word: &str) -> Result<i64> {
    match word {
        "$Latest" => Ok(template.latest_version),
        "$Default" => Ok(template.default_version),
        digits => plain_number(digits),
    }
}

/// A version's number.
///
/// # Errors
/// `InvalidParameterValue` for anything else.
pub(super) fn plain_number(word: &str) -> Result<i64> {
    word.parse().ok().filter(|number| *number > 0).ok_or_else(|| {
        let message = "Invalid launch template version: either '$Default', '$Latest', or a numeric version are allowed.";
        error::invalid_value(message)
    })
}

/// The version of that number, if there is one.
pub(super) fn get<'t>(ctx: &'t Ctx<'_>, template_id: &str, number: i64) -> Option<&'t LaunchTemplateVersion> {
    ctx.peek::<Versions>(&ctx.scope().key(template_id).number(number.cast_unsigned()))
}

/// The version of that number.
///
/// # Errors
/// `InvalidLaunchTemplateId.VersionNotFound`
pub(super) fn existing<'t>(
    ctx: &'t Ctx<'_>,
    template_id: &str,
    number: i64,
) -> Result<&'t LaunchTemplateVersion> {
    get(ctx, template_id, number).ok_or_else(|| {
        let message = format!(
            "Could not find the specified version {number} for the launch template with ID {template_id}."
        );
        Error::client("InvalidLaunchTemplateId.VersionNotFound", message)
    })
}

/// The versions of a template, by number.
pub(super) fn of_template<'t, 'w>(
    ctx: &'t Ctx<'w>,
    template_id: &str,
) -> impl Iterator<Item = &'t LaunchTemplateVersion> + use<'t, 'w> {
    ctx.scan::<Versions>(&ctx.scope().key(template_id)).map(|(_, version)| version)
}

/// The version that a launch is to use: what RunInstances, fleets and Auto Scaling groups name. Without a version
/// it is the default one.
///
/// # Errors
/// Those of [`find`], `InvalidParameterValue` for what is no version,
/// `InvalidLaunchTemplateId.VersionNotFound`.
pub fn resolve<'t>(
    ctx: &'t Ctx<'_>,
    id: Option<&str>,
    name: Option<&str>,
    version: Option<&str>,
) -> Result<&'t LaunchTemplateVersion> {
    let template = find(ctx, id, name)?;
    let number = number(template, version.unwrap_or("$Default"))?;
    existing(ctx, &template.id, number)
}

/// What a version holds, as the API shows it.
///
/// # Errors
/// An internal error when the record is damaged.
pub fn response(version: &LaunchTemplateVersion) -> Result<ec2::ResponseLaunchTemplateData> {
    let shape =
        convert::output::<ec2::DescribeLaunchTemplateVersions>("LaunchTemplateVersions.LaunchTemplateData")?;
    let mut shown = ec2::ResponseLaunchTemplateData::default();
    convert::from_json(shape, &version.data, &mut shown)?;
    Ok(shown)
}

/// A version as the API shows it.
pub(super) fn view(
    template: &LaunchTemplate,
    version: &LaunchTemplateVersion,
) -> Result<ec2::LaunchTemplateVersion> {
    Ok(ec2::LaunchTemplateVersion {
        launch_template_id: Some(version.template_id.clone()),
        launch_template_name: Some(version.template_name.clone()),
        version_number: Some(version.number),
        version_description: version.description.clone(),
        create_time: Some(version.created),
        created_by: Some(version.created_by.clone()),
        default_version: Some(version.number == template.default_version),
        launch_template_data: Some(response(version)?),
        operator: Some(ec2::OperatorResponse { managed: Some(false), ..Default::default() }),
    })
}

//! Launch templates: the one that a request names, and what its version says.

use ironbird_api::{autoscaling as api, ec2};
use ironbird_rig::{Ctx, Error, Result};

use super::PRINCIPAL;
use crate::error;
use crate::group::record::TemplateRef;

/// A version of a launch template.
#[derive(Clone)]
pub(crate) struct Template {
    /// With the number of the version.
    pub(crate) named: TemplateRef,
    pub(crate) data: ec2::ResponseLaunchTemplateData,
}

/// The template that a request names, with id and name, and the version as it was given.
///
/// # Errors
/// `ValidationError` where the request names none, both an id and a name, or one that does not exist.
pub(crate) fn named(ctx: &mut Ctx<'_>, spec: &api::LaunchTemplateSpecification) -> Result<TemplateRef> {
    let (id, name) = (spec.launch_template_id.as_deref(), spec.launch_template_name.as_deref());
    if id.is_none() == name.is_none() {
        return Err(error::validation(
            "Valid requests must contain either launchTemplateId or LaunchTemplateName",
        ));
    }
    let version = spec.version.clone().unwrap_or_default();
    let found = describe(ctx, id, name, &version).map_err(malformed)?;
    Ok(TemplateRef { version, ..found.named })
}

/// What the template says now.
///
/// # Errors
/// EC2's own, where it is gone.
pub(crate) fn resolve(ctx: &mut Ctx<'_>, template: &TemplateRef) -> Result<Template> {
    describe(ctx, Some(&template.id), None, &template.version)
}

/// Without a version it is the default one, but AWS does not give back what was not given.
fn describe(ctx: &mut Ctx<'_>, id: Option<&str>, name: Option<&str>, version: &str) -> Result<Template> {
    let version = if version.is_empty() { "$Default" } else { version };
    let input = ec2::DescribeLaunchTemplateVersionsRequest {
        launch_template_id: id.map(str::to_owned),
        launch_template_name: name.map(str::to_owned),
        versions: Some(vec![version.to_owned()]),
        ..Default::default()
    };
    let answer = ctx.call::<ec2::DescribeLaunchTemplateVersions>(PRINCIPAL, &input)?;
    let found = answer.launch_template_versions.into_iter().flatten().next();
    let found = found.ok_or_else(|| gone(id.or(name).unwrap_or_default(), version))?;
    Ok(Template {
        named: TemplateRef {
            id: found.launch_template_id.unwrap_or_default(),
            name: found.launch_template_name.unwrap_or_default(),
            version: found.version_number.unwrap_or(1).to_string(),
        },
        data: found.launch_template_data.unwrap_or_default(),
    })
}

fn gone(template: &str, version: &str) -> Error {
    let message =
        format!("Could not find the specified version {version} for the launch template with ID {template}.");
    Error::client("InvalidLaunchTemplateId.VersionNotFound", message)
}

/// EC2's word on a template, as Auto Scaling passes it on.
pub(crate) fn malformed(cause: Error) -> Error {
    match cause {
        Error::Service(inner) => {
            error::validation(format!("You must use a valid fully-formed launch template. {}", inner.message))
        }
        Error::Internal(_) => cause,
    }
}

//! Launch templates and their versions.
//!
//! What a template holds is kept as the request had it, by the names of its members, so that nothing is lost and
//! a launch sees what was asked.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::filter::Test;
use crate::resource::{self, Kind, Resource};
use crate::{error, kinds, tag};

mod create;
mod delete;
mod describe;
mod from_instance;
#[cfg(test)]
mod tests;
mod validate;
mod versions;

pub use versions::{resolve, response};

/// All launch templates.
pub struct LaunchTemplates;

impl Table for LaunchTemplates {
    const NAME: &'static str = "ec2.launch-templates";
    type Record = LaunchTemplate;
}

/// Ids of launch templates by name.
struct Names;

impl Table for Names {
    const NAME: &'static str = "ec2.launch-template-names";
    type Record = String;
}

/// All versions: (scope, template, number).
pub struct Versions;

impl Table for Versions {
    const NAME: &'static str = "ec2.launch-template-versions";
    type Record = LaunchTemplateVersion;
}

/// A launch template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchTemplate {
    /// `lt-…`
    pub id: String,
    /// Name, unique in the account and Region.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// ARN of who made it.
    pub created_by: String,
    /// The version that `$Default` stands for.
    pub default_version: i64,
    /// The version that `$Latest` stands for.
    pub latest_version: i64,
    /// Number of the next version. Numbers are never used twice.
    pub next_version: i64,
}

/// A version of a launch template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchTemplateVersion {
    /// The template.
    pub template_id: String,
    /// Its name.
    pub template_name: String,
    /// Number, from 1.
    pub number: i64,
    /// What the caller said of it.
    pub description: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// ARN of who made it.
    pub created_by: String,
    /// The members of `RequestLaunchTemplateData` that are set, by name; see [`crate::convert`].
    pub data: Map<String, Value>,
    /// Client token of the request that made it, and a fingerprint of the rest of the request.
    pub claim: Option<(String, u64)>,
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<LaunchTemplates>()
        .table::<Names>()
        .table::<Versions>()
        .write::<ec2::ModifyLaunchTemplate>(modify_launch_template);
    let definition = from_instance::register(describe::register(definition));
    delete::register(create::register(definition))
}

impl Resource for LaunchTemplates {
    const KIND: Kind = kinds::LAUNCH_TEMPLATE;
    const FILTERS: &'static [&'static str] = &["create-time", "launch-template-name"];
    const PAGES: std::ops::RangeInclusive<i32> = 1..=200;
    type View = ec2::LaunchTemplate;

    fn id(template: &LaunchTemplate) -> &str {
        &template.id
    }

    fn has(_ctx: &Ctx<'_>, template: &LaunchTemplate, name: &str, test: Test<'_>) -> bool {
        match name {
            "create-time" => test(&template.created.iso8601_millis()),
            _ => test(&template.name),
        }
    }

    fn view(ctx: &Ctx<'_>, template: &LaunchTemplate) -> ec2::LaunchTemplate {
        ec2::LaunchTemplate {
            launch_template_id: Some(template.id.clone()),
            launch_template_name: Some(template.name.clone()),
            create_time: Some(template.created),
            created_by: Some(template.created_by.clone()),
            default_version_number: Some(template.default_version),
            latest_version_number: Some(template.latest_version),
            tags: tag::of(ctx, &template.id),
            operator: Some(ec2::OperatorResponse { managed: Some(false), ..Default::default() }),
        }
    }
}

/// The template that a request names by id or by name.
///
/// # Errors
/// `InvalidLaunchTemplateId.NotFound`, `.Malformed`, `InvalidLaunchTemplateName.NotFoundException`,
/// `MissingParameter` and, when both are given, `InvalidParameterCombination`.
pub fn find<'t>(ctx: &'t Ctx<'_>, id: Option<&str>, name: Option<&str>) -> Result<&'t LaunchTemplate> {
    match (id, name) {
        (Some(_), Some(_)) => {
            let message = "Either provide launch template ID or launch template name, but not both.";
            Err(error::invalid_combination(message))
        }
        (None, None) => Err(error::missing_parameter("launch template ID or launch template name")),
        (Some(id), None) => by_id(ctx, id),
        (None, Some(name)) => by_name(ctx, name).ok_or_else(|| {
            let message =
                format!("The specified launch template, with template name {name}, does not exist.");
            Error::client("InvalidLaunchTemplateName.NotFoundException", message)
        }),
    }
}

fn by_id<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t LaunchTemplate> {
    if let Some(template) = ctx.peek::<LaunchTemplates>(&ctx.scope().key(id)) {
        return Ok(template);
    }
    LaunchTemplates::KIND.check(id)?;
    let message = format!("The specified launch template, with template ID {id}, does not exist.");
    Err(Error::client(LaunchTemplates::KIND.not_found, message))
}

fn by_name<'t>(ctx: &'t Ctx<'_>, name: &str) -> Option<&'t LaunchTemplate> {
    let id = ctx.peek::<Names>(&ctx.scope().key(name))?;
    ctx.peek::<LaunchTemplates>(&ctx.scope().key(id))
}

fn modify_launch_template(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyLaunchTemplateRequest,
) -> Result<ec2::ModifyLaunchTemplateResult> {
    let (id, name) = (input.launch_template_id.as_deref(), input.launch_template_name.as_deref());
    if id.is_some() && name.is_some() {
        // AWS words it otherwise here than where a template is only looked up.
        let message = "Either provide launch template ID or launch template name to modify the template.";
        return Err(error::invalid_combination(message));
    }
    let template = find(ctx, id, name)?.clone();
    let Some(word) = input.default_version.as_deref() else {
        return Err(error::missing_parameter("SetDefaultVersion"));
    };
    let number = versions::number(&template, word)?;
    if versions::get(ctx, &template.id, number).is_none() {
        let message =
            format!("The launch template version {number} is not found for the specified launch template.");
        return Err(Error::client("InvalidLaunchTemplateId.VersionNotFound", message));
    }
    // Setting the default again changes nothing, so a client token has nothing to add.
    resource::change::<LaunchTemplates>(ctx, &template.id, |template| template.default_version = number)?;
    error::dry_run(input.dry_run)?;
    let shown = LaunchTemplates::view(ctx, by_id(ctx, &template.id)?);
    Ok(ec2::ModifyLaunchTemplateResult { launch_template: Some(shown) })
}

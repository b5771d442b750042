//! CreateLaunchTemplate and CreateLaunchTemplateVersion.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{LaunchTemplate, LaunchTemplateVersion, LaunchTemplates, Names, Versions};
use super::{by_name, find, validate, versions};
use crate::given::given;
use crate::resource::{self, Resource};
use crate::{convert, error, kinds, tag};

/// Versions that one template may have, and templates of an account in a Region: quotas of a new account.
const MAX_VERSIONS: usize = 10_000;
const MAX_TEMPLATES: usize = 5_000;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const MANAGED: &str = "resources managed by a service provider are not modeled";
    definition
        .write::<ec2::CreateLaunchTemplate>(create_launch_template)
        .refuses::<ec2::CreateLaunchTemplate>(&[
            ("Operator", MANAGED),
            ("LaunchTemplateData.Operator", MANAGED),
        ])
        .write::<ec2::CreateLaunchTemplateVersion>(create_launch_template_version)
        .refuses::<ec2::CreateLaunchTemplateVersion>(&[
            ("LaunchTemplateData.Operator", MANAGED),
            ("ResolveAlias", "Systems Manager parameters are not modeled"),
        ])
}

fn create_launch_template(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateLaunchTemplateRequest,
) -> Result<ec2::CreateLaunchTemplateResult> {
    let shape = convert::input::<ec2::CreateLaunchTemplate>("")?;
    let claim = claim(input.client_token.as_deref(), convert::to_json(shape, input));
    let name = &input.launch_template_name;
    validate::name(name)?;
    if let Some(existing) = by_name(ctx, name) {
        let first = versions::get(ctx, &existing.id, 1);
        if claim.is_some() && first.is_some_and(|version| same_token(version, claim.as_ref())) {
            let view = LaunchTemplates::view(ctx, existing);
            return repeated(first, claim.as_ref())
                .map(|()| ec2::CreateLaunchTemplateResult { launch_template: Some(view), warning: None });
        }
        let message = "Launch template name already in use.";
        return Err(Error::client("InvalidLaunchTemplateName.AlreadyExistsException", message));
    }
    let data = checked_data(&input.launch_template_data, input.version_description.as_deref())?;
    if data.is_empty() {
        return Err(error::missing_parameter("LaunchTemplateData"));
    }
    tag::check_types(input.tag_specifications.as_deref(), &[kinds::LAUNCH_TEMPLATE.resource_type])?;
    if resource::all::<LaunchTemplates>(ctx).nth(MAX_TEMPLATES - 1).is_some() {
        let message = format!("You have reached the maximum of {MAX_TEMPLATES} launch templates.");
        return Err(Error::client("LaunchTemplateLimitExceeded", message));
    }
    let template = LaunchTemplate {
        id: ctx.fresh_id("lt")?,
        name: name.clone(),
        created: ctx.now(),
        created_by: created_by(ctx),
        default_version: 1,
        latest_version: 0,
        next_version: 1,
    };
    ctx.put::<Names>(ctx.scope().key(name), template.id.clone())?;
    ctx.put::<LaunchTemplates>(ctx.scope().key(&template.id), template.clone())?;
    tag::apply(ctx, input.tag_specifications.as_deref(), kinds::LAUNCH_TEMPLATE.resource_type, &template.id)?;
    add_version(ctx, &template, data, input.version_description.clone(), claim)?;
    error::dry_run(input.dry_run)?;
    let template = find(ctx, Some(&template.id), None)?;
    Ok(ec2::CreateLaunchTemplateResult {
        launch_template: Some(LaunchTemplates::view(ctx, template)),
        warning: None,
    })
}

fn create_launch_template_version(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateLaunchTemplateVersionRequest,
) -> Result<ec2::CreateLaunchTemplateVersionResult> {
    let shape = convert::input::<ec2::CreateLaunchTemplateVersion>("")?;
    let claim = claim(input.client_token.as_deref(), convert::to_json(shape, input));
    let template =
        find(ctx, input.launch_template_id.as_deref(), input.launch_template_name.as_deref())?.clone();
    if claim.is_some() {
        let earlier = versions::of_template(ctx, &template.id)
            .find(|version| same_token(version, claim.as_ref()))
            .cloned();
        if let Some(version) = earlier {
            repeated(Some(&version), claim.as_ref())?;
            return answer(&template, &version);
        }
    }
    let own = checked_data(&input.launch_template_data, input.version_description.as_deref())?;
    let mut data = match &input.source_version {
        None => Map::new(),
        Some(word) => {
            let number = versions::number(&template, word)?;
            versions::existing(ctx, &template.id, number)?.data.clone()
        }
    };
    // A parameter of the request takes the place of the source's as a whole; one excludes the other of these two.
    for (one, other) in [("InstanceType", "InstanceRequirements"), ("InstanceRequirements", "InstanceType")] {
        if own.contains_key(one) {
            data.remove(other);
        }
    }
    data.extend(own);
    if data.is_empty() {
        return Err(error::missing_parameter("LaunchTemplateData"));
    }
    if versions::of_template(ctx, &template.id).nth(MAX_VERSIONS - 1).is_some() {
        let message =
            format!("You have reached the maximum of {MAX_VERSIONS} versions of a launch template.");
        return Err(Error::client("LaunchTemplateVersionLimitExceeded", message));
    }
    let version = add_version(ctx, &template, data, input.version_description.clone(), claim)?;
    error::dry_run(input.dry_run)?;
    answer(&template, &version)
}

fn answer(
    template: &LaunchTemplate,
    version: &LaunchTemplateVersion,
) -> Result<ec2::CreateLaunchTemplateVersionResult> {
    let shown = versions::view(template, version)?;
    Ok(ec2::CreateLaunchTemplateVersionResult { launch_template_version: Some(shown), warning: None })
}

fn checked_data(
    data: &ec2::RequestLaunchTemplateData,
    description: Option<&str>,
) -> Result<Map<String, Value>> {
    validate::description(description)?;
    validate::data(data)?;
    let shape = convert::input::<ec2::CreateLaunchTemplate>("LaunchTemplateData")?;
    Ok(convert::to_json(shape, data))
}

/// Adds the next version to a template, which it becomes the latest of.
fn add_version(
    ctx: &mut Ctx<'_>,
    template: &LaunchTemplate,
    data: Map<String, Value>,
    description: Option<String>,
    claim: Option<(String, u64)>,
) -> Result<LaunchTemplateVersion> {
    let version = LaunchTemplateVersion {
        template_id: template.id.clone(),
        template_name: template.name.clone(),
        number: template.next_version,
        description,
        created: ctx.now(),
        created_by: created_by(ctx),
        data,
        claim,
    };
    let key = ctx.scope().key(&template.id).number(version.number.cast_unsigned());
    ctx.put::<Versions>(key, version.clone())?;
    resource::change::<LaunchTemplates>(ctx, &template.id, |template| {
        template.latest_version = version.number;
        template.next_version += 1;
    })?;
    Ok(version)
}

fn created_by(ctx: &Ctx<'_>) -> String {
    ctx.caller().arn(ctx.region().partition())
}

/// A client token with a fingerprint of everything else in the request.
fn claim(token: Option<&str>, mut request: Map<String, Value>) -> Option<(String, u64)> {
    let token = given(&token)?;
    request.remove("ClientToken");
    request.remove("DryRun");
    let digest = Sha256::digest(Value::Object(request).to_string());
    let fingerprint = digest.iter().take(8).fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    Some((token.to_owned(), fingerprint))
}

fn same_token(version: &LaunchTemplateVersion, claim: Option<&(String, u64)>) -> bool {
    let token = |claim: &(String, u64)| claim.0.clone();
    version.claim.as_ref().map(token) == claim.map(token)
}

/// Whether the version was made by the same request, not only the same token.
fn repeated(version: Option<&LaunchTemplateVersion>, claim: Option<&(String, u64)>) -> Result<()> {
    let same = version.is_some_and(|version| version.claim.as_ref() == claim);
    if same { Ok(()) } else { Err(error::idempotent_mismatch()) }
}

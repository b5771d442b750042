//! DescribeLaunchTemplates and DescribeLaunchTemplateVersions.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};
use serde_json::Value;

use super::{LaunchTemplate, LaunchTemplateVersion, LaunchTemplates, by_id, by_name, find, versions};
use crate::error;
use crate::filter::{Filters, Test, flag};
use crate::page::Window;
use crate::resource::{self, Ask};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<ec2::DescribeLaunchTemplates>(describe_launch_templates)
        // No service makes templates of its own here, so there are none to include or not.
        .records::<ec2::DescribeLaunchTemplates>(&["IncludeManagedResources"])
        .read::<ec2::DescribeLaunchTemplateVersions>(describe_launch_template_versions)
        .records::<ec2::DescribeLaunchTemplateVersions>(&["IncludeManagedResources"])
        .refuses::<ec2::DescribeLaunchTemplateVersions>(&[(
            "ResolveAlias",
            "Systems Manager parameters are not modeled",
        )])
}

fn describe_launch_templates(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeLaunchTemplatesRequest,
) -> Result<ec2::DescribeLaunchTemplatesResult> {
    error::dry_run(input.dry_run)?;
    let mut ids = Vec::new();
    for id in input.launch_template_ids.as_deref().unwrap_or_default() {
        ids.push(by_id(ctx, id)?.id.clone());
    }
    for name in input.launch_template_names.as_deref().unwrap_or_default() {
        let template = by_name(ctx, name).ok_or_else(|| {
            let message = "At least one of the launch templates specified in the request does not exist.";
            Error::client("InvalidLaunchTemplateName.NotFoundException", message)
        })?;
        ids.push(template.id.clone());
    }
    let page = resource::describe::<LaunchTemplates>(
        ctx,
        &Ask {
            ids: Some(&ids),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeLaunchTemplatesResult { launch_templates: Some(page.items), next_token: page.next })
}

const FILTERS: &[&str] = &[
    "create-time",
    "ebs-optimized",
    "host-resource-group-arn",
    "http-endpoint",
    "http-protocol-ipv4",
    "http-tokens",
    "iam-instance-profile",
    "image-id",
    "instance-type",
    "is-default-version",
    "kernel-id",
    "license-configuration-arn",
    "network-card-index",
    "ram-disk-id",
];

/// One version, with where it stands in the answer: templates by id, each with its newest version first.
struct Listed<'t> {
    template: &'t LaunchTemplate,
    version: &'t LaunchTemplateVersion,
    place: String,
}

fn describe_launch_template_versions(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeLaunchTemplateVersionsRequest,
) -> Result<ec2::DescribeLaunchTemplateVersionsResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS, false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=200)?;
    let mut listed = match (&input.launch_template_id, &input.launch_template_name) {
        (None, None) => of_all_templates(ctx, input)?,
        (id, name) => of_one_template(ctx, find(ctx, id.as_deref(), name.as_deref())?, input)?,
    };
    listed.retain(|it| filters.pass_untagged(|name, test| has(it, name, test)));
    let page = window.list(listed.into_iter(), |it| &it.place);
    let shown: Result<Vec<ec2::LaunchTemplateVersion>> =
        page.items.iter().map(|it| versions::view(it.template, it.version)).collect();
    Ok(ec2::DescribeLaunchTemplateVersionsResult {
        launch_template_versions: Some(shown?),
        next_token: page.next,
    })
}

fn place(version: &LaunchTemplateVersion) -> String {
    format!("{} {:019}", version.template_id, i64::MAX - version.number)
}

fn of_one_template<'t>(
    ctx: &'t Ctx<'_>,
    template: &'t LaunchTemplate,
    input: &ec2::DescribeLaunchTemplateVersionsRequest,
) -> Result<Vec<Listed<'t>>> {
    let words = input.versions.as_deref().unwrap_or_default();
    let bound =
        |word: &Option<String>| word.as_deref().map(|word| versions::number(template, word)).transpose();
    let (min, max) = (bound(&input.min_version)?, bound(&input.max_version)?);
    let mut chosen = Vec::new();
    if words.is_empty() {
        let in_bounds = |version: &&LaunchTemplateVersion| {
            min.is_none_or(|min| version.number >= min) && max.is_none_or(|max| version.number <= max)
        };
        chosen.extend(versions::of_template(ctx, &template.id).filter(in_bounds));
    } else if min.is_some() || max.is_some() {
        return Err(error::exclusive("launchTemplateVersion", "minVersion or maxVersion"));
    }
    for word in words {
        let number = versions::number(template, word)?;
        chosen.push(versions::existing(ctx, &template.id, number)?);
    }
    chosen.sort_unstable_by_key(|version| std::cmp::Reverse(version.number));
    chosen.dedup_by_key(|version| version.number);
    Ok(chosen.into_iter().map(|version| Listed { template, version, place: place(version) }).collect())
}

fn of_all_templates<'t>(
    ctx: &'t Ctx<'_>,
    input: &ec2::DescribeLaunchTemplateVersionsRequest,
) -> Result<Vec<Listed<'t>>> {
    const HINT: &str = "To describe the launch template data for all your launch templates, for ‘--versions’ specify ‘$Latest’, ‘$Default’, or both, and omit ‘--launch-template-id’, ‘--launch-template-name’, and version numbers. To describe the launch template data for a specific launch template, specify ‘--launch-template-id’ or ‘--launch-template-name’, and for ‘--versions’ specify one or more of the following values: ‘$Latest’, ‘$Default’, or one or more version numbers.";
    let words = input.versions.as_deref().unwrap_or_default();
    if words.is_empty() {
        return Err(error::missing(HINT));
    }
    if !words.iter().all(|word| word == "$Latest" || word == "$Default") {
        return Err(error::invalid_value(HINT));
    }
    let mut listed = Vec::new();
    for template in resource::all::<LaunchTemplates>(ctx) {
        let mut numbers = Vec::new();
        for word in words {
            numbers.push(versions::number(template, word)?);
        }
        numbers.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
        numbers.dedup();
        for number in numbers {
            let version = versions::existing(ctx, &template.id, number)?;
            listed.push(Listed { template, version, place: place(version) });
        }
    }
    Ok(listed)
}

fn has(listed: &Listed<'_>, name: &str, test: Test<'_>) -> bool {
    let version = listed.version;
    let path: &[&str] = match name {
        "create-time" => return test(&version.created.iso8601_millis()),
        "is-default-version" => return test(flag(version.number == listed.template.default_version)),
        "ebs-optimized" => &["EbsOptimized"],
        "host-resource-group-arn" => &["Placement", "HostResourceGroupArn"],
        "http-endpoint" => &["MetadataOptions", "HttpEndpoint"],
        // AWS's name for HttpEndpoint in an earlier time.
        "http-protocol-ipv4" => &["MetadataOptions", "HttpEndpoint"],
        "http-tokens" => &["MetadataOptions", "HttpTokens"],
        "iam-instance-profile" => &["IamInstanceProfile", "Arn"],
        "image-id" => &["ImageId"],
        "instance-type" => &["InstanceType"],
        "kernel-id" => &["KernelId"],
        "license-configuration-arn" => &["LicenseSpecifications", "LicenseConfigurationArn"],
        "network-card-index" => &["NetworkInterfaces", "NetworkCardIndex"],
        "ram-disk-id" => &["RamDiskId"],
        _ => return false,
    };
    let Some((first, rest)) = path.split_first() else { return false };
    version.data.get(*first).is_some_and(|value| any(value, rest, test))
}

/// Whether a value at the path passes, in any element of the lists on the way.
fn any(value: &Value, path: &[&str], test: Test<'_>) -> bool {
    match (value, path.split_first()) {
        (Value::Array(items), _) => items.iter().any(|item| any(item, path, test)),
        (Value::Object(members), Some((name, rest))) => {
            members.get(*name).is_some_and(|member| any(member, rest, test))
        }
        (Value::String(text), None) => test(text),
        (other, None) => test(&other.to_string()),
        (_, Some(_)) => false,
    }
}

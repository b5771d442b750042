//! What a group or a template launches: the launch template's data, the architecture of its image, what a type has.

use ironbird_api::{autoscaling, ec2};
use ironbird_client::CallError;

use crate::note::hides_everything;
use crate::requirements::Needs;
use crate::{Cloud, read};

/// The launch template version that a specification names.
///
/// # Errors
/// What the service answers.
pub async fn template_data<C: Cloud>(
    cloud: &C,
    template: &autoscaling::LaunchTemplateSpecification,
) -> Result<ec2::ResponseLaunchTemplateData, CallError> {
    let by_id = template.launch_template_id.clone();
    let input = ec2::DescribeLaunchTemplateVersionsRequest {
        launch_template_name: by_id.is_none().then(|| template.launch_template_name.clone()).flatten(),
        launch_template_id: by_id,
        versions: Some(vec![template.version.clone().unwrap_or_else(|| "$Default".to_owned())]),
        ..Default::default()
    };
    let found = read::launch_template_versions(cloud, input).await?;
    Ok(found.into_iter().next().and_then(|version| version.launch_template_data).unwrap_or_default())
}

/// The launch templates that a group names: its own, that of its policy, and those of overrides.
pub fn templates_of(
    group: &autoscaling::AutoScalingGroup,
) -> impl Iterator<Item = &autoscaling::LaunchTemplateSpecification> {
    let launch = group.mixed_instances_policy.as_ref().and_then(|policy| policy.launch_template.as_ref());
    let overrides = launch.and_then(|launch| launch.overrides.as_ref()).into_iter().flatten();
    let main = launch.and_then(|launch| launch.launch_template_specification.as_ref());
    let of_overrides = overrides.filter_map(|one| one.launch_template_specification.as_ref());
    group.launch_template.iter().chain(main).chain(of_overrides)
}

/// What a launch configuration says, as a launch template would.
///
/// # Errors
/// What the service answers.
pub async fn configuration_data<C: Cloud>(
    cloud: &C,
    name: &str,
) -> Result<ec2::ResponseLaunchTemplateData, CallError> {
    let input = autoscaling::LaunchConfigurationNamesType {
        launch_configuration_names: Some(vec![name.to_owned()]),
        ..Default::default()
    };
    let found = read::launch_configurations(cloud, input).await?.into_iter().next();
    Ok(found.map_or_else(Default::default, |found| ec2::ResponseLaunchTemplateData {
        instance_type: Some(found.instance_type),
        image_id: Some(found.image_id),
        ..Default::default()
    }))
}

/// The architecture that the image boots on: as the image says, else as the makers asked for say.
pub async fn architecture<C: Cloud>(
    cloud: &C,
    data: &ec2::ResponseLaunchTemplateData,
    wanted: &ec2::InstanceRequirementsRequest,
) -> String {
    if let Some(image) = data.image_id.clone().filter(|id| id.starts_with("ami-")) {
        let input = ec2::DescribeImagesRequest { image_ids: Some(vec![image]), ..Default::default() };
        let found = cloud.call::<ec2::DescribeImages>(&input).await.ok().and_then(|answer| answer.images);
        let known = found.and_then(|images| images.into_iter().next()).and_then(|image| image.architecture);
        if let Some(known) = known {
            return known;
        }
    }
    let makers = wanted.cpu_manufacturers.as_deref().unwrap_or_default();
    let arm_only = !makers.is_empty() && makers.iter().all(|maker| maker == "amazon-web-services");
    if arm_only { "arm64".to_owned() } else { "x86_64".to_owned() }
}

/// What the first of these types has, where that can be told.
///
/// # Errors
/// When nothing can be read at all.
pub async fn needs_of<C: Cloud>(cloud: &C, named: &[String]) -> Result<Option<Needs>, CallError> {
    let Some(first) = named.first() else { return Ok(None) };
    let input =
        ec2::DescribeInstanceTypesRequest { instance_types: Some(vec![first.clone()]), ..Default::default() };
    match read::instance_types(cloud, input).await {
        Ok(found) => Ok(found.first().and_then(Needs::of)),
        Err(error) if hides_everything(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

/// A setting of a launch template that only fits its own type, or that a mixed instances policy refuses.
pub fn bound_to_type(data: &ec2::ResponseLaunchTemplateData) -> Option<&'static str> {
    let placement = data.placement.as_ref();
    let settings = [
        ("InstanceMarketOptions", data.instance_market_options.is_some()),
        ("CpuOptions", data.cpu_options.is_some()),
        ("LicenseSpecifications", data.license_specifications.as_ref().is_some_and(|list| !list.is_empty())),
        ("Placement.HostId", placement.is_some_and(|placement| placement.host_id.is_some())),
        (
            "Placement.Tenancy",
            placement.is_some_and(|placement| placement.tenancy.as_deref() == Some("host")),
        ),
    ];
    settings.into_iter().find(|(_, is_set)| *is_set).map(|(name, _)| name)
}

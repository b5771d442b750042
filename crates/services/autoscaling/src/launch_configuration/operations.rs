//! CreateLaunchConfiguration, DescribeLaunchConfigurations, DeleteLaunchConfiguration.

use ironbird_api::{Empty, Shared, autoscaling as api, ec2};
use ironbird_rig::{Ctx, Result, ServiceDef, document};

use super::check;
use super::record::{self, Configuration, Configurations};
use crate::error;
use crate::group::record::{Groups, Launch};
use crate::launch::PRINCIPAL;
use crate::page::Window;

/// Launch configurations that an account may have in a Region unless AWS raises it (user guide, "Quotas").
pub(crate) const MAX_CONFIGURATIONS: usize = 200;

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    const CLASSIC: &str = "EC2-Classic is retired";
    service
        .table::<Configurations>()
        .write::<api::CreateLaunchConfiguration>(create)
        .refuses::<api::CreateLaunchConfiguration>(&[
            ("ClassicLinkVPCId", CLASSIC),
            ("ClassicLinkVPCSecurityGroups", CLASSIC),
        ])
        .read::<api::DescribeLaunchConfigurations>(describe)
        .write::<api::DeleteLaunchConfiguration>(delete)
}

fn create(ctx: &mut Ctx<'_>, input: &api::CreateLaunchConfigurationType) -> Result<Empty> {
    let mut request = input.clone();
    if let Some(id) = &input.instance_id {
        complete_from_instance(ctx, &mut request, id)?;
    }
    keep(ctx, request)?;
    Ok(Empty {})
}

/// Keeps a configuration made of `request`.
///
/// # Errors
/// `ValidationError` without image and type, or where something that it names is not there; `AlreadyExists`; `LimitExceeded`.
pub(crate) fn keep(ctx: &mut Ctx<'_>, mut request: api::CreateLaunchConfigurationType) -> Result<()> {
    let name = request.launch_configuration_name.clone();
    let (Some(image_id), Some(instance_type)) = (request.image_id.clone(), request.instance_type.clone())
    else {
        return Err(error::validation(
            "Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType \
             parameters.",
        ));
    };
    let key = ctx.scope().key(&name);
    if ctx.peek::<Configurations>(&key).is_some() {
        return Err(error::already_exists("Launch Configuration", "launch configuration", &name));
    }
    if ctx.scan::<Configurations>(&ctx.scope().prefix()).count() >= MAX_CONFIGURATIONS {
        return Err(error::limit_exceeded(format!(
            "You have reached the limit of {MAX_CONFIGURATIONS} launch configurations."
        )));
    }
    check::check(ctx, &request)?;
    request.instance_id = None;
    let configuration = Configuration {
        uuid: ctx.fresh_uuid("launch-configuration")?,
        created: ctx.now(),
        image_id,
        instance_type,
        associate_public_ip_address: request.associate_public_ip_address,
        request: document::write(record::REQUEST, &request)?,
        name,
    };
    ctx.put::<Configurations>(key, configuration)
}

/// Takes from an instance what the request leaves open.
///
/// # Errors
/// `ValidationError` where there is no such instance.
pub(crate) fn complete_from_instance(
    ctx: &mut Ctx<'_>,
    request: &mut api::CreateLaunchConfigurationType,
    id: &str,
) -> Result<Shared<ec2::Instance>> {
    let query =
        ec2::DescribeInstancesRequest { instance_ids: Some(vec![id.to_owned()]), ..Default::default() };
    let answer = ctx.call::<ec2::DescribeInstances>(PRINCIPAL, &query).ok();
    let mut found = answer.into_iter().flat_map(|answer| answer.reservations.unwrap_or_default());
    let instance = found.next().and_then(|reservation| reservation.instances?.into_iter().next());
    let instance = instance.ok_or_else(|| error::validation(format!("Instance [{id}] is invalid.")))?;
    request.image_id = request.image_id.take().or_else(|| instance.image_id.clone());
    request.instance_type = request.instance_type.take().or_else(|| instance.instance_type.clone());
    request.key_name = request.key_name.take().or_else(|| instance.key_name.clone());
    request.ebs_optimized = request.ebs_optimized.or(instance.ebs_optimized);
    if request.security_groups.is_none() {
        let groups = instance.security_groups.iter().flatten().filter_map(|group| group.group_id.clone());
        request.security_groups = Some(groups.collect());
    }
    if request.iam_instance_profile.is_none() {
        request.iam_instance_profile =
            instance.iam_instance_profile.as_ref().and_then(|profile| profile.arn.clone());
    }
    Ok(instance)
}

fn describe(
    ctx: &mut Ctx<'_>,
    input: &api::LaunchConfigurationNamesType,
) -> Result<api::LaunchConfigurationsType> {
    let window = Window::read(input.max_records, input.next_token.as_deref(), 100)?;
    let names = input.launch_configuration_names.as_deref().unwrap_or_default();
    let wanted = |configuration: &Configuration| {
        names.is_empty() || names.iter().any(|name| record::plain_name(name) == configuration.name)
    };
    let page = window.scan::<Configurations, _>(ctx, &ctx.scope().prefix(), |configuration| {
        wanted(configuration).then(|| configuration.view(ctx))
    });
    Ok(api::LaunchConfigurationsType {
        launch_configurations: page.items.into_iter().collect::<Result<_>>()?,
        next_token: page.next,
    })
}

fn delete(ctx: &mut Ctx<'_>, input: &api::LaunchConfigurationNameType) -> Result<Empty> {
    let configuration = record::get(ctx, &input.launch_configuration_name)?;
    let user = ctx.scan::<Groups>(&ctx.scope().prefix()).find(
        |(_, group)| matches!(&group.launch, Launch::Configuration(name) if *name == configuration.name),
    );
    if let Some((_, group)) = user {
        return Err(error::in_use(format!(
            "Cannot delete launch configuration {} because it is attached to AutoScalingGroup {}",
            configuration.name, group.name
        )));
    }
    ctx.delete::<Configurations>(&ctx.scope().key(&configuration.name))?;
    Ok(Empty {})
}

//! CreateAutoScalingGroup.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::{Empty, autoscaling as api};
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::{self, Group, Groups, Settings, Size};
use super::settings::Changes;
use super::source::{self, Given};
use crate::activity::cause;
use crate::launch_configuration::operations as configurations;
use crate::network::Network;
use crate::{error, hook, reconcile, tag, traffic};

/// Groups an account may have in a Region unless AWS raises it (user guide, "Quotas").
pub(crate) const MAX_GROUPS: usize = 500;

const NO_RESERVATION_TARGET: &str = "name the reservation in the launch template instead";

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<Groups>()
        .write::<api::CreateAutoScalingGroup>(create)
        .records::<api::CreateAutoScalingGroup>(&[
            "LoadBalancerNames",
            "ServiceLinkedRoleARN",
            "Context",
            "AvailabilityZoneImpairmentPolicy",
            "SkipZonalShiftValidation",
            "InstanceLifecyclePolicy",
        ])
        .refuses::<api::CreateAutoScalingGroup>(&[(
            "CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationIds",
            NO_RESERVATION_TARGET,
        )])
}

fn create(ctx: &mut Ctx<'_>, input: &api::CreateAutoScalingGroupType) -> Result<Empty> {
    let name = &input.auto_scaling_group_name;
    if record::find(ctx, name).is_some() {
        return Err(error::already_exists("AutoScalingGroup", "group", name));
    }
    if ctx.scan::<Groups>(&ctx.scope().prefix()).count() >= MAX_GROUPS {
        return Err(error::limit_exceeded(format!(
            "You have reached the limit of {MAX_GROUPS} Auto Scaling groups."
        )));
    }
    let desired = input.desired_capacity.unwrap_or(input.min_size);
    let size = Size { min: input.min_size, max: input.max_size, desired };
    size.check()?;
    let mut settings = Settings::usual();
    Changes::from(input).apply(ctx, &mut settings)?;
    let tags = tag::of_request(name, input.tags.as_deref().unwrap_or_default())?;
    let from_instance = from_instance(ctx, input)?;
    let given = Given {
        configuration: input
            .launch_configuration_name
            .as_deref()
            .or(from_instance.as_ref().map(|_| name.as_str())),
        template: input.launch_template.as_ref(),
        mixed: input.mixed_instances_policy.as_ref(),
    };
    let launch = given.resolve(ctx, None)?;
    let network = Network {
        zones: input.availability_zones.as_deref().unwrap_or_default(),
        zone_ids: input.availability_zone_ids.as_deref().unwrap_or_default(),
        vpc_zone_identifier: input.vpc_zone_identifier.as_deref(),
    };
    let subnet = from_instance.filter(|_| network.is_empty());
    let zones = match &subnet {
        Some(id) => Network { zones: &[], zone_ids: &[], vpc_zone_identifier: Some(id) }.resolve(ctx)?,
        None => network.resolve(ctx)?,
    };
    let group = Group {
        name: name.as_str().into(),
        uuid: ctx.fresh_uuid("group")?.into(),
        created: ctx.now(),
        launch,
        size,
        zones,
        vpc_zone_identifier: input.vpc_zone_identifier.clone().or(subnet).filter(|list| !list.is_empty()),
        settings,
        tags,
        suspended: BTreeMap::new(),
        metrics: BTreeSet::new(),
        metrics_due: None,
        traffic: traffic::of_request(ctx, input)?,
        deleting: false,
        last_scaled: None,
    };
    source::try_out(ctx, &group)?;
    record::save(ctx, group)?;
    traffic::begin(ctx, name)?;
    hook::of_request(ctx, name, input.lifecycle_hook_specification_list.as_deref().unwrap_or_default())?;
    let why = cause::created(ctx, desired);
    reconcile::soon(ctx, name, (desired > 0).then_some(why))?;
    Ok(Empty {})
}

/// Makes a launch configuration of the group's name from an instance; the subnet of that instance.
fn from_instance(ctx: &mut Ctx<'_>, input: &api::CreateAutoScalingGroupType) -> Result<Option<String>> {
    let Some(id) = &input.instance_id else { return Ok(None) };
    let others = input.launch_configuration_name.is_some()
        || input.launch_template.is_some()
        || input.mixed_instances_policy.is_some();
    if others {
        return Err(error::validation(
            "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or \
             MixedInstancesPolicy parameter.",
        ));
    }
    let mut request = api::CreateLaunchConfigurationType {
        launch_configuration_name: input.auto_scaling_group_name.clone(),
        ..Default::default()
    };
    let instance = configurations::complete_from_instance(ctx, &mut request, id)?;
    configurations::keep(ctx, request)?;
    Ok(Some(instance.subnet_id.clone().unwrap_or_default()))
}

impl Size {
    /// Checks bounds and goal.
    ///
    /// # Errors
    /// `ValidationError` where they contradict each other.
    pub(crate) fn check(self) -> Result<()> {
        let Self { min, max, desired } = self;
        for (what, value) in [("MinSize", min), ("MaxSize", max), ("DesiredCapacity", desired)] {
            if value < 0 {
                return Err(error::validation(format!("{what} must not be negative, it is {value}.")));
            }
        }
        if min > max {
            let message = format!("Max bound, {max}, must be greater than or equal to min bound, {min}");
            return Err(error::validation(message));
        }
        if !(min..=max).contains(&desired) {
            return Err(error::validation(format!(
                "Desired capacity:{desired} must be between the specified min size:{min} and max size:{max}"
            )));
        }
        Ok(())
    }
}

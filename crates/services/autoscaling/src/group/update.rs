//! UpdateAutoScalingGroup.

use ironbird_api::{Empty, autoscaling as api};
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::{self, Group};
use super::settings::Changes;
use super::source::{self, Given};
use crate::activity::cause;
use crate::network::Network;
use crate::{error, reconcile, traffic};

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .write::<api::UpdateAutoScalingGroup>(update)
        .records::<api::UpdateAutoScalingGroup>(&[
            "ServiceLinkedRoleARN",
            "Context",
            "AvailabilityZoneImpairmentPolicy",
            "SkipZonalShiftValidation",
            "InstanceLifecyclePolicy",
        ])
        .refuses::<api::UpdateAutoScalingGroup>(&[(
            "CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationIds",
            "name the reservation in the launch template instead",
        )])
}

fn update(ctx: &mut Ctx<'_>, input: &api::UpdateAutoScalingGroupType) -> Result<Empty> {
    let name = &input.auto_scaling_group_name;
    let mut group = record::find(ctx, name).ok_or_else(error::no_group_to_update)?;
    if group.deleting {
        return Err(error::pending_delete(name));
    }
    let before = group.size.desired;
    resize(&mut group, input)?;
    Changes::from(input).apply(ctx, &mut group.settings)?;
    let given = Given {
        configuration: input.launch_configuration_name.as_deref(),
        template: input.launch_template.as_ref(),
        mixed: input.mixed_instances_policy.as_ref(),
    };
    let relaunch = given.count() > 0;
    if relaunch {
        group.launch = given.resolve(ctx, Some(&group.launch))?;
    }
    let network = Network {
        zones: input.availability_zones.as_deref().unwrap_or_default(),
        zone_ids: input.availability_zone_ids.as_deref().unwrap_or_default(),
        vpc_zone_identifier: input.vpc_zone_identifier.as_deref(),
    };
    let moved = !network.is_empty();
    if moved {
        group.zones = network.resolve(ctx)?;
        group.vpc_zone_identifier = input.vpc_zone_identifier.clone().filter(|list| !list.is_empty());
    }
    if relaunch || moved {
        source::try_out(ctx, &group)?;
        reconcile::try_all_zones(ctx, &group.name)?;
    }
    let size = group.size;
    let own_name = group.name.clone();
    record::save(ctx, group.clone())?;
    if input.health_check_type.is_some() {
        // What was no reason to replace an instance may be one now.
        traffic::health::examine(ctx, &group)?;
    }
    let why = (size.desired != before).then(|| cause::updated(ctx, size, before));
    reconcile::soon(ctx, &own_name, why)?;
    Ok(Empty {})
}

/// New bounds and goal. A bound that the goal is outside of moves the goal, unless the request gives one (API
/// reference, UpdateAutoScalingGroup).
fn resize(group: &mut Group, input: &api::UpdateAutoScalingGroupType) -> Result<()> {
    let size = &mut group.size;
    size.min = input.min_size.unwrap_or(size.min);
    size.max = input.max_size.unwrap_or(size.max);
    size.desired = match input.desired_capacity {
        Some(desired) => desired,
        None if size.min > size.max => size.desired,
        None => size.desired.clamp(size.min, size.max),
    };
    size.check()
}

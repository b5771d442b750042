//! DescribeAutoScalingGroups, DescribeAutoScalingInstances.

use ironbird_api::autoscaling as api;
use ironbird_rig::{Ctx, Result, ServiceDef, document};

use super::record::{self, Group, Groups, Launch};
use super::settings::{IMPAIRMENT, LIFECYCLE};
use crate::launch::policy;
use crate::member::{self, Memberships, template_spec};
use crate::page::Window;
use crate::{error, metrics, tag, traffic, warm_pool};

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<member::Members>()
        .table::<Memberships>()
        .read::<api::DescribeAutoScalingGroups>(describe_groups)
        .read::<api::DescribeAutoScalingInstances>(describe_instances)
}

fn describe_groups(
    ctx: &mut Ctx<'_>,
    input: &api::AutoScalingGroupNamesType,
) -> Result<api::AutoScalingGroupsType> {
    let window = Window::read(input.max_records, input.next_token.as_deref(), 100)?;
    let names = input.auto_scaling_group_names.as_deref().unwrap_or_default();
    let filters = input.filters.as_deref().unwrap_or_default();
    filters.iter().try_for_each(check_filter)?;
    let with_instances = input.include_instances.unwrap_or(true);
    let scope = ctx.scope();
    let fits = |group: &Group| filters.iter().all(|filter| passes(filter, group));
    let page = if names.is_empty() {
        window.scan::<Groups, _>(ctx, &scope.prefix(), |group| {
            fits(group).then(|| view(ctx, group, with_instances))
        })
    } else {
        let mut sorted: Vec<&str> = names.iter().map(|name| record::plain_name(name)).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let found = sorted.into_iter().filter_map(|name| ctx.peek::<Groups>(&scope.key(name)));
        let page = window.list(found.filter(|group| fits(group)), |group| scope.key(&group.name));
        let items = page.items.into_iter().map(|group| view(ctx, group, with_instances)).collect();
        crate::page::Page { items, next: page.next }
    };
    Ok(api::AutoScalingGroupsType {
        auto_scaling_groups: page.items.into_iter().collect::<Result<_>>()?,
        next_token: page.next,
    })
}

fn check_filter(filter: &api::Filter) -> Result<()> {
    let name = filter.name.as_deref().unwrap_or_default();
    if name == "tag-key" || name == "tag-value" || name.starts_with("tag:") {
        return Ok(());
    }
    let message =
        format!("Invalid filter type {name}. Valid filter types are: [tag-key, tag-value, tag:<key>]");
    Err(error::validation(message))
}

fn passes(filter: &api::Filter, group: &Group) -> bool {
    let name = filter.name.as_deref().unwrap_or_default();
    let values = filter.values.as_deref().unwrap_or_default();
    group.tags.iter().any(|(key, tag)| match name {
        "tag-key" => values.contains(key),
        "tag-value" => values.contains(&tag.value),
        _ => name.strip_prefix("tag:") == Some(key) && values.contains(&tag.value),
    })
}

fn view(ctx: &Ctx<'_>, group: &Group, with_instances: bool) -> Result<api::AutoScalingGroup> {
    let settings = group.settings.clone();
    let facts = ctx.region().facts();
    let zone_ids =
        group.zones.iter().filter_map(|zone| facts.zone(&zone.name)).map(|zone| zone.id.to_owned()).collect();
    let instances = member::of(ctx, &group.name)
        .filter(|member| with_instances && !member.warm)
        .map(|member| member.in_group(ctx));
    let suspended = group.suspended.iter().map(|(process, reason)| api::SuspendedProcess {
        process_name: Some(process.clone()),
        suspension_reason: Some(reason.clone()),
    });
    let role = format!(
        "arn:{}:iam::{}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        ctx.region().partition(),
        ctx.scope().account
    );
    let (load_balancers, target_groups, traffic_sources) = traffic::view(group);
    let (warm_pool_configuration, warm_pool_size) = warm_pool::view(ctx, &group.name);
    let mut answer = api::AutoScalingGroup {
        warm_pool_configuration,
        warm_pool_size,
        auto_scaling_group_name: group.name.to_string(),
        auto_scaling_group_arn: Some(group.arn(ctx)),
        min_size: group.size.min,
        max_size: group.size.max,
        desired_capacity: group.size.desired,
        default_cooldown: settings.default_cooldown,
        availability_zones: group.zones.iter().map(|zone| zone.name.clone()).collect(),
        availability_zone_ids: Some(zone_ids),
        load_balancer_names: Some(load_balancers),
        target_group_arns: Some(target_groups),
        health_check_type: settings.health_check_type,
        health_check_grace_period: Some(settings.health_check_grace_period),
        instances: Some(instances.collect()),
        created_time: group.created,
        suspended_processes: Some(suspended.collect()),
        placement_group: settings.placement_group,
        vpc_zone_identifier: Some(group.vpc_zone_identifier.clone().unwrap_or_default()),
        enabled_metrics: Some(metrics::of(group)),
        status: group.deleting.then(|| "Delete in progress".to_owned()),
        tags: Some(tag::descriptions(group)),
        termination_policies: Some(settings.termination_policies),
        new_instances_protected_from_scale_in: Some(settings.protect_new),
        service_linked_role_arn: Some(settings.service_linked_role.unwrap_or(role)),
        max_instance_lifetime: settings.max_instance_lifetime,
        capacity_rebalance: settings.capacity_rebalance,
        context: settings.context,
        desired_capacity_type: settings.desired_capacity_type,
        default_instance_warmup: settings.default_instance_warmup,
        traffic_sources: Some(traffic_sources),
        instance_maintenance_policy: settings.maintenance_policy.map(|(least, most)| {
            api::InstanceMaintenancePolicy { min_healthy_percentage: least, max_healthy_percentage: most }
        }),
        deletion_protection: settings.deletion_protection.or(Some("none".to_owned())),
        availability_zone_distribution: Some(api::AvailabilityZoneDistribution {
            capacity_distribution_strategy: Some(
                settings.distribution_strategy.unwrap_or_else(|| "balanced-best-effort".to_owned()),
            ),
        }),
        capacity_reservation_specification: Some(api::CapacityReservationSpecification {
            capacity_reservation_preference: Some(
                settings.reservation_preference.unwrap_or_else(|| "default".to_owned()),
            ),
            capacity_reservation_target: settings.reservation_group.map(|arn| {
                api::CapacityReservationTarget {
                    capacity_reservation_resource_group_arns: Some(vec![arn]),
                    ..Default::default()
                }
            }),
        }),
        ..Default::default()
    };
    if let Some(kept) = &settings.impairment_policy {
        answer.availability_zone_impairment_policy = Some(document::read(IMPAIRMENT, kept)?);
    }
    if let Some(kept) = &settings.lifecycle_policy {
        answer.instance_lifecycle_policy = Some(document::read(LIFECYCLE, kept)?);
    }
    match &group.launch {
        Launch::Configuration(name) => answer.launch_configuration_name = Some(name.clone()),
        Launch::Template(template) => answer.launch_template = Some(template_spec(template)),
        Launch::Mixed(kept) => {
            let mut shown = policy::read(kept)?;
            shown.launch_template.get_or_insert_default().overrides.get_or_insert_default();
            answer.mixed_instances_policy = Some(shown);
        }
    }
    Ok(answer)
}

fn describe_instances(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeAutoScalingInstancesType,
) -> Result<api::AutoScalingInstancesType> {
    let window = Window::read(input.max_records, input.next_token.as_deref(), 50)?;
    let mut ids: Vec<String> = input.instance_ids.clone().unwrap_or_default();
    if ids.len() > 50 {
        return Err(error::validation(format!(
            "At most 50 instance ids can be given, there are {}.",
            ids.len()
        )));
    }
    let scope = ctx.scope();
    let page = if ids.is_empty() {
        window.scan::<Memberships, _>(ctx, &scope.prefix(), |membership| membership.member(ctx))
    } else {
        ids.sort_unstable();
        ids.dedup();
        let found = ids.iter().filter_map(|id| ctx.peek::<Memberships>(&scope.key(id))?.member(ctx));
        window.list(found, |member| scope.key(&member.id))
    };
    let details = page.items.into_iter().map(|member| member.details(ctx)).collect();
    Ok(api::AutoScalingInstancesType { auto_scaling_instances: Some(details), next_token: page.next })
}

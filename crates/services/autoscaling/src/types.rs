//! The operations that only say what there is: names of processes, policies, metrics; limits.

use ironbird_api::{Empty, autoscaling as api};
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::group::create::MAX_GROUPS;
use crate::group::record::Groups;
use crate::launch_configuration::operations::MAX_CONFIGURATIONS;
use crate::launch_configuration::record::Configurations;
use crate::{metrics, notification, policy, process, termination};

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .read::<api::DescribeAccountLimits>(account_limits)
        .read::<api::DescribeAdjustmentTypes>(adjustment_types)
        .read::<api::DescribeMetricCollectionTypes>(metric_collection_types)
        .read::<api::DescribeScalingProcessTypes>(process_types)
        .read::<api::DescribeTerminationPolicyTypes>(termination_policy_types)
        .read::<api::DescribeLifecycleHookTypes>(lifecycle_hook_types)
        .read::<api::DescribeAutoScalingNotificationTypes>(notification_types)
}

fn account_limits(ctx: &mut Ctx<'_>, _: &Empty) -> Result<api::DescribeAccountLimitsAnswer> {
    let prefix = ctx.scope().prefix();
    let number = |count: usize| i32::try_from(count).ok();
    Ok(api::DescribeAccountLimitsAnswer {
        max_number_of_auto_scaling_groups: number(MAX_GROUPS),
        max_number_of_launch_configurations: number(MAX_CONFIGURATIONS),
        number_of_auto_scaling_groups: number(ctx.scan::<Groups>(&prefix).count()),
        number_of_launch_configurations: number(ctx.scan::<Configurations>(&prefix).count()),
    })
}

fn adjustment_types(_: &mut Ctx<'_>, _: &Empty) -> Result<api::DescribeAdjustmentTypesAnswer> {
    let types = policy::ADJUSTMENTS
        .iter()
        .map(|&name| api::AdjustmentType { adjustment_type: Some(name.to_owned()) });
    Ok(api::DescribeAdjustmentTypesAnswer { adjustment_types: Some(types.collect()) })
}

fn metric_collection_types(_: &mut Ctx<'_>, _: &Empty) -> Result<api::DescribeMetricCollectionTypesAnswer> {
    let metrics =
        metrics::METRICS.iter().map(|&name| api::MetricCollectionType { metric: Some(name.to_owned()) });
    let granularity = api::MetricGranularityType { granularity: Some(metrics::GRANULARITY.to_owned()) };
    Ok(api::DescribeMetricCollectionTypesAnswer {
        metrics: Some(metrics.collect()),
        granularities: Some(vec![granularity]),
    })
}

fn process_types(_: &mut Ctx<'_>, _: &Empty) -> Result<api::ProcessesType> {
    let processes = process::PROCESSES.iter().map(|&name| api::ProcessType { process_name: name.to_owned() });
    Ok(api::ProcessesType { processes: Some(processes.collect()) })
}

fn termination_policy_types(_: &mut Ctx<'_>, _: &Empty) -> Result<api::DescribeTerminationPolicyTypesAnswer> {
    let names = termination::POLICIES.iter().map(|&name| name.to_owned()).collect();
    Ok(api::DescribeTerminationPolicyTypesAnswer { termination_policy_types: Some(names) })
}

fn lifecycle_hook_types(_: &mut Ctx<'_>, _: &Empty) -> Result<api::DescribeLifecycleHookTypesAnswer> {
    let names = ["autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"];
    Ok(api::DescribeLifecycleHookTypesAnswer { lifecycle_hook_types: Some(names.map(str::to_owned).into()) })
}

fn notification_types(_: &mut Ctx<'_>, _: &Empty) -> Result<api::DescribeAutoScalingNotificationTypesAnswer> {
    let names = notification::TYPES.map(str::to_owned).into();
    Ok(api::DescribeAutoScalingNotificationTypesAnswer { auto_scaling_notification_types: Some(names) })
}

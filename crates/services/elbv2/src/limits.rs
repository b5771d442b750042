//! DescribeAccountLimits. Source: the example output of `aws elbv2 describe-account-limits` in the AWS CLI's own
//! documentation, and "Quotas" in the user guides of the three kinds of load balancers.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::page;

/// Load balancers of one kind, application or network.
pub(crate) const LOAD_BALANCERS: usize = 50;
/// Gateway Load Balancers.
pub(crate) const GATEWAY_LOAD_BALANCERS: usize = 100;
/// Target groups.
pub(crate) const TARGET_GROUPS: usize = 3000;
/// Targets of one target group.
pub(crate) const TARGETS: usize = 1000;
/// Listeners of one load balancer.
pub(crate) const LISTENERS: usize = 50;
/// Rules of one load balancer, without the default rules.
pub(crate) const RULES: usize = 100;
/// Target groups of one action.
pub(crate) const GROUPS_PER_ACTION: usize = 5;
/// Values of all conditions of a rule.
pub(crate) const CONDITION_VALUES: usize = 5;

const LIMITS: &[(&str, usize)] = &[
    ("target-groups", TARGET_GROUPS),
    ("targets-per-application-load-balancer", 1000),
    ("listeners-per-application-load-balancer", LISTENERS),
    ("rules-per-application-load-balancer", RULES),
    ("network-load-balancers", LOAD_BALANCERS),
    ("targets-per-network-load-balancer", 3000),
    ("targets-per-availability-zone-per-network-load-balancer", 500),
    ("listeners-per-network-load-balancer", LISTENERS),
    ("condition-values-per-alb-rule", CONDITION_VALUES),
    ("condition-wildcards-per-alb-rule", 5),
    ("target-groups-per-application-load-balancer", 100),
    ("target-groups-per-action-on-application-load-balancer", GROUPS_PER_ACTION),
    ("target-groups-per-action-on-network-load-balancer", 1),
    ("certificates-per-application-load-balancer", 25),
    ("certificates-per-network-load-balancer", 25),
    ("targets-per-target-group", TARGETS),
    ("target-id-registrations-per-application-load-balancer", 1000),
    ("network-load-balancer-enis-per-vpc", 1200),
    ("application-load-balancers", LOAD_BALANCERS),
    ("gateway-load-balancers", GATEWAY_LOAD_BALANCERS),
    ("gateway-load-balancers-per-vpc", GATEWAY_LOAD_BALANCERS),
    ("geneve-target-groups", 100),
    ("targets-per-availability-zone-per-gateway-load-balancer", 300),
];

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<api::DescribeAccountLimits>(describe_account_limits)
}

fn describe_account_limits(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeAccountLimitsInput,
) -> Result<api::DescribeAccountLimitsOutput> {
    let window = page::window(input.page_size, input.marker.as_deref())?;
    let numbered = (0..).zip(LIMITS);
    let page = window.list(numbered, |(number, _)| ctx.scope().prefix().number(*number));
    let limits = page
        .items
        .into_iter()
        .map(|(_, (name, most))| api::Limit { name: Some((*name).to_owned()), max: Some(most.to_string()) });
    Ok(api::DescribeAccountLimitsOutput { limits: Some(limits.collect()), next_marker: page.next })
}

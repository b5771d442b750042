//! Attributes of target groups. Source: "TargetGroupAttribute" in the API reference, for keys, values and defaults.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::TargetGroup;
use super::{find, save};
use crate::attribute::{self, Attribute, Takes, acted_on, kept};
use crate::load_balancer::record::Kind;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::DescribeTargetGroupAttributes>(describe_target_group_attributes)
        .write::<api::ModifyTargetGroupAttributes>(modify_target_group_attributes)
}

const DELAY: Attribute = acted_on("deregistration_delay.timeout_seconds", "300", Takes::Number(0, 3600));
const STICKY: Attribute = kept("stickiness.enabled", "false", Takes::Flag);
const CROSS_ZONE: Attribute = kept(
    "load_balancing.cross_zone.enabled",
    "use_load_balancer_configuration",
    Takes::Word(&["true", "false", "use_load_balancer_configuration"]),
);
const A_WEEK: Takes = Takes::Number(1, 604_800);

const DNS_COUNT: Attribute =
    kept("target_group_health.dns_failover.minimum_healthy_targets.count", "1", Takes::NumberOrOff(1, 1000));
const DNS_PERCENTAGE: Attribute = kept(
    "target_group_health.dns_failover.minimum_healthy_targets.percentage",
    "off",
    Takes::NumberOrOff(1, 100),
);
const ROUTING_COUNT: Attribute = kept(
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
    "1",
    Takes::Number(1, 1000),
);
const ROUTING_PERCENTAGE: Attribute = kept(
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
    "off",
    Takes::NumberOrOff(1, 100),
);

const APPLICATION: &[Attribute] = &[
    STICKY,
    DELAY,
    kept("stickiness.type", "lb_cookie", Takes::Word(&["lb_cookie", "app_cookie"])),
    kept("stickiness.lb_cookie.duration_seconds", "86400", A_WEEK),
    kept("stickiness.app_cookie.cookie_name", "", Takes::Text),
    kept("stickiness.app_cookie.duration_seconds", "86400", A_WEEK),
    kept("slow_start.duration_seconds", "0", Takes::Number(0, 900)),
    kept(
        "load_balancing.algorithm.type",
        "round_robin",
        Takes::Word(&["round_robin", "least_outstanding_requests", "weighted_random"]),
    ),
    kept("load_balancing.algorithm.anomaly_mitigation", "off", Takes::Word(&["on", "off"])),
    CROSS_ZONE,
    ROUTING_COUNT,
    ROUTING_PERCENTAGE,
    DNS_COUNT,
    DNS_PERCENTAGE,
];

/// Key of the attribute that says whether connections end with the delay.
const TERMINATES: &str = "deregistration_delay.connection_termination.enabled";
/// Key of the attribute that says whether targets see clients' addresses.
const PRESERVES: &str = "preserve_client_ip.enabled";

const NETWORK: &[Attribute] = &[
    STICKY,
    DELAY,
    kept("stickiness.type", "source_ip", Takes::Word(&["source_ip"])),
    kept(TERMINATES, "false", Takes::Flag),
    kept("proxy_protocol_v2.enabled", "false", Takes::Flag),
    kept(PRESERVES, "true", Takes::Flag),
    CROSS_ZONE,
    kept("target_health_state.unhealthy.connection_termination.enabled", "true", Takes::Flag),
    kept("target_health_state.unhealthy.draining_interval_seconds", "0", Takes::Number(0, 360_000)),
    ROUTING_COUNT,
    ROUTING_PERCENTAGE,
    DNS_COUNT,
    DNS_PERCENTAGE,
];

const REBALANCE: Takes = Takes::Word(&["rebalance", "no_rebalance"]);

const GATEWAY: &[Attribute] = &[
    STICKY,
    DELAY,
    kept(
        "stickiness.type",
        "source_ip_dest_ip_proto",
        Takes::Word(&["source_ip_dest_ip", "source_ip_dest_ip_proto"]),
    ),
    kept("target_failover.on_deregistration", "no_rebalance", REBALANCE),
    kept("target_failover.on_unhealthy", "no_rebalance", REBALANCE),
];

/// Attributes of target groups for a kind of load balancer.
pub(super) const fn of(kind: Kind) -> &'static [Attribute] {
    match kind {
        Kind::Application => APPLICATION,
        Kind::Network => NETWORK,
        Kind::Gateway => GATEWAY,
    }
}

/// What a new group has that differs from the usual, by its protocol and whether its targets are addresses.
pub(super) fn initial(protocol: &str, by_ip: bool) -> attribute::Set {
    let mut set = attribute::Set::new();
    if matches!(protocol, "UDP" | "TCP_UDP") {
        set.insert(TERMINATES.to_owned(), "true".to_owned());
    }
    if by_ip && matches!(protocol, "TCP" | "TLS") {
        set.insert(PRESERVES.to_owned(), "false".to_owned());
    }
    set
}

fn view(group: &TargetGroup) -> Vec<api::TargetGroupAttribute> {
    let all = attribute::all(of(group.kind()), &group.attributes);
    all.map(|(key, value)| api::TargetGroupAttribute { key: Some(key), value: Some(value) }).collect()
}

fn describe_target_group_attributes(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeTargetGroupAttributesInput,
) -> Result<api::DescribeTargetGroupAttributesOutput> {
    let attributes = view(find(ctx, &input.target_group_arn)?);
    Ok(api::DescribeTargetGroupAttributesOutput { attributes: Some(attributes) })
}

fn modify_target_group_attributes(
    ctx: &mut Ctx<'_>,
    input: &api::ModifyTargetGroupAttributesInput,
) -> Result<api::ModifyTargetGroupAttributesOutput> {
    let mut changed = find(ctx, &input.target_group_arn)?.clone();
    let given = input.attributes.iter().map(|given| (given.key.as_deref(), given.value.as_deref()));
    let asked = ("ModifyTargetGroupAttributes", "Target group");
    attribute::set(ctx, asked, of(changed.kind()), &mut changed.attributes, given)?;
    let attributes = view(&changed);
    save(ctx, changed)?;
    Ok(api::ModifyTargetGroupAttributesOutput { attributes: Some(attributes) })
}

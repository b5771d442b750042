//! Attributes of load balancers. Source: "LoadBalancerAttribute" in the API reference, for keys, values and defaults.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::{Kind, LoadBalancer};
use super::{find, save};
use crate::attribute::{self, Attribute, Takes, acted_on, kept};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::DescribeLoadBalancerAttributes>(describe_load_balancer_attributes)
        .write::<api::ModifyLoadBalancerAttributes>(modify_load_balancer_attributes)
}

const PROTECTION: Attribute = acted_on("deletion_protection.enabled", "false", Takes::Flag);
const ZONAL_SHIFT: Attribute = kept("zonal_shift.config.enabled", "false", Takes::Flag);
const LOGS: Attribute = kept("access_logs.s3.enabled", "false", Takes::Flag);
const LOGS_BUCKET: Attribute = kept("access_logs.s3.bucket", "", Takes::Text);
const LOGS_PREFIX: Attribute = kept("access_logs.s3.prefix", "", Takes::Text);

/// Key of the attribute that says whether nodes reach targets of other zones.
const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";

const APPLICATION: &[Attribute] = &[
    LOGS,
    LOGS_BUCKET,
    LOGS_PREFIX,
    kept("idle_timeout.timeout_seconds", "60", Takes::Number(1, 4000)),
    PROTECTION,
    kept("routing.http2.enabled", "true", Takes::Flag),
    kept("routing.http.drop_invalid_header_fields.enabled", "false", Takes::Flag),
    kept("routing.http.xff_client_port.enabled", "false", Takes::Flag),
    kept("routing.http.preserve_host_header.enabled", "false", Takes::Flag),
    kept("routing.http.xff_header_processing.mode", "append", Takes::Word(&["append", "preserve", "remove"])),
    // It cannot be turned off.
    kept(CROSS_ZONE, "true", Takes::Word(&["true"])),
    kept(
        "routing.http.desync_mitigation_mode",
        "defensive",
        Takes::Word(&["monitor", "defensive", "strictest"]),
    ),
    kept("client_keep_alive.seconds", "3600", Takes::Number(60, 604_800)),
    kept("waf.fail_open.enabled", "false", Takes::Flag),
    kept("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false", Takes::Flag),
    ZONAL_SHIFT,
    kept("connection_logs.s3.enabled", "false", Takes::Flag),
    kept("connection_logs.s3.bucket", "", Takes::Text),
    kept("connection_logs.s3.prefix", "", Takes::Text),
    kept("health_check_logs.s3.enabled", "false", Takes::Flag),
    kept("health_check_logs.s3.bucket", "", Takes::Text),
    kept("health_check_logs.s3.prefix", "", Takes::Text),
];

const NETWORK: &[Attribute] = &[
    LOGS,
    LOGS_BUCKET,
    LOGS_PREFIX,
    PROTECTION,
    kept(CROSS_ZONE, "false", Takes::Flag),
    kept(
        "dns_record.client_routing_policy",
        "any_availability_zone",
        Takes::Word(&[
            "availability_zone_affinity",
            "partial_availability_zone_affinity",
            "any_availability_zone",
        ]),
    ),
    ZONAL_SHIFT,
    kept("secondary_ips.auto_assigned.per_subnet", "0", Takes::Number(0, 7)),
];

const GATEWAY: &[Attribute] = &[PROTECTION, kept(CROSS_ZONE, "false", Takes::Flag)];

/// Attributes of load balancers of a kind.
pub(super) const fn of(kind: Kind) -> &'static [Attribute] {
    match kind {
        Kind::Application => APPLICATION,
        Kind::Network => NETWORK,
        Kind::Gateway => GATEWAY,
    }
}

fn view(of_one: &LoadBalancer) -> Vec<api::LoadBalancerAttribute> {
    let all = attribute::all(of(of_one.kind), &of_one.attributes);
    all.map(|(key, value)| api::LoadBalancerAttribute { key: Some(key), value: Some(value) }).collect()
}

fn describe_load_balancer_attributes(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeLoadBalancerAttributesInput,
) -> Result<api::DescribeLoadBalancerAttributesOutput> {
    let attributes = view(find(ctx, &input.load_balancer_arn)?);
    Ok(api::DescribeLoadBalancerAttributesOutput { attributes: Some(attributes) })
}

fn modify_load_balancer_attributes(
    ctx: &mut Ctx<'_>,
    input: &api::ModifyLoadBalancerAttributesInput,
) -> Result<api::ModifyLoadBalancerAttributesOutput> {
    let mut changed = find(ctx, &input.load_balancer_arn)?.clone();
    let given = input.attributes.iter().map(|given| (given.key.as_deref(), given.value.as_deref()));
    let asked = ("ModifyLoadBalancerAttributes", "Load balancer");
    attribute::set(ctx, asked, of(changed.kind), &mut changed.attributes, given)?;
    let attributes = view(&changed);
    save(ctx, changed)?;
    Ok(api::ModifyLoadBalancerAttributesOutput { attributes: Some(attributes) })
}

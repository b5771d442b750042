//! What is kept of a target group.

use std::collections::BTreeMap;

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Table};
use serde::{Deserialize, Serialize};

use super::attributes;
use crate::load_balancer::record::Kind;
use crate::target::Failure;
use crate::{attribute, load_balancer, uses};

/// All target groups: (account, Region, name).
pub(crate) struct TargetGroups;

impl Table for TargetGroups {
    const NAME: &'static str = "elbv2.target-groups";
    type Record = TargetGroup;
}

/// One target group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TargetGroup {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// `HTTP`, `TCP`, `GENEVE`, …
    pub(crate) protocol: String,
    /// `HTTP1`, `HTTP2` or `GRPC`, of groups of Application Load Balancers.
    pub(crate) version: Option<String>,
    pub(crate) port: i32,
    pub(crate) vpc_id: String,
    pub(crate) by_ip: bool,
    pub(crate) check: HealthCheck,
    pub(crate) attributes: attribute::Set,
    pub(crate) tags: BTreeMap<String, String>,
}

/// How the health of a group's targets is checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HealthCheck {
    /// `HTTP`, `HTTPS` or `TCP`
    pub(crate) protocol: String,
    /// A number, or `traffic-port`.
    pub(crate) port: String,
    /// None where nothing is asked for but a connection.
    pub(crate) path: Option<String>,
    /// Seconds from one check to the next.
    pub(crate) interval: i32,
    /// Seconds to the end of a check that nobody answers.
    pub(crate) timeout: i32,
    /// Successes after which a target is healthy again.
    pub(crate) healthy: i32,
    /// Failures after which it is unhealthy.
    pub(crate) unhealthy: i32,
    /// Codes that are a success, HTTP's or gRPC's.
    pub(crate) codes: Option<Codes>,
}

/// Codes that an answer must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Codes {
    Http(String),
    Grpc(String),
}

impl TargetGroup {
    /// The kind of load balancer that it is for.
    pub(crate) fn kind(&self) -> Kind {
        kind_of(&self.protocol)
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, key: &str) -> &str {
        attribute::value(attributes::of(self.kind()), &self.attributes, key)
    }

    /// Seconds that a target drains before it is gone.
    pub(crate) fn deregistration_delay(&self) -> i64 {
        self.attribute("deregistration_delay.timeout_seconds").parse().unwrap_or(0)
    }

    /// As the API shows it.
    pub(crate) fn view(&self, ctx: &Ctx<'_>) -> api::TargetGroup {
        let users = uses::load_balancers(ctx, &self.name);
        let users = users.iter().filter_map(|name| load_balancer::named(ctx, name)).map(|it| it.arn.clone());
        let check = &self.check;
        api::TargetGroup {
            target_group_arn: Some(self.arn.clone()),
            target_group_name: Some(self.name.clone()),
            protocol: Some(self.protocol.clone()),
            port: Some(self.port),
            vpc_id: Some(self.vpc_id.clone()),
            health_check_protocol: Some(check.protocol.clone()),
            health_check_port: Some(check.port.clone()),
            health_check_enabled: Some(true),
            health_check_interval_seconds: Some(check.interval),
            health_check_timeout_seconds: Some(check.timeout),
            healthy_threshold_count: Some(check.healthy),
            unhealthy_threshold_count: Some(check.unhealthy),
            health_check_path: check.path.clone(),
            matcher: check.codes.as_ref().map(Codes::view),
            load_balancer_arns: Some(users.collect()),
            target_type: Some(if self.by_ip { "ip" } else { "instance" }.to_owned()),
            protocol_version: self.version.clone(),
            ip_address_type: (self.kind() != Kind::Gateway).then(|| "ipv4".to_owned()),
            target_control_port: None,
        }
    }
}

impl HealthCheck {
    /// The port on which a target is checked that gets traffic on another one, or the same.
    pub(crate) fn port_of(&self, traffic: i32) -> i32 {
        self.port.parse().unwrap_or(traffic)
    }

    /// Whether an answer of that kind is a failure. A check that wants no more than a connection is content with any code.
    pub(crate) fn fails(&self, failure: Failure) -> bool {
        match (failure, &self.codes) {
            (Failure::Code(code), Some(codes)) => !codes.hold(code),
            (Failure::Code(_), None) => false,
            (Failure::Timeout | Failure::Refused, _) => true,
        }
    }
}

impl Codes {
    /// Whether a code is a success.
    fn hold(&self, code: u16) -> bool {
        let (Self::Http(codes) | Self::Grpc(codes)) = self;
        let number = |text: &str| text.parse().unwrap_or(u16::MAX);
        codes.split(',').any(|part| match part.split_once('-') {
            Some((from, to)) => (number(from)..=number(to)).contains(&code),
            None => number(part) == code,
        })
    }

    fn view(&self) -> api::Matcher {
        match self {
            Self::Http(codes) => api::Matcher { http_code: Some(codes.clone()), grpc_code: None },
            Self::Grpc(codes) => api::Matcher { http_code: None, grpc_code: Some(codes.clone()) },
        }
    }
}

/// The kind of load balancer that speaks a protocol to targets.
pub(crate) fn kind_of(protocol: &str) -> Kind {
    match protocol {
        "HTTP" | "HTTPS" => Kind::Application,
        "GENEVE" => Kind::Gateway,
        _ => Kind::Network,
    }
}

//! What is kept of a load balancer.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Table, Timestamp};
use serde::{Deserialize, Serialize};

use super::{attributes, hosted_zone};
use crate::attribute;

/// All load balancers: (account, Region, name).
pub(crate) struct LoadBalancers;

impl Table for LoadBalancers {
    const NAME: &'static str = "elbv2.load-balancers";
    type Record = LoadBalancer;
}

/// One load balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LoadBalancer {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) kind: Kind,
    pub(crate) internal: bool,
    pub(crate) vpc_id: String,
    pub(crate) created: Timestamp,
    /// When it is active; it is being provisioned before.
    pub(crate) active: Timestamp,
    pub(crate) zones: Vec<Zone>,
    pub(crate) security_groups: Vec<String>,
    /// `ipv4`, `dualstack` or `dualstack-without-public-ipv4`
    pub(crate) ip_address_type: String,
    /// None of a Gateway Load Balancer, which is reached through endpoints.
    pub(crate) dns_name: Option<String>,
    /// Whether security groups are asked about what comes through PrivateLink, where that was said.
    pub(crate) enforces_private_link: Option<String>,
    pub(crate) attributes: attribute::Set,
    pub(crate) tags: BTreeMap<String, String>,
}

/// The three kinds of load balancers of this API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Application,
    Network,
    Gateway,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Application, Self::Network, Self::Gateway];

    /// `application`
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Network => "network",
            Self::Gateway => "gateway",
        }
    }

    /// As in ARNs.
    pub(crate) const fn short(self) -> &'static str {
        match self {
            Self::Application => "app",
            Self::Network => "net",
            Self::Gateway => "gwy",
        }
    }

    /// As in errors.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Application => "Application Load Balancer",
            Self::Network => "Network Load Balancer",
            Self::Gateway => "Gateway Load Balancer",
        }
    }
}

/// A zone in which a load balancer has a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Zone {
    /// `us-east-1a`
    pub(crate) name: String,
    pub(crate) subnet_id: String,
    /// The subnet's block of addresses.
    pub(crate) block: String,
    /// The node's network interface.
    pub(crate) interface_id: String,
    /// The elastic address that it was given: its allocation and the address.
    pub(crate) elastic: Option<(String, String)>,
    /// The private address that it was given.
    pub(crate) private: Option<String>,
}

impl LoadBalancer {
    /// Whether it is up.
    pub(crate) fn is_active(&self, ctx: &Ctx<'_>) -> bool {
        self.active <= ctx.now()
    }

    /// `internal` or `internet-facing`
    pub(crate) const fn scheme(&self) -> &'static str {
        if self.internal { "internal" } else { "internet-facing" }
    }

    /// What is after `loadbalancer/` in its ARN, as CloudWatch and its interfaces name it.
    pub(crate) fn path(&self) -> &str {
        self.arn.split_once(":loadbalancer/").map_or("", |(_, path)| path)
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, key: &str) -> &str {
        attribute::value(attributes::of(self.kind), &self.attributes, key)
    }

    /// As the API shows it.
    pub(crate) fn view(&self, ctx: &Ctx<'_>) -> api::LoadBalancer {
        let state = if self.is_active(ctx) { "active" } else { "provisioning" };
        let is_gateway = self.kind == Kind::Gateway;
        api::LoadBalancer {
            load_balancer_arn: Some(self.arn.clone()),
            dns_name: self.dns_name.clone(),
            canonical_hosted_zone_id: hosted_zone::of(self.kind, ctx.region().code()).map(str::to_owned),
            created_time: Some(self.created),
            load_balancer_name: Some(self.name.clone()),
            scheme: (!is_gateway).then(|| self.scheme().to_owned()),
            vpc_id: Some(self.vpc_id.clone()),
            state: Some(api::LoadBalancerState { code: Some(state.to_owned()), reason: None }),
            r#type: Some(self.kind.word().to_owned()),
            availability_zones: Some(self.zones.iter().map(Zone::view).collect()),
            security_groups: (!self.security_groups.is_empty()).then(|| self.security_groups.clone()),
            ip_address_type: Some(self.ip_address_type.clone()),
            enforce_security_group_inbound_rules_on_private_link_traffic: self.enforces_private_link.clone(),
            ..Default::default()
        }
    }
}

impl Zone {
    /// The first address of the subnet.
    pub(crate) fn first_address(&self) -> Option<Ipv4Addr> {
        self.block.split_once('/')?.0.parse().ok()
    }

    /// As the API shows it.
    pub(crate) fn view(&self) -> api::AvailabilityZone {
        let elastic = self.elastic.iter().map(|(allocation, address)| api::LoadBalancerAddress {
            ip_address: Some(address.clone()),
            allocation_id: Some(allocation.clone()),
            ..Default::default()
        });
        let private = self.private.iter().map(|address| api::LoadBalancerAddress {
            private_ipv4_address: Some(address.clone()),
            ..Default::default()
        });
        api::AvailabilityZone {
            zone_name: Some(self.name.clone()),
            subnet_id: Some(self.subnet_id.clone()),
            load_balancer_addresses: Some(elastic.chain(private).collect()),
            ..Default::default()
        }
    }
}

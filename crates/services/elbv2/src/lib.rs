//! Elastic Load Balancing, version 2: load balancers, target groups, listeners and rules.
//!
//! No packets flow. What a load balancer does here is what others depend on: it holds network interfaces in its subnets, costs
//! by the hour, and checks the health of its targets on the world's clock, so that Auto Scaling can act on what it finds. Which
//! requests a rule would take is kept and given back.
//!
//! Functions and load balancers as targets, trust stores, and capacity reservations are refused: nothing of what they rest on is
//! here.

mod action;
mod arn;
mod attribute;
mod error;
mod limits;
mod listener;
mod load_balancer;
mod page;
mod rule;
mod tag;
mod target;
mod target_group;
mod uses;

use ironbird_rig::ServiceDef;

/// The service as other services see it when it calls them.
const PRINCIPAL: &str = "elasticloadbalancing.amazonaws.com";

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    let modules = [
        load_balancer::register,
        target_group::register,
        target::register,
        listener::register,
        rule::register,
        uses::register,
        tag::register,
        limits::register,
    ];
    modules.into_iter().fold(ServiceDef::new("elbv2"), |definition, register| register(definition))
}

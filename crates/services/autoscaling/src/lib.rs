//! Auto Scaling: groups of instances that launch, spread over zones, try elsewhere when a pool is dry, replace what
//! died, and follow their desired capacity.
//!
//! A request only changes what a group wants; `reconcile` is the one place that acts on it. Instances are EC2's, and
//! are launched, looked up and terminated through EC2's operations; target groups are told of them through Elastic Load
//! Balancing's. Notifications are recorded only: there is nobody to talk to.

mod activities;
mod activity;
mod balance;
mod clock;
mod cron;
mod error;
mod event;
mod group;
mod grow;
mod health;
mod hook;
mod launch;
mod launch_configuration;
mod member;
mod metrics;
mod network;
mod notification;
mod page;
mod policy;
mod process;
mod reconcile;
mod refresh;
mod risk;
mod scheduled;
mod shrink;
mod standby;
mod tag;
mod tally;
mod target_state;
mod termination;
mod traffic;
mod types;
mod warm_pool;
mod zone;

use ironbird_rig::ServiceDef;

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    let modules = [
        group::create::register,
        group::update::register,
        group::delete::register,
        group::describe::register,
        group::desired::register,
        activities::register,
        health::register,
        hook::register,
        launch_configuration::operations::register,
        metrics::register,
        notification::register,
        policy::register,
        process::register,
        refresh::register,
        risk::register,
        scheduled::register,
        standby::register,
        tag::register,
        tally::register,
        target_state::register,
        traffic::register,
        types::register,
        warm_pool::register,
    ];
    let service =
        ServiceDef::new("autoscaling").table::<reconcile::Works>().timer(reconcile::WAKE, reconcile::wake);
    modules.into_iter().fold(service, |definition, register| register(definition))
}

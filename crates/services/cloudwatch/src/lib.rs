//! CloudWatch: metrics that are put and asked for, and alarms that are evaluated on the world's clock.
//!
//! An alarm knows nothing of what it sets off: it says which of its actions is due ([`alarm::action`]), and the service that
//! the action belongs to listens. Dashboards, anomaly detectors, insight rules and metric streams are not written yet.

mod alarm;
mod data;
mod error;
mod page;
mod tag;

use ironbird_rig::ServiceDef;

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    let modules = [
        data::put::register,
        data::list::register,
        data::statistics::register,
        data::query::register,
        alarm::put::register,
        alarm::describe::register,
        alarm::evaluate::register,
        alarm::state::register,
        alarm::history::register,
        tag::register,
    ];
    modules.into_iter().fold(ServiceDef::new("cloudwatch"), |definition, register| register(definition))
}

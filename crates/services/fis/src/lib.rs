//! AWS Fault Injection Service: experiment templates, and experiments that do to resources what failures do.
//!
//! An experiment finds its targets when it starts and keeps them. Its actions run one after another or side by side, as
//! they say; whatever an action keeps up for a while (errors that calls get, instances that stay stopped) ends with
//! it, with the experiment, or when a stop condition's alarm goes off. Actions use the other services' operations, with
//! the role of the experiment, and pull their levers for what has no operation.
//!
//! Actions, targets and states are AWS's own. An action that the rig cannot do is not listed, and a template that asks for it
//! is refused.

mod action;
mod duration;
mod error;
mod experiment;
mod id;
mod page;
mod role;
mod safety_lever;
mod tags;
mod target;
mod template;

use ironbird_rig::ServiceDef;

/// The service as other services see it when it calls them.
const PRINCIPAL: &str = "fis.amazonaws.com";

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    let definition = ServiceDef::new("fis");
    let definition = action::register(definition);
    let definition = template::register(definition);
    let definition = experiment::register(definition);
    let definition = target::register(definition);
    let definition = safety_lever::register(definition);
    tags::register(definition)
}

//! Whether the rig is there, and what it is.

use ironbird_rig::World;
use serde::{Deserialize, Serialize};

/// The answer to `GET /_ironbird/health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Always `ok`: a rig that is not would not answer.
    pub status: String,
    /// Version of the rig.
    pub version: String,
    /// Time in the world.
    pub now: String,
    /// Services of which operations are written, each with their number.
    pub services: std::collections::BTreeMap<String, usize>,
}

/// Says that the rig is there.
pub fn show(world: &World) -> Health {
    Health {
        status: "ok".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: super::written(world.clock().now()),
        services: world
            .services()
            .map(|service| (service.name.to_owned(), service.handlers().count()))
            .collect(),
    }
}

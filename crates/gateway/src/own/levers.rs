//! Levers: what happens to resources and AWS has no operation for, such as the failure of a host.

use ironbird_rig::{Account, Region, Scope, World};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Problem;

/// The answer to `GET levers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeverList {
    /// `ec2.fail-host`, …
    pub levers: Vec<String>,
}

/// The body of `POST levers/NAME`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pull {
    /// Account of the resource; the rig's own unless given.
    pub account: Option<String>,
    /// Region of the resource; us-east-1 unless given.
    pub region: Option<String>,
    /// What the lever takes: `{"host": "h-…"}`.
    pub given: Value,
}

/// The levers there are.
pub(super) fn list(world: &World) -> LeverList {
    LeverList { levers: world.levers().into_iter().map(str::to_owned).collect() }
}

/// Pulls one.
pub(super) fn pull(world: &World, name: &str, pull: &Pull) -> Result<Value, Problem> {
    if world.lever(name).is_none() {
        let known = world.levers().join(", ");
        return Err(Problem::not_found(format!("there is no lever {name}; there are {known}")));
    }
    let account = match &pull.account {
        None => world.settings().account,
        Some(text) => Account::parse(text)
            .ok_or_else(|| Problem::invalid(format!("account `{text}` is not a number of 12 digits")))?,
    };
    let region = match &pull.region {
        None => Region::DEFAULT,
        Some(text) => {
            Region::parse(text).ok_or_else(|| Problem::invalid(format!("there is no Region {text}")))?
        }
    };
    Ok(world.within(Scope { account, region }, |ctx| ctx.pull(name, &pull.given))?)
}

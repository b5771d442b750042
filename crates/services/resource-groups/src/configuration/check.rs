//! What a configuration may say.
//!
//! Source: "Service configurations for resource groups" in the Resource Groups API reference, and "Create a host resource
//! group" in the License Manager user guide for `instance-launch-option`.

use ironbird_rig::catalogue::hosts;
use ironbird_rig::{Ctx, Result};

use super::{ALLOWED, FAMILIES, GENERIC, HOSTS, POOL, PROTECTION};
use crate::error;
use crate::record::Item;

/// Parameters of a host resource group that are about licenses.
pub(super) const LICENSES: [&str; 2] = [ANY_LICENSE, LAUNCH_OPTION];
const ANY_LICENSE: &str = "any-host-based-license-configuration";
const THESE_LICENSES: &str = "allowed-host-based-license-configurations";
const LAUNCH_OPTION: &str = "instance-launch-option";
/// Parameters of a host resource group that are `true` or `false`.
const SWITCHES: [&str; 4] = ["auto-allocate-host", "auto-release-host", "auto-host-recovery", ANY_LICENSE];

/// Checks a whole configuration.
///
/// # Errors
/// `BadRequestException`, and `UnsupportedOperation` for kinds of groups that are not here.
pub(super) fn items(items: &[Item]) -> Result<()> {
    for (index, item) in items.iter().enumerate() {
        if items[..index].iter().any(|other| other.kind == item.kind) {
            return Err(invalid(format!("{} is given twice", item.kind)));
        }
        for (position, (name, _)) in item.parameters.iter().enumerate() {
            if item.parameters[..position].iter().any(|(other, _)| other == name) {
                return Err(invalid(format!("parameter {name} of {} is given twice", item.kind)));
            }
        }
        kind(item)?;
    }
    let of = |kind: &str| items.iter().find(|item| item.kind == kind);
    let generic = of(GENERIC);
    match (of(POOL), of(HOSTS)) {
        (Some(_), Some(_)) => Err(invalid(format!("{POOL} and {HOSTS} cannot be in one group"))),
        (Some(_), None) => needs(POOL, generic, ALLOWED, "AWS::EC2::CapacityReservation"),
        (None, Some(_)) => {
            needs(HOSTS, generic, ALLOWED, "AWS::EC2::Host")?;
            needs(HOSTS, generic, PROTECTION, "UNLESS_EMPTY")
        }
        (None, None) if generic.is_some() => Err(Ctx::unsupported(
            GENERIC,
            "only pools of Capacity Reservations and host resource groups are here",
        )),
        (None, None) => Err(invalid("it is empty".to_owned())),
    }
}

fn invalid(reason: String) -> ironbird_rig::Error {
    error::bad_request(format!("Configuration is not valid: {reason}."))
}

/// Checks that the generic item says what a kind of group must say.
fn needs(kind: &str, generic: Option<&Item>, parameter: &str, value: &str) -> Result<()> {
    match generic.map(|generic| generic.values(parameter)) {
        Some([only]) if only == value => Ok(()),
        _ => Err(invalid(format!("{kind} needs {GENERIC} with {parameter} of {value}"))),
    }
}

fn kind(item: &Item) -> Result<()> {
    match item.kind.as_str() {
        GENERIC => known(item, &[ALLOWED, PROTECTION]).and_then(|()| match item.values(PROTECTION) {
            [] => Ok(()),
            [only] if only == "UNLESS_EMPTY" => Ok(()),
            _ => Err(invalid(format!("the only value of {PROTECTION} is UNLESS_EMPTY"))),
        }),
        POOL => {
            let blocks = ["instance-type", "reservation-type"];
            if item.parameters.iter().any(|(name, _)| blocks.contains(&name.as_str())) {
                return Err(Ctx::unsupported(
                    &format!("parameters of {POOL}"),
                    "there are no Capacity Blocks yet",
                ));
            }
            known(item, &[])
        }
        HOSTS => host_management(item),
        "AWS::ResourceGroups::ApplicationGroup" | "AWS::NetworkFirewall::RuleGroup" => {
            let reason = "only pools of Capacity Reservations and host resource groups are here";
            Err(Ctx::unsupported(&format!("Configuration of type {}", item.kind), reason))
        }
        other => Err(invalid(format!("{other} is not a type that groups can be configured with"))),
    }
}

fn known(item: &Item, names: &[&str]) -> Result<()> {
    match item.parameters.iter().find(|(name, _)| !names.contains(&name.as_str())) {
        Some((name, _)) => Err(invalid(format!("{} has no parameter {name}", item.kind))),
        None => Ok(()),
    }
}

fn host_management(item: &Item) -> Result<()> {
    let others = [FAMILIES, THESE_LICENSES, LAUNCH_OPTION];
    known(item, &[SWITCHES.as_slice(), others.as_slice()].concat())?;
    for name in SWITCHES {
        if item.parameters.iter().any(|(given, _)| given == name)
            && !matches!(item.values(name), [only] if matches!(only.as_str(), "true" | "false"))
        {
            return Err(invalid(format!("the value of {name} is true or false")));
        }
    }
    for family in item.values(FAMILIES) {
        if hosts::get(&family.to_ascii_lowercase()).is_none() {
            return Err(invalid(format!("{family} is not an instance family of Dedicated Hosts")));
        }
    }
    if !item.values(THESE_LICENSES).is_empty() {
        return Err(Ctx::unsupported(THESE_LICENSES, "there is no License Manager"));
    }
    let required = match item.values(LAUNCH_OPTION) {
        [] => true,
        [only] if only == "LICENSE_CONFIGURATION_REQUIRED" => true,
        [only] if only == "LICENSE_CONFIGURATION_NOT_REQUIRED" => false,
        _ => {
            let message = "is LICENSE_CONFIGURATION_REQUIRED or LICENSE_CONFIGURATION_NOT_REQUIRED";
            return Err(invalid(format!("the value of {LAUNCH_OPTION} {message}")));
        }
    };
    if required && !matches!(item.values(ANY_LICENSE), [only] if only == "true") {
        let message = format!("{HOSTS} needs either {THESE_LICENSES}, or {ANY_LICENSE} of true");
        return Err(invalid(message));
    }
    Ok(())
}

//! Hibernation: which launches may ask for it, and who may be sent to sleep. No guest runs, so there is no memory to keep; what
//! is to be seen of it are states, reasons, times and cost.
//!
//! Sources: EC2 user guide, "Hibernate your Amazon EC2 instance" with its prerequisites and limitations; "Error codes for the
//! Amazon EC2 API" for the code.

use ironbird_rig::catalogue::InstanceType;
use ironbird_rig::{Ctx, Error, Result};

use super::blueprint::Blueprint;
use super::record::{Cause, Instance, Launch, Market};
use crate::volume::defaults::{self, Encryption};

/// Seconds that it takes to hibernate, and to come back: "a few minutes".
pub(super) const SECONDS: (u64, u64) = (60, 180);

/// Types of root volumes that memory can be kept on.
const VOLUMES: [&str; 4] = ["gp2", "gp3", "io1", "io2"];

/// Checks that what is launched could hibernate, where that was asked for. Which types can is a fact of the catalogue: it
/// leaves out bare metal and what has 150 GiB of memory or more.
///
/// # Errors
/// `UnsupportedHibernationConfiguration`
pub(crate) fn check(ctx: &Ctx<'_>, blueprint: &Blueprint, entry: &InstanceType) -> Result<()> {
    if !blueprint.options.hibernation {
        return Ok(());
    }
    if entry.hibernation == Some(false) {
        return refuse(format!("The instance type '{}' does not support hibernation.", entry.name));
    }
    // The root volume comes first.
    let Some(root) = blueprint.volumes.first().filter(|root| root.device == blueprint.image.root_device)
    else {
        return refuse("For hibernation, the root device must be an EBS volume.");
    };
    let mut shape = root.shape.clone();
    defaults::encrypt(ctx, &mut shape, Encryption::AsItIs);
    if !shape.encrypted {
        return refuse("For hibernation, the root device volume must be encrypted.");
    }
    if !VOLUMES.contains(&shape.kind.as_str()) {
        return refuse(format!(
            "For hibernation, the root device volume must be of type {}.",
            VOLUMES.join(", ")
        ));
    }
    Ok(())
}

/// Checks that an instance may be hibernated.
///
/// # Errors
/// `UnsupportedHibernationConfiguration`; `UnsupportedOperation` for a Spot Instance, which only EC2 hibernates.
pub(super) fn check_stop(instance: &Instance, launch: &Launch) -> Result<()> {
    if matches!(launch.market, Market::Spot(_)) {
        let message = format!("The Spot Instance '{}' can be hibernated by Amazon EC2 only.", instance.id);
        return Err(crate::error::unsupported_operation(message));
    }
    if !launch.options.hibernation {
        return refuse(format!("The instance '{}' is not enabled for hibernation", instance.id));
    }
    Ok(())
}

/// Whether an instance hibernates, or is about to.
pub(super) const fn sleeps(instance: &Instance) -> bool {
    matches!(instance.left, Some((Cause::Hibernation, _)))
}

fn refuse(message: impl Into<String>) -> Result<()> {
    Err(Error::client("UnsupportedHibernationConfiguration", message))
}

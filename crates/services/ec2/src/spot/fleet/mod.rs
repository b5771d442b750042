//! Spot Fleets: fleets of the older operations, with launch specifications of their own or launch templates. They are
//! kept, filled and looked after as EC2 Fleets are; see [`crate::fleet`].

mod change;
mod config;
mod create;
mod describe;
#[cfg(test)]
mod tests;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

pub(crate) use config::sources;

use crate::fleet::{Fleet, Fleets, State};

/// A state as Spot Fleets word it.
const fn state(state: State) -> &'static str {
    match state {
        State::Submitted => "submitted",
        State::Active => "active",
        State::Modifying => "modifying",
        State::DeletedRunning => "cancelled_running",
        State::DeletedTerminating => "cancelled_terminating",
        State::Deleted => "cancelled",
    }
}

fn not_found(id: &str) -> Error {
    let message = format!("The spot fleet request ID '{id}' does not exist");
    Error::client("InvalidSpotFleetRequestId.NotFound", message)
}

/// The Spot Fleet of that id.
fn find<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t Fleet> {
    let found = ctx.peek::<Fleets>(&ctx.scope().key(id)).filter(|fleet| fleet.spot_fleet.is_some());
    if found.is_none() && !id.starts_with("sfr-") {
        let message = format!("Invalid id: \"{id}\" (expecting \"sfr-...\")");
        return Err(Error::client("InvalidSpotFleetRequestId.Malformed", message));
    }
    found.ok_or_else(|| not_found(id))
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    const RESERVED: (&str, &str) = ("Context", "it is reserved");
    definition
        .write::<ec2::RequestSpotFleet>(create::request_spot_fleet)
        .records::<ec2::RequestSpotFleet>(&[
            // Of launches, as for RunInstances.
            "SpotFleetRequestConfig.IamFleetRole",
            "SpotFleetRequestConfig.LaunchSpecifications.AddressingType",
            "SpotFleetRequestConfig.LaunchSpecifications.EbsOptimized",
            "SpotFleetRequestConfig.LaunchSpecifications.KeyName",
            "SpotFleetRequestConfig.LaunchSpecifications.Monitoring",
        ])
        .refuses::<ec2::RequestSpotFleet>(&[
            ("SpotFleetRequestConfig.Context", "it is reserved"),
            ("SpotFleetRequestConfig.LaunchSpecifications.KernelId", "there are no paravirtual images"),
            ("SpotFleetRequestConfig.LaunchSpecifications.RamdiskId", "there are no paravirtual images"),
            (
                "SpotFleetRequestConfig.LoadBalancersConfig",
                "instances of Spot Fleets are not registered with load balancers here, those of Auto Scaling groups are",
            ),
        ])
        .read::<ec2::DescribeSpotFleetRequests>(describe::describe_spot_fleet_requests)
        .read::<ec2::DescribeSpotFleetInstances>(describe::describe_spot_fleet_instances)
        .read::<ec2::DescribeSpotFleetRequestHistory>(describe::describe_spot_fleet_request_history)
        .write::<ec2::CancelSpotFleetRequests>(change::cancel_spot_fleet_requests)
        .write::<ec2::ModifySpotFleetRequest>(change::modify_spot_fleet_request)
        .refuses::<ec2::ModifySpotFleetRequest>(&[RESERVED])
}

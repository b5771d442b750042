//! Spot Instance requests: what asks for a Spot Instance, waits for it, and says what became of it.
//!
//! Every Spot Instance has one: RequestSpotInstances makes it first, RunInstances and fleets make it with the
//! instance. A persistent request asks again when its instance is gone.

mod attempt;
mod cancel;
mod create;
mod describe;
mod fate;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use attempt::{TIMER, seconds_from, wake};
pub(crate) use create::{for_instance, keep_launch};
pub(crate) use fate::{check_behavior, check_start, check_stop, on_forget, on_leave, on_start, warned};

use crate::instance::record::Terms;

/// All Spot requests: (account, Region, id).
pub(crate) struct Requests;

impl Table for Requests {
    const NAME: &'static str = "ec2.spot-requests";
    type Record = Request;
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It waits for an instance.
    Open,
    /// It has one.
    Active,
    /// It has one that is stopped.
    Disabled,
    /// It had one, and asks for no other.
    Closed,
    Cancelled,
    /// It can never be fulfilled.
    Failed,
}

impl State {
    /// `open`, …
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing will happen to it any more.
    pub(crate) const fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Cancelled | Self::Failed)
    }
}

/// One request, for one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) state: State,
    /// Status code, its message, and since when it is so. Source of the codes: data/spot_request_status.tsv.
    pub(crate) status: (String, String, Timestamp),
    pub(crate) terms: Terms,
    pub(crate) valid_from: Option<Timestamp>,
    pub(crate) launch_group: Option<String>,
    pub(crate) zone_group: Option<String>,
    /// `Linux/UNIX`, …
    pub(crate) product: String,
    /// The zone it was launched in.
    pub(crate) zone: Option<String>,
    pub(crate) instance_id: Option<String>,
    /// The RunInstances request that it stands for, by the names of its members; none where the instance is launched
    /// already and no other is to come.
    pub(crate) launch: Option<Map<String, Value>>,
    /// Launch template and version that the launch came from.
    pub(crate) template: Option<(String, i64)>,
    /// When it is looked at again, or forgotten.
    pub(crate) due: Option<Timestamp>,
}

impl Request {
    /// Sets state and status.
    pub(crate) fn becomes(&mut self, state: State, code: &str, at: Timestamp) {
        self.state = state;
        self.says(code, message(code).to_owned(), at);
    }

    /// Sets the status with a message of its own.
    pub(crate) fn says(&mut self, code: &str, message: String, at: Timestamp) {
        self.status = (code.to_owned(), message, at);
    }
}

/// AWS's sentence for a status code, in our words where the code's own page does not quote it.
pub(crate) fn message(code: &str) -> &'static str {
    match code {
        "pending-evaluation" => "Your Spot request has been submitted for review, and is pending evaluation.",
        "pending-fulfillment" => "Your Spot request is pending fulfillment.",
        "fulfilled" => "Your Spot request is fulfilled.",
        "not-scheduled-yet" => "Your Spot request will not be evaluated until the scheduled date.",
        "schedule-expired" => "Your Spot request expired before it was fulfilled.",
        "canceled-before-fulfillment" => "Your Spot request is canceled before it was fulfilled.",
        "request-canceled-and-instance-running" => {
            "Your Spot request is canceled, but your instance is still running."
        }
        "capacity-not-available" => "There is no Spot capacity available that matches your request.",
        "bad-parameters" => "One or more parameters of your Spot request are not valid.",
        "marked-for-termination" | "marked-for-termination-by-experiment" => {
            "Your instance is marked for termination."
        }
        "marked-for-stop" | "marked-for-stop-by-experiment" => "Your instance is marked for stopping.",
        "instance-terminated-by-user" => "Spot Instance terminated due to user-initiated termination.",
        "instance-terminated-by-service" => "Your instance was terminated from a stopped or failed state.",
        "instance-terminated-by-price" => {
            "Your instance was terminated because the Spot price exceeded your maximum price."
        }
        "instance-terminated-no-capacity" => {
            "Your instance was terminated because there is no longer Spot capacity available."
        }
        "instance-terminated-by-experiment" => "Your instance was terminated by an experiment.",
        "instance-stopped-by-user" => "Your instance was stopped by the user.",
        "instance-stopped-by-price" => {
            "Your instance was stopped because the Spot price exceeded your maximum price."
        }
        "instance-stopped-no-capacity" => {
            "Your instance was stopped because there is no longer Spot capacity available."
        }
        "instance-stopped-by-experiment" => "Your instance was stopped by an experiment.",
        _ => "",
    }
}

/// Wakes a request at `due`, in place of whenever it was to be looked at.
///
/// # Errors
/// In an operation registered as one that reads.
fn wake_at(ctx: &mut Ctx<'_>, id: &str, due: Timestamp) -> Result<()> {
    ctx.update::<Requests, _>(&ctx.scope().key(id), |request| request.due = Some(due))?;
    ctx.wake_at(due, TIMER, id)?;
    Ok(())
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Requests>()
        .timer(TIMER, wake)
        .write::<ec2::RequestSpotInstances>(create::request_spot_instances)
        // Requests of a group wait for each other on AWS; here each is fulfilled by itself.
        .records::<ec2::RequestSpotInstances>(&[
            "AvailabilityZoneGroup",
            "LaunchGroup",
            "LaunchSpecification.AddressingType",
            "LaunchSpecification.EbsOptimized",
            "LaunchSpecification.KeyName",
            "LaunchSpecification.Monitoring",
        ])
        .refuses::<ec2::RequestSpotInstances>(&[
            ("BlockDurationMinutes", "AWS has ended Spot blocks"),
            ("LaunchSpecification.KernelId", "there are no paravirtual images"),
            ("LaunchSpecification.RamdiskId", "there are no paravirtual images"),
        ])
        .read::<ec2::DescribeSpotInstanceRequests>(describe::describe_spot_instance_requests)
        .write::<ec2::CancelSpotInstanceRequests>(cancel::cancel_spot_instance_requests)
}

//! CancelSpotInstanceRequests.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

use super::{Requests, State, attempt};
use crate::{error, resource};

pub(super) fn cancel_spot_instance_requests(
    ctx: &mut Ctx<'_>,
    input: &ec2::CancelSpotInstanceRequestsRequest,
) -> Result<ec2::CancelSpotInstanceRequestsResult> {
    if input.spot_instance_request_ids.is_empty() {
        return Err(error::missing_parameter("SpotInstanceRequestId"));
    }
    resource::named::<Requests>(ctx, &input.spot_instance_request_ids)?;
    error::dry_run(input.dry_run)?;
    let mut cancelled = Vec::new();
    for id in &input.spot_instance_request_ids {
        cancel(ctx, id)?;
        let state = ctx.peek::<Requests>(&ctx.scope().key(id)).map(|request| request.state.name().to_owned());
        cancelled
            .push(ec2::CancelledSpotInstanceRequest { spot_instance_request_id: Some(id.clone()), state });
    }
    Ok(ec2::CancelSpotInstanceRequestsResult { cancelled_spot_instance_requests: Some(cancelled) })
}

/// Cancels a request; its instance goes on, or stays stopped.
fn cancel(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let now = ctx.now();
    let Some(state) = ctx.peek::<Requests>(&key).map(|request| request.state) else { return Ok(()) };
    match state {
        State::Open => attempt::end(ctx, id, State::Cancelled, "canceled-before-fulfillment"),
        State::Active | State::Disabled => {
            ctx.update::<Requests, _>(&key, |request| {
                // The status of a stopped instance still says why it was stopped.
                match state {
                    State::Disabled => request.state = State::Cancelled,
                    _ => request.becomes(State::Cancelled, "request-canceled-and-instance-running", now),
                }
                request.due = None;
            })?;
            Ok(())
        }
        State::Closed | State::Cancelled | State::Failed => Ok(()),
    }
}

//! How handshakes end: accepted or declined by whom they were sent to, canceled by who sent them.

use ironbird_api::organizations as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use super::{Handshake, Handshakes, Sent, State};
use crate::account::{self, Joined};
use crate::organization::{Organization, Organizations};
use crate::{caller, error, tag};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::AcceptHandshake>(accept_handshake)
        .write::<api::DeclineHandshake>(decline_handshake)
        .write::<api::CancelHandshake>(cancel_handshake)
}

/// Cancels the open invitations of an organization that is deleted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_all(ctx: &mut Ctx<'_>, organization: &Organization) -> Result<()> {
    let sent = ctx.scan::<Sent>(&organization.prefix());
    let open: Vec<Handshake> = sent
        .filter_map(|(_, id)| ctx.peek::<Handshakes>(&Key::new().text(id)))
        .filter(|handshake| handshake.state == State::Requested)
        .cloned()
        .collect();
    for handshake in open {
        super::end(ctx, handshake, State::Canceled)?;
    }
    Ok(())
}

/// An open handshake of which the caller is the recipient, or else the sender.
fn open(ctx: &Ctx<'_>, id: &str, by_recipient: bool, towards: State) -> Result<Handshake> {
    let handshake = super::find(ctx, id)?;
    if (handshake.to == ctx.scope().account) != by_recipient {
        return Err(error::access_denied());
    }
    if handshake.state == towards {
        let message = "The specified handshake is already in the requested state.";
        return Err(error::client("HandshakeAlreadyInStateException", message));
    }
    if handshake.state != State::Requested {
        let message = "You can't perform the operation on the handshake in its current state.";
        return Err(error::client("InvalidHandshakeTransitionException", message));
    }
    Ok(handshake)
}

fn accept_handshake(
    ctx: &mut Ctx<'_>,
    input: &api::AcceptHandshakeRequest,
) -> Result<api::AcceptHandshakeResponse> {
    let handshake = open(ctx, &input.handshake_id, true, State::Accepted)?;
    if caller::organization_of(ctx, handshake.to).is_some() {
        let message = "The account is already a member of an organization.";
        return Err(error::client("HandshakeConstraintViolationException", message)
            .with_member("Reason", "ALREADY_IN_AN_ORGANIZATION"));
    }
    // What the organization has enabled since then counts, not what it had when it invited.
    let key = Key::new().text(&handshake.organization.id);
    let organization = ctx.get::<Organizations>(&key).ok_or_else(error::not_in_use)?;
    account::join(ctx, &organization, handshake.to, Joined::Invited)?;
    tag::keep(ctx, &organization, &handshake.to.to_string(), handshake.tags.clone())?;
    let handshake = super::end(ctx, handshake, State::Accepted)?;
    Ok(api::AcceptHandshakeResponse { handshake: Some(super::view(&handshake)) })
}

fn decline_handshake(
    ctx: &mut Ctx<'_>,
    input: &api::DeclineHandshakeRequest,
) -> Result<api::DeclineHandshakeResponse> {
    let handshake = open(ctx, &input.handshake_id, true, State::Declined)?;
    let handshake = super::end(ctx, handshake, State::Declined)?;
    Ok(api::DeclineHandshakeResponse { handshake: Some(super::view(&handshake)) })
}

fn cancel_handshake(
    ctx: &mut Ctx<'_>,
    input: &api::CancelHandshakeRequest,
) -> Result<api::CancelHandshakeResponse> {
    let handshake = open(ctx, &input.handshake_id, false, State::Canceled)?;
    let handshake = super::end(ctx, handshake, State::Canceled)?;
    Ok(api::CancelHandshakeResponse { handshake: Some(super::view(&handshake)) })
}

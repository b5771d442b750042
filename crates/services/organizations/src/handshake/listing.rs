//! Handshakes listed by who received and by who sent them.

use ironbird_api::organizations as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use super::{Handshakes, INVITE, Received, Sent};
use crate::{caller, error, page};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::ListHandshakesForAccount>(list_received)
        .read::<api::ListHandshakesForOrganization>(list_sent)
}

/// Whether invitations pass a filter: those that ask for another action, or for the parts of a handshake, find none.
fn finds_invitations(filter: Option<&api::HandshakeFilter>) -> Result<bool> {
    let Some(filter) = filter else { return Ok(true) };
    if filter.action_type.is_some() && filter.parent_handshake_id.is_some() {
        let message = "You can specify only one filter parameter for the operation.";
        return Err(error::invalid_input("MAX_FILTER_LIMIT_EXCEEDED", message));
    }
    let is_invite = filter.action_type.as_deref().is_none_or(|action| action == INVITE);
    Ok(is_invite && filter.parent_handshake_id.is_none())
}

fn shown(ctx: &Ctx<'_>, id: &str) -> Option<api::Handshake> {
    ctx.peek::<Handshakes>(&Key::new().text(id)).map(super::view)
}

fn list_received(
    ctx: &mut Ctx<'_>,
    input: &api::ListHandshakesForAccountRequest,
) -> Result<api::ListHandshakesForAccountResponse> {
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let finds = finds_invitations(input.filter.as_ref())?;
    let prefix = Key::new().number(ctx.scope().account.number());
    let page = window.scan::<Received, _>(ctx, &prefix, |id| shown(ctx, id).filter(|_| finds));
    Ok(api::ListHandshakesForAccountResponse { handshakes: Some(page.items), next_token: page.next })
}

fn list_sent(
    ctx: &mut Ctx<'_>,
    input: &api::ListHandshakesForOrganizationRequest,
) -> Result<api::ListHandshakesForOrganizationResponse> {
    let organization = caller::reader(ctx)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let finds = finds_invitations(input.filter.as_ref())?;
    let page = window.scan::<Sent, _>(ctx, &organization.prefix(), |id| shown(ctx, id).filter(|_| finds));
    Ok(api::ListHandshakesForOrganizationResponse { handshakes: Some(page.items), next_token: page.next })
}

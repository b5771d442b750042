//! Invitations sent.

use ironbird_api::organizations as api;
use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef, Timestamp};

use super::{Handshake, Handshakes, OPEN, Received, Sent, State, TIMER, received_key};
use crate::account::{self, Members};
use crate::organization::Organization;
use crate::{caller, error, id, profile, tag};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.write::<api::InviteAccountToOrganization>(invite_account)
}

/// How many invitations of an organization are open: they count as accounts do.
pub(crate) fn open_invitations(ctx: &Ctx<'_>, organization: &Organization) -> usize {
    open(ctx, organization).count()
}

fn open<'t>(ctx: &'t Ctx<'_>, organization: &Organization) -> impl Iterator<Item = &'t Handshake> {
    let sent = ctx.scan::<Sent>(&organization.prefix());
    sent.filter_map(|(_, id)| ctx.peek::<Handshakes>(&Key::new().text(id)))
        .filter(|handshake| handshake.state == State::Requested)
}

fn invite_account(
    ctx: &mut Ctx<'_>,
    input: &api::InviteAccountToOrganizationRequest,
) -> Result<api::InviteAccountToOrganizationResponse> {
    let organization = caller::management(ctx)?;
    let tags = tag::read(input.tags.as_deref())?;
    let to = recipient(ctx, &input.target)?;
    let refused = |reason: &str, message: &str| {
        error::client("HandshakeConstraintViolationException", message).with_member("Reason", reason)
    };
    if caller::organization_of(ctx, to).is_some() {
        let message = "The invited account is already a member of an organization.";
        return Err(refused("ALREADY_IN_AN_ORGANIZATION", message));
    }
    if open(ctx, &organization).any(|handshake| handshake.to == to) {
        let message = "A handshake with the same action and target already exists.";
        return Err(error::client("DuplicateHandshakeException", message));
    }
    let members = ctx.scan::<Members>(&organization.prefix()).count();
    if members + open_invitations(ctx, &organization) >= account::MOST {
        let message = "You have exceeded the allowed number of AWS accounts.";
        return Err(refused("ACCOUNT_NUMBER_LIMIT_EXCEEDED", message));
    }
    let requested = ctx.now();
    let manager = profile::of(ctx, organization.management);
    let handshake = Handshake {
        id: format!("h-{}", id::fresh(ctx, "organizations.handshake", 32)?),
        organization: Organization::clone(&organization),
        to,
        named: (input.target.r#type.clone(), input.target.id.clone()),
        sender: (manager.email, manager.name),
        notes: input.notes.clone(),
        tags,
        requested,
        expires: Timestamp::from_nanos(requested.nanos().saturating_add(OPEN)),
        state: State::Requested,
        ended: None,
    };
    ctx.wake_at(handshake.expires, TIMER, &handshake.id)?;
    ctx.put::<Received>(received_key(to, &handshake.id), handshake.id.clone())?;
    ctx.put::<Sent>(organization.key(&handshake.id), handshake.id.clone())?;
    let shown = super::view(&handshake);
    ctx.put::<Handshakes>(Key::new().text(&handshake.id), handshake)?;
    Ok(api::InviteAccountToOrganizationResponse { handshake: Some(shown) })
}

/// The account that is to be invited.
fn recipient(ctx: &Ctx<'_>, party: &api::HandshakeParty) -> Result<Account> {
    match party.r#type.as_str() {
        "ACCOUNT" => id::account(&party.id),
        "EMAIL" => profile::with_address(ctx, &party.id).ok_or_else(|| {
            let message = "You specified an invalid email address for the invited account owner.";
            error::invalid_input("INVALID_EMAIL_ADDRESS_TARGET", message)
        }),
        _ => {
            let message =
                "You specified the wrong type of entity (account, organization, or email) as a party.";
            Err(error::invalid_input("INVALID_PARTY_TYPE_TARGET", message))
        }
    }
}

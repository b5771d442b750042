//! Invitations: an account accepts or rejects what another wants to share with it, within seven days.

use ironbird_api::ram as api;
use ironbird_rig::account::{Account, Scope};
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Timestamp};

use crate::record::{self, Answer, Invitation, Invitations, Place, Side};
use crate::{association, error, listing, page, token};

/// The timer handler's name.
const TIMER: &str = "ram.invitation";

/// Seconds in which an invitation can be accepted. Source: "Accepting and rejecting resource share invitations" in the RAM
/// user guide, which gives kinds of resources that have been shared for long a week, and others twelve hours.
const OPEN: i64 = 7 * 24 * 3600;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Invitations>()
        .timer(TIMER, expire)
        .read::<api::GetResourceShareInvitations>(get_resource_share_invitations)
        .write::<api::AcceptResourceShareInvitation>(accept_resource_share_invitation)
        .write::<api::RejectResourceShareInvitation>(reject_resource_share_invitation)
        .read::<api::ListPendingInvitationResources>(list_pending_invitation_resources)
}

/// Invites an account to a share; the context is the owner's.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn send(ctx: &mut Ctx<'_>, place: &Place, receiver: Account) -> Result<()> {
    let id = ctx.fresh_uuid("ram.invitation")?;
    let sent = ctx.now();
    let invitation = Invitation {
        id: id.clone(),
        sender: place.scope.account,
        share: place.id.clone(),
        share_name: place.share(ctx).map(|share| share.name.clone()).unwrap_or_default(),
        sent,
        answer: Answer::Pending,
    };
    let there = Scope { account: receiver, ..place.scope };
    ctx.put::<Invitations>(there.key(&id), invitation)?;
    let due = Timestamp::from_nanos(sent.nanos().saturating_add(OPEN * 1_000_000_000));
    ctx.wake_in(there, due, TIMER, &id)?;
    Ok(())
}

/// Takes back invitations that an account has not answered; the context is the owner's.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn withdraw(ctx: &mut Ctx<'_>, place: &Place, receiver: Account) -> Result<()> {
    delete(ctx, place, receiver, |invitation| invitation.answer == Answer::Pending)
}

/// Forgets the invitations of an account whose association is forgotten.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget(ctx: &mut Ctx<'_>, place: &Place, receiver: Account) -> Result<()> {
    delete(ctx, place, receiver, |_| true)
}

fn delete(ctx: &mut Ctx<'_>, place: &Place, receiver: Account, which: fn(&Invitation) -> bool) -> Result<()> {
    let there = Scope { account: receiver, ..place.scope };
    let keys: Vec<Key> = ctx
        .scan::<Invitations>(&there.prefix())
        .filter(|(_, invitation)| to(invitation, there) == *place && which(invitation))
        .map(|(key, _)| key.clone())
        .collect();
    for key in keys {
        ctx.delete::<Invitations>(&key)?;
    }
    Ok(())
}

/// The share that an invitation is to.
fn to(invitation: &Invitation, there: Scope) -> Place {
    Place { scope: Scope { account: invitation.sender, ..there }, id: invitation.share.clone() }
}

fn view(ctx: &Ctx<'_>, invitation: &Invitation) -> api::ResourceShareInvitation {
    let place = to(invitation, ctx.scope());
    api::ResourceShareInvitation {
        resource_share_invitation_arn: Some(arn(&place, &invitation.id)),
        resource_share_name: Some(invitation.share_name.clone()),
        resource_share_arn: Some(place.arn()),
        sender_account_id: Some(invitation.sender.to_string()),
        receiver_account_id: Some(ctx.scope().account.to_string()),
        invitation_timestamp: Some(invitation.sent),
        status: Some(invitation.answer.name().to_owned()),
        ..Default::default()
    }
}

/// An invitation's ARN has the account of who sent it.
fn arn(place: &Place, id: &str) -> String {
    record::arn(place.scope, "resource-share-invitation", id)
}

/// The invitation that the caller has received, by its ARN.
fn find<'t>(ctx: &'t Ctx<'_>, text: &str) -> Result<&'t Invitation> {
    let (sender, id) =
        record::parts(ctx, text, "resource-share-invitation").ok_or_else(|| error::malformed(text))?;
    let found = ctx.peek::<Invitations>(&ctx.scope().key(id)).filter(|found| found.sender == sender);
    found.ok_or_else(|| {
        let message = format!("ResourceShareInvitation {text} could not be found.");
        Error::client("ResourceShareInvitationArnNotFoundException", message)
    })
}

fn get_resource_share_invitations(
    ctx: &mut Ctx<'_>,
    input: &api::GetResourceShareInvitationsRequest,
) -> Result<api::GetResourceShareInvitationsResponse> {
    let named = input.resource_share_invitation_arns.as_deref().unwrap_or_default();
    let ids = named.iter().map(|arn| Ok(find(ctx, arn)?.id.clone())).collect::<Result<Vec<_>>>()?;
    let shares = input.resource_share_arns.as_deref().unwrap_or_default();
    let places = shares.iter().map(|arn| record::place(ctx, arn)).collect::<Result<Vec<_>>>()?;
    let scope = ctx.scope();
    let passing =
        ctx.scan::<Invitations>(&scope.prefix()).map(|(_, invitation)| invitation).filter(|invitation| {
            (ids.is_empty() || ids.contains(&invitation.id))
                && (places.is_empty() || places.contains(&to(invitation, scope)))
        });
    let key = |invitation: &&Invitation| Key::new().text(&invitation.id);
    let page = page::of(passing, key, (input.max_results, input.next_token.as_deref()))?;
    Ok(api::GetResourceShareInvitationsResponse {
        resource_share_invitations: Some(
            page.items.into_iter().map(|invitation| view(ctx, invitation)).collect(),
        ),
        next_token: page.next,
    })
}

fn accept_resource_share_invitation(
    ctx: &mut Ctx<'_>,
    input: &api::AcceptResourceShareInvitationRequest,
) -> Result<api::AcceptResourceShareInvitationResponse> {
    let arn = &input.resource_share_invitation_arn;
    let client_token = input.client_token.clone();
    token::once::<api::AcceptResourceShareInvitation>(ctx, client_token.as_deref(), input, |ctx| {
        answer(ctx, arn, Answer::Accepted)
    })?;
    let shown = view(ctx, find(ctx, arn)?);
    Ok(api::AcceptResourceShareInvitationResponse { resource_share_invitation: Some(shown), client_token })
}

fn reject_resource_share_invitation(
    ctx: &mut Ctx<'_>,
    input: &api::RejectResourceShareInvitationRequest,
) -> Result<api::RejectResourceShareInvitationResponse> {
    let arn = &input.resource_share_invitation_arn;
    let client_token = input.client_token.clone();
    token::once::<api::RejectResourceShareInvitation>(ctx, client_token.as_deref(), input, |ctx| {
        answer(ctx, arn, Answer::Rejected)
    })?;
    let shown = view(ctx, find(ctx, arn)?);
    Ok(api::RejectResourceShareInvitationResponse { resource_share_invitation: Some(shown), client_token })
}

/// Answers an invitation that is still open; its id.
fn answer(ctx: &mut Ctx<'_>, arn: &str, answer: Answer) -> Result<String> {
    let invitation = find(ctx, arn)?.clone();
    check_open(&invitation, arn)?;
    close(ctx, &invitation, answer)?;
    Ok(invitation.id)
}

fn check_open(invitation: &Invitation, arn: &str) -> Result<()> {
    let (code, what) = match invitation.answer {
        Answer::Pending => return Ok(()),
        Answer::Accepted => ("ResourceShareInvitationAlreadyAcceptedException", "was already accepted"),
        Answer::Rejected => ("ResourceShareInvitationAlreadyRejectedException", "was already rejected"),
        Answer::Expired => ("ResourceShareInvitationExpiredException", "has expired"),
    };
    Err(Error::client(code, format!("ResourceShareInvitation {arn} {what}.")))
}

fn close(ctx: &mut Ctx<'_>, invitation: &Invitation, answer: Answer) -> Result<()> {
    let scope = ctx.scope();
    ctx.update::<Invitations, _>(&scope.key(&invitation.id), |invitation| invitation.answer = answer)?;
    let place = to(invitation, scope);
    ctx.within(place.scope, |ctx| association::accept(ctx, &place, scope.account, answer == Answer::Accepted))
}

/// The timer handler: what has not been answered in time cannot be any more.
fn expire(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    match ctx.peek::<Invitations>(&ctx.scope().key(id)).cloned() {
        Some(invitation) if invitation.answer == Answer::Pending => close(ctx, &invitation, Answer::Expired),
        _ => Ok(()),
    }
}

fn list_pending_invitation_resources(
    ctx: &mut Ctx<'_>,
    input: &api::ListPendingInvitationResourcesRequest,
) -> Result<api::ListPendingInvitationResourcesResponse> {
    let arn = &input.resource_share_invitation_arn;
    let invitation = find(ctx, arn)?;
    match invitation.answer {
        Answer::Accepted => {
            return Err(error::invalid(format!("ResourceShareInvitation {arn} is not pending.")));
        }
        _ => check_open(invitation, arn)?,
    }
    let place = to(invitation, ctx.scope());
    let regional = listing::is_regional(input.resource_region_scope.as_deref());
    let all = place.associations(ctx, Side::Resource).filter(|it| regional && listing::is_listed(it));
    let key = |it: &&record::Association| Key::new().text(&it.entity);
    let page = page::of(all, key, (input.max_results, input.next_token.as_deref()))?;
    Ok(api::ListPendingInvitationResourcesResponse {
        resources: Some(page.items.into_iter().map(|it| listing::resource(&place, it)).collect()),
        next_token: page.next,
    })
}

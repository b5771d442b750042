//! What becomes of a peering connection: accepted, rejected, deleted, or forgotten in the end.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::create::{SHOWN_AFTERWARDS, later};
use super::{State, TIMER, VpcPeering, VpcPeerings, change_both};
use crate::resource::{self, Resource};
use crate::{error, tag};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const CLASSIC: &str = "EC2-Classic is gone, on AWS too";
    definition
        .write::<ec2::AcceptVpcPeeringConnection>(accept_vpc_peering_connection)
        .write::<ec2::RejectVpcPeeringConnection>(reject_vpc_peering_connection)
        .write::<ec2::DeleteVpcPeeringConnection>(delete_vpc_peering_connection)
        .write::<ec2::ModifyVpcPeeringConnectionOptions>(modify_vpc_peering_connection_options)
        // There is no DNS server.
        .records::<ec2::ModifyVpcPeeringConnectionOptions>(&[
            "AccepterPeeringConnectionOptions",
            "RequesterPeeringConnectionOptions",
        ])
        .refuses::<ec2::ModifyVpcPeeringConnectionOptions>(&[
            ("AccepterPeeringConnectionOptions.AllowEgressFromLocalClassicLinkToRemoteVpc", CLASSIC),
            ("AccepterPeeringConnectionOptions.AllowEgressFromLocalVpcToRemoteClassicLink", CLASSIC),
            ("RequesterPeeringConnectionOptions.AllowEgressFromLocalClassicLinkToRemoteVpc", CLASSIC),
            ("RequesterPeeringConnectionOptions.AllowEgressFromLocalVpcToRemoteClassicLink", CLASSIC),
        ])
}

fn wrong_state(id: &str) -> Error {
    let message = format!("VpcPeeringConnectionID {id} is not in the correct state for the request.");
    Error::client("InvalidStateTransition", message)
}

/// A connection that the caller was asked for, and has not answered.
fn asked(ctx: &Ctx<'_>, id: &str, verb: &str) -> Result<VpcPeering> {
    let peering = resource::find::<VpcPeerings>(ctx, id)?.clone();
    let scope = ctx.scope();
    if peering.accepter.account != scope.account {
        let message = format!("User ({}) cannot {verb} peering {id}", scope.account);
        return Err(error::not_permitted(message));
    }
    if peering.accepter.region != scope.region {
        let must = if verb == "accept" { "accepted" } else { "accepted or rejected" };
        let message = format!(
            "Incorrect region ({}) specified for this request. VPC peering connection {id} must be {must} in region {}",
            scope.region, peering.accepter.region
        );
        return Err(error::not_permitted(message));
    }
    Ok(peering)
}

fn accept_vpc_peering_connection(
    ctx: &mut Ctx<'_>,
    input: &ec2::AcceptVpcPeeringConnectionRequest,
) -> Result<ec2::AcceptVpcPeeringConnectionResult> {
    let id = &input.vpc_peering_connection_id;
    let peering = asked(ctx, id, "accept")?;
    if peering.state != State::PendingAcceptance {
        return Err(wrong_state(id));
    }
    change_both(ctx, &peering, |peering| {
        peering.state = State::Active;
        peering.due = None;
    })?;
    error::dry_run(input.dry_run)?;
    let shown = VpcPeerings::view(ctx, resource::find::<VpcPeerings>(ctx, id)?);
    Ok(ec2::AcceptVpcPeeringConnectionResult { vpc_peering_connection: Some(shown) })
}

fn reject_vpc_peering_connection(
    ctx: &mut Ctx<'_>,
    input: &ec2::RejectVpcPeeringConnectionRequest,
) -> Result<ec2::RejectVpcPeeringConnectionResult> {
    let id = &input.vpc_peering_connection_id;
    let peering = asked(ctx, id, "reject")?;
    if peering.state != State::PendingAcceptance {
        return Err(wrong_state(id));
    }
    end(ctx, &peering, State::Rejected)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::RejectVpcPeeringConnectionResult { r#return: Some(true) })
}

/// Ends a connection, which is then shown for a while.
fn end(ctx: &mut Ctx<'_>, peering: &VpcPeering, state: State) -> Result<()> {
    let due = later(ctx, SHOWN_AFTERWARDS);
    change_both(ctx, peering, |peering| {
        peering.state = state;
        peering.due = Some(due);
    })?;
    ctx.wake_at(due, TIMER, &peering.id)?;
    Ok(())
}

fn delete_vpc_peering_connection(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeleteVpcPeeringConnectionRequest,
) -> Result<ec2::DeleteVpcPeeringConnectionResult> {
    let id = &input.vpc_peering_connection_id;
    let peering = resource::find::<VpcPeerings>(ctx, id)?.clone();
    match peering.state {
        State::Active | State::PendingAcceptance => {
            let by_requester = peering.requester.account == ctx.scope().account;
            end(ctx, &peering, State::Deleted(by_requester))?;
        }
        State::Deleted(_) => {}
        State::Failed | State::Expired | State::Rejected => return Err(wrong_state(id)),
    }
    error::dry_run(input.dry_run)?;
    Ok(ec2::DeleteVpcPeeringConnectionResult { r#return: Some(true) })
}

/// The timer handler: nobody answered, or the connection has been shown for long enough.
///
/// # Errors
/// When the world is broken.
pub(super) fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let Some(peering) = ctx.get::<VpcPeerings>(&ctx.scope().key(id)) else { return Ok(()) };
    if peering.due.is_none_or(|due| due > ctx.now()) {
        return Ok(());
    }
    if peering.state == State::PendingAcceptance {
        return end(ctx, &peering, State::Expired);
    }
    for scope in [peering.requester.scope(), peering.accepter.scope()] {
        ctx.delete::<VpcPeerings>(&scope.key(id))?;
    }
    tag::remove_all(ctx, id)
}

fn modify_vpc_peering_connection_options(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyVpcPeeringConnectionOptionsRequest,
) -> Result<ec2::ModifyVpcPeeringConnectionOptionsResult> {
    let id = &input.vpc_peering_connection_id;
    let peering = resource::find::<VpcPeerings>(ctx, id)?.clone();
    if !peering.is_active() {
        return Err(wrong_state(id));
    }
    let wanted = |options: &Option<ec2::PeeringConnectionOptionsRequest>| {
        options.as_ref().and_then(|options| options.allow_dns_resolution_from_remote_vpc)
    };
    let requester = wanted(&input.requester_peering_connection_options);
    let accepter = wanted(&input.accepter_peering_connection_options);
    let scope = ctx.scope();
    for (end, wanted) in [(&peering.requester, requester), (&peering.accepter, accepter)] {
        if wanted.is_some() && end.scope() != scope {
            let message = format!("User ({}) cannot modify this end of peering {id}", scope.account);
            return Err(error::not_permitted(message));
        }
    }
    change_both(ctx, &peering, |peering| {
        peering.requester.remote_dns = requester.unwrap_or(peering.requester.remote_dns);
        peering.accepter.remote_dns = accepter.unwrap_or(peering.accepter.remote_dns);
    })?;
    error::dry_run(input.dry_run)?;
    let shown = |value: Option<bool>| {
        value.map(|value| ec2::PeeringConnectionOptions {
            allow_dns_resolution_from_remote_vpc: Some(value),
            ..Default::default()
        })
    };
    Ok(ec2::ModifyVpcPeeringConnectionOptionsResult {
        accepter_peering_connection_options: shown(accepter),
        requester_peering_connection_options: shown(requester),
    })
}

//! Authorization: whether policies let a caller do what it asks.
//!
//! The policy language and what policies say together are `ironbird-iam`'s. This module knows what a call asks for
//! ([`Need`]): which actions, on which resources, under which condition keys. What applies to a caller is told by the services
//! that keep it, through the functions in [`Authority`]: identities and their policies by `iam`, control policies by
//! `organizations`, and what the model does not say of an operation by the operation's own service.
//!
//! Calls of services are not asked: on AWS they act with roles of their own, whose policies allow what they do.

mod asked;
mod asker;
mod authority;
mod denied;
mod federated;
mod keys;
mod message;
mod need;
mod resource;
mod wanted;

use ironbird_iam::Source;
use ironbird_wire::field::Structure;
use ironbird_wire::schema::Service;

use crate::account::Principal;
use crate::audit::Event;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::operation::Handler;
use crate::world::Auth;

pub use asked::{Asked, Leaf};
use asker::Asker;
pub use authority::{
    ArnFn, Authority, Controls, ControlsFn, Holdings, Identities, Membership, MoreFn, OidcProvider, Profile,
    Role, SamlProvider, TagsFn, policy,
};
pub use denied::Denied;
pub(crate) use denied::is_denial;
pub use federated::trusts;
pub use message::open as open_message;
pub use need::Need;
pub use resource::unnamed_kinds;
use wanted::Wanted;

/// Lets a call through, or says what would have denied it, or denies it: as `--auth` has it.
///
/// # Errors
/// The service's access-denied error.
pub(crate) fn admit(
    ctx: &Ctx<'_>,
    service: &Service,
    handler: &Handler,
    input: &dyn Structure,
) -> Result<()> {
    // Who calls without a signature shows something else to the handler. Whoever signs all the same is not asked more.
    let unsigned = service.operation(handler.name).is_some_and(|operation| operation.unsigned);
    let asked = match ctx.caller() {
        Principal::Anonymous => false,
        _ if unsigned => false,
        // Roles that services are to act with trust them or do not.
        Principal::Service { .. } => service.metadata.name == "sts",
        _ => true,
    };
    if !asked || !are_asked(ctx) {
        return Ok(());
    }
    match denial(ctx, service, handler, input) {
        Some(denied) => deny(ctx, denied.error(ctx, service)),
        None => Ok(()),
    }
}

/// Whether policies are asked at all: a world without users and roles has nothing to decide by.
fn are_asked(ctx: &Ctx<'_>) -> bool {
    ctx.settings().auth != Auth::Off && ctx.world().authority().knows_identities()
}

/// The same for what `service` does for its caller that no operation stands for. The tags of the resource are those that policies
/// can ask for, besides what the need says.
///
/// # Errors
/// The service's access-denied error.
pub fn admit_need(ctx: &Ctx<'_>, service: &str, mut need: Need) -> Result<()> {
    let is_person = !matches!(ctx.caller(), Principal::Service { .. } | Principal::Anonymous);
    if !is_person || !are_asked(ctx) || may_anything(ctx) {
        return Ok(());
    }
    let Some(service) = ironbird_models::service(service) else { return Ok(()) };
    if let Some((prefix, _)) = need.action.split_once(':') {
        keys::of_tags(ctx, service, prefix, &need.resource, &mut need.context);
    }
    let asker = Asker::of_call(ctx);
    let keys = asker.keys(ctx, &Wanted::ALL);
    match asker.decide(ctx, &need, &keys) {
        Err(denied) => deny(ctx, denied.error(ctx, service)),
        Ok(()) => Ok(()),
    }
}

/// Denies a call where policies decide; where they are only asked, lets it through and says why it would have been denied.
///
/// # Errors
/// `error`, where policies decide.
pub fn deny(ctx: &Ctx<'_>, error: Error) -> Result<()> {
    match ctx.settings().auth {
        Auth::Off => Ok(()),
        Auth::Soft => {
            ctx.would_deny.replace(Some(error.message().to_owned()));
            Ok(())
        }
        Auth::Enforce => Err(error),
    }
}

/// Whether a policy that something keeps for itself, such as an application's actor policy, by itself lets whoever calls do
/// something.
pub fn allowed_by(ctx: &Ctx<'_>, policy: &Source, need: &Need) -> bool {
    Asker::of_call(ctx).allowed_by(ctx, policy, need)
}

/// What a call that was made had to be allowed, with none of the condition keys that every request has. `ctx` is the call's own
/// ([`Event::origin`]). Resources are named as they would be now: of what is gone, only as much as the request says. Empty where
/// nobody wrote the operation.
pub(crate) fn needs_of(ctx: &Ctx<'_>, event: &Event) -> Vec<Need> {
    let handler = ctx.world().handler(&event.service, &event.operation);
    let Some((handler, service)) = handler.zip(ironbird_models::service(&event.service)) else {
        return Vec::new();
    };
    let input = event.input(service, handler);
    input.map_or_else(Vec::new, |input| need::of_call(ctx, service, handler, input.as_ref(), &Wanted::NONE))
}

/// Whether no policy can deny anything: to the root user of an account that no organization restricts.
fn may_anything(ctx: &Ctx<'_>) -> bool {
    let Principal::Root { account } = ctx.caller() else { return false };
    let controls = ctx.world().authority().controls(ctx, *account);
    controls.service.is_empty() && controls.resource.is_empty()
}

/// What denies a call, if anything does.
fn denial(ctx: &Ctx<'_>, service: &Service, handler: &Handler, input: &dyn Structure) -> Option<Denied> {
    if may_anything(ctx) {
        return None;
    }
    let asker = Asker::of_call(ctx);
    let wanted = asker.wanted();
    let keys = asker.keys(ctx, &wanted);
    let needs = need::of_call(ctx, service, handler, input, &wanted);
    let fails = |need: &Need| asker.is_foreign(need) || asker.decide(ctx, need, &keys).is_err();
    let first = needs.iter().position(fails)?;
    // Policies of other accounts may ask for other keys, and who is denied is told all that was known.
    let keys = asker.keys(ctx, &Wanted::ALL);
    let needs = need::of_call(ctx, service, handler, input, &Wanted::ALL);
    needs.iter().skip(first).find_map(|need| asker.decide(ctx, need, &keys).err())
}

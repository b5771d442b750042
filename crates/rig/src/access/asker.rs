//! Whoever asks, with everything that applies to it.

use std::sync::Arc;

use ironbird_iam::{Applicable, Caller, Context, Decision, Effect, Kind, Request, Source, consider, decide};

use super::authority::{Controls, Holdings, Role};
use super::wanted::{self, Wanted};
use super::{Denied, Need, keys, policy};
use crate::account::{Account, Principal};
use crate::arn::Arn;
use crate::context::Ctx;
use crate::credentials::{self, Session};

/// A caller, with the policies that apply to it.
pub(super) struct Asker<'a> {
    principal: &'a Principal,
    caller: Caller,
    account: Option<Account>,
    holdings: Arc<Holdings>,
    begun: Option<&'a Session>,
    /// Session policies; none where the session has none.
    session: Option<Vec<Source>>,
    /// Condition keys that session policies ask for.
    session_keys: Vec<Box<str>>,
    controls: Arc<Controls>,
}

impl<'a> Asker<'a> {
    /// Whoever makes the call.
    pub(super) fn of_call(ctx: &'a Ctx<'_>) -> Self {
        let begun = credentials::session(ctx);
        let principal = ctx.caller();
        let authority = ctx.world().authority();
        // A federated user is allowed what both the user that vouches for it and its session are.
        let issuer = begun.and_then(|session| session.issuer.as_ref());
        let holdings = authority.holdings(ctx, issuer.unwrap_or(principal));
        let account = principal.account();
        let controls = account.map(|account| authority.controls(ctx, account)).unwrap_or_default();
        let partition = ctx.region().partition();
        let arn = principal.arn(partition);
        let caller = match principal {
            Principal::FederatedUser { .. } => {
                Caller::federated_user(arn, issuer.map_or_else(String::new, |issuer| issuer.arn(partition)))
            }
            Principal::AssumedRole { account, role, .. } => {
                let known = holdings.arn.clone();
                let role = known.unwrap_or_else(|| format!("arn:{partition}:iam::{account}:role/{role}"));
                Caller::assumed_role(arn, role)
            }
            Principal::User { .. } => Caller::user(arn),
            Principal::Root { .. } => Caller::root(arn),
            Principal::Service { name, .. } => Caller::of_service(name),
            Principal::Anonymous => Caller::Anonymous,
        };
        let mut session = begun.and_then(|session| of_session(ctx, session));
        if matches!(principal, Principal::FederatedUser { .. }) {
            // Without a session policy a federated user may do nothing.
            session.get_or_insert_default();
        }
        let session_keys = wanted::keys(session.iter().flatten());
        Self { principal, caller, account, holdings, begun, session, session_keys, controls }
    }

    /// The condition keys that the caller's policies and its organization's ask for.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted::only([self.holdings.keys(), &self.session_keys, self.controls.keys()])
    }

    /// What is known of the caller and of the moment.
    pub(super) fn keys(&self, ctx: &Ctx<'_>, wanted: &Wanted<'_>) -> Context {
        keys::of_caller(ctx, &self.holdings, self.begun, &self.controls, wanted)
    }

    /// Whether policies other than the caller's and its organization's have a say.
    pub(super) fn is_foreign(&self, need: &Need) -> bool {
        is_of_sts(need) || self.place(need) != self.account
    }

    /// Decides on one need. `keys` are those of the caller.
    ///
    /// # Errors
    /// Why it is denied.
    pub(super) fn decide(&self, ctx: &Ctx<'_>, need: &Need, keys: &Context) -> Result<(), Denied> {
        let authority = ctx.world().authority();
        let place = self.place(need).unwrap_or(ctx.scope().account);
        let foreign = self.is_foreign(need);
        let controls = match foreign {
            true => authority.controls(ctx, place),
            false => Arc::clone(&self.controls),
        };
        let mut context = need.context.clone();
        context.extend(keys);
        let wanted = if foreign { Wanted::ALL } else { self.wanted() };
        keys::of_place(&mut context, &place.to_string(), &controls, &wanted);
        let role = self.assumed(ctx, need);
        if let Some(role) = &role {
            keys::of_role(&mut context, role);
        }
        let applicable = Applicable {
            identity: &self.holdings.identity,
            boundary: self.holdings.boundary.as_ref(),
            session: self.session.as_deref(),
            service_control: &self.controls.service,
            resource_control: &controls.resource,
            resource: role.as_ref().map(|role| &role.trust),
            endpoint: None,
        };
        let request = Request::new(&self.caller, &need.action, &need.resource, &context);
        match decide(&request, &applicable) {
            Decision::Allowed(_) => Ok(()),
            Decision::Denied(denial) => {
                let shown = need.shown.as_deref().unwrap_or(&need.resource);
                let shown = Request::new(&self.caller, &need.action, shown, &context);
                Err(Denied::new(&shown, &denial, self.principal))
            }
        }
    }

    /// Whether a policy by itself lets the caller do something.
    pub(super) fn allowed_by(&self, ctx: &Ctx<'_>, policy: &Source, need: &Need) -> bool {
        let mut context = need.context.clone();
        context.extend(&self.keys(ctx, &Wanted::ALL));
        let request = Request::new(&self.caller, &need.action, &need.resource, &context);
        let policies = Applicable { resource: Some(policy), ..Applicable::default() };
        let about = consider(&request, &policies).into_iter().filter(|trace| trace.miss.is_none());
        let effects: Vec<Effect> = about.map(|trace| trace.hit.statement.effect()).collect();
        effects.contains(&Effect::Allow) && !effects.contains(&Effect::Deny)
    }

    /// The account that the resource is in, which is the caller's where its ARN does not say.
    fn place(&self, need: &Need) -> Option<Account> {
        Arn::parse(&need.resource).and_then(|arn| Account::parse(arn.account)).or(self.account)
    }

    /// The role whose trust policy has a say, because it is to be assumed.
    fn assumed(&self, ctx: &Ctx<'_>, need: &Need) -> Option<Arc<Role>> {
        if is_of_sts(need) { ctx.world().authority().role(ctx, &need.resource) } else { None }
    }
}

/// Whether a role is to be assumed, of which its trust policy decides.
fn is_of_sts(need: &Need) -> bool {
    need.action.starts_with("sts:")
}

/// The policies that a session was begun with.
fn of_session(ctx: &Ctx<'_>, session: &Session) -> Option<Vec<Source>> {
    if session.policy.is_none() && session.policy_arns.is_empty() {
        return None;
    }
    let inline = session.policy.iter().filter_map(|text| policy(Kind::Session, "session policy", text));
    let managed = session.policy_arns.iter().filter_map(|arn| ctx.world().authority().managed(ctx, arn));
    Some(inline.chain(managed).collect())
}

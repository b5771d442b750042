//! Whoever asks, with everything that applies to it.

use std::sync::Arc;

use ironbird_iam::{Applicable, Caller, Context, Decision, Kind, Request, Source, decide};

use super::authority::{Controls, Holdings, Role};
use super::{Denied, Need, keys, policy};
use crate::account::{Account, Principal};
use crate::arn::Arn;
use crate::context::Ctx;
use crate::credentials::{self, Session};

/// A caller, with the policies that apply to it and the condition keys that go with it.
pub struct Asker {
    principal: Principal,
    caller: Caller,
    account: Option<Account>,
    holdings: Arc<Holdings>,
    /// Session policies; none where the session has none.
    session: Option<Vec<Source>>,
    controls: Arc<Controls>,
    keys: Context,
}

impl Asker {
    /// Whoever makes the call.
    pub fn of_call(ctx: &Ctx<'_>) -> Self {
        let session = credentials::session(ctx);
        let principal = ctx.caller();
        let authority = ctx.world().authority();
        // A federated user is allowed what both the user that vouches for it and its session are.
        let issuer = session.and_then(|session| session.issuer.as_ref());
        let holdings = authority.holdings(ctx, issuer.unwrap_or(principal));
        let account = principal.account();
        let controls = account.map(|account| authority.controls(ctx, account)).unwrap_or_default();
        let partition = ctx.region().partition();
        let caller = match principal {
            Principal::FederatedUser { .. } => {
                let issuer = issuer.map_or_else(String::new, |issuer| issuer.arn(partition));
                Caller::federated_user(principal.arn(partition), issuer)
            }
            Principal::AssumedRole { account, role, .. } => {
                let arn = holdings.arn.clone();
                let arn = arn.unwrap_or_else(|| format!("arn:{partition}:iam::{account}:role/{role}"));
                Caller::assumed_role(principal.arn(partition), arn)
            }
            Principal::User { .. } => Caller::user(principal.arn(partition)),
            Principal::Root { .. } => Caller::root(principal.arn(partition)),
            Principal::Service { name, .. } => Caller::of_service(name),
            Principal::Anonymous => Caller::Anonymous,
        };
        let keys = keys::of_caller(ctx, &holdings, session, &controls);
        let mut policies = session.and_then(|session| of_session(ctx, session));
        if matches!(principal, Principal::FederatedUser { .. }) {
            // Without a session policy a federated user may do nothing.
            policies.get_or_insert_default();
        }
        Self { principal: principal.clone(), caller, account, holdings, session: policies, controls, keys }
    }

    /// Somebody whom an identity provider vouches for, and what it says: before a role is assumed.
    pub fn federated(ctx: &Ctx<'_>, provider: &str, says: &Context) -> Self {
        let mut keys = keys::of_caller(ctx, &Holdings::default(), None, &Controls::default());
        keys.extend(says);
        Self {
            principal: Principal::Anonymous,
            caller: Caller::Federated { provider: provider.to_owned() },
            account: None,
            holdings: Arc::default(),
            session: None,
            controls: Arc::default(),
            keys,
        }
    }

    /// Whether no policy can deny anything: the root user of an account that no organization restricts.
    pub fn may_anything(&self) -> bool {
        self.caller.is_root() && self.controls.service.is_empty() && self.controls.resource.is_empty()
    }

    /// Decides on one need.
    ///
    /// # Errors
    /// Why it is denied.
    pub fn ask(&self, ctx: &Ctx<'_>, need: &Need) -> Result<(), Denied> {
        let mut context = self.keys.clone();
        context.extend(&need.context);
        let place = Arn::parse(&need.resource).and_then(|arn| Account::parse(arn.account)).or(self.account);
        let place = place.unwrap_or(ctx.scope().account);
        let controls = ctx.world().authority().controls(ctx, place);
        keys::of_place(&mut context, &need.resource, &place.to_string(), &controls);
        let role = self.assumed(ctx, need);
        if let Some(role) = &role {
            for (key, value) in &role.tags {
                context.set(&format!("aws:ResourceTag/{key}"), value.as_str());
                context.set(&format!("iam:ResourceTag/{key}"), value.as_str());
            }
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
            Decision::Denied(denial) => Err(Denied::new(&request, &denial, &self.principal)),
        }
    }

    /// The role whose trust policy has a say, because it is to be assumed.
    fn assumed(&self, ctx: &Ctx<'_>, need: &Need) -> Option<Arc<Role>> {
        let is_of_sts = need.action.starts_with("sts:");
        if is_of_sts { ctx.world().authority().role(ctx, &need.resource) } else { None }
    }
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

//! Whoever an identity provider vouches for, before it has a role.

use ironbird_iam::{Applicable, Caller, Context, Request, decide};

use super::authority::Role;
use super::keys;
use super::wanted::Wanted;
use crate::account::Account;
use crate::arn::Arn;
use crate::context::Ctx;

/// Whether a role lets somebody whom a provider vouches for do each of `actions`, such as `sts:AssumeRoleWithSAML`. Nobody has
/// policies before it has a role: the role's trust policy decides, and what the organization withholds from the role's account.
/// `said` are the condition keys of what the provider says.
pub fn trusts(ctx: &Ctx<'_>, role: &Role, provider: &str, actions: &[&str], said: &Context) -> bool {
    let account = Arn::parse(&role.arn).and_then(|arn| Account::parse(arn.account));
    let account = account.unwrap_or(ctx.scope().account);
    let controls = ctx.world().authority().controls(ctx, account);
    let mut context = keys::of_moment(ctx, &Wanted::ALL);
    context.extend(said);
    context.set("aws:FederatedProvider", provider);
    keys::of_place(&mut context, &account.to_string(), &controls, &Wanted::ALL);
    keys::of_role(&mut context, role);
    let applicable = Applicable {
        identity: &[],
        boundary: None,
        session: None,
        service_control: &[],
        resource_control: &controls.resource,
        resource: Some(&role.trust),
        endpoint: None,
    };
    let caller = Caller::Federated { provider: provider.to_owned() };
    let allows =
        |action| decide(&Request::new(&caller, action, &role.arn, &context), &applicable).is_allowed();
    actions.iter().all(|action| allows(*action))
}

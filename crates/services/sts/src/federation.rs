//! Roles for whom an identity provider vouches, whichever way it does.

use std::collections::BTreeMap;

use ironbird_api::sts as api;
use ironbird_iam::Context;
use ironbird_rig::access::{self, trusts};
use ironbird_rig::credentials::{Session, unique_id};
use ironbird_rig::{Ctx, Principal, Result, Scope, closure};

use crate::role::{RoleArn, duration};
use crate::{credentials, error, policy};

/// What a provider says of somebody.
#[derive(Debug, Default)]
pub struct Vouched {
    /// ARN of the provider.
    pub provider: String,
    /// Condition keys of what it says: `idp.example.com:sub`.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Those of them that the session keeps.
    pub kept: BTreeMap<String, Vec<String>>,
    /// Session tags.
    pub tags: BTreeMap<String, String>,
    /// Keys of those tags that sessions begun with this one keep.
    pub transitive: Vec<String>,
    /// Who is behind the session.
    pub source_identity: Option<String>,
}

/// What is asked for.
pub struct Wish<'a> {
    /// `AssumeRoleWithSAML`
    pub operation: &'a str,
    pub role: &'a str,
    pub session_name: &'a str,
    pub seconds: Option<i32>,
    pub policy: Option<&'a str>,
    pub policy_arns: Option<&'a [api::PolicyDescriptorType]>,
}

/// What is given.
pub struct Given {
    pub credentials: api::Credentials,
    pub user: api::AssumedRoleUser,
    pub packed_policy_size: Option<i32>,
}

/// The role that is asked for. From here on the call is made in its account.
pub fn role<'a>(ctx: &mut Ctx<'_>, arn: &'a str) -> Result<RoleArn<'a>> {
    let parsed = RoleArn::parse(arn, ctx.region().partition());
    let role = parsed.ok_or_else(|| error::validation("Request ARN is invalid"))?;
    ctx.is_made_in(Scope { account: role.account, region: ctx.region() });
    Ok(role)
}

/// Begins a session of the role, if it trusts the provider to vouch for such a one.
pub fn assume(ctx: &mut Ctx<'_>, wish: &Wish<'_>, vouched: Vouched) -> Result<Given> {
    let role = role(ctx, wish.role)?;
    error::check_name("roleSessionName", wish.session_name)?;
    let known = ctx.world().authority().role(ctx, wish.role);
    let trusted = known.as_deref().is_some_and(|known| {
        let actions: Vec<String> = actions(wish.operation, &vouched).collect();
        let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
        trusts(ctx, known, &vouched.provider, &actions, &said(wish, &vouched))
    });
    let refusal = || error::access_denied(format!("Not authorized to perform sts:{}", wish.operation));
    if closure::is_closed(ctx, role.account) {
        return Err(refusal());
    }
    if !trusted {
        access::deny(ctx, refusal())?;
    }
    let seconds = duration(ctx, wish.seconds, known.as_deref())?;
    let tags: Vec<api::Tag> =
        vouched.tags.iter().map(|(key, value)| api::Tag { key: key.clone(), value: value.clone() }).collect();
    let tags = (!tags.is_empty()).then_some(tags.as_slice());
    let packed_policy_size = policy::packed_size(wish.policy, wish.policy_arns, tags)?;

    let made_up = || unique_id("AROA", ctx.seed().child("sts.role").child(wish.role));
    let principal = Principal::AssumedRole {
        account: role.account,
        role: role.name.to_owned(),
        role_id: known.map_or_else(made_up, |role| role.id.clone()),
        session: wish.session_name.to_owned(),
    };
    let arn = principal.arn(ctx.region().partition());
    let user = api::AssumedRoleUser { assumed_role_id: principal.user_id(), arn };
    let session = Session {
        policy: wish.policy.map(str::to_owned),
        policy_arns: policy::arns(wish.policy_arns),
        tags: vouched.tags,
        transitive: vouched.transitive,
        source_identity: vouched.source_identity,
        provider: Some(vouched.provider),
        claims: vouched.kept,
        ..Session::new(ctx.now())
    };
    let credentials = credentials::issue(ctx, principal, seconds, session)?;
    Ok(Given { credentials, user, packed_policy_size })
}

/// What the role has to allow: tags and a source identity are allowed apart from the role itself.
fn actions(operation: &str, vouched: &Vouched) -> impl Iterator<Item = String> {
    let assumed = Some(format!("sts:{operation}"));
    let tagged = (!vouched.tags.is_empty()).then(|| "sts:TagSession".to_owned());
    let named = vouched.source_identity.is_some().then(|| "sts:SetSourceIdentity".to_owned());
    [assumed, tagged, named].into_iter().flatten()
}

/// The condition keys of the request.
fn said(wish: &Wish<'_>, vouched: &Vouched) -> Context {
    let mut context = Context::new();
    for (name, values) in &vouched.keys {
        context.set_many(name, values.clone());
    }
    for (key, value) in &vouched.tags {
        context.set(&format!("aws:RequestTag/{key}"), value.as_str());
    }
    if !vouched.tags.is_empty() {
        context.set_many("aws:TagKeys", vouched.tags.keys().cloned().collect());
    }
    if !vouched.transitive.is_empty() {
        context.set_many("sts:TransitiveTagKeys", vouched.transitive.clone());
    }
    context.set("sts:RoleSessionName", wish.session_name);
    if let Some(seconds) = wish.seconds {
        context.set("sts:DurationSeconds", seconds.to_string());
    }
    if let Some(identity) = &vouched.source_identity {
        context.set("sts:SourceIdentity", identity.as_str());
    }
    context
}

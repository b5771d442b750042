//! Condition keys: what is known of a request, of the resources it is about, of who makes it, and of the moment.

use ironbird_iam::Context;
use ironbird_iam::reference::{Action, Service};
use ironbird_wire::schema;
use ironbird_wire::timestamp::Timestamp;

use super::asked::Asked;
use super::authority::{Controls, Holdings, Role};
use super::resource::Named;
use super::wanted::Wanted;
use crate::account::Principal;
use crate::context::Ctx;
use crate::credentials::Session;

/// Keys that are wanted, as they are put together.
struct Keys<'a> {
    wanted: &'a Wanted<'a>,
    context: Context,
}

impl Keys<'_> {
    fn set(&mut self, name: &str, value: impl FnOnce() -> String) -> &mut Self {
        if self.wanted.has(name) {
            self.context.set(name, value());
        }
        self
    }

    /// Keys that differ in what comes after their beginning: `aws:RequestTag/`.
    fn set_each<'p>(&mut self, begin: &str, pairs: impl IntoIterator<Item = (&'p str, &'p str)>) {
        if self.wanted.has_any(begin) {
            for (key, value) in pairs {
                self.set(&format!("{begin}{key}"), || value.to_owned());
            }
        }
    }
}

/// The keys that an action has whatever it acts on, and those of its resources that requests fill, from the members of the
/// same name: `ec2:InstanceType`, `sts:ExternalId`; and the tags that the request gives.
pub(super) fn of_request(
    asked: &Asked<'_, '_>,
    service: &'static Service,
    action: &'static Action,
) -> Context {
    let mut keys = Keys { wanted: asked.wanted, context: Context::new() };
    let of_uses = action.resources.iter().flat_map(|used| service.keys_of_use(used));
    for key in service.keys_of_action(action).chain(of_uses) {
        let Some((prefix, name)) = key.name.split_once(':') else { continue };
        if prefix == "aws" || name.contains("${") || !asked.wanted.has(key.name) {
            continue;
        }
        if name == "Region" {
            keys.set(key.name, || asked.ctx.region().code().to_owned());
            continue;
        }
        let mut values: Vec<String> = asked.values(name).map(str::to_owned).collect();
        if !key.kind.starts_with("ArrayOf") {
            values.truncate(1);
        }
        if !values.is_empty() {
            keys.context.set_many(key.name, values);
        }
    }
    keys.set_each("aws:RequestTag/", asked.tags().iter().copied());
    if asked.wanted.has("aws:TagKeys") {
        let given = asked.tags().iter().map(|(key, _)| *key);
        let mut names: Vec<String> = asked.values("TagKeys").chain(given).map(str::to_owned).collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            keys.context.set_many("aws:TagKeys", names);
        }
    }
    keys.context
}

/// The keys of the resource that a request is about: its tags.
pub(super) fn of_resource(
    asked: &Asked<'_, '_>,
    service: &'static Service,
    named: &Named,
    context: &mut Context,
) {
    let own = format!("{}:ResourceTag/", service.prefix);
    if named.kind.is_some() && (asked.wanted.has_any("aws:ResourceTag/") || asked.wanted.has_any(&own)) {
        of_tags(asked.ctx, asked.service, service.prefix, &named.arn, context);
    }
}

/// The tags of a resource of `service`, as keys.
pub(super) fn of_tags(
    ctx: &Ctx<'_>,
    service: &schema::Service,
    prefix: &str,
    arn: &str,
    context: &mut Context,
) {
    let own = format!("{prefix}:ResourceTag/");
    for (key, value) in ctx.world().authority().tags(ctx, &service.metadata.name, arn) {
        context.set(&format!("aws:ResourceTag/{key}"), value.clone());
        context.set(&format!("{own}{key}"), value);
    }
}

/// The keys of a role that is to be assumed: its tags.
pub(super) fn of_role(context: &mut Context, role: &Role) {
    for (key, value) in &role.tags {
        context.set(&format!("aws:ResourceTag/{key}"), value.as_str());
        context.set(&format!("iam:ResourceTag/{key}"), value.as_str());
    }
}

/// The keys of whoever calls, and of the moment.
pub(super) fn of_caller(
    ctx: &Ctx<'_>,
    holdings: &Holdings,
    session: Option<&Session>,
    controls: &Controls,
    wanted: &Wanted<'_>,
) -> Context {
    let mut keys = Keys { wanted, context: of_moment(ctx, wanted) };
    of_principal(&mut keys, ctx.caller(), holdings, ctx.region().partition());
    if let Some(session) = session {
        of_session(&mut keys, session, ctx.now());
    }
    if let Some(membership) = &controls.membership {
        keys.set("aws:PrincipalOrgID", || membership.organization.clone());
        keys.set("aws:PrincipalOrgPaths", || membership.path.clone());
    }
    keys.context
}

/// The keys of the moment, whoever calls.
pub(super) fn of_moment(ctx: &Ctx<'_>, wanted: &Wanted<'_>) -> Context {
    let mut keys = Keys { wanted, context: Context::new() };
    let origin = ctx.origin();
    let now = ctx.now();
    keys.set("aws:CurrentTime", || now.iso8601())
        .set("aws:EpochTime", || now.secs().to_string())
        .set("aws:SourceIp", || origin.source.clone())
        .set("aws:UserAgent", || origin.user_agent.clone())
        .set("aws:SecureTransport", || "false".to_owned())
        .set("aws:ViaAWSService", || "false".to_owned())
        .set("aws:RequestedRegion", || ctx.region().code().to_owned());
    keys.context
}

fn of_principal(keys: &mut Keys<'_>, principal: &Principal, holdings: &Holdings, partition: &str) {
    let kind = match principal {
        Principal::Root { .. } => "Account",
        Principal::User { name, .. } => {
            keys.set("aws:username", || name.clone());
            "User"
        }
        Principal::AssumedRole { .. } => "AssumedRole",
        Principal::FederatedUser { .. } => "FederatedUser",
        Principal::Service { .. } | Principal::Anonymous => "Anonymous",
    };
    keys.set("aws:PrincipalArn", || match (principal, &holdings.arn) {
        (Principal::AssumedRole { .. }, Some(role)) => role.clone(),
        _ => principal.arn(partition),
    });
    keys.set("aws:PrincipalType", || kind.to_owned())
        .set("aws:PrincipalIsAWSService", || "false".to_owned())
        .set("aws:userid", || principal.user_id());
    if let Some(account) = principal.account() {
        keys.set("aws:PrincipalAccount", || account.to_string());
    }
    keys.set_each("aws:PrincipalTag/", holdings.tags.iter().map(|(key, value)| (&**key, &**value)));
}

fn of_session(keys: &mut Keys<'_>, session: &Session, now: Timestamp) {
    keys.set("aws:MultiFactorAuthPresent", || session.mfa.is_some().to_string())
        .set("aws:TokenIssueTime", || session.issued.iso8601());
    if let Some(shown) = session.mfa {
        keys.set("aws:MultiFactorAuthAge", || (now.secs() - shown.secs()).to_string());
    }
    if let Some(identity) = &session.source_identity {
        keys.set("aws:SourceIdentity", || identity.clone());
    }
    if let Some(provider) = &session.provider {
        keys.set("aws:FederatedProvider", || provider.clone());
    }
    if let Some(person) = &session.person {
        keys.set("identitystore:IdentityStoreArn", || person.store.clone())
            .set("identitystore:UserId", || person.user.clone());
    }
    for (name, values) in &session.claims {
        if keys.wanted.has(name) {
            keys.context.set_many(name, values.clone());
        }
    }
    // A session's tag stands in for the role's of the same key.
    keys.set_each("aws:PrincipalTag/", session.tags.iter().map(|(key, value)| (&**key, &**value)));
}

/// The keys of the account that a resource is in.
pub(super) fn of_place(context: &mut Context, account: &str, controls: &Controls, wanted: &Wanted<'_>) {
    let mut keys = Keys { wanted, context: std::mem::take(context) };
    keys.set("aws:ResourceAccount", || account.to_owned());
    if let Some(membership) = &controls.membership {
        keys.set("aws:ResourceOrgID", || membership.organization.clone());
        keys.set("aws:ResourceOrgPaths", || membership.path.clone());
    }
    *context = keys.context;
}

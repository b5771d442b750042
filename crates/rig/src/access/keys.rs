//! Condition keys: what is known of a request, of the resources it is about, of who makes it, and of the moment.

use ironbird_iam::Context;
use ironbird_iam::reference::{Action, Service};

use super::asked::Asked;
use super::authority::{Controls, Holdings};
use super::resource::Named;
use crate::account::Principal;
use crate::arn::Arn;
use crate::context::Ctx;
use crate::credentials::Session;

/// The keys that an action has whatever it acts on, and those of its resources that requests fill, from the members of the
/// same name: `ec2:InstanceType`, `sts:ExternalId`; and the tags that the request gives.
pub(super) fn of_request(
    asked: &Asked<'_, '_>,
    service: &'static Service,
    action: &'static Action,
) -> Context {
    let mut context = Context::new();
    let of_uses = action.resources.iter().flat_map(|used| service.keys_of_use(used));
    for key in service.keys_of_action(action).chain(of_uses) {
        let Some((prefix, name)) = key.name.split_once(':') else { continue };
        if prefix == "aws" || name.contains("${") || !context.values(key.name).is_empty() {
            continue;
        }
        if name == "Region" {
            context.set(key.name, asked.ctx.region().code());
            continue;
        }
        let mut values: Vec<String> = asked.values(name).map(str::to_owned).collect();
        if !key.kind.starts_with("ArrayOf") {
            values.truncate(1);
        }
        if !values.is_empty() {
            context.set_many(key.name, values);
        }
    }
    let mut names: Vec<String> = asked.values("TagKeys").map(str::to_owned).collect();
    for (key, value) in asked.tags() {
        context.set(&format!("aws:RequestTag/{key}"), *value);
        names.push((*key).to_owned());
    }
    names.sort_unstable();
    names.dedup();
    if !names.is_empty() {
        context.set_many("aws:TagKeys", names);
    }
    context
}

/// The keys of the resource that a request is about: whose it is, and its tags.
pub(super) fn of_resource(
    asked: &Asked<'_, '_>,
    service: &'static Service,
    named: &Named,
    context: &mut Context,
) {
    if named.kind.is_none() {
        return;
    }
    let tags = asked.ctx.world().authority().tags(asked.ctx, &asked.service.metadata.name, &named.arn);
    for (key, value) in tags {
        context.set(&format!("aws:ResourceTag/{key}"), value.clone());
        context.set(&format!("{}:ResourceTag/{key}", service.prefix), value);
    }
}

/// The keys of whoever calls, and of the moment.
pub(super) fn of_caller(
    ctx: &Ctx<'_>,
    holdings: &Holdings,
    session: Option<&Session>,
    controls: &Controls,
) -> Context {
    let mut context = Context::new();
    let origin = ctx.origin();
    let partition = ctx.region().partition();
    let now = ctx.now();
    context
        .set("aws:CurrentTime", now.iso8601())
        .set("aws:EpochTime", now.secs().to_string())
        .set("aws:SourceIp", origin.source.as_str())
        .set("aws:UserAgent", origin.user_agent.as_str())
        .set("aws:SecureTransport", "false")
        .set("aws:ViaAWSService", "false")
        .set("aws:RequestedRegion", ctx.region().code());
    of_principal(&mut context, &origin.principal, holdings, partition);
    if let Some(session) = session {
        of_session(&mut context, session);
    }
    if let Some(membership) = &controls.membership {
        context
            .set("aws:PrincipalOrgID", membership.organization.as_str())
            .set_many("aws:PrincipalOrgPaths", vec![membership.path.clone()]);
    }
    context
}

fn of_principal(context: &mut Context, principal: &Principal, holdings: &Holdings, partition: &str) {
    let kind = match principal {
        Principal::Root { .. } => "Account",
        Principal::User { name, .. } => {
            context.set("aws:username", name.as_str());
            "User"
        }
        Principal::AssumedRole { .. } => "AssumedRole",
        Principal::FederatedUser { .. } => "FederatedUser",
        Principal::Service { .. } | Principal::Anonymous => "Anonymous",
    };
    let arn = match (principal, &holdings.arn) {
        (Principal::AssumedRole { .. }, Some(role)) => role.clone(),
        _ => principal.arn(partition),
    };
    context
        .set("aws:PrincipalArn", arn)
        .set("aws:PrincipalType", kind)
        .set("aws:PrincipalIsAWSService", "false")
        .set("aws:userid", principal.user_id());
    if let Some(account) = principal.account() {
        context.set("aws:PrincipalAccount", account.to_string());
    }
    for (key, value) in &holdings.tags {
        context.set(&format!("aws:PrincipalTag/{key}"), value.as_str());
    }
}

fn of_session(context: &mut Context, session: &Session) {
    context
        .set("aws:MultiFactorAuthPresent", session.mfa.is_some().to_string())
        .set("aws:TokenIssueTime", session.issued.iso8601());
    if let Some(identity) = &session.source_identity {
        context.set("aws:SourceIdentity", identity.as_str());
    }
    if let Some(provider) = &session.provider {
        context.set("aws:FederatedProvider", provider.as_str());
    }
    if let Some(person) = &session.person {
        context
            .set("identitystore:IdentityStoreArn", person.store.as_str())
            .set("identitystore:UserId", person.user.as_str());
    }
    // A session's tag stands in for the role's of the same key.
    for (key, value) in &session.tags {
        context.set(&format!("aws:PrincipalTag/{key}"), value.as_str());
    }
}

/// The keys of the account that a resource is in.
pub(super) fn of_place(context: &mut Context, resource: &str, own: &str, controls: &Controls) {
    let account = Arn::parse(resource).map(|arn| arn.account).filter(|account| !account.is_empty());
    context.set("aws:ResourceAccount", account.unwrap_or(own));
    if let Some(membership) = &controls.membership {
        context
            .set("aws:ResourceOrgID", membership.organization.as_str())
            .set_many("aws:ResourceOrgPaths", vec![membership.path.clone()]);
    }
}

//! What an application may do: access scopes, grants, authentication methods, and who needs to be assigned.

use ironbird_api::{Empty, sso_admin as api};
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef};

use serde_json::Value;

use super::record;
use crate::{error, page};

/// Access scopes of an application (Identity Center quotas in its user guide).
const SCOPES: usize = 25;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::PutApplicationAccessScope>(put_scope)
        .records::<api::PutApplicationAccessScope>(&["AuthorizedTargets"])
        .read::<api::GetApplicationAccessScope>(get_scope)
        .read::<api::ListApplicationAccessScopes>(list_scopes)
        .write::<api::DeleteApplicationAccessScope>(delete_scope)
        .write::<api::PutApplicationGrant>(put_grant)
        .read::<api::GetApplicationGrant>(get_grant)
        .read::<api::ListApplicationGrants>(list_grants)
        .write::<api::DeleteApplicationGrant>(delete_grant)
        .write::<api::PutApplicationAuthenticationMethod>(put_method)
        .read::<api::GetApplicationAuthenticationMethod>(get_method)
        .read::<api::ListApplicationAuthenticationMethods>(list_methods)
        .write::<api::DeleteApplicationAuthenticationMethod>(delete_method)
        .write::<api::PutApplicationAssignmentConfiguration>(put_assignment)
        .read::<api::GetApplicationAssignmentConfiguration>(get_assignment)
        .write::<api::PutApplicationSessionConfiguration>(put_session)
        .records::<api::PutApplicationSessionConfiguration>(&["UserBackgroundSessionApplicationStatus"])
        .read::<api::GetApplicationSessionConfiguration>(get_session)
}

/// What an application does not have.
fn missing(what: &str, name: &str) -> Error {
    error::not_found(format!("Could not find {what} {name} in the application."))
}

fn put_scope(ctx: &mut Ctx<'_>, input: &api::PutApplicationAccessScopeRequest) -> Result<Empty> {
    record::change(ctx, &input.application_arn, |application| {
        let targets = input.authorized_targets.clone().unwrap_or_default();
        application.scopes.insert(input.scope.clone(), targets);
        if application.scopes.len() > SCOPES {
            return Err(error::quota(format!("An application can have at most {SCOPES} access scopes.")));
        }
        Ok(Empty {})
    })
}

/// Targets as they are shown: none where all are meant.
fn targets(kept: &[String]) -> Option<Vec<String>> {
    (!kept.is_empty()).then(|| kept.to_vec())
}

fn get_scope(
    ctx: &mut Ctx<'_>,
    input: &api::GetApplicationAccessScopeRequest,
) -> Result<api::GetApplicationAccessScopeResponse> {
    let (_, application) = record::named(ctx, &input.application_arn)?;
    let kept = application.scopes.get(&input.scope).ok_or_else(|| missing("scope", &input.scope))?;
    Ok(api::GetApplicationAccessScopeResponse {
        scope: input.scope.clone(),
        authorized_targets: targets(kept),
    })
}

fn list_scopes(
    ctx: &mut Ctx<'_>,
    input: &api::ListApplicationAccessScopesRequest,
) -> Result<api::ListApplicationAccessScopesResponse> {
    let (_, application) = record::named(ctx, &input.application_arn)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.list(application.scopes.iter(), |(scope, _)| Key::new().text(scope));
    let shown = page.items.into_iter();
    let shown = shown
        .map(|(scope, kept)| api::ScopeDetails { scope: scope.clone(), authorized_targets: targets(kept) });
    Ok(api::ListApplicationAccessScopesResponse { scopes: shown.collect(), next_token: page.next })
}

/// Deleting what is not there changes nothing, here and below: the model says that these operations are idempotent.
fn delete_scope(ctx: &mut Ctx<'_>, input: &api::DeleteApplicationAccessScopeRequest) -> Result<Empty> {
    record::change(ctx, &input.application_arn, |application| {
        application.scopes.remove(&input.scope);
        Ok(Empty {})
    })
}

fn put_grant(ctx: &mut Ctx<'_>, input: &api::PutApplicationGrantRequest) -> Result<Empty> {
    let given = &input.grant;
    let fits = match input.grant_type.as_str() {
        "authorization_code" => given.authorization_code.is_some(),
        "refresh_token" => given.refresh_token.is_some(),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => given.jwt_bearer.is_some(),
        _ => given.token_exchange.is_some(),
    };
    if !fits {
        let message = format!("The grant is not of grant type {}.", input.grant_type);
        return Err(error::validation(message));
    }
    if given.authorization_code.is_some() {
        ctx.without_effect("PutApplicationGrant.Grant.AuthorizationCode");
    }
    let grant = record::kept(given)?;
    record::change(ctx, &input.application_arn, |application| {
        application.grants.insert(input.grant_type.clone(), grant);
        Ok(Empty {})
    })
}

fn get_grant(
    ctx: &mut Ctx<'_>,
    input: &api::GetApplicationGrantRequest,
) -> Result<api::GetApplicationGrantResponse> {
    let (_, application) = record::named(ctx, &input.application_arn)?;
    let kept =
        application.grants.get(&input.grant_type).ok_or_else(|| missing("grant", &input.grant_type))?;
    Ok(api::GetApplicationGrantResponse { grant: record::shown(kept)? })
}

/// There are four types of grants: one page holds them.
fn list_grants(
    ctx: &mut Ctx<'_>,
    input: &api::ListApplicationGrantsRequest,
) -> Result<api::ListApplicationGrantsResponse> {
    let (_, application) = record::named(ctx, &input.application_arn)?;
    let grants = application.grants.iter();
    let grants = grants
        .map(|(kind, kept)| Ok(api::GrantItem { grant_type: kind.clone(), grant: record::shown(kept)? }));
    Ok(api::ListApplicationGrantsResponse { grants: grants.collect::<Result<_>>()?, next_token: None })
}

fn delete_grant(ctx: &mut Ctx<'_>, input: &api::DeleteApplicationGrantRequest) -> Result<Empty> {
    record::change(ctx, &input.application_arn, |application| {
        application.grants.remove(&input.grant_type);
        Ok(Empty {})
    })
}

fn put_method(ctx: &mut Ctx<'_>, input: &api::PutApplicationAuthenticationMethodRequest) -> Result<Empty> {
    let Some(given) = &input.authentication_method.iam else {
        return Err(error::validation("The authentication method must be Iam."));
    };
    if !given.actor_policy.is_object() {
        return Err(error::validation("The actor policy is not a valid policy document."));
    }
    record::change(ctx, &input.application_arn, |application| {
        application.actor_policy = Some(given.actor_policy.clone());
        Ok(Empty {})
    })
}

fn method(policy: &Value) -> api::AuthenticationMethod {
    api::AuthenticationMethod { iam: Some(api::IamAuthenticationMethod { actor_policy: policy.clone() }) }
}

fn get_method(
    ctx: &mut Ctx<'_>,
    input: &api::GetApplicationAuthenticationMethodRequest,
) -> Result<api::GetApplicationAuthenticationMethodResponse> {
    let (_, application) = record::named(ctx, &input.application_arn)?;
    let policy = application.actor_policy.as_ref();
    let policy = policy.ok_or_else(|| missing("authentication method", &input.authentication_method_type))?;
    Ok(api::GetApplicationAuthenticationMethodResponse { authentication_method: Some(method(policy)) })
}

/// There is one type of authentication methods: one page holds it.
fn list_methods(
    ctx: &mut Ctx<'_>,
    input: &api::ListApplicationAuthenticationMethodsRequest,
) -> Result<api::ListApplicationAuthenticationMethodsResponse> {
    let (_, application) = record::named(ctx, &input.application_arn)?;
    let methods = application.actor_policy.iter().map(|policy| api::AuthenticationMethodItem {
        authentication_method_type: Some("IAM".to_owned()),
        authentication_method: Some(method(policy)),
    });
    Ok(api::ListApplicationAuthenticationMethodsResponse {
        authentication_methods: Some(methods.collect()),
        next_token: None,
    })
}

fn delete_method(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteApplicationAuthenticationMethodRequest,
) -> Result<Empty> {
    record::change(ctx, &input.application_arn, |application| {
        application.actor_policy = None;
        Ok(Empty {})
    })
}

fn put_assignment(
    ctx: &mut Ctx<'_>,
    input: &api::PutApplicationAssignmentConfigurationRequest,
) -> Result<api::PutApplicationAssignmentConfigurationResponse> {
    record::change(ctx, &input.application_arn, |application| {
        application.assignment_required = input.assignment_required;
        Ok(api::PutApplicationAssignmentConfigurationResponse {})
    })
}

fn get_assignment(
    ctx: &mut Ctx<'_>,
    input: &api::GetApplicationAssignmentConfigurationRequest,
) -> Result<api::GetApplicationAssignmentConfigurationResponse> {
    let (_, application) = record::named(ctx, &input.application_arn)?;
    let assignment_required = application.assignment_required;
    Ok(api::GetApplicationAssignmentConfigurationResponse { assignment_required })
}

fn put_session(
    ctx: &mut Ctx<'_>,
    input: &api::PutApplicationSessionConfigurationRequest,
) -> Result<api::PutApplicationSessionConfigurationResponse> {
    record::change(ctx, &input.application_arn, |application| {
        if let Some(status) = &input.user_background_session_application_status {
            application.background = status == "ENABLED";
        }
        Ok(api::PutApplicationSessionConfigurationResponse {})
    })
}

fn get_session(
    ctx: &mut Ctx<'_>,
    input: &api::GetApplicationSessionConfigurationRequest,
) -> Result<api::GetApplicationSessionConfigurationResponse> {
    let (_, application) = record::named(ctx, &input.application_arn)?;
    let status = if application.background { "ENABLED" } else { "DISABLED" };
    Ok(api::GetApplicationSessionConfigurationResponse {
        user_background_session_application_status: Some(status.to_owned()),
    })
}

//! Service-specific credentials: names and passwords that users have for one service. No service here takes them yet.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::credentials::{Fingerprint, fresh_secret, unique_id};
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Timestamp};
use serde::{Deserialize, Serialize};

use super::meant;
use super::record::User;
use crate::{error, named, page};

/// Credentials that a user may have for a service (IAM user guide, "Service-specific credentials for IAM users").
const MOST: usize = 2;

/// Services that have them (API reference, `CreateServiceSpecificCredential`), and whether theirs are keys that can end.
const SERVICES: [(&str, bool); 3] = [
    ("bedrock.amazonaws.com", true),
    ("cassandra.amazonaws.com", false),
    ("codecommit.amazonaws.com", false),
];

const DAY: i64 = 24 * 3600;

/// A credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ServiceCredential {
    service: String,
    /// The name that it goes by at the service.
    name: String,
    secret: Fingerprint,
    created: Timestamp,
    ends: Option<Timestamp>,
    active: bool,
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::CreateServiceSpecificCredential>(create_service_specific_credential)
        .read::<api::ListServiceSpecificCredentials>(list_service_specific_credentials)
        .write::<api::UpdateServiceSpecificCredential>(update_service_specific_credential)
        .write::<api::ResetServiceSpecificCredential>(reset_service_specific_credential)
        .write::<api::DeleteServiceSpecificCredential>(delete_service_specific_credential)
}

fn missing(id: &str) -> Error {
    error::no_such_entity(format!("Service specific credential {id} cannot be found."))
}

fn not_supported(service: &str) -> Error {
    let message = format!("{service} does not have service-specific credentials.");
    Error::with_status(404, "NotSupportedService", message)
}

/// Whether a service's credentials are keys that can end.
fn has_keys(service: &str) -> Result<bool> {
    let found = SERVICES.iter().find(|(name, _)| *name == service);
    found.map(|(_, keys)| *keys).ok_or_else(|| not_supported(service))
}

fn status(credential: &ServiceCredential, now: Timestamp) -> &'static str {
    match credential.ends {
        Some(ends) if ends <= now => "Expired",
        _ if credential.active => "Active",
        _ => "Inactive",
    }
}

/// The credential with its secret, which is shown once.
fn whole(
    user: &str,
    id: &str,
    credential: &ServiceCredential,
    secret: String,
) -> api::ServiceSpecificCredential {
    let name = credential.name.clone();
    let mut shown = api::ServiceSpecificCredential {
        create_date: credential.created,
        expiration_date: credential.ends,
        service_name: credential.service.clone(),
        service_specific_credential_id: id.to_owned(),
        user_name: user.to_owned(),
        status: if credential.active { "Active" } else { "Inactive" }.to_owned(),
        ..api::ServiceSpecificCredential::default()
    };
    if has_keys(&credential.service).unwrap_or(false) {
        shown.service_credential_alias = Some(name);
        shown.service_credential_secret = Some(secret);
    } else {
        shown.service_user_name = Some(name);
        shown.service_password = Some(secret);
    }
    shown
}

fn create_service_specific_credential(
    ctx: &mut Ctx<'_>,
    input: &api::CreateServiceSpecificCredentialRequest,
) -> Result<api::CreateServiceSpecificCredentialResponse> {
    let (user, service) = (&input.user_name, &input.service_name);
    let has_keys = has_keys(service)?;
    if input.credential_age_days.is_some() && !has_keys {
        return Err(error::validation(format!("Credentials for {service} cannot have an age.")));
    }
    let held = &named::find::<User>(ctx, user)?.service_credentials;
    let names: Vec<&String> =
        held.values().filter(|held| held.service == *service).map(|held| &held.name).collect();
    if names.len() >= MOST {
        return Err(error::quota("ServiceSpecificCredentialsPerUser", MOST));
    }
    let account = ctx.scope().account;
    let plain = format!("{user}-at-{account}");
    let name = if names.contains(&&plain) { format!("{user}+1-at-{account}") } else { plain };
    let created = named::now(ctx);
    let secret = fresh_secret(ctx, "iam.service-credential")?;
    let credential = ServiceCredential {
        service: service.clone(),
        name,
        secret: Fingerprint::of(&secret),
        created,
        ends: input
            .credential_age_days
            .map(|days| Timestamp::from_secs(created.secs() + i64::from(days) * DAY)),
        active: true,
    };
    let id = unique_id("ACCA", ctx.fresh_seed("iam.service-credentials")?);
    let shown = whole(user, &id, &credential, secret);
    named::change::<User, _>(ctx, user, |user| {
        user.service_credentials.insert(id, credential);
        Ok(())
    })?;
    Ok(api::CreateServiceSpecificCredentialResponse { service_specific_credential: Some(shown) })
}

fn list_service_specific_credentials(
    ctx: &mut Ctx<'_>,
    input: &api::ListServiceSpecificCredentialsRequest,
) -> Result<api::ListServiceSpecificCredentialsResponse> {
    let window = page::window(input.max_items, input.marker.as_deref())?;
    if let Some(service) = &input.service_name {
        has_keys(service)?;
    }
    let users: Vec<&User> = if input.all_users == Some(true) {
        ctx.scan::<User>(&named::prefix(ctx)).map(|(_, user)| user).collect()
    } else {
        vec![named::find::<User>(ctx, &meant(ctx, input.user_name.as_ref())?)?]
    };
    let all =
        users.into_iter().flat_map(|user| user.service_credentials.iter().map(move |held| (user, held)));
    let wanted =
        all.filter(|(_, (_, held))| input.service_name.as_ref().is_none_or(|name| held.service == *name));
    let page = window.list(wanted, |(user, (id, _))| Key::new().text(&user.head.name).text(id));
    let now = ctx.now();
    let shown = page.items.into_iter().map(|(user, (id, held))| {
        let is_key = has_keys(&held.service).unwrap_or(false);
        api::ServiceSpecificCredentialMetadata {
            user_name: user.head.name.clone(),
            status: status(held, now).to_owned(),
            service_user_name: Some(held.name.clone()).filter(|_| !is_key),
            service_credential_alias: Some(held.name.clone()).filter(|_| is_key),
            create_date: held.created,
            expiration_date: held.ends,
            service_specific_credential_id: id.clone(),
            service_name: held.service.clone(),
        }
    });
    Ok(api::ListServiceSpecificCredentialsResponse {
        service_specific_credentials: Some(shown.collect()),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

/// Changes a credential of a user.
fn change<R>(
    ctx: &mut Ctx<'_>,
    user: &str,
    id: &str,
    change: impl FnOnce(&mut ServiceCredential) -> R,
) -> Result<R> {
    named::change::<User, _>(ctx, user, |user| {
        user.service_credentials.get_mut(id).map(change).ok_or_else(|| missing(id))
    })
}

fn update_service_specific_credential(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateServiceSpecificCredentialRequest,
) -> Result<Empty> {
    let active = match input.status.as_str() {
        "Active" => true,
        "Inactive" => false,
        other => return Err(error::validation(format!("A credential cannot be made {other}."))),
    };
    let user = meant(ctx, input.user_name.as_ref())?;
    change(ctx, &user, &input.service_specific_credential_id, |credential| credential.active = active)?;
    Ok(Empty {})
}

fn reset_service_specific_credential(
    ctx: &mut Ctx<'_>,
    input: &api::ResetServiceSpecificCredentialRequest,
) -> Result<api::ResetServiceSpecificCredentialResponse> {
    let (user, id) = (meant(ctx, input.user_name.as_ref())?, &input.service_specific_credential_id);
    let secret = fresh_secret(ctx, "iam.service-credential")?;
    let credential = change(ctx, &user, id, |credential| {
        credential.secret = Fingerprint::of(&secret);
        credential.clone()
    })?;
    let shown = whole(&user, id, &credential, secret);
    Ok(api::ResetServiceSpecificCredentialResponse { service_specific_credential: Some(shown) })
}

fn delete_service_specific_credential(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteServiceSpecificCredentialRequest,
) -> Result<Empty> {
    let (user, id) = (meant(ctx, input.user_name.as_ref())?, &input.service_specific_credential_id);
    named::change::<User, _>(ctx, &user, |user| {
        user.service_credentials.remove(id).map(|_| Empty {}).ok_or_else(|| missing(id))
    })
}

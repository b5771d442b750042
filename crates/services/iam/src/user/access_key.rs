//! Access keys of users. They sign calls: the rig keeps what signs with them beside all other credentials.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::credentials::{self, AccessKeys};
use ironbird_rig::{Ctx, Error, Key, Principal, Result, ServiceDef, Timestamp, audit};

use super::meant;
use super::record::{AccessKey, User};
use crate::named;
use crate::{error, page};

/// Keys that a user may have (IAM user guide, "IAM and AWS STS quotas").
const MOST: usize = 2;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::CreateAccessKey>(create_access_key)
        .write::<api::UpdateAccessKey>(update_access_key)
        .read::<api::ListAccessKeys>(list_access_keys)
        .write::<api::DeleteAccessKey>(delete_access_key)
        .read::<api::GetAccessKeyLastUsed>(get_access_key_last_used)
}

fn missing(id: &str) -> Error {
    error::no_such_entity(format!("The Access Key with id {id} cannot be found."))
}

/// `Active` or `Inactive`, as answers have it.
fn status(active: bool) -> String {
    if active { "Active" } else { "Inactive" }.to_owned()
}

fn principal(ctx: &Ctx<'_>, user: &User) -> Principal {
    Principal::User {
        account: ctx.scope().account,
        name: user.head.name.clone(),
        path: user.head.path.clone(),
        id: user.head.id.clone(),
    }
}

/// Lets a user's keys stand for the user under the name and path that it has now.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn follow(ctx: &mut Ctx<'_>, user: &User) -> Result<()> {
    let principal = principal(ctx, user);
    for id in user.keys.keys() {
        ctx.update::<AccessKeys, _>(&Key::new().text(id), |key| key.principal = principal.clone())?;
    }
    Ok(())
}

fn create_access_key(
    ctx: &mut Ctx<'_>,
    input: &api::CreateAccessKeyRequest,
) -> Result<api::CreateAccessKeyResponse> {
    let name = meant(ctx, input.user_name.as_ref())?;
    let user = named::find::<User>(ctx, &name)?;
    if user.keys.len() >= MOST {
        return Err(error::quota("AccessKeysPerUser", MOST));
    }
    let principal = principal(ctx, user);
    let (access_key_id, secret_access_key) = credentials::issue_lasting(ctx, principal)?;
    let created = named::now(ctx);
    named::change::<User, _>(ctx, &name, |user| {
        user.keys.insert(access_key_id.clone(), AccessKey { created, active: true });
        Ok(())
    })?;
    let access_key = api::AccessKey {
        user_name: name,
        access_key_id,
        status: status(true),
        secret_access_key,
        create_date: Some(created),
    };
    Ok(api::CreateAccessKeyResponse { access_key })
}

fn update_access_key(ctx: &mut Ctx<'_>, input: &api::UpdateAccessKeyRequest) -> Result<Empty> {
    let name = meant(ctx, input.user_name.as_ref())?;
    let id = &input.access_key_id;
    let active = match input.status.as_str() {
        "Active" => true,
        "Inactive" => false,
        other => return Err(error::validation(format!("An access key cannot be made {other}."))),
    };
    named::change::<User, _>(ctx, &name, |user| {
        user.keys.get_mut(id).ok_or_else(|| missing(id))?.active = active;
        Ok(())
    })?;
    ctx.update::<AccessKeys, _>(&Key::new().text(id), |key| key.refused = !active)?;
    Ok(Empty {})
}

fn list_access_keys(
    ctx: &mut Ctx<'_>,
    input: &api::ListAccessKeysRequest,
) -> Result<api::ListAccessKeysResponse> {
    let window = page::window(input.max_items, input.marker.as_deref())?;
    if input.user_name.is_none() && matches!(ctx.caller(), Principal::Root { .. }) {
        // The root user signs with the number of the account, which is no access key of IAM's.
        return Ok(api::ListAccessKeysResponse { is_truncated: Some(false), ..Default::default() });
    }
    let name = meant(ctx, input.user_name.as_ref())?;
    let user = named::find::<User>(ctx, &name)?;
    let page = window.list(user.keys.iter(), |(id, _)| Key::new().text(id));
    let shown = page.items.into_iter().map(|(id, key)| api::AccessKeyMetadata {
        user_name: Some(name.clone()),
        access_key_id: Some(id.clone()),
        status: Some(status(key.active)),
        create_date: Some(key.created),
    });
    Ok(api::ListAccessKeysResponse {
        access_key_metadata: shown.collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

fn delete_access_key(ctx: &mut Ctx<'_>, input: &api::DeleteAccessKeyRequest) -> Result<Empty> {
    let name = meant(ctx, input.user_name.as_ref())?;
    let id = &input.access_key_id;
    named::change::<User, _>(ctx, &name, |user| user.keys.remove(id).map(|_| ()).ok_or_else(|| missing(id)))?;
    // An id that the rig does not know stands for a root user, so that it goes on knowing this one, and refuses it.
    ctx.update::<AccessKeys, _>(&Key::new().text(id), |key| {
        key.refused = true;
        key.secret.clear();
    })?;
    Ok(Empty {})
}

fn get_access_key_last_used(
    ctx: &mut Ctx<'_>,
    input: &api::GetAccessKeyLastUsedRequest,
) -> Result<api::GetAccessKeyLastUsedResponse> {
    let id = &input.access_key_id;
    let user = match ctx.peek::<AccessKeys>(&Key::new().text(id)).map(|key| &key.principal) {
        Some(Principal::User { account, name, .. }) if *account == ctx.scope().account => {
            named::look::<User>(ctx, name).filter(|user| user.keys.contains_key(id))
        }
        _ => None,
    };
    let user = user.ok_or_else(|| missing(id))?;
    let used = audit::latest(ctx, |event| event.access_key.as_ref() == Some(id));
    let none = || "N/A".to_owned();
    let last = api::AccessKeyLastUsed {
        last_used_date: used.as_ref().map(|event| Timestamp::from_secs(event.time.secs())),
        service_name: used.as_ref().map_or_else(none, |event| event.service.clone()),
        region: used.as_ref().map_or_else(none, |event| event.scope.region.code().to_owned()),
    };
    Ok(api::GetAccessKeyLastUsedResponse {
        user_name: Some(user.head.name.clone()),
        access_key_last_used: Some(last),
    })
}

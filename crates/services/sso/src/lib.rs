//! IAM Identity Center's access portal: which accounts somebody who signed in may use, in which roles, and credentials for them.
//!
//! Nothing is kept here. Who calls is in the token of the call, which the rig keeps; what they are assigned, Identity Center
//! says; and the credentials are those of a session of the role that it made in the account.

mod account;
mod credentials;
mod error;
mod person;
mod role;
mod tags;

use ironbird_api::{Empty, sso as api};
use ironbird_rig::credentials::sign_in;
use ironbird_rig::{Ctx, Result, ServiceDef};
use serde_json::{Value, json};

/// The service as other services see it when it calls them.
const PRINCIPAL: &str = "sso.amazonaws.com";

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    ServiceDef::new("sso")
        .read::<api::ListAccounts>(account::list_accounts)
        .read::<api::ListAccountRoles>(role::list_account_roles)
        .write::<api::GetRoleCredentials>(credentials::get_role_credentials)
        .write::<api::Logout>(logout)
        .lever("sso.portal", pull_portal)
}

/// What the portal shows to whoever has the token of a sign-in: `{"token": "…"}`. Answers the accounts, each with its roles.
fn pull_portal(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let token = given.get("token").and_then(Value::as_str).unwrap_or_default();
    let person = person::of_token(ctx, token)?;
    let mut accounts: Vec<Value> = Vec::new();
    for assigned in person::assigned(ctx, &person, None)? {
        let Some(facts) = account::facts(ctx, &person, &assigned.account)? else { continue };
        let role = person::permission_set(ctx, &person, &assigned.set)?.name;
        match accounts.last_mut().filter(|last| last["accountId"] == assigned.account.as_str()) {
            Some(Value::Object(last)) => {
                last.get_mut("roles")
                    .and_then(Value::as_array_mut)
                    .into_iter()
                    .for_each(|roles| roles.push(json!(role)));
            }
            _ => {
                let shown =
                    json!({ "accountId": assigned.account, "accountName": facts.name, "roles": [role] });
                accounts.push(shown);
            }
        }
    }
    Ok(json!({ "accounts": accounts }))
}

/// Ends the sign-in with all its tokens. Sessions of roles go on until their own end.
fn logout(ctx: &mut Ctx<'_>, input: &api::LogoutRequest) -> Result<Empty> {
    let found =
        sign_in::of_token(ctx, &input.access_token).map(|(id, sign_in)| (id.to_owned(), sign_in.scope));
    let (id, scope) = found.ok_or_else(error::unauthorized)?;
    ctx.is_made_in(scope);
    sign_in::end(ctx, &id)?;
    Ok(Empty {})
}

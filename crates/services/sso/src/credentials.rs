//! Credentials of a role: those of a session that has the user's name and lasts as long as the permission set says.

use ironbird_api::{iam, sso as api, sso_admin as center};
use ironbird_rig::credentials::{Person as Workforce, Session, issue_temporary};
use ironbird_rig::{Account, Ctx, Principal, Result, Scope, duration};

use crate::person::{self, Person};
use crate::{PRINCIPAL, account, error, tags};

/// Hexadecimal digits at the end of a role's name.
const DIGITS: usize = 16;

/// Seconds that a session lasts whose permission set does not say.
const USUAL: i64 = 3600;

pub(crate) fn get_role_credentials(
    ctx: &mut Ctx<'_>,
    input: &api::GetRoleCredentialsRequest,
) -> Result<api::GetRoleCredentialsResponse> {
    let person = person::of_token(ctx, &input.access_token)?;
    ctx.is_made_in(person.sign_in.scope);
    let set = find_set(ctx, &person, &input.account_id, &input.role_name)?;
    account::facts(ctx, &person, &input.account_id)?.ok_or_else(error::forbidden)?;
    let account = Account::parse(&input.account_id).ok_or_else(error::forbidden)?;
    let there = Scope { account, region: person.sign_in.scope.region };
    let role = ctx.within(there, |ctx| reserved_role(ctx, &input.role_name))?;
    let seconds = set.session_duration.as_deref().and_then(duration::seconds).unwrap_or(USUAL);
    let began = begun(ctx, &person, account)?;
    let principal = Principal::AssumedRole {
        account,
        role: role.role_name,
        role_id: role.role_id,
        session: person.user.user_name.unwrap_or_default(),
    };
    let session = issue_temporary(ctx, principal, seconds, began)?;
    Ok(api::GetRoleCredentialsResponse {
        role_credentials: Some(api::RoleCredentials {
            access_key_id: Some(session.access_key_id),
            secret_access_key: Some(session.secret),
            session_token: Some(session.token),
            // In milliseconds.
            expiration: Some(session.expires.secs() * 1000),
        }),
    })
}

/// What the session begins with: who it is for, who vouches for them in the account, and the tags that the instance makes of their
/// attributes.
fn begun(ctx: &mut Ctx<'_>, person: &Person, account: Account) -> Result<Session> {
    let scope = person.sign_in.scope;
    let partition = scope.region.partition();
    let store =
        format!("arn:{partition}:identitystore::{}:identitystore/{}", scope.account, person.sign_in.store);
    let there = Scope { account, region: scope.region };
    Ok(Session {
        tags: tags::of(ctx, person)?,
        provider: ctx.within(there, provider)?,
        person: Some(Workforce { store, user: person.sign_in.user.clone() }),
        ..Session::new(ctx.now())
    })
}

/// ARN of the SAML provider by which the context's account trusts Identity Center.
fn provider(ctx: &mut Ctx<'_>) -> Result<Option<String>> {
    let listed = ctx.call::<iam::ListSAMLProviders>(PRINCIPAL, &iam::ListSAMLProvidersRequest {})?;
    let arns = listed.saml_provider_list.unwrap_or_default().into_iter().filter_map(|provider| provider.arn);
    Ok(arns.into_iter().find(|arn| arn.contains(":saml-provider/AWSSSO_")))
}

/// The permission set of that name that a person is assigned in an account.
fn find_set(ctx: &mut Ctx<'_>, person: &Person, account: &str, name: &str) -> Result<center::PermissionSet> {
    for assigned in person::assigned(ctx, person, Some(account))? {
        let set = person::permission_set(ctx, person, &assigned.set)?;
        if set.name.as_deref() == Some(name) {
            return Ok(set);
        }
    }
    Err(error::forbidden())
}

/// The role of the context's account that Identity Center made of a permission set.
fn reserved_role(ctx: &mut Ctx<'_>, set: &str) -> Result<iam::Role> {
    let prefix = format!("AWSReservedSSO_{set}_");
    let is_of_set = |role: &iam::Role| {
        // One set's name may begin like another's.
        let rest = role.role_name.strip_prefix(&prefix);
        rest.is_some_and(|rest| rest.len() == DIGITS && rest.bytes().all(|digit| digit.is_ascii_hexdigit()))
    };
    let mut input = iam::ListRolesRequest {
        path_prefix: Some(format!("/aws-reserved/{PRINCIPAL}/")),
        ..Default::default()
    };
    loop {
        let page = ctx.call::<iam::ListRoles>(PRINCIPAL, &input)?;
        if let Some(role) = page.roles.into_iter().find(is_of_set) {
            return Ok(role);
        }
        input.marker = page.marker;
        if input.marker.is_none() {
            return Err(error::forbidden());
        }
    }
}

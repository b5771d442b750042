//! Accounts that Organizations makes: asked for, and made a while later.

use std::collections::BTreeMap;

use ironbird_api::organizations as api;
use ironbird_rig::world::Transitions;
use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Joined, Members, role};
use crate::organization::{Organization, Organizations};
use crate::profile::{self, Profile};
use crate::{caller, error, handshake, id, page, tag};

/// Accounts asked for: (organization, id).
struct Requests;

impl Table for Requests {
    const NAME: &'static str = "organizations.account-requests";
    type Record = Request;
}

/// An account that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Request {
    id: String,
    profile: Profile,
    tags: BTreeMap<String, String>,
    /// Name of the role that the management account gets in with.
    #[serde(default)]
    role: Option<String>,
    requested: Timestamp,
    /// When it will be made, or was.
    due: Timestamp,
    outcome: Option<Outcome>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// There is an account.
    Made(Account),
    /// There is none, for a reason that the API names.
    Failed(String),
}

/// The timer handler's name.
const TIMER: &str = "organizations.create-account";

/// Seconds until an account is there, at least and at most. AWS says that it may take a few minutes; those who create many have
/// published half a minute to a minute.
const MAKING: (u64, u64) = (20, 60);

/// Members that an organization may have. AWS begins with ten and raises that to as many when asked (quotas in the user guide);
/// the rig has nobody to ask.
pub(crate) const MOST: usize = 10_000;

/// Accounts that may be in the making at a time, where request limits hold (quotas in the user guide).
const MOST_AT_ONCE: usize = 5;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Requests>()
        .timer(TIMER, made)
        .write::<api::CreateAccount>(create_account)
        .records::<api::CreateAccount>(&["IamUserAccessToBilling"])
        .read::<api::DescribeCreateAccountStatus>(describe_status)
        .read::<api::ListCreateAccountStatus>(list_statuses)
}

/// Forgets what was asked for in an organization that is deleted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget(ctx: &mut Ctx<'_>, organization: &Organization) -> Result<()> {
    let keys: Vec<Key> = ctx.scan::<Requests>(&organization.prefix()).map(|(key, _)| key.clone()).collect();
    for key in keys {
        ctx.delete::<Requests>(&key)?;
    }
    Ok(())
}

fn create_account(
    ctx: &mut Ctx<'_>,
    input: &api::CreateAccountRequest,
) -> Result<api::CreateAccountResponse> {
    let organization = caller::management(ctx)?;
    check(input)?;
    let tags = tag::read(input.tags.as_deref())?;
    let in_the_making =
        ctx.scan::<Requests>(&organization.prefix()).filter(|(_, request)| request.outcome.is_none()).count();
    let members = ctx.scan::<Members>(&organization.prefix()).count();
    if members + in_the_making + handshake::open_invitations(ctx, &organization) >= MOST {
        let message = "You have exceeded the allowed number of AWS accounts.";
        return Err(error::constraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", message));
    }
    if ctx.settings().throttles && in_the_making >= MOST_AT_ONCE {
        let message = "You have sent too many requests in too short a period of time.";
        return Err(error::client("TooManyRequestsException", message));
    }
    let requested = ctx.now();
    let request = Request {
        id: format!("car-{}", id::fresh(ctx, "organizations.request", 32)?),
        profile: Profile { name: input.account_name.clone(), email: input.email.clone() },
        tags,
        role: input.role_name.clone(),
        requested,
        due: due(ctx, requested)?,
        outcome: None,
    };
    ctx.wake_at(request.due, TIMER, &format!("{} {}", organization.id, request.id))?;
    let shown = view(&request);
    ctx.put::<Requests>(organization.key(&request.id), request)?;
    Ok(api::CreateAccountResponse { create_account_status: Some(shown) })
}

/// Checks what can be told at once. The address is looked at when the account is made.
fn check(input: &api::CreateAccountRequest) -> Result<()> {
    let is_name = input.account_name.chars().all(|c| (' '..='~').contains(&c));
    let parts: Vec<&str> = input.email.split('@').collect();
    let is_email = matches!(parts[..], [local, domain] if !local.is_empty() && domain.contains('.'))
        && !input.email.contains(char::is_whitespace);
    let role = input.role_name.as_deref();
    let is_role = role.is_none_or(|role| {
        !role.is_empty() && role.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
    });
    if !is_name || !is_email || !is_role {
        return Err(error::pattern());
    }
    if role.is_some_and(|role| role.starts_with("AWSServiceRoleFor")) {
        let message = "You provided a role name that isn't valid.";
        return Err(error::invalid_input("INVALID_ROLE_NAME", message));
    }
    Ok(())
}

/// Whether an account can have the address. Source: the API reference's rules for `Email`.
fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else { return false };
    let is_local = !local.starts_with('.') && !local.contains(|c: char| "\"'()<>[]:;,\\|%&".contains(c));
    let is_domain = domain.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
        && !domain.starts_with(['-', '.'])
        && !domain.ends_with(['-', '.']);
    email.is_ascii() && is_local && is_domain
}

fn due(ctx: &mut Ctx<'_>, now: Timestamp) -> Result<Timestamp> {
    if ctx.settings().transitions == Transitions::Instant {
        return Ok(now);
    }
    let (from, to) = MAKING;
    let seconds = from + ctx.fresh_seed("organizations.making")?.rng().below(to - from + 1);
    Ok(Timestamp::from_nanos(now.nanos().saturating_add(seconds.cast_signed() * 1_000_000_000)))
}

/// The timer handler: an account that was asked for is made.
fn made(ctx: &mut Ctx<'_>, resource: &str) -> Result<()> {
    let Some((organization, request)) = resource.split_once(' ') else { return Ok(()) };
    // The organization may be gone by now, and the request with it.
    let Some(organization) = ctx.get::<Organizations>(&Key::new().text(organization)) else { return Ok(()) };
    let key = organization.key(request);
    let Some(mut request) = ctx.peek::<Requests>(&key).cloned() else { return Ok(()) };
    if request.outcome.is_some() || request.due > ctx.now() {
        return Ok(());
    }
    let failure = if !is_address(&request.profile.email) {
        Some("INVALID_EMAIL")
    } else if profile::with_address(ctx, &request.profile.email).is_some() {
        Some("EMAIL_ALREADY_EXISTS")
    } else {
        None
    };
    request.outcome = Some(match failure {
        Some(reason) => Outcome::Failed(reason.to_owned()),
        None => {
            let account = profile::sign_up(ctx, request.profile.clone())?;
            super::join(ctx, &organization, account, Joined::Created)?;
            role::open(ctx, &organization, account, request.role.as_deref().unwrap_or(role::USUAL))?;
            tag::keep(ctx, &organization, &account.to_string(), request.tags.clone())?;
            Outcome::Made(account)
        }
    });
    request.due = ctx.now();
    ctx.put::<Requests>(key, request)
}

fn describe_status(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeCreateAccountStatusRequest,
) -> Result<api::DescribeCreateAccountStatusResponse> {
    let organization = caller::reader(ctx)?;
    let id = &input.create_account_request_id;
    if !id::is_numbered(id, "car-") {
        return Err(error::pattern());
    }
    let request = ctx.peek::<Requests>(&organization.key(id)).ok_or_else(|| {
        let message = "You specified a create account request that doesn't exist.";
        error::client("CreateAccountStatusNotFoundException", message)
    })?;
    Ok(api::DescribeCreateAccountStatusResponse { create_account_status: Some(view(request)) })
}

fn list_statuses(
    ctx: &mut Ctx<'_>,
    input: &api::ListCreateAccountStatusRequest,
) -> Result<api::ListCreateAccountStatusResponse> {
    let organization = caller::reader(ctx)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let states = input.states.as_deref().unwrap_or_default();
    let page = window.scan::<Requests, _>(ctx, &organization.prefix(), |request| {
        let shown = view(request);
        let is_asked_for =
            states.is_empty() || states.iter().any(|state| Some(state) == shown.state.as_ref());
        is_asked_for.then_some(shown)
    });
    Ok(api::ListCreateAccountStatusResponse {
        create_account_statuses: Some(page.items),
        next_token: page.next,
    })
}

fn view(request: &Request) -> api::CreateAccountStatus {
    let (state, account, failure) = match &request.outcome {
        None => ("IN_PROGRESS", None, None),
        Some(Outcome::Made(account)) => ("SUCCEEDED", Some(account.to_string()), None),
        Some(Outcome::Failed(reason)) => ("FAILED", None, Some(reason.clone())),
    };
    api::CreateAccountStatus {
        id: Some(request.id.clone()),
        account_name: Some(request.profile.name.clone()),
        state: Some(state.to_owned()),
        requested_timestamp: Some(request.requested),
        completed_timestamp: request.outcome.is_some().then_some(request.due),
        account_id: account,
        gov_cloud_account_id: None,
        failure_reason: failure,
    }
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn addresses_keep_to_the_rules_of_the_reference() {
        for (email, expected) in [
            ("a@b.c", true),
            ("first.last+tag@mail.example.com", true),
            (".first@example.com", false),
            ("a&b@example.com", false),
            ("a@-example.com", false),
            ("a@example.com.", false),
            ("a@exa_mple.com", false),
            ("ä@example.com", false),
            ("nobody", false),
        ] {
            assert_eq!(is_address(email), expected, "{email}");
        }
    }
}

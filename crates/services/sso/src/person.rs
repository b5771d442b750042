//! Who calls, and what they are assigned.

use ironbird_api::{identitystore as people, sso_admin as center};
use ironbird_rig::credentials::sign_in::{self, SignIn};
use ironbird_rig::page::Window;
use ironbird_rig::{Ctx, Result};

use crate::{PRINCIPAL, error};

/// Items on a page at most, and by default (the model's constraint).
const MOST: usize = 100;

/// The extension of users that the identity store has.
pub(crate) const ENTERPRISE: &str = "aws:identitystore:enterprise";

/// Somebody who signed in.
pub(crate) struct Person {
    pub(crate) sign_in: SignIn,
    /// As the identity store has them.
    pub(crate) user: people::DescribeUserResponse,
}

/// A permission set that somebody is assigned in an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Assigned {
    pub(crate) account: String,
    /// ARN of the permission set.
    pub(crate) set: String,
}

/// Reads the token of a call. Whoever was deleted or disabled since is signed in no more.
///
/// # Errors
/// `UnauthorizedException`
pub(crate) fn of_token(ctx: &mut Ctx<'_>, token: &str) -> Result<Person> {
    let found = sign_in::of_token(ctx, token).map(|(_, sign_in)| sign_in.clone());
    let sign_in = found.ok_or_else(error::unauthorized)?;
    let input = people::DescribeUserRequest {
        identity_store_id: sign_in.store.clone(),
        user_id: sign_in.user.clone(),
        extensions: Some(vec![ENTERPRISE.to_owned()]),
    };
    let found = ctx.within(sign_in.scope, |ctx| ctx.call::<people::DescribeUser>(PRINCIPAL, &input));
    match found {
        Ok(user) if user.user_status.as_deref() == Some("ENABLED") => Ok(Person { sign_in, user }),
        Ok(_) => Err(error::unauthorized()),
        Err(gone) if gone.code() == "ResourceNotFoundException" => Err(error::unauthorized()),
        Err(error) => Err(error),
    }
}

/// What a person is assigned, by themselves and by their groups, in order and each once: in `account`, or anywhere.
///
/// # Errors
/// `UnauthorizedException` where the instance is no more.
pub(crate) fn assigned(ctx: &mut Ctx<'_>, person: &Person, account: Option<&str>) -> Result<Vec<Assigned>> {
    let mut input = center::ListAccountAssignmentsForPrincipalRequest {
        instance_arn: person.sign_in.instance.clone(),
        principal_id: person.sign_in.user.clone(),
        principal_type: "USER".to_owned(),
        filter: account
            .map(|account| center::ListAccountAssignmentsFilter { account_id: Some(account.to_owned()) }),
        ..Default::default()
    };
    let mut assigned = Vec::new();
    loop {
        let page = ctx.within(person.sign_in.scope, |ctx| {
            ctx.call::<center::ListAccountAssignmentsForPrincipal>(PRINCIPAL, &input)
        });
        let page = match page {
            // An account's own instance assigns applications, and nothing in accounts.
            Err(none) if none.code() == "ValidationException" => return Ok(Vec::new()),
            Err(gone) if gone.code() == "AccessDeniedException" => return Err(error::unauthorized()),
            other => other?,
        };
        for assignment in page.account_assignments.unwrap_or_default() {
            let (Some(account), Some(set)) = (assignment.account_id, assignment.permission_set_arn) else {
                continue;
            };
            assigned.push(Assigned { account, set });
        }
        input.next_token = page.next_token;
        if input.next_token.is_none() {
            break;
        }
    }
    assigned.sort();
    assigned.dedup();
    Ok(assigned)
}

/// A permission set, by its ARN.
///
/// # Errors
/// Those of `DescribePermissionSet`.
pub(crate) fn permission_set(ctx: &mut Ctx<'_>, person: &Person, arn: &str) -> Result<center::PermissionSet> {
    let input = center::DescribePermissionSetRequest {
        instance_arn: person.sign_in.instance.clone(),
        permission_set_arn: arn.to_owned(),
    };
    let found =
        ctx.within(person.sign_in.scope, |ctx| ctx.call::<center::DescribePermissionSet>(PRINCIPAL, &input))?;
    found.permission_set.ok_or_else(error::forbidden)
}

/// Reads `max_result` and `next_token`.
///
/// # Errors
/// `InvalidRequestException` for a token that is not ours.
pub(crate) fn window(max_results: Option<i32>, next_token: Option<&str>) -> Result<Window> {
    Window::asked(max_results, MOST, next_token).ok_or_else(|| error::request("Invalid next token provided"))
}

//! The accounts that somebody may use.

use ironbird_api::{organizations, sso as api};
use ironbird_rig::{Ctx, Key, Result};

use crate::PRINCIPAL;
use crate::person::{self, Person};

/// What the organization knows of an account that can be used; none of one that has left or is closed.
///
/// # Errors
/// Those of `DescribeAccount` that say something else.
pub(crate) fn facts(
    ctx: &mut Ctx<'_>,
    person: &Person,
    account: &str,
) -> Result<Option<organizations::Account>> {
    let input = organizations::DescribeAccountRequest { account_id: account.to_owned() };
    let found =
        ctx.within(person.sign_in.scope, |ctx| ctx.call::<organizations::DescribeAccount>(PRINCIPAL, &input));
    match found {
        Err(gone) if gone.code() == "AccountNotFoundException" => Ok(None),
        other => Ok(other?.account.filter(|account| account.status.as_deref() == Some("ACTIVE"))),
    }
}

pub(crate) fn list_accounts(
    ctx: &mut Ctx<'_>,
    input: &api::ListAccountsRequest,
) -> Result<api::ListAccountsResponse> {
    let person = person::of_token(ctx, &input.access_token)?;
    ctx.is_made_in(person.sign_in.scope);
    let window = person::window(input.max_results, input.next_token.as_deref())?;
    let mut accounts: Vec<String> =
        person::assigned(ctx, &person, None)?.into_iter().map(|assigned| assigned.account).collect();
    accounts.dedup();
    let page = window.list(accounts.into_iter(), |account| Key::new().text(account));
    let mut shown = Vec::new();
    for account in page.items {
        let Some(facts) = facts(ctx, &person, &account)? else { continue };
        shown.push(api::AccountInfo {
            account_id: Some(account),
            account_name: facts.name,
            email_address: facts.email,
        });
    }
    Ok(api::ListAccountsResponse { next_token: page.next, account_list: Some(shown) })
}

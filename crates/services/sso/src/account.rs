//! The accounts that somebody may use.

use ironbird_api::{organizations, sso as api};
use ironbird_rig::{Ctx, Key, Result};

use crate::{PRINCIPAL, person};

pub(crate) fn list_accounts(
    ctx: &mut Ctx<'_>,
    input: &api::ListAccountsRequest,
) -> Result<api::ListAccountsResponse> {
    let person = person::of_token(ctx, &input.access_token)?;
    let window = person::window(input.max_results, input.next_token.as_deref())?;
    let mut accounts: Vec<String> =
        person::assigned(ctx, &person, None)?.into_iter().map(|assigned| assigned.account).collect();
    accounts.dedup();
    let page = window.list(accounts.into_iter(), |account| Key::new().text(account));
    let mut shown = Vec::new();
    for account in page.items {
        let input = organizations::DescribeAccountRequest { account_id: account.clone() };
        let found = ctx.within(person.sign_in.scope, |ctx| {
            ctx.call::<organizations::DescribeAccount>(PRINCIPAL, &input)
        });
        let facts = match found {
            // An account that has left the organization is nobody's to use any more.
            Err(gone) if gone.code() == "AccountNotFoundException" => continue,
            other => other?.account,
        };
        shown.push(api::AccountInfo {
            account_id: Some(account),
            account_name: facts.as_ref().and_then(|facts| facts.name.clone()),
            email_address: facts.and_then(|facts| facts.email),
        });
    }
    Ok(api::ListAccountsResponse { next_token: page.next, account_list: Some(shown) })
}

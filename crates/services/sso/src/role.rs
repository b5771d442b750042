//! The roles that somebody has in an account: a permission set is a role of its name.

use ironbird_api::sso as api;
use ironbird_rig::{Ctx, Key, Result};

use crate::{error, person};

pub(crate) fn list_account_roles(
    ctx: &mut Ctx<'_>,
    input: &api::ListAccountRolesRequest,
) -> Result<api::ListAccountRolesResponse> {
    let person = person::of_token(ctx, &input.access_token)?;
    ctx.is_made_in(person.sign_in.scope);
    let window = person::window(input.max_results, input.next_token.as_deref())?;
    let assigned = person::assigned(ctx, &person, Some(&input.account_id))?;
    if assigned.is_empty() {
        return Err(error::forbidden());
    }
    let page = window.list(assigned.into_iter(), |assigned| Key::new().text(&assigned.set));
    let mut shown = Vec::new();
    for assigned in page.items {
        let set = person::permission_set(ctx, &person, &assigned.set)?;
        shown.push(api::RoleInfo { role_name: set.name, account_id: Some(assigned.account) });
    }
    Ok(api::ListAccountRolesResponse { next_token: page.next, role_list: Some(shown) })
}

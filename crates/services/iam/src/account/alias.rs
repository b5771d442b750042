//! The alias of an account, which no other account has.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::{everywhere, keep, settings};
use crate::error;
use crate::named;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::CreateAccountAlias>(create_account_alias)
        .read::<api::ListAccountAliases>(list_account_aliases)
        .write::<api::DeleteAccountAlias>(delete_account_alias)
}

/// Sets the alias, in place of the one that the account has.
fn create_account_alias(ctx: &mut Ctx<'_>, input: &api::CreateAccountAliasRequest) -> Result<Empty> {
    let alias = &input.account_alias;
    let own = named::prefix(ctx);
    if everywhere(ctx).any(|(account, settings)| *account != own && settings.alias.as_ref() == Some(alias)) {
        return Err(error::already_exists(format!("The account alias {alias} already exists.")));
    }
    let mut settings = settings(ctx);
    settings.alias = Some(alias.clone());
    keep(ctx, settings)?;
    Ok(Empty {})
}

fn list_account_aliases(
    ctx: &mut Ctx<'_>,
    _input: &api::ListAccountAliasesRequest,
) -> Result<api::ListAccountAliasesResponse> {
    Ok(api::ListAccountAliasesResponse {
        account_aliases: settings(ctx).alias.into_iter().collect(),
        is_truncated: Some(false),
        marker: None,
    })
}

fn delete_account_alias(ctx: &mut Ctx<'_>, input: &api::DeleteAccountAliasRequest) -> Result<Empty> {
    let mut settings = settings(ctx);
    if settings.alias.as_ref() != Some(&input.account_alias) {
        let message = format!("The account alias {} cannot be found.", input.account_alias);
        return Err(error::no_such_entity(message));
    }
    settings.alias = None;
    keep(ctx, settings)?;
    Ok(Empty {})
}

//! Target account configurations: in which accounts an experiment acts, and with which role.
//!
//! Source: AWS FIS user guide, "Working with multi-account experiments" and "Quotas".

use ironbird_api::fis as api;
use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use super::{check, find};
use crate::{error, page};

/// Accounts of a template (FIS's default quota).
const MOST: usize = 40;

/// All configurations: (account, Region, template, target account).
struct Targets;

impl Table for Targets {
    const NAME: &'static str = "fis.target-accounts";
    type Record = TargetAccount;
}

/// The target account that a client token was given for: (account, Region, template, token).
struct Tokens;

impl Table for Tokens {
    const NAME: &'static str = "fis.target-account-tokens";
    type Record = String;
}

/// An account that an experiment acts in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TargetAccount {
    pub(crate) account: String,
    pub(crate) role: String,
    pub(crate) description: Option<String>,
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Targets>()
        .table::<Tokens>()
        .write::<api::CreateTargetAccountConfiguration>(create)
        .read::<api::GetTargetAccountConfiguration>(get)
        .read::<api::ListTargetAccountConfigurations>(list)
        .write::<api::UpdateTargetAccountConfiguration>(update)
        .write::<api::DeleteTargetAccountConfiguration>(delete)
}

/// The accounts of a template, in their order.
pub(crate) fn of(ctx: &Ctx<'_>, template: &str) -> Vec<TargetAccount> {
    ctx.scan::<Targets>(&ctx.scope().key(template)).map(|(_, target)| target.clone()).collect()
}

/// How many those are.
pub(super) fn count(ctx: &Ctx<'_>, template: &str) -> i64 {
    i64::try_from(ctx.scan::<Targets>(&ctx.scope().key(template)).count()).unwrap_or(i64::MAX)
}

/// Drops the accounts of a template that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget_all(ctx: &mut Ctx<'_>, template: &str) -> Result<()> {
    let prefix = ctx.scope().key(template);
    let targets: Vec<Key> = ctx.scan::<Targets>(&prefix).map(|(key, _)| key.clone()).collect();
    targets.iter().try_for_each(|key| ctx.delete::<Targets>(key).map(drop))?;
    let tokens: Vec<Key> = ctx.scan::<Tokens>(&prefix).map(|(key, _)| key.clone()).collect();
    tokens.iter().try_for_each(|key| ctx.delete::<Tokens>(key).map(drop))
}

impl TargetAccount {
    fn view(&self) -> api::TargetAccountConfiguration {
        api::TargetAccountConfiguration {
            role_arn: Some(self.role.clone()),
            account_id: Some(self.account.clone()),
            description: self.description.clone(),
        }
    }

    /// The role has to be one of the account.
    fn check(&self) -> Result<()> {
        let Self { account, role, .. } = self;
        if Account::parse(account).is_none() {
            return Err(error::validation(format!("accountId {account} is not the id of an account.")));
        }
        if check::role(role)? != account {
            return Err(error::validation(format!(
                "roleArn {role} is not the ARN of a role in account {account}."
            )));
        }
        Ok(())
    }
}

fn found<'t>(ctx: &'t Ctx<'_>, template: &str, account: &str) -> Result<&'t TargetAccount> {
    find(ctx, template)?;
    ctx.peek::<Targets>(&ctx.scope().key(template).text(account)).ok_or_else(|| {
        error::not_found(format!("ExperimentTemplate {template} has no target account {account}."))
    })
}

fn create(
    ctx: &mut Ctx<'_>,
    input: &api::CreateTargetAccountConfigurationRequest,
) -> Result<api::CreateTargetAccountConfigurationResponse> {
    let id = &input.experiment_template_id;
    let is_for_several = find(ctx, id)?.plan.experiment_options.is_for_several_accounts();
    let target = TargetAccount {
        account: input.account_id.clone(),
        role: input.role_arn.clone(),
        description: input.description.clone(),
    };
    target.check()?;
    let answer =
        api::CreateTargetAccountConfigurationResponse { target_account_configuration: Some(target.view()) };
    let key = ctx.scope().key(id).text(&target.account);
    let token = input.client_token.as_ref().map(|token| ctx.scope().key(id).text(token));
    if let Some(earlier) = token.as_ref().and_then(|token| ctx.peek::<Tokens>(token)) {
        if *earlier != target.account || ctx.peek::<Targets>(&key) != Some(&target) {
            return Err(error::conflict("The client token was used before with other parameters."));
        }
        return Ok(answer);
    }
    if !is_for_several {
        return Err(error::validation(format!(
            "The experimentOptions.accountTargeting of ExperimentTemplate {id} is single-account."
        )));
    }
    if ctx.peek::<Targets>(&key).is_some() {
        return Err(error::conflict(format!(
            "ExperimentTemplate {id} has the target account {} already.",
            target.account
        )));
    }
    if of(ctx, id).len() >= MOST {
        return Err(error::quota(format!("An experiment template can have at most {MOST} target accounts.")));
    }
    if let Some(token) = token {
        ctx.put::<Tokens>(token, target.account.clone())?;
    }
    ctx.put::<Targets>(key, target)?;
    Ok(answer)
}

fn get(
    ctx: &mut Ctx<'_>,
    input: &api::GetTargetAccountConfigurationRequest,
) -> Result<api::GetTargetAccountConfigurationResponse> {
    let target = found(ctx, &input.experiment_template_id, &input.account_id)?;
    Ok(api::GetTargetAccountConfigurationResponse { target_account_configuration: Some(target.view()) })
}

fn list(
    ctx: &mut Ctx<'_>,
    input: &api::ListTargetAccountConfigurationsRequest,
) -> Result<api::ListTargetAccountConfigurationsResponse> {
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    find(ctx, &input.experiment_template_id)?;
    let prefix = ctx.scope().key(&input.experiment_template_id);
    let page = window.scan::<Targets, _>(ctx, &prefix, |target| {
        Some(api::TargetAccountConfigurationSummary {
            role_arn: Some(target.role.clone()),
            account_id: Some(target.account.clone()),
            description: target.description.clone(),
        })
    });
    Ok(api::ListTargetAccountConfigurationsResponse {
        target_account_configurations: Some(page.items),
        next_token: page.next,
    })
}

fn update(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateTargetAccountConfigurationRequest,
) -> Result<api::UpdateTargetAccountConfigurationResponse> {
    let mut target = found(ctx, &input.experiment_template_id, &input.account_id)?.clone();
    target.role = input.role_arn.clone().unwrap_or(target.role);
    target.description = input.description.clone().or(target.description);
    target.check()?;
    let shown = target.view();
    let key = ctx.scope().key(&input.experiment_template_id).text(&input.account_id);
    ctx.put::<Targets>(key, target)?;
    Ok(api::UpdateTargetAccountConfigurationResponse { target_account_configuration: Some(shown) })
}

fn delete(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteTargetAccountConfigurationRequest,
) -> Result<api::DeleteTargetAccountConfigurationResponse> {
    let shown = found(ctx, &input.experiment_template_id, &input.account_id)?.view();
    let template = ctx.scope().key(&input.experiment_template_id);
    ctx.delete::<Targets>(&template.clone().text(&input.account_id))?;
    let tokens = ctx.scan::<Tokens>(&template).filter(|(_, account)| **account == input.account_id);
    let tokens: Vec<Key> = tokens.map(|(key, _)| key.clone()).collect();
    tokens.iter().try_for_each(|key| ctx.delete::<Tokens>(key).map(drop))?;
    Ok(api::DeleteTargetAccountConfigurationResponse { target_account_configuration: Some(shown) })
}

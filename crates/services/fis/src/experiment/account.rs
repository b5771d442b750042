//! Whose roles an experiment takes, and experiments over several accounts: with its template's role an experiment takes the role
//! of each target account, and acts there on what it finds there.
//!
//! Source: AWS FIS user guide, "Working with multi-account experiments" and its prerequisites.

use ironbird_api::{fis as api, sts};
use ironbird_rig::arn::Arn;
use ironbird_rig::error::InternalError;
use ironbird_rig::{Account, Ctx, Key, Principal, Result, Scope, Timestamp};

use super::find;
use super::record::{Experiment, Resolved};
use crate::action::{Definition, Hold, Holds, Work};
use crate::{PRINCIPAL, error, id, page, target};

/// Takes the template's role, and with that the roles of the target accounts. Whoever the experiment is in each account.
///
/// # Errors
/// `AccessDenied`, where policies decide and a role does not trust the one before it.
pub(super) fn enter(ctx: &mut Ctx<'_>, experiment: &Experiment) -> Result<Vec<(Account, Principal)>> {
    let ask = |role: &str, external_id: Option<String>| sts::AssumeRoleRequest {
        role_arn: role.to_owned(),
        role_session_name: experiment.id.clone(),
        external_id,
        ..Default::default()
    };
    let own = ctx.call::<sts::AssumeRole>(PRINCIPAL, &ask(&experiment.plan.role_arn, None))?;
    let own = session(&own, &experiment.id)?;
    let mut sessions = vec![(ctx.scope().account, own.clone())];
    let external = id::arn(ctx, "experiment", &experiment.id);
    for target in &experiment.accounts {
        let input = ask(&target.role, Some(external.clone()));
        let answer = ctx.call_as::<sts::AssumeRole>(own.clone(), PRINCIPAL, &input)?;
        let Some(account) = Account::parse(&target.account) else { continue };
        sessions.push((account, session(&answer, &experiment.id)?));
    }
    Ok(sessions)
}

/// Who has a session of a role.
///
/// # Errors
/// An internal one, where STS does not say.
fn session(answer: &sts::AssumeRoleResponse, name: &str) -> Result<Principal> {
    let principal = answer.assumed_role_user.as_ref().and_then(|user| {
        // `arn:aws:sts::123456789012:assumed-role/name/session` and `AROA…:session`
        let arn = Arn::parse(&user.arn)?;
        let (role_id, _) = user.assumed_role_id.split_once(':')?;
        Some(Principal::AssumedRole {
            account: Account::parse(arn.account)?,
            role: arn.resource.split('/').nth(1)?.to_owned(),
            role_id: role_id.to_owned(),
            session: name.to_owned(),
        })
    });
    principal.ok_or_else(|| InternalError::Broken(format!("experiment {name} has no session")).into())
}

/// Does `work` in one of the experiment's accounts, with the role that it has there.
///
/// # Errors
/// Those of `work`.
fn within<R>(
    ctx: &mut Ctx<'_>,
    experiment: &Experiment,
    account: Account,
    work: impl FnOnce(&mut Ctx<'_>) -> Result<R>,
) -> Result<R> {
    let scope = Scope { account, ..ctx.scope() };
    // A target account that is the experiment's own comes last, with the role that it has as a target.
    let session = experiment.sessions.iter().rev().find(|(there, _)| *there == account);
    ctx.within(scope, |ctx| match session {
        Some((_, session)) => ctx.acting_as(session.clone(), PRINCIPAL, work),
        None => work(ctx),
    })
}

/// Finds a target in every account of an experiment. How many of the resources are chosen is counted by account.
///
/// # Errors
/// Those of the operations that list resources.
pub(super) fn resolve(ctx: &mut Ctx<'_>, experiment: &Experiment, name: &str) -> Result<Vec<Resolved>> {
    let Some(planned) = experiment.plan.targets.get(name) else { return Ok(Vec::new()) };
    if experiment.accounts.is_empty() {
        let own = ctx.scope().account;
        return within(ctx, experiment, own, |ctx| target::resolve(ctx, &experiment.id, name, planned));
    }
    let mut all = Vec::new();
    for account in targets(experiment) {
        let resolve = |ctx: &mut Ctx<'_>| target::resolve(ctx, &experiment.id, name, planned);
        let found = within(ctx, experiment, account, resolve)?;
        all.extend(found.into_iter().filter(|resource| is_of(resource, account)));
    }
    Ok(all)
}

/// Begins an action in every account in which it has targets; one that has none, in the experiment's own. When the action ends
/// by itself, and what it keeps up in each account.
///
/// # Errors
/// Why it could not.
pub(super) fn begin(
    ctx: &mut Ctx<'_>,
    experiment: &Experiment,
    definition: &Definition,
    work: &Work<'_>,
) -> Result<(Option<Timestamp>, Holds)> {
    if experiment.accounts.is_empty() || definition.target.is_none() {
        let own = ctx.scope().account;
        let begun = within(ctx, experiment, own, |ctx| definition.begin(ctx, work))?;
        return Ok((begun.until, vec![(own, begun.hold)]));
    }
    let (mut until, mut holds) = (None, Vec::new());
    for account in targets(experiment) {
        let here = work.targets.iter().filter(|resource| is_of(resource, account));
        let targets: Vec<Resolved> = here.cloned().collect();
        if targets.is_empty() {
            continue;
        }
        let name = format!("{}-{account}", work.name);
        let part = Work { name: &name, targets: &targets, ..*work };
        let begun = within(ctx, experiment, account, |ctx| definition.begin(ctx, &part))?;
        until = until.max(begun.until);
        holds.push((account, begun.hold));
    }
    Ok((until, holds))
}

/// Ends in each account what an action keeps up there, in the way that `end` has.
///
/// # Errors
/// Why it could not.
pub(super) fn end(
    ctx: &mut Ctx<'_>,
    experiment: &Experiment,
    holds: &[(Account, Hold)],
    end: fn(&Hold, &mut Ctx<'_>) -> Result<()>,
) -> Result<()> {
    holds.iter().try_for_each(|(account, hold)| within(ctx, experiment, *account, |ctx| end(hold, ctx)))
}

fn targets(experiment: &Experiment) -> impl Iterator<Item = Account> {
    experiment.accounts.iter().filter_map(|target| Account::parse(&target.account))
}

fn is_of(resource: &Resolved, account: Account) -> bool {
    Arn::parse(&resource.arn).and_then(|arn| Account::parse(arn.account)) == Some(account)
}

pub(super) fn get(
    ctx: &mut Ctx<'_>,
    input: &api::GetExperimentTargetAccountConfigurationRequest,
) -> Result<api::GetExperimentTargetAccountConfigurationResponse> {
    let experiment = find(ctx, &input.experiment_id)?;
    let found = experiment.accounts.iter().find(|target| target.account == input.account_id);
    let target = found.ok_or_else(|| {
        error::not_found(format!("Experiment {} has no target account {}.", experiment.id, input.account_id))
    })?;
    let shown = api::ExperimentTargetAccountConfiguration {
        role_arn: Some(target.role.clone()),
        account_id: Some(target.account.clone()),
        description: target.description.clone(),
    };
    Ok(api::GetExperimentTargetAccountConfigurationResponse { target_account_configuration: Some(shown) })
}

pub(super) fn list(
    ctx: &mut Ctx<'_>,
    input: &api::ListExperimentTargetAccountConfigurationsRequest,
) -> Result<api::ListExperimentTargetAccountConfigurationsResponse> {
    let window = page::window(None, input.next_token.as_deref())?;
    let experiment = find(ctx, &input.experiment_id)?;
    let page = window.list(experiment.accounts.iter(), |target| Key::new().text(&target.account));
    let shown = page.items.into_iter().map(|target| api::ExperimentTargetAccountConfigurationSummary {
        role_arn: Some(target.role.clone()),
        account_id: Some(target.account.clone()),
        description: target.description.clone(),
    });
    Ok(api::ListExperimentTargetAccountConfigurationsResponse {
        target_account_configurations: Some(shown.collect()),
        next_token: page.next,
    })
}

//! What a report is about: a root, a unit or an account of the caller's organization, the services that control policies allow it,
//! and the accounts whose calls count.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::{Empty, Operation, organizations};
use ironbird_iam::{granted, reference};
use ironbird_rig::{Account, Ctx, Error, Result};

use crate::error;

/// The service as others see it.
const PRINCIPAL: &str = "iam.amazonaws.com";

const CONTROL: &str = "SERVICE_CONTROL_POLICY";

/// What a report is about.
#[derive(Debug)]
pub(super) struct Extent {
    /// The services that are allowed, by the prefixes of their actions.
    pub(super) services: BTreeSet<&'static str>,
    /// The accounts whose calls count, with their paths.
    pub(super) accounts: BTreeMap<Account, String>,
}

impl Extent {
    /// Reads an entity's path, `o-…/r-…/ou-…/123456789012`. With a policy, services are those that it allows, and calls count only
    /// in accounts that it is attached to or inherited by.
    ///
    /// # Errors
    /// Those of Organizations.
    pub(super) fn of(ctx: &mut Ctx<'_>, path: &str, policy: Option<&str>) -> Result<Self> {
        let manager = manager(ctx, path)?;
        let path = path.trim_end_matches('/');
        let lineage: Vec<&str> = path.split('/').skip(1).collect();
        check_lineage(ctx, &lineage)?;
        let is_manager = lineage.last() == Some(&manager.to_string().as_str());
        let mut accounts = BTreeMap::new();
        gather(ctx, path, &mut accounts)?;
        // Control policies do not restrict the management account, which counts only where it is asked for.
        if !is_manager {
            accounts.remove(&manager);
        }
        let services = match policy {
            Some(policy) => {
                let targets = targets(ctx, policy)?;
                let reaches = |path: &str| path.split('/').any(|part| targets.contains(part));
                accounts.retain(|account, path| *account != manager && reaches(path));
                allowed([content(ctx, policy)?])?
            }
            None if is_manager => reference::prefixes().collect(),
            None => inherited(ctx, &lineage)?,
        };
        Ok(Self { services, accounts })
    }
}

fn ask<O: Operation>(ctx: &mut Ctx<'_>, input: &O::Input) -> Result<O::Output> {
    let caller = ctx.caller().clone();
    ctx.call_as::<O>(caller, PRINCIPAL, input)
}

/// The management account, which has to be the caller's, of the organization that the path begins with.
fn manager(ctx: &mut Ctx<'_>, path: &str) -> Result<Account> {
    let found = ask::<organizations::DescribeOrganization>(ctx, &Empty {})?.organization.unwrap_or_default();
    let manager = found.master_account_id.as_deref().and_then(Account::parse);
    let manager = manager.filter(|manager| *manager == ctx.scope().account).ok_or_else(|| {
        Error::client("AccessDeniedException", "You don't have permissions to access this resource.")
    })?;
    let roots = ask::<organizations::ListRoots>(ctx, &Default::default())?.roots.unwrap_or_default();
    let root = roots.into_iter().next().unwrap_or_default();
    let mut parts = path.split('/');
    if parts.next() != found.id.as_deref() || parts.next() != root.id.as_deref() {
        return Err(unknown(path));
    }
    let enabled = root.policy_types.unwrap_or_default().into_iter();
    if !enabled.filter_map(|one| one.r#type).any(|kind| kind == CONTROL) {
        let message = "The specified policy type isn't enabled for this root.";
        return Err(Error::client("PolicyTypeNotEnabledException", message));
    }
    Ok(manager)
}

fn unknown(path: &str) -> Error {
    error::no_such_entity(format!("The entity path {path} does not exist."))
}

/// Checks that each part of a path is the child of the one before.
fn check_lineage(ctx: &mut Ctx<'_>, lineage: &[&str]) -> Result<()> {
    for pair in lineage.windows(2) {
        let input = organizations::ListParentsRequest { child_id: pair[1].to_owned(), ..Default::default() };
        let parents = ask::<organizations::ListParents>(ctx, &input)?.parents.unwrap_or_default();
        if !parents.iter().any(|parent| parent.id.as_deref() == Some(pair[0])) {
            return Err(unknown(&lineage.join("/")));
        }
    }
    Ok(())
}

/// Gathers the accounts at and below a path.
fn gather(ctx: &mut Ctx<'_>, path: &str, accounts: &mut BTreeMap<Account, String>) -> Result<()> {
    let id = path.rsplit('/').next().unwrap_or(path);
    if let Some(account) = Account::parse(id) {
        accounts.insert(account, path.to_owned());
        return Ok(());
    }
    for kind in ["ACCOUNT", "ORGANIZATIONAL_UNIT"] {
        let mut input = organizations::ListChildrenRequest {
            parent_id: id.to_owned(),
            child_type: kind.to_owned(),
            ..Default::default()
        };
        loop {
            let page = ask::<organizations::ListChildren>(ctx, &input)?;
            for child in page.children.unwrap_or_default().into_iter().filter_map(|child| child.id) {
                gather(ctx, &format!("{path}/{child}"), accounts)?;
            }
            input.next_token = page.next_token;
            if input.next_token.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// What a policy is attached to.
fn targets(ctx: &mut Ctx<'_>, policy: &str) -> Result<BTreeSet<String>> {
    let mut input =
        organizations::ListTargetsForPolicyRequest { policy_id: policy.to_owned(), ..Default::default() };
    let mut all = BTreeSet::new();
    loop {
        let page = ask::<organizations::ListTargetsForPolicy>(ctx, &input)?;
        all.extend(page.targets.unwrap_or_default().into_iter().filter_map(|target| target.target_id));
        input.next_token = page.next_token;
        if input.next_token.is_none() {
            return Ok(all);
        }
    }
}

/// The document of a service control policy.
fn content(ctx: &mut Ctx<'_>, policy: &str) -> Result<String> {
    let input = organizations::DescribePolicyRequest { policy_id: policy.to_owned() };
    let found = ask::<organizations::DescribePolicy>(ctx, &input)?.policy.unwrap_or_default();
    if found.policy_summary.and_then(|summary| summary.r#type).as_deref() != Some(CONTROL) {
        return Err(error::invalid_input(format!("The policy {policy} is not a service control policy.")));
    }
    Ok(found.content.unwrap_or_default())
}

fn allowed(documents: impl IntoIterator<Item = String>) -> Result<BTreeSet<&'static str>> {
    let documents: Vec<String> = documents.into_iter().collect();
    granted::services(documents.iter().map(String::as_str)).map_err(error::malformed_policy)
}

/// What the policies of every level allow.
fn inherited(ctx: &mut Ctx<'_>, lineage: &[&str]) -> Result<BTreeSet<&'static str>> {
    let mut services: BTreeSet<&'static str> = reference::prefixes().collect();
    for target in lineage {
        let input = organizations::ListPoliciesForTargetRequest {
            target_id: (*target).to_owned(),
            filter: CONTROL.to_owned(),
            ..Default::default()
        };
        // A target has fewer policies than a page holds.
        let attached = ask::<organizations::ListPoliciesForTarget>(ctx, &input)?.policies.unwrap_or_default();
        let mut documents = Vec::new();
        for policy in attached.into_iter().filter_map(|policy| policy.id) {
            documents.push(content(ctx, &policy)?);
        }
        let level = allowed(documents)?;
        services.retain(|service| level.contains(service));
    }
    Ok(services)
}

//! Last-accessed data of an organization: which services its control policies allow, and when those were last called in its
//! accounts.
//!
//! Source: IAM user guide, "Refine permissions in AWS using last accessed information", and the pages of both operations in the
//! API reference. Calls of the root user, of users and of roles count. IAM asks Organizations as the caller, so that the report
//! fails where the caller may not. A report is ready at once.

mod entity;

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::iam as api;
use ironbird_iam::reference;
use ironbird_rig::audit::{self, Event};
use ironbird_rig::{Account, Ctx, Error, Key, Principal, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{error, named, page};
use entity::Extent;

/// Reports: (account, id of the job).
struct Jobs;

impl Table for Jobs {
    const NAME: &'static str = "iam.organizations-access";
    type Record = Job;
}

/// A report.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Job {
    made: Timestamp,
    services: Vec<Access>,
    /// Code and message, where it failed.
    failure: Option<(String, String)>,
}

/// How a service that is allowed was used.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Access {
    /// The prefix of its actions.
    service: String,
    last: Option<Call>,
    /// Accounts that called it.
    accounts: BTreeSet<Account>,
}

/// A call.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Call {
    time: Timestamp,
    region: String,
    /// Path of the account.
    entity: String,
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Jobs>()
        .write::<api::GenerateOrganizationsAccessReport>(generate_organizations_access_report)
        .read::<api::GetOrganizationsAccessReport>(get_organizations_access_report)
}

fn key(ctx: &Ctx<'_>, id: &str) -> Key {
    named::prefix(ctx).text(id)
}

fn generate_organizations_access_report(
    ctx: &mut Ctx<'_>,
    input: &api::GenerateOrganizationsAccessReportRequest,
) -> Result<api::GenerateOrganizationsAccessReportResponse> {
    let extent = Extent::of(ctx, &input.entity_path, input.organizations_policy_id.as_deref());
    let (services, failure) = match extent {
        Ok(extent) => (accesses(ctx, &extent), None),
        Err(Error::Service(refusal)) => (Vec::new(), Some((refusal.code.into_owned(), refusal.message))),
        Err(other) => return Err(other),
    };
    let id = ctx.fresh_uuid("iam.organizations-access")?;
    ctx.put::<Jobs>(key(ctx, &id), Job { made: named::now(ctx), services, failure })?;
    Ok(api::GenerateOrganizationsAccessReportResponse { job_id: Some(id) })
}

/// How the accounts used the services.
fn accesses(ctx: &Ctx<'_>, extent: &Extent) -> Vec<Access> {
    let access =
        |service: &'static str| Access { service: service.to_owned(), last: None, accounts: BTreeSet::new() };
    let mut all: BTreeMap<&str, Access> = extent.services.iter().map(|name| (*name, access(name))).collect();
    for event in audit::of_accounts(ctx, &extent.accounts.keys().copied().collect()) {
        let Some((account, path)) = caller(&event).and_then(|it| extent.accounts.get_key_value(&it)) else {
            continue;
        };
        for service in event.actions().filter_map(|action| Some(action.split_once(':')?.0)) {
            let Some(access) = all.get_mut(service) else { continue };
            access.accounts.insert(*account);
            let time = Timestamp::from_secs(event.time.secs());
            if access.last.as_ref().is_none_or(|last| last.time < time) {
                let region = event.scope.region.code().to_owned();
                access.last = Some(Call { time, region, entity: path.clone() });
            }
        }
    }
    all.into_values().collect()
}

/// The account of the user, role or root user that made a call; none where a service or a stranger did.
fn caller(event: &Event) -> Option<Account> {
    match &event.principal {
        Principal::Service { .. } | Principal::Anonymous => None,
        somebody => somebody.account(),
    }
}

fn get_organizations_access_report(
    ctx: &mut Ctx<'_>,
    input: &api::GetOrganizationsAccessReportRequest,
) -> Result<api::GetOrganizationsAccessReportResponse> {
    let missing = || error::no_such_entity(format!("There is no job with id {}.", input.job_id));
    let job = ctx.peek::<Jobs>(&key(ctx, &input.job_id)).ok_or_else(missing)?;
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let sorted = sorted(&job.services, input.sort_key.as_deref());
    let page = window.list((0_u64..).zip(sorted), |(place, _)| Key::new().number(*place));
    let count = |of: usize| job.failure.is_none().then(|| i32::try_from(of).ok()).flatten();
    let unused = job.services.iter().filter(|access| access.last.is_none()).count();
    let failure = job.failure.clone().map(|(code, message)| api::ErrorDetails { code, message });
    Ok(api::GetOrganizationsAccessReportResponse {
        job_status: if failure.is_some() { "FAILED" } else { "COMPLETED" }.to_owned(),
        job_creation_date: job.made,
        job_completion_date: Some(job.made),
        number_of_services_accessible: count(job.services.len()),
        number_of_services_not_accessed: count(unused),
        access_details: failure
            .is_none()
            .then(|| page.items.into_iter().map(|(_, access)| view(access)).collect()),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
        error_details: failure,
    })
}

/// In the order that is asked for: by the names of services unless by the times of calls, where services that nobody called come
/// first when the oldest do.
fn sorted<'a>(services: &'a [Access], order: Option<&str>) -> Vec<&'a Access> {
    let mut all: Vec<&Access> = services.iter().collect();
    if order.is_some_and(|order| order.starts_with("LAST_AUTHENTICATED_TIME")) {
        all.sort_by_key(|access| access.last.as_ref().map(|call| call.time));
    }
    if order.is_some_and(|order| order.ends_with("_DESCENDING")) {
        all.reverse();
    }
    all
}

fn view(access: &Access) -> api::AccessDetail {
    let last = access.last.as_ref();
    api::AccessDetail {
        service_name: reference::name(&access.service).unwrap_or(&access.service).to_owned(),
        service_namespace: access.service.clone(),
        region: last.map(|call| call.region.clone()),
        entity_path: last.map(|call| call.entity.clone()),
        last_authenticated_time: last.map(|call| call.time),
        total_authenticated_entities: i32::try_from(access.accounts.len()).ok(),
    }
}

//! Last-accessed data: which services the policies of users, groups, roles and policies allow, and when those were last called, from
//! the calls that the rig remembers.
//!
//! Source: IAM user guide, "Refine permissions in AWS using last accessed information". Attempts count, those that were denied too.
//! A report is ready at once.

mod organization;
mod subject;

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::iam as api;
use ironbird_iam::{granted, reference};
use ironbird_rig::audit::{self, Event};
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{error, named, page};
use subject::{Entity, Subject};

/// Reports: (account, id of the job).
struct Jobs;

impl Table for Jobs {
    const NAME: &'static str = "iam.last-accessed";
    type Record = Job;
}

/// A report.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Job {
    made: Timestamp,
    /// Whether actions are told apart.
    of_actions: bool,
    services: Vec<Access>,
}

/// How a service was used.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Access {
    /// The prefix of its actions.
    service: String,
    /// The last call of each entity that the report is about; none where it made none.
    entities: Vec<(Entity, Option<Call>)>,
    /// The last call of each action that was called.
    actions: BTreeMap<String, Call>,
}

impl Access {
    fn last(&self) -> Option<&Call> {
        self.entities.iter().filter_map(|(_, call)| call.as_ref()).max_by_key(|call| call.time)
    }
}

/// A call.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Call {
    time: Timestamp,
    region: String,
    /// ARN of the user or role.
    entity: String,
}

impl Call {
    fn keep_later(&mut self, other: &Self) {
        if self.time < other.time {
            self.clone_from(other);
        }
    }
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    organization::register(definition)
        .table::<Jobs>()
        .write::<api::GenerateServiceLastAccessedDetails>(generate_service_last_accessed_details)
        .read::<api::GetServiceLastAccessedDetails>(get_service_last_accessed_details)
        .read::<api::GetServiceLastAccessedDetailsWithEntities>(
            get_service_last_accessed_details_with_entities,
        )
        .read::<api::ListPoliciesGrantingServiceAccess>(list_policies_granting_service_access)
}

fn key(ctx: &Ctx<'_>, id: &str) -> Key {
    named::prefix(ctx).text(id)
}

fn job<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t Job> {
    let missing = || error::no_such_entity(format!("There is no job with id {id}."));
    ctx.peek::<Jobs>(&key(ctx, id)).ok_or_else(missing)
}

fn generate_service_last_accessed_details(
    ctx: &mut Ctx<'_>,
    input: &api::GenerateServiceLastAccessedDetailsRequest,
) -> Result<api::GenerateServiceLastAccessedDetailsResponse> {
    let subject = Subject::of(ctx, &input.arn)?;
    let documents = subject.policies.iter().map(|policy| policy.document.as_str());
    let granted = granted::services(documents).map_err(error::malformed_policy)?;
    let events = audit::of_account(ctx);
    let services = accesses(&subject, granted, &events);
    let of_actions = input.granularity.as_deref() == Some("ACTION_LEVEL");
    let id = ctx.fresh_uuid("iam.last-accessed")?;
    ctx.put::<Jobs>(key(ctx, &id), Job { made: named::now(ctx), of_actions, services })?;
    Ok(api::GenerateServiceLastAccessedDetailsResponse { job_id: Some(id) })
}

/// How the entities of a subject used the services that its policies grant.
fn accesses(subject: &Subject, granted: BTreeSet<&str>, events: &[Event]) -> Vec<Access> {
    let unused: Vec<_> = subject.entities.iter().map(|entity| (entity.clone(), None)).collect();
    let access = |service: &str| Access {
        service: service.to_owned(),
        entities: unused.clone(),
        actions: BTreeMap::new(),
    };
    let mut all: BTreeMap<&str, Access> = granted.into_iter().map(|name| (name, access(name))).collect();
    for event in events {
        let Some(at) = subject.entities.iter().position(|entity| entity.made(event)) else { continue };
        let call = Call {
            time: Timestamp::from_secs(event.time.secs()),
            region: event.scope.region.code().to_owned(),
            entity: subject.entities[at].arn.clone(),
        };
        for (service, name) in event.actions().filter_map(|action| action.split_once(':')) {
            let Some(access) = all.get_mut(service) else { continue };
            let last = access.entities[at].1.get_or_insert_with(|| call.clone());
            last.keep_later(&call);
            access.actions.entry(name.to_owned()).or_insert_with(|| call.clone()).keep_later(&call);
        }
    }
    all.into_values().collect()
}

fn get_service_last_accessed_details(
    ctx: &mut Ctx<'_>,
    input: &api::GetServiceLastAccessedDetailsRequest,
) -> Result<api::GetServiceLastAccessedDetailsResponse> {
    let job = job(ctx, &input.job_id)?;
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let page = window.list(job.services.iter(), |access| Key::new().text(&access.service));
    Ok(api::GetServiceLastAccessedDetailsResponse {
        job_status: "COMPLETED".to_owned(),
        job_type: Some(if job.of_actions { "ACTION_LEVEL" } else { "SERVICE_LEVEL" }.to_owned()),
        job_creation_date: job.made,
        job_completion_date: job.made,
        services_last_accessed: page.items.into_iter().map(|access| view(access, job.of_actions)).collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
        error: None,
    })
}

fn view(access: &Access, of_actions: bool) -> api::ServiceLastAccessed {
    let last = access.last();
    let used = access.entities.iter().filter(|(_, call)| call.is_some()).count();
    let actions = access.actions.iter().map(|(name, call)| api::TrackedActionLastAccessed {
        action_name: Some(name.clone()),
        last_accessed_entity: Some(call.entity.clone()),
        last_accessed_time: Some(call.time),
        last_accessed_region: Some(call.region.clone()),
    });
    api::ServiceLastAccessed {
        service_name: reference::name(&access.service).unwrap_or(&access.service).to_owned(),
        service_namespace: access.service.clone(),
        last_authenticated: last.map(|call| call.time),
        last_authenticated_entity: last.map(|call| call.entity.clone()),
        last_authenticated_region: last.map(|call| call.region.clone()),
        total_authenticated_entities: i32::try_from(used).ok(),
        tracked_actions_last_accessed: of_actions.then(|| actions.collect()),
    }
}

fn get_service_last_accessed_details_with_entities(
    ctx: &mut Ctx<'_>,
    input: &api::GetServiceLastAccessedDetailsWithEntitiesRequest,
) -> Result<api::GetServiceLastAccessedDetailsWithEntitiesResponse> {
    let job = job(ctx, &input.job_id)?;
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let access = job.services.iter().find(|access| access.service == input.service_namespace);
    let entities = access.into_iter().flat_map(|access| &access.entities);
    let page = window.list(entities, |(entity, _)| Key::new().text(&entity.arn));
    let shown = page.items.into_iter().map(|(entity, call)| api::EntityDetails {
        entity_info: entity.view(),
        last_authenticated: call.as_ref().map(|call| call.time),
    });
    Ok(api::GetServiceLastAccessedDetailsWithEntitiesResponse {
        job_status: "COMPLETED".to_owned(),
        job_creation_date: job.made,
        job_completion_date: job.made,
        entity_details_list: shown.collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
        error: None,
    })
}

fn list_policies_granting_service_access(
    ctx: &mut Ctx<'_>,
    input: &api::ListPoliciesGrantingServiceAccessRequest,
) -> Result<api::ListPoliciesGrantingServiceAccessResponse> {
    let subject = Subject::of(ctx, &input.arn)?;
    if subject.is_policy {
        return Err(error::invalid_input("The ARN has to be a user's, a group's or a role's."));
    }
    let window = page::window(None, input.marker.as_deref())?;
    let page = window.list(input.service_namespaces.iter(), |name| Key::new().text(name));
    let mut grants = Vec::new();
    for policy in &subject.policies {
        let granted = granted::services([policy.document.as_str()]).map_err(error::malformed_policy)?;
        grants.push((policy, granted));
    }
    let listed = page.items.into_iter().map(|service| {
        let granting = grants.iter().filter(|(_, granted)| granted.contains(service.as_str()));
        api::ListPoliciesGrantingServiceAccessEntry {
            service_namespace: Some(service.clone()),
            policies: Some(granting.map(|(policy, _)| policy.view()).collect()),
        }
    });
    Ok(api::ListPoliciesGrantingServiceAccessResponse {
        policies_granting_service_access: listed.collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

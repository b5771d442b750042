//! Last-accessed data: which services the policies of users, groups, roles and policies allow, and when those were last called, from
//! the calls that the rig remembers.
//!
//! Source: IAM user guide, "Refine permissions in AWS using last accessed information". Attempts count, those that were denied too.
//! A report is ready at once.

mod subject;

use std::collections::BTreeMap;

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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
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
    let services = granted.into_iter().map(|service| access(&subject, service, &events)).collect();
    let of_actions = input.granularity.as_deref() == Some("ACTION_LEVEL");
    let id = ctx.fresh_uuid("iam.last-accessed")?;
    ctx.put::<Jobs>(key(ctx, &id), Job { made: named::now(ctx), of_actions, services })?;
    Ok(api::GenerateServiceLastAccessedDetailsResponse { job_id: Some(id) })
}

/// How the entities of a subject used a service.
fn access(subject: &Subject, service: &str, events: &[Event]) -> Access {
    let mut access = Access { service: service.to_owned(), ..Access::default() };
    for entity in &subject.entities {
        let mut last: Option<Call> = None;
        for event in events.iter().filter(|event| entity.made(event)) {
            let called = event.actions().filter_map(|action| action.split_once(':'));
            let names: Vec<&str> =
                called.filter(|(prefix, _)| *prefix == service).map(|(_, name)| name).collect();
            if names.is_empty() {
                continue;
            }
            let call = Call {
                time: Timestamp::from_secs(event.time.secs()),
                region: event.scope.region.code().to_owned(),
                entity: entity.arn.clone(),
            };
            for name in names {
                let known = access.actions.entry(name.to_owned()).or_insert_with(|| call.clone());
                if known.time < call.time {
                    *known = call.clone();
                }
            }
            if last.as_ref().is_none_or(|last| last.time < call.time) {
                last = Some(call);
            }
        }
        access.entities.push((entity.clone(), last));
    }
    access
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
    let mut listed = Vec::new();
    for service in page.items {
        let mut policies = Vec::new();
        for policy in &subject.policies {
            let granted = granted::services([policy.document.as_str()]).map_err(error::malformed_policy)?;
            if granted.contains(service.as_str()) {
                policies.push(policy.view());
            }
        }
        listed.push(api::ListPoliciesGrantingServiceAccessEntry {
            service_namespace: Some(service.clone()),
            policies: Some(policies),
        });
    }
    Ok(api::ListPoliciesGrantingServiceAccessResponse {
        policies_granting_service_access: listed,
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

//! Requests to assign, to take back and to provision: each is done a little later, and says how it went.

use ironbird_api::identitystore as people;
use ironbird_rig::error::ServiceError;
use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use super::provision;
use super::record::{self, Assignment, Principal};
use crate::instance::record::Instances;
use crate::permission_set::record::{PermissionSets, Place};
use crate::{PRINCIPAL, error, role};

/// The timer handler's name.
const TIMER: &str = "sso-admin.request";

/// Seconds that a request takes. AWS publishes no figure; Terraform's provider looks every five seconds.
const TAKES: i64 = 5;

/// All requests: (account, Region, instance, kind, id).
pub(crate) struct Requests;

impl Table for Requests {
    const NAME: &'static str = "sso-admin.requests";
    type Record = Request;
}

/// Assignments that a request is under way for, by their keys → id of the request.
pub(crate) struct Pending;

impl Table for Pending {
    const NAME: &'static str = "sso-admin.pending-assignments";
    type Record = String;
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) what: What,
    /// Id of the permission set.
    pub(crate) set: String,
    /// The target account; none for all that have the permission set.
    pub(crate) account: Option<String>,
    /// Whoever it is about; none of one to provision.
    pub(crate) principal: Option<Principal>,
    pub(crate) status: Status,
    pub(crate) failure: Option<String>,
    pub(crate) created: Timestamp,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    /// To assign.
    Create,
    /// To take back.
    Delete,
    /// To bring accounts up to date.
    Provision,
}

impl What {
    const ALL: [Self; 3] = [Self::Create, Self::Delete, Self::Provision];

    const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Provision => "provision",
        }
    }

    /// Key of all requests of the kind.
    pub(super) fn prefix(self, instance: &Key) -> Key {
        instance.clone().text(self.name())
    }
}

/// How a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// It is under way.
    InProgress,
    /// It failed; the request says why.
    Failed,
    /// It is done.
    Succeeded,
}

impl Status {
    /// As the API has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Failed => "FAILED",
            Self::Succeeded => "SUCCEEDED",
        }
    }
}

impl Request {
    fn fail(&mut self, error: &ServiceError) {
        self.status = Status::Failed;
        self.failure = Some(role::reason(error));
    }

    fn assignment(&self) -> Option<Assignment> {
        Some(Assignment {
            account: self.account.clone()?,
            set: self.set.clone(),
            principal: self.principal.clone()?,
            created: self.created,
        })
    }
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Requests>().table::<Pending>().timer(TIMER, wake)
}

/// Begins what a request asks for.
///
/// # Errors
/// `ConflictException` where another one for the same assignment is under way.
pub(super) fn begin(
    ctx: &mut Ctx<'_>,
    place: &Place,
    what: What,
    account: Option<&str>,
    principal: Option<Principal>,
) -> Result<Request> {
    let request = Request {
        id: ctx.fresh_uuid("sso-admin.request")?,
        what,
        set: place.id.clone(),
        account: account.map(str::to_owned),
        principal,
        status: Status::InProgress,
        failure: None,
        created: ctx.now(),
    };
    let instance = place.instance_key(ctx);
    if let Some(assignment) = request.assignment() {
        let key = assignment.key(&instance);
        if ctx.peek::<Pending>(&key).is_some() {
            return Err(error::conflict("There is a conflicting operation in process."));
        }
        ctx.put::<Pending>(key, request.id.clone())?;
    }
    ctx.put::<Requests>(what.prefix(&instance).text(&request.id), request.clone())?;
    let takes = if ctx.settings().transitions == Transitions::Instant { 0 } else { TAKES };
    let due = Timestamp::from_nanos(ctx.now().nanos().saturating_add(takes * 1_000_000_000));
    ctx.wake_at(due, TIMER, &format!("{}/{}/{}", place.instance, what.name(), request.id))?;
    Ok(request)
}

/// Does what a request asks for, and notes how it went.
fn wake(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    let mut parts = name.splitn(3, '/');
    let (Some(instance), Some(what), Some(id)) = (parts.next(), parts.next(), parts.next()) else {
        return Ok(());
    };
    let Some(what) = What::ALL.into_iter().find(|kind| kind.name() == what) else { return Ok(()) };
    let instance_key = ctx.scope().key(instance);
    let key = what.prefix(&instance_key).text(id);
    let Some(found) = ctx.get::<Requests>(&key) else { return Ok(()) };
    if found.status != Status::InProgress {
        return Ok(());
    }
    let mut request = Request::clone(&found);
    if let Some(assignment) = request.assignment() {
        ctx.delete::<Pending>(&assignment.key(&instance_key))?;
    }
    let place = Place { instance: instance.to_owned(), id: request.set.clone() };
    let savepoint = ctx.savepoint();
    match perform(ctx, &place, &request) {
        Ok(None) => request.status = Status::Succeeded,
        Ok(Some(failure)) => request.fail(&failure),
        Err(Error::Service(error)) => {
            ctx.roll_back(savepoint);
            request.fail(&error);
        }
        Err(internal) => return Err(internal),
    }
    ctx.put::<Requests>(key, request)
}

/// Does what a request asks for; what went wrong in some of the accounts, if anything did.
fn perform(ctx: &mut Ctx<'_>, place: &Place, request: &Request) -> Result<Option<Box<ServiceError>>> {
    if ctx.peek::<PermissionSets>(&place.key(ctx)).is_none() {
        return Err(error::not_found(format!("Could not find PermissionSet with arn {}", place.arn(ctx))));
    }
    match (request.what, request.assignment()) {
        (What::Create, Some(assignment)) => {
            assignable(ctx, &place.instance_key(ctx), &assignment.principal)?;
            record::keep(ctx, place, &assignment)?;
            provision::provide(ctx, place, &assignment.account)?;
            Ok(None)
        }
        (What::Delete, Some(assignment)) => end(ctx, place, &assignment).map(|()| None),
        (What::Provision, _) => {
            let accounts = match &request.account {
                Some(account) => vec![account.clone()],
                None => provision::accounts(ctx, place),
            };
            // Whoever was the last one there may be gone by now.
            let there = accounts.iter().filter(|account| provision::is_in(ctx, place, account));
            let there: Vec<_> = there.cloned().collect();
            provide_each(ctx, place, &there)
        }
        (What::Create | What::Delete, None) => Ok(None),
    }
}

/// Brings each account up to date that can be; what was wrong with the first that cannot.
fn provide_each(ctx: &mut Ctx<'_>, place: &Place, accounts: &[String]) -> Result<Option<Box<ServiceError>>> {
    let mut first = None;
    for account in accounts {
        let savepoint = ctx.savepoint();
        match provision::provide(ctx, place, account) {
            Ok(()) => {}
            Err(Error::Service(error)) => {
                ctx.roll_back(savepoint);
                first.get_or_insert(error);
            }
            Err(internal) => return Err(internal),
        }
    }
    Ok(first)
}

/// Ends an assignment; the account loses the permission set, and the role of it, with its last one.
///
/// # Errors
/// Those of IAM.
pub(super) fn end(ctx: &mut Ctx<'_>, place: &Place, assignment: &Assignment) -> Result<()> {
    let instance = place.instance_key(ctx);
    record::forget(ctx, &instance, assignment)?;
    provision::withdraw_if_unused(ctx, place, &assignment.account)
}

/// Whether the identity store of an instance has the principal, as a request to assign says it.
fn assignable(ctx: &mut Ctx<'_>, instance: &Key, principal: &Principal) -> Result<()> {
    match look_up(ctx, instance, principal) {
        Err(missing) if missing.code() == "ResourceNotFoundException" => {
            let Principal { kind, id } = principal;
            let directory = ctx.peek::<Instances>(instance).map_or("", |instance| &instance.store);
            let message = format!("the {kind} assignee {id} was not found in directory {directory}");
            Err(Error::with_status(404, "ResourceNotFoundException", message))
        }
        other => other,
    }
}

/// Whether the identity store of an instance has the principal.
///
/// # Errors
/// `ResourceNotFoundException` where it has not.
pub(crate) fn look_up(ctx: &mut Ctx<'_>, instance: &Key, principal: &Principal) -> Result<()> {
    let Some(instance) = ctx.peek::<Instances>(instance) else { return Ok(()) };
    let (identity_store_id, id) = (instance.store.clone(), principal.id.clone());
    if principal.kind == "GROUP" {
        let input = people::DescribeGroupRequest { identity_store_id, group_id: id };
        ctx.call::<people::DescribeGroup>(PRINCIPAL, &input).map(drop)
    } else {
        let input = people::DescribeUserRequest { identity_store_id, user_id: id, extensions: None };
        ctx.call::<people::DescribeUser>(PRINCIPAL, &input).map(drop)
    }
}

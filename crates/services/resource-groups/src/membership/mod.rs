//! Members: put in, taken out, listed.

mod candidate;
mod listing;
mod record;

use ironbird_api::resource_groups as api;
use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Error, Principal, Result, ServiceDef, Timestamp};

use crate::configuration::{FAMILIES, HOSTS};
use crate::error;
use crate::record::{Group, Groups, Holds};
use record::{Action, Attempts, Member, Members, Status};

/// What is emitted, with the group's name, when its members or its configuration change.
pub(crate) const MEMBERS: &str = "resource-groups.members";

/// The timer handler's name.
const TIMER: &str = "resource-groups.member";
/// The name of the handler that is woken when a host's state changes.
const HOST: &str = "resource-groups.host";
/// The name of the handler that is woken when a Capacity Reservation is no longer shared with an account.
const UNSHARED: &str = "resource-groups.unshared";

/// Seconds that it takes until a host is a member. Source: "Adding Dedicated Hosts to a host resource group" in the License
/// Manager user guide says one to two minutes.
const ADDING: (u64, u64) = (60, 120);

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<Members>()
        .table::<Attempts>()
        .timer(TIMER, added)
        .timer(HOST, host_changed)
        .listen("ec2.host-state", HOST)
        .timer(UNSHARED, unshared)
        .listen("ec2.capacity-reservation-unshared", UNSHARED)
        .write::<api::GroupResources>(group_resources)
        .write::<api::UngroupResources>(ungroup_resources);
    listing::register(definition)
}

/// Whether a group has no members that were put in.
pub(crate) fn is_empty(ctx: &Ctx<'_>, group: &str) -> bool {
    ctx.scan::<Members>(&ctx.scope().key(group)).next().is_none()
}

/// Forgets the members of a group that is deleted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    let prefix = ctx.scope().key(group);
    let members: Vec<_> = ctx.scan::<Members>(&prefix).map(|(key, _)| key.clone()).collect();
    let attempts: Vec<_> = ctx.scan::<Attempts>(&prefix).map(|(key, _)| key.clone()).collect();
    for key in members {
        ctx.delete::<Members>(&key)?;
    }
    for key in attempts {
        ctx.delete::<Attempts>(&key)?;
    }
    ctx.emit(MEMBERS, group)
}

/// Checks that the members of a group may stay when its configuration changes from `before`.
///
/// # Errors
/// `BadRequestException` where one may not.
pub(crate) fn check_all(ctx: &mut Ctx<'_>, group: &Group, before: &Holds) -> Result<()> {
    let was = Group { holds: before.clone(), ..group.clone() };
    if was.is_a(HOSTS) == group.is_a(HOSTS) && was.values(HOSTS, FAMILIES) == group.values(HOSTS, FAMILIES) {
        return Ok(());
    }
    let members: Vec<String> =
        ctx.scan::<Members>(&ctx.scope().key(&group.name)).map(|(_, member)| member.arn.clone()).collect();
    for arn in members {
        let checked = match candidate::read(ctx, group, &arn) {
            Ok(candidate) => candidate::check(ctx, group, &candidate),
            Err(error) => Err(error),
        };
        checked.map_err(|error| error::bad_request(format!("{arn} is a member: {}", error.message())))?;
    }
    Ok(())
}

fn group_resources(ctx: &mut Ctx<'_>, input: &api::GroupResourcesInput) -> Result<api::GroupResourcesOutput> {
    let group = candidate::static_group(ctx, &input.group)?;
    let (mut succeeded, mut pending, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for arn in &input.resource_arns {
        match admit(ctx, &group, arn) {
            Ok(Some(_)) => pending.push(api::PendingResource { resource_arn: Some(arn.clone()) }),
            Ok(None) => succeeded.push(arn.clone()),
            Err(error @ Error::Internal(_)) => return Err(error),
            Err(error) => failed.push(fail(ctx, &group, arn, Action::Group, &error)?),
        }
    }
    if !succeeded.is_empty() {
        ctx.emit(MEMBERS, &group.name)?;
    }
    Ok(api::GroupResourcesOutput { succeeded: Some(succeeded), failed: Some(failed), pending: Some(pending) })
}

/// Makes something a member; until when it is pending, where it is.
fn admit(ctx: &mut Ctx<'_>, group: &Group, arn: &str) -> Result<Option<Timestamp>> {
    let key = record::key(ctx, &group.name, arn);
    if let Some(member) = ctx.peek::<Members>(&key) {
        return Ok(member.pending);
    }
    let candidate = candidate::read(ctx, group, arn)?;
    candidate::check(ctx, group, &candidate)?;
    if group.is_a(HOSTS)
        && let Some(other) = elsewhere(ctx, arn)
    {
        let message = format!("The Dedicated Host is a member of group {other} already.");
        return Err(Error::client("InvalidParameterValue", message));
    }
    // Hosts that EC2 allocates for a group are in it from the start.
    let by_ec2 = matches!(ctx.caller(), Principal::Service { name, .. } if name == "ec2.amazonaws.com");
    let pending = if group.is_a(HOSTS) && !by_ec2 { due(ctx, arn) } else { None };
    let member =
        Member { group: group.name.clone(), arn: arn.to_owned(), kind: candidate.kind.to_owned(), pending };
    ctx.put::<Members>(key, member)?;
    if let Some(pending) = pending {
        ctx.wake_at(pending, TIMER, &format!("{} {arn}", group.name))?;
    }
    let status = if pending.is_some() { Status::InProgress } else { Status::Success };
    record::note(ctx, (&group.name, arn), (Action::Group, status), None)?;
    Ok(pending)
}

/// The group that has a resource.
fn elsewhere(ctx: &Ctx<'_>, arn: &str) -> Option<String> {
    let mut all = ctx.scan::<Members>(&ctx.scope().prefix()).map(|(_, member)| member);
    all.find(|member| member.arn == arn).map(|member| member.group.clone())
}

fn due(ctx: &Ctx<'_>, arn: &str) -> Option<Timestamp> {
    if ctx.settings().transitions == Transitions::Instant {
        return None;
    }
    let now = ctx.now();
    let seed = ctx.seed().child("resource-groups.member").child(arn).nth(now.nanos().cast_unsigned());
    let (from, to) = ADDING;
    let millis = from * 1000 + seed.rng().below((to - from) * 1000 + 1);
    let nanos = i64::try_from(millis).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    Some(Timestamp::from_nanos(now.nanos().saturating_add(nanos)))
}

fn fail(
    ctx: &mut Ctx<'_>,
    group: &Group,
    arn: &str,
    action: Action,
    error: &Error,
) -> Result<api::FailedResource> {
    let (code, message) = (error.code().to_owned(), error.message().to_owned());
    record::note(ctx, (&group.name, arn), (action, Status::Failed), Some((code.clone(), message.clone())))?;
    Ok(api::FailedResource {
        resource_arn: Some(arn.to_owned()),
        error_message: Some(message),
        error_code: Some(code),
    })
}

fn ungroup_resources(
    ctx: &mut Ctx<'_>,
    input: &api::UngroupResourcesInput,
) -> Result<api::UngroupResourcesOutput> {
    let group = candidate::static_group(ctx, &input.group)?;
    let (mut succeeded, mut failed) = (Vec::new(), Vec::new());
    for arn in &input.resource_arns {
        let key = record::key(ctx, &group.name, arn);
        if ctx.delete::<Members>(&key)? {
            record::note(ctx, (&group.name, arn), (Action::Ungroup, Status::Success), None)?;
            succeeded.push(arn.clone());
        } else {
            let message = format!("The resource is not a member of group {}.", group.name);
            let error = Error::client("InvalidParameterValue", message);
            failed.push(fail(ctx, &group, arn, Action::Ungroup, &error)?);
        }
    }
    if !succeeded.is_empty() {
        ctx.emit(MEMBERS, &group.name)?;
    }
    Ok(api::UngroupResourcesOutput {
        succeeded: Some(succeeded),
        failed: Some(failed),
        pending: Some(Vec::new()),
    })
}

/// The timer handler: what was being added is a member now.
fn added(ctx: &mut Ctx<'_>, resource: &str) -> Result<()> {
    let Some((group, arn)) = resource.split_once(' ') else { return Ok(()) };
    let key = record::key(ctx, group, arn);
    let now = ctx.now();
    let is_due = ctx.peek::<Members>(&key).and_then(|member| member.pending).is_some_and(|due| due <= now);
    if !is_due {
        return Ok(());
    }
    ctx.update::<Members, _>(&key, |member| member.pending = None)?;
    record::note(ctx, (group, arn), (Action::Group, Status::Success), None)?;
    ctx.emit(MEMBERS, group)
}

/// The timer handler: a host that has been released is a member no more.
fn host_changed(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let arn = ctx.arn("ec2", &format!("dedicated-host/{id}"));
    let Some(name) = elsewhere(ctx, &arn) else { return Ok(()) };
    let Some(group) = ctx.get::<Groups>(&ctx.scope().key(&name)) else { return Ok(()) };
    let stays = match candidate::read(ctx, &group, &arn) {
        Ok(candidate) => candidate::check(ctx, &group, &candidate),
        Err(error) => Err(error),
    };
    match stays {
        Ok(()) => Ok(()),
        Err(error @ Error::Internal(_)) => Err(error),
        Err(_) => {
            ctx.delete::<Members>(&record::key(ctx, &name, &arn))?;
            ctx.emit(MEMBERS, &name)
        }
    }
}

/// The timer handler: a reservation that is no longer shared leaves the groups that it was in.
fn unshared(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let own = ctx.arn("ec2", "");
    let resource = format!(":capacity-reservation/{id}");
    let all = ctx.scan::<Members>(&ctx.scope().prefix());
    let gone: Vec<_> = all
        .filter(|(_, member)| member.arn.ends_with(&resource) && !member.arn.starts_with(&own))
        .map(|(key, member)| (key.clone(), member.group.clone()))
        .collect();
    for (key, group) in gone {
        ctx.delete::<Members>(&key)?;
        ctx.emit(MEMBERS, &group)?;
    }
    Ok(())
}

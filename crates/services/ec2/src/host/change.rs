//! ModifyHosts and ReleaseHosts.

use ironbird_api::ec2;
use ironbird_rig::catalogue::hosts;
use ironbird_rig::{Ctx, Error, Result, Timestamp};

use super::{Host, Hosts, State, Takes, allocate, lifecycle};
use crate::resource::Resource;
use crate::{error, loan};

/// Code and message.
type Refusal = (&'static str, String);

pub(super) fn modify_hosts(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyHostsRequest,
) -> Result<ec2::ModifyHostsResult> {
    if input.host_ids.is_empty() {
        return Err(error::missing_parameter("HostId"));
    }
    let on_off = |given: Option<&str>, name| allocate::switch(given, name, false).map(|on| given.map(|_| on));
    let auto_placement = on_off(input.auto_placement.as_deref(), "AutoPlacement")?;
    let recovery = on_off(input.host_recovery.as_deref(), "HostRecovery")?;
    let maintenance = on_off(input.host_maintenance.as_deref(), "HostMaintenance")?;
    let takes = match (&input.instance_type, &input.instance_family) {
        (None, None) => None,
        (name, family) => Some(allocate::takes(name.as_deref(), family.as_deref())?),
    };
    let (mut successful, mut unsuccessful) = (Vec::new(), Vec::new());
    for id in &input.host_ids {
        let checked = live(ctx, id).and_then(|host| retake(&host, takes.as_ref()));
        if let Err(refusal) = checked {
            unsuccessful.push(item(id, refusal));
            continue;
        }
        ctx.update::<Hosts, _>(&ctx.scope().key(id), |host| {
            host.auto_placement = auto_placement.unwrap_or(host.auto_placement);
            host.recovery = recovery.unwrap_or(host.recovery);
            host.maintenance = maintenance.unwrap_or(host.maintenance);
            if let Some((_, takes)) = &takes {
                host.takes = takes.clone();
            }
        })?;
        successful.push(id.clone());
    }
    Ok(ec2::ModifyHostsResult { successful: Some(successful), unsuccessful: Some(unsuccessful) })
}

/// The host of that id, unless it is the account's no more.
fn live(ctx: &Ctx<'_>, id: &str) -> std::result::Result<Host, Refusal> {
    if let Some(owner) = loan::lender(ctx, id) {
        return Err(("Client.OperationNotPermitted", loan::belongs::<Hosts>(id, owner)));
    }
    let found = ctx.peek::<Hosts>(&ctx.scope().key(id));
    match found {
        Some(host) if !host.state.is_released() => Ok(host.clone()),
        Some(host) => Err((
            "Client.InvalidHostState",
            format!("Dedicated host '{id}' is in state {}.", host.state.name()),
        )),
        None => {
            let error = Hosts::KIND.check(id).err().unwrap_or_else(|| Hosts::KIND.not_found(id));
            let malformed = error.code().ends_with("Malformed");
            let code =
                if malformed { "Client.InvalidHostID.Malformed" } else { "Client.InvalidHostID.NotFound" };
            Err((code, error.message().to_owned()))
        }
    }
}

/// A host can only take something else while nothing is on it, and only of its own family.
fn retake(host: &Host, takes: Option<&(String, Takes)>) -> std::result::Result<(), Refusal> {
    let Some((family, _)) = takes else { return Ok(()) };
    if *family != host.family {
        let message = format!("Dedicated host '{}' is of the instance family {}.", host.id, host.family);
        return Err(("Client.InvalidHostConfiguration", message));
    }
    if !host.seats.is_empty() {
        let message = format!("Dedicated host '{}' cannot be modified as it is occupied.", host.id);
        return Err(("Client.InvalidHost.Occupied", message));
    }
    Ok(())
}

pub(super) fn release_hosts(
    ctx: &mut Ctx<'_>,
    input: &ec2::ReleaseHostsRequest,
) -> Result<ec2::ReleaseHostsResult> {
    if input.host_ids.is_empty() {
        return Err(error::missing_parameter("HostId"));
    }
    let (mut successful, mut unsuccessful) = (Vec::new(), Vec::new());
    for id in &input.host_ids {
        match live(ctx, id).and_then(|host| releasable(ctx, &host)) {
            Ok(()) => {
                lifecycle::enter(ctx, id, State::Released, None)?;
                successful.push(id.clone());
            }
            Err(refusal) => unsuccessful.push(item(id, refusal)),
        }
    }
    Ok(ec2::ReleaseHostsResult { successful: Some(successful), unsuccessful: Some(unsuccessful) })
}

fn releasable(ctx: &Ctx<'_>, host: &Host) -> std::result::Result<(), Refusal> {
    let Host { id, family, .. } = host;
    if hosts::get(family).is_some_and(hosts::HostKind::is_mac) {
        let hours = hosts::mac_rules().min_allocation_hours;
        let until = host.allocated.nanos().saturating_add(i64::from(hours) * 3_600_000_000_000);
        if ctx.now().nanos() < until {
            let at = Timestamp::from_nanos(until).iso8601_millis();
            let message = format!(
                "Unable to release Dedicated Host {id}. {family}.metal hosts must be allocated to your AWS account \
                 for at least {hours} hour(s). You can release this host any time after {at}."
            );
            return Err(("Client.HostMinAllocationPeriodUnexpired", message));
        }
    }
    if !host.seats.is_empty() {
        let message = format!("Dedicated host '{id}' cannot be released as it is occupied.");
        return Err(("Client.InvalidHost.Occupied", message));
    }
    if !matches!(host.state, State::Available | State::PermanentFailure) {
        let message = format!("Dedicated host '{id}' cannot be released in state {}.", host.state.name());
        return Err(("Client.InvalidHostState", message));
    }
    Ok(())
}

fn item(id: &str, (code, message): Refusal) -> ec2::UnsuccessfulItem {
    ec2::UnsuccessfulItem {
        error: Some(ec2::UnsuccessfulItemError { code: Some(code.to_owned()), message: Some(message) }),
        resource_id: Some(id.to_owned()),
    }
}

/// `IncorrectInstanceState` for what needs a stopped instance.
pub(super) fn must_be_stopped(id: &str) -> Error {
    let message = format!("The instance '{id}' is not in the 'stopped' state.");
    Error::client("IncorrectInstanceState", message)
}

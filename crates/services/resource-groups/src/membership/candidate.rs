//! What may become a member of which group: EC2 is asked whether it is there and what it is.
//!
//! AWS does not say which codes failures have. Ours are those with which EC2 refuses the resource, or, where the group
//! refuses it, `InvalidParameterValue`.

use ironbird_api::ec2;
use ironbird_rig::arn::Arn;
use ironbird_rig::{Ctx, Error, Result};

use crate::PRINCIPAL;
use crate::configuration::{FAMILIES, HOSTS, POOL};
use crate::error;
use crate::record::{self, Group};

/// A resource that a group can have, by what its ARN says.
pub(super) struct Candidate<'a> {
    /// `AWS::EC2::Host`
    pub(super) kind: &'static str,
    id: &'a str,
    owner: &'a str,
}

/// Reads an ARN as that of something that the group can have.
///
/// # Errors
/// `InvalidParameterValue` for what is of another type, or somewhere else.
pub(super) fn read<'a>(ctx: &Ctx<'_>, group: &Group, arn: &'a str) -> Result<Candidate<'a>> {
    let (name, kind) = if group.is_a(POOL) {
        ("capacity-reservation", "AWS::EC2::CapacityReservation")
    } else {
        ("dedicated-host", "AWS::EC2::Host")
    };
    let parsed = Arn::parse(arn).filter(|arn| arn.service == "ec2" && arn.region == ctx.region().code());
    let found =
        parsed.and_then(|arn| Some((arn.account, arn.resource.strip_prefix(name)?.strip_prefix('/')?)));
    let (owner, id) =
        found.ok_or_else(|| invalid(format!("Group {} takes resources of type {kind} only.", group.name)))?;
    // Reservations may be shared by other accounts, which EC2 knows.
    if group.is_a(HOSTS) && !arn.starts_with(&ctx.arn("ec2", "")) {
        return Err(elsewhere());
    }
    Ok(Candidate { kind, id, owner })
}

/// Checks that a resource may become, or stay, a member of a group.
///
/// # Errors
/// EC2's where it is not there, `InvalidParameterValue` where the group does not take it.
pub(super) fn check(ctx: &mut Ctx<'_>, group: &Group, candidate: &Candidate<'_>) -> Result<()> {
    if group.is_a(HOSTS) { host(ctx, group, candidate.id) } else { reservation(ctx, candidate) }
}

fn elsewhere() -> Error {
    invalid("The resource belongs to another account.".to_owned())
}

fn reservation(ctx: &mut Ctx<'_>, Candidate { id, owner, .. }: &Candidate<'_>) -> Result<()> {
    let input = ec2::DescribeCapacityReservationsRequest {
        capacity_reservation_ids: Some(vec![(*id).to_owned()]),
        ..Default::default()
    };
    let found = ctx.call::<ec2::DescribeCapacityReservations>(PRINCIPAL, &input)?.capacity_reservations;
    let found = found.into_iter().flatten().next().unwrap_or_default();
    if found.owner_id.as_deref() != Some(*owner) {
        return Err(elsewhere());
    }
    let state = found.state.unwrap_or_default();
    if matches!(state.as_str(), "cancelled" | "expired" | "failed") {
        return Err(invalid(format!("Capacity Reservation {id} is {state}.")));
    }
    Ok(())
}

fn host(ctx: &mut Ctx<'_>, group: &Group, id: &str) -> Result<()> {
    let input = ec2::DescribeHostsRequest { host_ids: Some(vec![id.to_owned()]), ..Default::default() };
    let found = ctx.call::<ec2::DescribeHosts>(PRINCIPAL, &input)?.hosts;
    let host = found.into_iter().flatten().next().unwrap_or_default();
    let state = host.state.unwrap_or_default();
    if state.starts_with("released") {
        return Err(invalid(format!("Dedicated Host {id} is {state}.")));
    }
    let properties = host.host_properties.unwrap_or_default();
    let of_type =
        properties.instance_type.as_deref().and_then(|name| name.split_once('.')).map(|(family, _)| family);
    let family = properties.instance_family.as_deref().or(of_type).unwrap_or_default();
    let allowed = group.values(HOSTS, FAMILIES);
    if allowed.is_empty() || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(family)) {
        return Ok(());
    }
    let name = &group.name;
    Err(invalid(format!(
        "Group {name} takes Dedicated Hosts of {} only, and {id} is of {family}.",
        allowed.join(", ")
    )))
}

/// Refuses operations on members of groups that have none but what their query finds.
///
/// # Errors
/// `BadRequestException`.
pub(super) fn static_group(ctx: &Ctx<'_>, given: &str) -> Result<Group> {
    let group = record::named(ctx, Some(given), None)?;
    if group.is_a(POOL) || group.is_a(HOSTS) {
        return Ok(group.clone());
    }
    Err(error::bad_request(format!("Members of group {} are what its query finds.", group.name)))
}

fn invalid(message: String) -> Error {
    Error::client("InvalidParameterValue", message)
}

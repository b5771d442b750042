//! Kinds of resources that can be shared.
//!
//! Source of the names: "Managed permissions" and "Shareable AWS resources" in the RAM user guide.

use ironbird_api::ec2;
use ironbird_rig::account::Account;
use ironbird_rig::arn::Arn;
use ironbird_rig::{Ctx, Error, Result};

use crate::{PRINCIPAL, error};

/// A kind of resource.
#[derive(Debug)]
pub(crate) struct Kind {
    /// `ec2:CapacityReservation`
    pub(crate) name: &'static str,
    /// `ec2`
    pub(crate) service: &'static str,
    /// What stands before the id in ARNs: `capacity-reservation`.
    prefix: &'static str,
    /// Name of the permission that a share gets unless it is given another.
    pub(crate) permission: &'static str,
    /// Asks the service whether the resource of that id can be shared.
    check: fn(&mut Ctx<'_>, &str) -> Result<()>,
}

/// The kinds, by name.
pub(crate) static KINDS: &[Kind] = &[
    Kind {
        name: "ec2:CapacityReservation",
        service: "ec2",
        prefix: "capacity-reservation",
        permission: "AWSRAMDefaultPermissionCapacityReservation",
        check: reservation,
    },
    Kind {
        name: "ec2:DedicatedHost",
        service: "ec2",
        prefix: "dedicated-host",
        permission: "AWSRAMDefaultPermissionDedicatedHost",
        check: host,
    },
];

/// What AWS shares within an organization only.
const ORGANIZATION_ONLY: &[(&str, &str)] = &[("ec2", "subnet"), ("ec2", "security-group")];

/// What AWS shares and this rig does not yet.
const NOT_YET: &[(&str, &str)] = &[
    ("ec2", "coip-pool"),
    ("ec2", "ipam-pool"),
    ("ec2", "local-gateway-route-table"),
    ("ec2", "placement-group"),
    ("ec2", "prefix-list"),
    ("ec2", "traffic-mirror-target"),
    ("ec2", "transit-gateway"),
    ("ec2", "transit-gateway-multicast-domain"),
    ("ec2", "verified-access-group"),
    ("resource-groups", "group"),
];

/// The kind of that name, whatever its case.
pub(crate) fn named(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name.eq_ignore_ascii_case(name))
}

/// The kind of a resource that is shared.
pub(crate) fn of_arn(arn: &str) -> Option<&'static Kind> {
    let arn = Arn::parse(arn)?;
    let (prefix, _) = arn.resource.split_once('/')?;
    KINDS.iter().find(|kind| kind.service == arn.service && kind.prefix == prefix)
}

/// Checks a filter on types.
///
/// # Errors
/// `InvalidResourceTypeException` for one that cannot be shared here.
pub(crate) fn check_filter(name: Option<&str>) -> Result<()> {
    match name {
        Some(name) if named(name).is_none() => {
            Err(Error::client("InvalidResourceTypeException", format!("Invalid resource type: {name}")))
        }
        _ => Ok(()),
    }
}

/// Checks that the caller can share a resource.
///
/// # Errors
/// `MalformedArnException`, `OperationNotPermittedException` for what belongs to another account,
/// `UnknownResourceException` for what is not there, and the reasons why it cannot be shared.
pub(crate) fn check_shareable(ctx: &mut Ctx<'_>, text: &str) -> Result<()> {
    let malformed = || error::malformed(text);
    let arn =
        Arn::parse(text).filter(|arn| arn.partition == ctx.region().partition()).ok_or_else(malformed)?;
    let owner = Account::parse(arn.account).ok_or_else(malformed)?;
    let (prefix, id) = arn.resource.split_once('/').unwrap_or((arn.resource, ""));
    let is = |(service, kind): &(&str, &str)| *service == arn.service && *kind == prefix;
    if ORGANIZATION_ONLY.iter().any(is) {
        return Err(error::invalid(error::ONLY_WITHIN_ORGANIZATION));
    }
    if NOT_YET.iter().any(is) {
        return Err(Ctx::unsupported(
            "resourceArns",
            &format!("what a {prefix} is used for is not shared yet"),
        ));
    }
    let kind = of_arn(text).ok_or_else(|| {
        Error::client("MalformedArnException", "You cannot share the selected resource type.")
    })?;
    if arn.region != ctx.region().code() || id.is_empty() {
        return Err(malformed());
    }
    if owner != ctx.scope().account {
        return Err(error::not_permitted(format!(
            "{text} belongs to another account. Only its owner can share it."
        )));
    }
    match (kind.check)(ctx, id) {
        Err(error @ Error::Internal(_)) => Err(error),
        Err(error) if error.code().ends_with(".NotFound") || error.code().ends_with(".Malformed") => {
            Err(error::unknown(&format!("Resource {text}")))
        }
        other => other,
    }
}

/// Capacity Reservations can be shared while they are active and of default tenancy. Source: "Prerequisites for sharing
/// Capacity Reservations" in the EC2 user guide.
fn reservation(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let input = ec2::DescribeCapacityReservationsRequest {
        capacity_reservation_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    let found = ctx.call::<ec2::DescribeCapacityReservations>(PRINCIPAL, &input)?.capacity_reservations;
    let found = found.into_iter().flatten().next().unwrap_or_default();
    must_be_own(ctx, found.owner_id.as_deref())?;
    let state = found.state.unwrap_or_default();
    if state != "active" {
        return Err(error::invalid(format!("Capacity Reservation {id} is {state}. It cannot be shared.")));
    }
    if found.tenancy.as_deref() != Some("default") {
        let message =
            format!("Capacity Reservation {id} is for instances of dedicated tenancy. It cannot be shared.");
        return Err(error::invalid(message));
    }
    Ok(())
}

/// Dedicated Hosts can be shared by their owner until they are released, but for those of the largest high memory types. Source:
/// "Limitations for sharing Dedicated Hosts" in the EC2 user guide.
fn host(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let input = ec2::DescribeHostsRequest { host_ids: Some(vec![id.to_owned()]), ..Default::default() };
    let found = ctx.call::<ec2::DescribeHosts>(PRINCIPAL, &input)?.hosts;
    let found = found.into_iter().flatten().next().unwrap_or_default();
    must_be_own(ctx, found.owner_id.as_deref())?;
    let state = found.state.unwrap_or_default();
    if state.starts_with("released") {
        return Err(error::invalid(format!("Dedicated Host {id} is {state}. It cannot be shared.")));
    }
    let instance_type = found.host_properties.and_then(|properties| properties.instance_type);
    if let Some(large) = instance_type.filter(|name| name.starts_with("u-") && name.ends_with("tb1.metal")) {
        let message = format!("Dedicated Host {id} is for {large} instances. It cannot be shared.");
        return Err(error::invalid(message));
    }
    Ok(())
}

/// What another account shares with the caller is described beside its own, and is not there under the caller's ARN.
fn must_be_own(ctx: &Ctx<'_>, owner: Option<&str>) -> Result<()> {
    if owner == Some(ctx.scope().account.to_string().as_str()) {
        return Ok(());
    }
    Err(Error::client("Resource.NotFound", "it belongs to another account"))
}

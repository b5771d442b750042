//! Blocks of a subnet's addresses that are kept: interfaces are given none of them unless they ask for it. Source: "Subnet CIDR
//! reservations" in the VPC user guide.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use super::Subnets;
use crate::cidr::Cidr;
use crate::cidr6::Cidr6;
use crate::filter::{Filters, Test};
use crate::page::Window;
use crate::resource::{self, Kind, Resource};
use crate::{error, kinds, tag};

/// All reservations of blocks.
pub(super) struct BlockReservations;

impl Table for BlockReservations {
    const NAME: &'static str = "ec2.subnet-cidr-reservations";
    type Record = BlockReservation;
}

/// A reservation of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BlockReservation {
    /// `scr-…`
    id: String,
    subnet_id: String,
    block: Block,
    purpose: Purpose,
    description: Option<String>,
}

/// What addresses are kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Purpose {
    Prefix,
    Explicit,
}

impl Purpose {
    /// `prefix` or `explicit`
    const fn name(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Explicit => "explicit",
        }
    }
}

/// A block of either kind of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Block {
    Ipv4(Cidr),
    Ipv6(Cidr6),
}

impl Block {
    fn parse(text: &str) -> Option<Self> {
        Cidr::parse(text).map(Self::Ipv4).or_else(|| Cidr6::parse(text).map(Self::Ipv6))
    }

    fn overlaps(self, other: Self) -> bool {
        match (self, other) {
            (Self::Ipv4(one), Self::Ipv4(other)) => one.overlaps(other),
            (Self::Ipv6(one), Self::Ipv6(other)) => one.overlaps(other),
            _ => false,
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(block) => block.fmt(f),
            Self::Ipv6(block) => block.fmt(f),
        }
    }
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<BlockReservations>()
        .write::<ec2::CreateSubnetCidrReservation>(create)
        .read::<ec2::GetSubnetCidrReservations>(get)
        .write::<ec2::DeleteSubnetCidrReservation>(delete)
}

/// The blocks of a subnet's addresses that are given only to who asks for them.
#[derive(Default)]
pub(super) struct Reserved(Vec<Block>);

impl Reserved {
    /// Those of a subnet.
    pub(super) fn of(ctx: &Ctx<'_>, subnet_id: &str) -> Self {
        Self(of_subnet(ctx, subnet_id).map(|reservation| reservation.block).collect())
    }

    /// Whether an IPv4 address is in one.
    pub(super) fn has(&self, address: Ipv4Addr) -> bool {
        self.0.iter().any(|block| matches!(block, Block::Ipv4(block) if block.contains(address)))
    }

    /// Whether an IPv6 address is in one.
    pub(super) fn has_ipv6(&self, address: Ipv6Addr) -> bool {
        self.0.iter().any(|block| matches!(block, Block::Ipv6(block) if block.contains(address)))
    }
}

/// Forgets the reservations of a subnet that goes.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget(ctx: &mut Ctx<'_>, subnet_id: &str) -> Result<()> {
    let ids: Vec<String> = of_subnet(ctx, subnet_id).map(|reservation| reservation.id.clone()).collect();
    for id in ids {
        ctx.delete::<BlockReservations>(&ctx.scope().key(&id))?;
        tag::remove_all(ctx, &id)?;
    }
    Ok(())
}

fn of_subnet<'t>(ctx: &'t Ctx<'_>, subnet_id: &str) -> impl Iterator<Item = &'t BlockReservation> {
    resource::all::<BlockReservations>(ctx).filter(move |reservation| reservation.subnet_id == subnet_id)
}

impl Resource for BlockReservations {
    const KIND: Kind = kinds::SUBNET_CIDR_RESERVATION;
    const FILTERS: &'static [&'static str] = &["reservationType", "subnet-id"];
    type View = ec2::SubnetCidrReservation;

    fn id(record: &BlockReservation) -> &str {
        &record.id
    }

    fn has(_: &Ctx<'_>, record: &BlockReservation, name: &str, test: Test<'_>) -> bool {
        match name {
            "reservationType" => test(record.purpose.name()),
            "subnet-id" => test(&record.subnet_id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, record: &BlockReservation) -> ec2::SubnetCidrReservation {
        ec2::SubnetCidrReservation {
            subnet_cidr_reservation_id: Some(record.id.clone()),
            subnet_id: Some(record.subnet_id.clone()),
            cidr: Some(record.block.to_string()),
            reservation_type: Some(record.purpose.name().to_owned()),
            owner_id: Some(ctx.scope().account.to_string()),
            description: record.description.clone(),
            tags: tag::of(ctx, &record.id),
        }
    }
}

fn create(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateSubnetCidrReservationRequest,
) -> Result<ec2::CreateSubnetCidrReservationResult> {
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::SUBNET_CIDR_RESERVATION.resource_type])?;
    let subnet_id = resource::find::<Subnets>(ctx, &input.subnet_id)?.id.clone();
    let block =
        Block::parse(&input.cidr).ok_or_else(|| error::invalid_parameter_value(&input.cidr, "cidr"))?;
    let purpose = match input.reservation_type.as_str() {
        "prefix" => Purpose::Prefix,
        "explicit" => Purpose::Explicit,
        other => return Err(error::invalid_parameter_value(other, "reservationType")),
    };
    check_free(ctx, &subnet_id, block)?;
    error::dry_run(input.dry_run)?;
    let id = ctx.fresh_id(kinds::SUBNET_CIDR_RESERVATION.prefix)?;
    let description = input.description.clone();
    let record = BlockReservation { id: id.clone(), subnet_id, block, purpose, description };
    ctx.put::<BlockReservations>(ctx.scope().key(&id), record.clone())?;
    tag::apply(ctx, specifications, kinds::SUBNET_CIDR_RESERVATION.resource_type, &id)?;
    let shown = BlockReservations::view(ctx, &record);
    Ok(ec2::CreateSubnetCidrReservationResult { subnet_cidr_reservation: Some(shown) })
}

/// Checks that a block is the subnet's and that nothing of it is kept already. Addresses in use may be in it.
fn check_free(ctx: &Ctx<'_>, subnet_id: &str, block: Block) -> Result<()> {
    let subnet = resource::find::<Subnets>(ctx, subnet_id)?;
    let (is_inside, whole) = match block {
        Block::Ipv4(block) => (subnet.cidr.covers(block), Some(subnet.cidr.to_string())),
        Block::Ipv6(block) => {
            let whole = subnet.ipv6.as_ref().map(|whole| whole.cidr);
            (whole.is_some_and(|whole| whole.covers(block)), whole.map(|whole| whole.to_string()))
        }
    };
    if !is_inside {
        let whole = whole.unwrap_or_default();
        let message = format!("Reservation CIDR should be within subnet CIDR block ({whole})");
        return Err(error::invalid_value(message));
    }
    if of_subnet(ctx, subnet_id).any(|other| other.block.overlaps(block)) {
        let message = format!("Reservation CIDR {block} has overlap with existing reserved CIDR block");
        return Err(error::invalid_value(message));
    }
    Ok(())
}

fn get(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetSubnetCidrReservationsRequest,
) -> Result<ec2::GetSubnetCidrReservationsResult> {
    let window = Window::read(input.max_results, input.next_token.as_deref(), BlockReservations::PAGES)?;
    let filters = Filters::read(input.filters.as_deref(), BlockReservations::FILTERS, true)?;
    let subnet_id = &resource::find::<Subnets>(ctx, &input.subnet_id)?.id;
    error::dry_run(input.dry_run)?;
    let page = window.scan::<BlockReservations, _>(ctx, &ctx.scope().prefix(), |record| {
        let passes = record.subnet_id == *subnet_id
            && filters.pass(ctx, &record.id, |name, test| BlockReservations::has(ctx, record, name, test));
        passes.then_some(record)
    });
    let of = |wanted: fn(&Block) -> bool| {
        let chosen = page.items.iter().filter(|record| wanted(&record.block));
        Some(chosen.map(|record| BlockReservations::view(ctx, record)).collect())
    };
    Ok(ec2::GetSubnetCidrReservationsResult {
        subnet_ipv4_cidr_reservations: of(|block| matches!(block, Block::Ipv4(_))),
        subnet_ipv6_cidr_reservations: of(|block| matches!(block, Block::Ipv6(_))),
        next_token: page.next,
    })
}

fn delete(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeleteSubnetCidrReservationRequest,
) -> Result<ec2::DeleteSubnetCidrReservationResult> {
    let id = resource::find::<BlockReservations>(ctx, &input.subnet_cidr_reservation_id)?.id.clone();
    error::dry_run(input.dry_run)?;
    let record = ctx.get::<BlockReservations>(&ctx.scope().key(&id));
    let shown = record.map(|record| BlockReservations::view(ctx, &record));
    ctx.delete::<BlockReservations>(&ctx.scope().key(&id))?;
    tag::remove_all(ctx, &id)?;
    Ok(ec2::DeleteSubnetCidrReservationResult { deleted_subnet_cidr_reservation: shown })
}

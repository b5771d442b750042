//! CreateVpcPeeringConnection.

use ironbird_api::ec2;
use ironbird_rig::account::{Account, Region};
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Timestamp};

use super::{End, State, TIMER, VpcPeering, VpcPeerings};
use crate::resource::{self, Resource};
use crate::vpc::Vpcs;
use crate::{error, kinds, tag};

/// How long the other end has to answer, in seconds: seven days. Source: "VPC peering connection lifecycle" in the
/// VPC peering guide.
const TO_ANSWER: i64 = 7 * 24 * 3600;
/// How long a connection that came to nothing is shown, in seconds: two hours. Source: as above.
pub(super) const SHOWN_AFTERWARDS: i64 = 2 * 3600;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.write::<ec2::CreateVpcPeeringConnection>(create_vpc_peering_connection)
}

/// So many seconds from now.
pub(super) fn later(ctx: &Ctx<'_>, seconds: i64) -> Timestamp {
    Timestamp::from_nanos(ctx.now().nanos().saturating_add(seconds * 1_000_000_000))
}

fn accepter(ctx: &Ctx<'_>, input: &ec2::CreateVpcPeeringConnectionRequest) -> Result<End> {
    let scope = ctx.scope();
    let account = match input.peer_owner_id.as_deref() {
        None => scope.account,
        Some(text) => {
            Account::parse(text).ok_or_else(|| error::invalid_parameter_value(text, "peerOwnerId"))?
        }
    };
    let region = match input.peer_region.as_deref() {
        None => scope.region,
        Some(text) => {
            Region::parse(text).ok_or_else(|| error::invalid_parameter_value(text, "peerRegion"))?
        }
    };
    let vpc_id = input.peer_vpc_id.clone().ok_or_else(|| error::missing_parameter("peerVpcId"))?;
    kinds::VPC.check(&vpc_id)?;
    Ok(End { account, region, vpc_id, remote_dns: false })
}

/// Whether the two VPCs can be peers: the other one is there, and they have no address in common.
fn suits(ctx: &Ctx<'_>, requester: &End, accepter: &End) -> bool {
    let vpc = |end: &End| ctx.peek::<Vpcs>(&end.scope().key(&end.vpc_id));
    let (Some(one), Some(other)) = (vpc(requester), vpc(accepter)) else { return false };
    let apart = one.blocks().all(|(_, own)| other.blocks().all(|(_, block)| !own.overlaps(block)));
    apart && requester.vpc_id != accepter.vpc_id
}

fn create_vpc_peering_connection(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateVpcPeeringConnectionRequest,
) -> Result<ec2::CreateVpcPeeringConnectionResult> {
    let vpc_id = resource::find::<Vpcs>(ctx, &input.vpc_id)?.id.clone();
    let accepter = accepter(ctx, input)?;
    let scope = ctx.scope();
    let requester = End { account: scope.account, region: scope.region, vpc_id, remote_dns: false };
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::VPC_PEERING.resource_type])?;
    let between = |other: &VpcPeering| {
        let ends = [&other.requester.vpc_id, &other.accepter.vpc_id];
        other.is_active() && ends.contains(&&requester.vpc_id) && ends.contains(&&accepter.vpc_id)
    };
    if resource::all::<VpcPeerings>(ctx).any(between) {
        let message = format!(
            "A VPC peering connection between {} and {} already exists.",
            requester.vpc_id, accepter.vpc_id
        );
        return Err(Error::client("VpcPeeringConnectionAlreadyExists", message));
    }
    let suits = suits(ctx, &requester, &accepter);
    let state = if suits { State::PendingAcceptance } else { State::Failed };
    let due = later(ctx, if suits { TO_ANSWER } else { SHOWN_AFTERWARDS });
    let peering = VpcPeering { id: ctx.fresh_id("pcx")?, requester, accepter, state, due: Some(due) };
    ctx.put::<VpcPeerings>(scope.key(&peering.id), peering.clone())?;
    if suits {
        ctx.put::<VpcPeerings>(peering.accepter.scope().key(&peering.id), peering.clone())?;
    }
    ctx.wake_at(due, TIMER, &peering.id)?;
    tag::apply(ctx, specifications, kinds::VPC_PEERING.resource_type, &peering.id)?;
    error::dry_run(input.dry_run)?;
    let shown = ec2::VpcPeeringConnection {
        status: Some(ec2::VpcPeeringConnectionStateReason {
            code: Some("initiating-request".to_owned()),
            message: Some(format!("Initiating Request to {}", peering.accepter.account)),
        }),
        ..VpcPeerings::view(ctx, &peering)
    };
    Ok(ec2::CreateVpcPeeringConnectionResult { vpc_peering_connection: Some(shown) })
}

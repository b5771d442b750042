//! VPC peering connections, between VPCs of any accounts and Regions of this world.
//!
//! Both ends see the same connection, so each end's scope has a copy of its record; [`change_both`] keeps them alike.

use ironbird_api::ec2;
use ironbird_rig::account::{Account, Region, Scope};
use ironbird_rig::{Ctx, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::filter::Test;
use crate::resource::{self, Ask, Kind, Resource};
use crate::vpc::Vpcs;
use crate::{error, kinds, tag};

mod answer;
mod create;

/// All peering connections, a copy at each end.
pub struct VpcPeerings;

impl Table for VpcPeerings {
    const NAME: &'static str = "ec2.vpc-peering-connections";
    type Record = VpcPeering;
}

/// A peering connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcPeering {
    /// `pcx-…`
    pub id: String,
    /// Who asked.
    pub requester: End,
    /// Who was asked.
    pub accepter: End,
    /// Where it is in its life.
    pub state: State,
    /// When it gets further by itself.
    pub due: Option<Timestamp>,
}

/// One end of a peering connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// Owner of the VPC.
    pub account: Account,
    /// Where the VPC is.
    pub region: Region,
    /// The VPC.
    pub vpc_id: String,
    /// Whether host names there are to be answered with private addresses here.
    pub remote_dns: bool,
}

impl End {
    const fn scope(&self) -> Scope {
        Scope { account: self.account, region: self.region }
    }
}

/// Where a peering connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Waiting for the other end.
    PendingAcceptance,
    /// Nobody answered in seven days.
    Expired,
    /// Could not be made.
    Failed,
    /// The other end does not want it.
    Rejected,
    /// There.
    Active,
    /// Gone, by the requester (`true`) or the accepter.
    Deleted(bool),
}

impl State {
    /// Code and message, as AWS words them.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::PendingAcceptance => ("pending-acceptance", "Pending Acceptance by "),
            Self::Expired => ("expired", "Expired"),
            Self::Failed => {
                ("failed", "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range")
            }
            Self::Rejected => ("rejected", "Rejected by "),
            Self::Active => ("active", "Active"),
            Self::Deleted(_) => ("deleted", "Deleted by "),
        }
    }
}

impl VpcPeering {
    /// Whether packets pass.
    pub fn is_active(&self) -> bool {
        self.state == State::Active
    }

    fn message(&self) -> String {
        let (_, text) = self.state.words();
        match self.state {
            State::PendingAcceptance | State::Rejected | State::Deleted(false) => {
                format!("{text}{}", self.accepter.account)
            }
            State::Deleted(true) => format!("{text}{}", self.requester.account),
            State::Expired | State::Failed | State::Active => text.to_owned(),
        }
    }
}

/// The timer handler's name.
const TIMER: &str = "ec2.vpc-peering";

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<VpcPeerings>()
        .timer(TIMER, answer::wake)
        .read::<ec2::DescribeVpcPeeringConnections>(describe_vpc_peering_connections);
    answer::register(create::register(definition))
}

impl Resource for VpcPeerings {
    const KIND: Kind = kinds::VPC_PEERING;
    const FILTERS: &'static [&'static str] = &[
        "accepter-vpc-info.cidr-block",
        "accepter-vpc-info.owner-id",
        "accepter-vpc-info.vpc-id",
        "expiration-time",
        "requester-vpc-info.cidr-block",
        "requester-vpc-info.owner-id",
        "requester-vpc-info.vpc-id",
        "status-code",
        "status-message",
        "vpc-peering-connection-id",
    ];
    type View = ec2::VpcPeeringConnection;

    fn id(peering: &VpcPeering) -> &str {
        &peering.id
    }

    fn has(ctx: &Ctx<'_>, peering: &VpcPeering, name: &str, test: Test<'_>) -> bool {
        let of_end = |end: &End, field: &str| match field {
            "cidr-block" => end.shown(ctx, true).cidr_block.is_some_and(|block| test(&block)),
            "owner-id" => test(&end.account.to_string()),
            "vpc-id" => test(&end.vpc_id),
            _ => false,
        };
        if let Some(field) = name.strip_prefix("accepter-vpc-info.") {
            return of_end(&peering.accepter, field);
        }
        if let Some(field) = name.strip_prefix("requester-vpc-info.") {
            return of_end(&peering.requester, field);
        }
        match name {
            "expiration-time" => expires(peering).is_some_and(|due| test(&due.iso8601_millis())),
            "status-code" => test(peering.state.words().0),
            "status-message" => test(&peering.message()),
            "vpc-peering-connection-id" => test(&peering.id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, peering: &VpcPeering) -> ec2::VpcPeeringConnection {
        let (code, _) = peering.state.words();
        ec2::VpcPeeringConnection {
            accepter_vpc_info: Some(peering.accepter.shown(ctx, peering.is_active())),
            expiration_time: expires(peering),
            requester_vpc_info: Some(peering.requester.shown(ctx, true)),
            status: Some(ec2::VpcPeeringConnectionStateReason {
                code: Some(code.to_owned()),
                message: Some(peering.message()),
            }),
            tags: Some(tag::of(ctx, &peering.id).unwrap_or_default()),
            vpc_peering_connection_id: Some(peering.id.clone()),
        }
    }
}

fn expires(peering: &VpcPeering) -> Option<Timestamp> {
    peering.due.filter(|_| peering.state == State::PendingAcceptance)
}

impl End {
    /// As the API shows it; the blocks of a VPC that nobody agreed to peer with stay unsaid.
    fn shown(&self, ctx: &Ctx<'_>, with_blocks: bool) -> ec2::VpcPeeringConnectionVpcInfo {
        let vpc = ctx.peek::<Vpcs>(&self.scope().key(&self.vpc_id)).filter(|_| with_blocks);
        let ipv4 = vpc.map(|vpc| {
            let shown = |(_, block): (&str, crate::cidr::Cidr)| ec2::CidrBlock {
                cidr_block: Some(block.to_string()),
            };
            vpc.blocks().map(shown).collect()
        });
        let ipv6 = vpc.map(|vpc| {
            let shown = |block: &crate::vpc::Ipv6Block| ec2::Ipv6CidrBlock {
                ipv6_cidr_block: Some(block.cidr.to_string()),
            };
            vpc.ipv6.iter().map(shown).collect()
        });
        ec2::VpcPeeringConnectionVpcInfo {
            cidr_block: vpc.map(|vpc| vpc.cidr.to_string()),
            ipv6_cidr_block_set: ipv6.filter(|blocks: &Vec<_>| !blocks.is_empty()),
            cidr_block_set: ipv4,
            owner_id: Some(self.account.to_string()),
            peering_options: with_blocks.then_some(ec2::VpcPeeringConnectionOptionsDescription {
                allow_dns_resolution_from_remote_vpc: Some(self.remote_dns),
                allow_egress_from_local_classic_link_to_remote_vpc: Some(false),
                allow_egress_from_local_vpc_to_remote_classic_link: Some(false),
            }),
            vpc_id: Some(self.vpc_id.clone()),
            region: Some(self.region.code().to_owned()),
        }
    }
}

/// Changes a connection at both of its ends.
fn change_both(ctx: &mut Ctx<'_>, peering: &VpcPeering, change: impl Fn(&mut VpcPeering)) -> Result<()> {
    let (one, other) = (peering.requester.scope(), peering.accepter.scope());
    ctx.update::<VpcPeerings, _>(&one.key(&peering.id), &change)?;
    if one != other {
        ctx.update::<VpcPeerings, _>(&other.key(&peering.id), &change)?;
    }
    Ok(())
}

/// Whether a VPC has one that waits or is active.
pub(crate) fn any_of_vpc(ctx: &Ctx<'_>, vpc_id: &str) -> bool {
    resource::all::<VpcPeerings>(ctx).any(|peering| {
        peering.is_active() && [&peering.requester, &peering.accepter].iter().any(|end| end.vpc_id == vpc_id)
    })
}

fn describe_vpc_peering_connections(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeVpcPeeringConnectionsRequest,
) -> Result<ec2::DescribeVpcPeeringConnectionsResult> {
    error::dry_run(input.dry_run)?;
    let page = resource::describe::<VpcPeerings>(
        ctx,
        &Ask {
            ids: input.vpc_peering_connection_ids.as_deref(),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeVpcPeeringConnectionsResult {
        vpc_peering_connections: Some(page.items),
        next_token: page.next,
    })
}

//! Network interfaces. They are made and removed with the instances they belong to.

use std::net::Ipv4Addr;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::filter::{Test, flag};
use crate::resource::{self, Ask, Kind, Resource};
use crate::{error, kinds, security_group, subnet, tag, vpc};

/// All network interfaces.
pub struct NetworkInterfaces;

impl Table for NetworkInterfaces {
    const NAME: &'static str = "ec2.network-interfaces";
    type Record = NetworkInterface;
}

/// Public addresses in use, over all accounts and Regions.
struct PublicAddresses;

impl Table for PublicAddresses {
    const NAME: &'static str = "ec2.public-addresses";
    /// The interface that has it.
    type Record = String;
}

/// A network interface attached to an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// `eni-…`
    pub id: String,
    /// Its subnet.
    pub subnet_id: String,
    /// The subnet's VPC.
    pub vpc_id: String,
    /// The subnet's zone by name.
    pub zone: String,
    /// The subnet's zone by id.
    pub zone_id: String,
    /// What the caller said of it.
    pub description: String,
    /// Security groups.
    pub group_ids: Vec<String>,
    /// Hardware address.
    pub mac_address: String,
    /// Primary private address first, then the secondary ones.
    pub private_addresses: Vec<Ipv4Addr>,
    /// Public address of the primary private one.
    pub public_address: Option<Ipv4Addr>,
    /// Whether packets must be from or to its own addresses.
    pub source_dest_check: bool,
    /// Id of the attachment, `eni-attach-…`.
    pub attachment_id: String,
    /// Instance that it is attached to.
    pub instance_id: String,
    /// Position on the instance.
    pub device_index: i32,
    /// Network card of the instance.
    pub network_card_index: i32,
    /// Whether it goes when the instance goes.
    pub delete_on_termination: bool,
    /// When it was attached.
    pub attached: Timestamp,
}

/// What an instance's network interface is to be.
#[derive(Clone, Debug, Default)]
pub struct NewInterface<'a> {
    /// Subnet, which must exist.
    pub subnet_id: &'a str,
    /// Instance that it is for.
    pub instance_id: &'a str,
    /// Security groups; those must exist in the subnet's VPC. None: the VPC's default group.
    pub group_ids: &'a [String],
    /// Primary private address; drawn by the seed if not given.
    pub private_address: Option<Ipv4Addr>,
    /// How many secondary private addresses, drawn by the seed.
    pub secondary_addresses: u32,
    /// Whether it gets a public address; as the subnet says if not given.
    pub public_address: Option<bool>,
    /// Position on the instance.
    pub device_index: i32,
    /// Network card of the instance.
    pub network_card_index: i32,
    /// Whether it goes when the instance goes.
    pub delete_on_termination: bool,
    /// Description.
    pub description: &'a str,
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<NetworkInterfaces>()
        .table::<PublicAddresses>()
        .read::<ec2::DescribeNetworkInterfaces>(describe_network_interfaces)
        // No service makes interfaces of its own here, so there are none to include or not.
        .records::<ec2::DescribeNetworkInterfaces>(&["IncludeManagedResources"])
}

impl Resource for NetworkInterfaces {
    const KIND: Kind = kinds::NETWORK_INTERFACE;
    const FILTERS: &'static [&'static str] = &[
        "addresses.primary",
        "addresses.private-ip-address",
        "addresses.association.public-ip",
        "association.ip-owner-id",
        "association.public-dns-name",
        "association.public-ip",
        "attachment.attachment-id",
        "attachment.delete-on-termination",
        "attachment.device-index",
        "attachment.instance-id",
        "attachment.instance-owner-id",
        "attachment.status",
        "availability-zone",
        "availability-zone-id",
        "description",
        "group-id",
        "group-name",
        "interface-type",
        "mac-address",
        "network-interface-id",
        "owner-id",
        "private-dns-name",
        "private-ip-address",
        "requester-managed",
        "source-dest-check",
        "status",
        "subnet-id",
        "vpc-id",
    ];
    type View = ec2::NetworkInterface;

    fn id(interface: &NetworkInterface) -> &str {
        &interface.id
    }

    fn has(ctx: &Ctx<'_>, interface: &NetworkInterface, name: &str, test: Test<'_>) -> bool {
        let mut groups = interface.group_ids.iter();
        let owner = || ctx.scope().account.to_string();
        let public = interface.public_address;
        match name {
            "addresses.primary" => {
                test(flag(true)) || interface.private_addresses.len() > 1 && test(flag(false))
            }
            "addresses.private-ip-address" => {
                interface.private_addresses.iter().any(|address| test(&address.to_string()))
            }
            "association.public-ip" | "addresses.association.public-ip" => {
                public.is_some_and(|address| test(&address.to_string()))
            }
            "association.ip-owner-id" => public.is_some() && test("amazon"),
            "association.public-dns-name" => interface.public_dns_name(ctx).is_some_and(|name| test(&name)),
            "attachment.attachment-id" => test(&interface.attachment_id),
            "attachment.delete-on-termination" => test(flag(interface.delete_on_termination)),
            "attachment.device-index" => test(&interface.device_index.to_string()),
            "attachment.instance-id" => test(&interface.instance_id),
            "attachment.instance-owner-id" | "owner-id" => test(&owner()),
            "attachment.status" => test("attached"),
            "availability-zone" => test(&interface.zone),
            "availability-zone-id" => test(&interface.zone_id),
            "description" => test(&interface.description),
            "group-id" => groups.any(|id| test(id)),
            "group-name" => groups.any(|id| security_group::name(ctx, id).is_some_and(test)),
            "interface-type" => test("interface"),
            "mac-address" => test(&interface.mac_address),
            "network-interface-id" => test(&interface.id),
            "private-dns-name" => test(&interface.private_dns_name(ctx)),
            "private-ip-address" => test(&interface.private_address().to_string()),
            "requester-managed" => test(flag(false)),
            "source-dest-check" => test(flag(interface.source_dest_check)),
            "status" => test("in-use"),
            "subnet-id" => test(&interface.subnet_id),
            "vpc-id" => test(&interface.vpc_id),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, interface: &NetworkInterface) -> ec2::NetworkInterface {
        ec2::NetworkInterface {
            association: interface.association(ctx),
            attachment: Some(ec2::NetworkInterfaceAttachment {
                attach_time: Some(interface.attached),
                attachment_id: Some(interface.attachment_id.clone()),
                delete_on_termination: Some(interface.delete_on_termination),
                device_index: Some(interface.device_index),
                network_card_index: Some(interface.network_card_index),
                instance_id: Some(interface.instance_id.clone()),
                instance_owner_id: Some(ctx.scope().account.to_string()),
                status: Some("attached".to_owned()),
                ..Default::default()
            }),
            availability_zone: Some(interface.zone.clone()),
            availability_zone_id: Some(interface.zone_id.clone()),
            description: Some(interface.description.clone()),
            groups: Some(security_group::identifiers(ctx, &interface.group_ids)),
            interface_type: Some("interface".to_owned()),
            ipv6_addresses: Some(Vec::new()),
            mac_address: Some(interface.mac_address.clone()),
            network_interface_id: Some(interface.id.clone()),
            owner_id: Some(ctx.scope().account.to_string()),
            private_dns_name: Some(interface.private_dns_name(ctx)),
            public_dns_name: interface.public_dns_name(ctx),
            private_ip_address: Some(interface.private_address().to_string()),
            private_ip_addresses: Some(interface.addresses(ctx)),
            requester_managed: Some(false),
            source_dest_check: Some(interface.source_dest_check),
            status: Some("in-use".to_owned()),
            subnet_id: Some(interface.subnet_id.clone()),
            tag_set: Some(tag::of(ctx, &interface.id).unwrap_or_default()),
            vpc_id: Some(interface.vpc_id.clone()),
            ..Default::default()
        }
    }
}

impl NetworkInterface {
    /// The primary private address.
    pub fn private_address(&self) -> Ipv4Addr {
        self.private_addresses.first().copied().unwrap_or(Ipv4Addr::UNSPECIFIED)
    }

    /// The host name of the primary private address.
    pub fn private_dns_name(&self, ctx: &Ctx<'_>) -> String {
        subnet::private_dns_name(ctx, self.private_address())
    }

    /// The host name of the public address, in VPCs that give such names.
    pub fn public_dns_name(&self, ctx: &Ctx<'_>) -> Option<String> {
        let dashed = self.public_address?.to_string().replace('.', "-");
        let owner = ctx.peek::<vpc::Vpcs>(&ctx.scope().key(&self.vpc_id))?;
        if !owner.dns_hostnames {
            return None;
        }
        let suffix = ctx.region().facts().partition.dns_suffix;
        Some(match ctx.region().code() {
            "us-east-1" => format!("ec2-{dashed}.compute-1.{suffix}"),
            region => format!("ec2-{dashed}.{region}.compute.{suffix}"),
        })
    }

    fn association(&self, ctx: &Ctx<'_>) -> Option<ec2::NetworkInterfaceAssociation> {
        let address = self.public_address?;
        Some(ec2::NetworkInterfaceAssociation {
            ip_owner_id: Some("amazon".to_owned()),
            public_dns_name: Some(self.public_dns_name(ctx).unwrap_or_default()),
            public_ip: Some(address.to_string()),
            ..Default::default()
        })
    }

    fn addresses(&self, ctx: &Ctx<'_>) -> Vec<ec2::NetworkInterfacePrivateIpAddress> {
        let shown = |(at, address): (usize, &Ipv4Addr)| ec2::NetworkInterfacePrivateIpAddress {
            association: if at == 0 { self.association(ctx) } else { None },
            primary: Some(at == 0),
            private_dns_name: Some(subnet::private_dns_name(ctx, *address)),
            private_ip_address: Some(address.to_string()),
        };
        self.private_addresses.iter().enumerate().map(shown).collect()
    }
}

/// Makes the network interface of an instance that is being launched.
///
/// # Errors
/// Those about the subnet, its addresses and the security groups.
pub fn create_for_instance(ctx: &mut Ctx<'_>, new: &NewInterface<'_>) -> Result<NetworkInterface> {
    let home = resource::find::<subnet::Subnets>(ctx, new.subnet_id)?.clone();
    let group_ids = security_group::checked_for_vpc(ctx, &home.vpc_id, new.group_ids)?;
    let primary = match new.private_address {
        Some(address) => {
            subnet::take_given_address(ctx, &home.id, address)?;
            address
        }
        None => subnet::take_address(ctx, &home.id)?,
    };
    let mut private_addresses = vec![primary];
    for _ in 0..new.secondary_addresses {
        private_addresses.push(subnet::take_address(ctx, &home.id)?);
    }
    let id = ctx.fresh_id("eni")?;
    let wants_public = new.public_address.unwrap_or(home.map_public_ip_on_launch && new.device_index == 0);
    let interface = NetworkInterface {
        subnet_id: home.id,
        vpc_id: home.vpc_id,
        zone: home.zone,
        zone_id: home.zone_id,
        description: new.description.to_owned(),
        group_ids,
        mac_address: mac_address(ctx)?,
        private_addresses,
        public_address: if wants_public { Some(take_public(ctx, &id)?) } else { None },
        source_dest_check: true,
        attachment_id: ctx.fresh_id("eni-attach")?,
        instance_id: new.instance_id.to_owned(),
        device_index: new.device_index,
        network_card_index: new.network_card_index,
        delete_on_termination: new.delete_on_termination,
        attached: ctx.now(),
        id,
    };
    ctx.put::<NetworkInterfaces>(ctx.scope().key(&interface.id), interface.clone())?;
    tag::apply(ctx, None, kinds::NETWORK_INTERFACE.resource_type, &interface.id)?;
    Ok(interface)
}

/// Removes an interface and gives its addresses back.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn remove(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(interface) = ctx.get::<NetworkInterfaces>(&key) else { return Ok(()) };
    release_public(ctx, id)?;
    for address in &interface.private_addresses {
        subnet::release_address(ctx, &interface.subnet_id, *address)?;
    }
    ctx.delete::<NetworkInterfaces>(&key)?;
    tag::remove_all(ctx, id)
}

/// Gives the public address of an interface back, as stopping an instance does.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn release_public(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let address = ctx.update::<NetworkInterfaces, _>(&key, |interface| interface.public_address.take())?;
    if let Some(address) = address.flatten() {
        ctx.delete::<PublicAddresses>(&public_key(address))?;
    }
    Ok(())
}

/// Gives an interface a new public address, as starting an instance does.
///
/// # Errors
/// `InsufficientAddressCapacity` when there is none.
pub fn assign_public(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let address = take_public(ctx, id)?;
    resource::change::<NetworkInterfaces>(ctx, id, |interface| interface.public_address = Some(address))
}

/// Whether anything is in the subnet.
pub fn any_in_subnet(ctx: &Ctx<'_>, subnet_id: &str) -> bool {
    resource::all::<NetworkInterfaces>(ctx).any(|interface| interface.subnet_id == subnet_id)
}

/// Whether anything is in the VPC.
pub fn any_in_vpc(ctx: &Ctx<'_>, vpc_id: &str) -> bool {
    resource::all::<NetworkInterfaces>(ctx).any(|interface| interface.vpc_id == vpc_id)
}

/// Whether an interface has the security group.
pub fn any_with_group(ctx: &Ctx<'_>, group_id: &str) -> bool {
    resource::all::<NetworkInterfaces>(ctx)
        .any(|interface| interface.group_ids.iter().any(|id| id == group_id))
}

/// First of the public addresses: RFC 2544's block for benchmarks, so that nobody who connects to an address of
/// this world reaches a stranger's machine.
const FIRST_PUBLIC: u32 = Ipv4Addr::new(198, 18, 0, 0).to_bits();
/// How many there are.
const PUBLIC: u64 = 1 << 17;

fn public_key(address: Ipv4Addr) -> ironbird_rig::Key {
    ironbird_rig::Key::new().number(address.to_bits().into())
}

fn take_public(ctx: &mut Ctx<'_>, interface_id: &str) -> Result<Ipv4Addr> {
    let start = ctx.fresh_seed("ec2.public-address")?.rng().below(PUBLIC);
    let candidates =
        (0..PUBLIC).map(|step| Ipv4Addr::from_bits(FIRST_PUBLIC + ((start + step) % PUBLIC) as u32));
    let free =
        candidates.into_iter().find(|address| ctx.peek::<PublicAddresses>(&public_key(*address)).is_none());
    let Some(address) = free else {
        let message = "Not enough available addresses to satisfy your request.";
        return Err(Error::server("InsufficientAddressCapacity", message));
    };
    ctx.put::<PublicAddresses>(public_key(address), interface_id.to_owned())?;
    Ok(address)
}

fn mac_address(ctx: &mut Ctx<'_>) -> Result<String> {
    let bits = ctx.fresh_seed("ec2.mac")?.bits().to_be_bytes();
    // Locally administered, unicast: the second digit says so.
    Ok(format!("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", bits[0], bits[1], bits[2], bits[3], bits[4]))
}

fn describe_network_interfaces(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeNetworkInterfacesRequest,
) -> Result<ec2::DescribeNetworkInterfacesResult> {
    error::dry_run(input.dry_run)?;
    let page = resource::describe::<NetworkInterfaces>(
        ctx,
        &Ask {
            ids: input.network_interface_ids.as_deref(),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeNetworkInterfacesResult { network_interfaces: Some(page.items), next_token: page.next })
}

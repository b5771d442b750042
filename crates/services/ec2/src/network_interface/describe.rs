//! DescribeNetworkInterfaces.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

use super::{Attachment, NetworkInterface, NetworkInterfaces};
use crate::filter::{Test, flag};
use crate::resource::{self, Ask, Kind, Resource};
use crate::{error, kinds, security_group, tag};

impl Resource for NetworkInterfaces {
    const KIND: Kind = kinds::NETWORK_INTERFACE;
    const FILTERS: &'static [&'static str] = &[
        "addresses.association.owner-id",
        "addresses.association.public-ip",
        "addresses.primary",
        "addresses.private-ip-address",
        "association.allocation-id",
        "association.association-id",
        "association.ip-owner-id",
        "association.public-dns-name",
        "association.public-ip",
        "attachment.attach-time",
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
        "ipv6-addresses.ipv6-address",
        "mac-address",
        "network-interface-id",
        "operator.managed",
        "operator.principal",
        "owner-id",
        "private-dns-name",
        "private-ip-address",
        "requester-id",
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
        let mut addresses = interface.private_addresses.iter();
        let public = || interface.private_addresses.iter().filter_map(|it| interface.association(ctx, *it));
        match name {
            "addresses.primary" => {
                test(flag(true)) || interface.private_addresses.len() > 1 && test(flag(false))
            }
            "addresses.private-ip-address" => addresses.any(|address| test(&address.to_string())),
            "addresses.association.public-ip" => {
                public().any(|it| it.public_ip.is_some_and(|value| test(&value)))
            }
            // DescribeInstances has the same filter under the other name.
            "addresses.association.owner-id" | "addresses.association.ip-owner-id" => {
                public().any(|it| it.ip_owner_id.is_some_and(|value| test(&value)))
            }
            "addresses.association.allocation-id" => {
                public().any(|it| it.allocation_id.is_some_and(|value| test(&value)))
            }
            "addresses.association.association-id" => {
                public().any(|it| it.association_id.is_some_and(|value| test(&value)))
            }
            "addresses.association.public-dns-name" => {
                public().any(|it| it.public_dns_name.is_some_and(|value| test(&value)))
            }
            "availability-zone" => test(&interface.zone),
            "availability-zone-id" => test(&interface.zone_id),
            // Gateways let everything through, nothing is managed by a service, and every subnet has IPv4 addresses.
            "deny-all-igw-traffic" | "ipv6-native" | "operator.managed" => test(flag(false)),
            "description" => test(&interface.description),
            "group-id" => groups.any(|id| test(id)),
            "group-name" => groups.any(|id| security_group::name(ctx, id).is_some_and(test)),
            "interface-type" => test(interface.kind.name()),
            "ipv6-addresses.ipv6-address" | "ipv6-address" => {
                interface.ipv6_addresses.iter().any(|address| test(&address.to_string()))
            }
            "ipv6-addresses.is-primary-ipv6" => !interface.ipv6_addresses.is_empty() && test(flag(false)),
            "mac-address" => test(&interface.mac_address),
            "network-interface-id" => test(&interface.id),
            "owner-id" => test(&ctx.scope().account.to_string()),
            "private-dns-name" => test(&interface.private_dns_name(ctx)),
            "private-ip-address" => test(&interface.private_address().to_string()),
            "public-dns-name" => interface.public_dns_name(ctx).as_deref().is_some_and(test),
            "requester-id" => interface.kind.requester().is_some_and(test),
            "requester-managed" => test(flag(interface.kind.requester().is_some())),
            "source-dest-check" => test(flag(interface.source_dest_check)),
            "status" => test(interface.status()),
            "subnet-id" => test(&interface.subnet_id),
            // DescribeInstances has these of its interfaces.
            "tag-key" => tag::pairs(ctx, &interface.id).any(|(key, _)| test(key)),
            "tag-value" => tag::pairs(ctx, &interface.id).any(|(_, value)| test(value)),
            "vpc-id" => test(&interface.vpc_id),
            other => match other.strip_prefix("attachment.") {
                Some(field) => {
                    interface.attachment.as_ref().is_some_and(|it| it.has(ctx, interface, field, test))
                }
                None => association_has(ctx, interface, other, test),
            },
        }
    }

    fn view(ctx: &Ctx<'_>, interface: &NetworkInterface) -> ec2::NetworkInterface {
        let ipv6 = |(at, address): (usize, &std::net::Ipv6Addr)| ec2::NetworkInterfaceIpv6Address {
            ipv6_address: Some(address.to_string()),
            is_primary_ipv6: Some(false).filter(|_| at == 0),
            ..Default::default()
        };
        ec2::NetworkInterface {
            association: interface.association(ctx, interface.private_address()),
            attachment: interface.attachment.as_ref().map(|it| it.shown(ctx, interface)),
            availability_zone: Some(interface.zone.clone()),
            availability_zone_id: Some(interface.zone_id.clone()),
            description: Some(interface.description.clone()),
            groups: Some(security_group::identifiers(ctx, &interface.group_ids)),
            interface_type: Some(interface.kind.name().to_owned()),
            ipv6_addresses: Some(interface.ipv6_addresses.iter().enumerate().map(ipv6).collect()),
            ipv6_address: interface.ipv6_addresses.first().map(ToString::to_string),
            mac_address: Some(interface.mac_address.clone()),
            network_interface_id: Some(interface.id.clone()),
            owner_id: Some(ctx.scope().account.to_string()),
            private_dns_name: Some(interface.private_dns_name(ctx)),
            public_dns_name: interface.public_dns_name(ctx),
            private_ip_address: Some(interface.private_address().to_string()),
            private_ip_addresses: Some(interface.addresses(ctx)),
            requester_id: interface.kind.requester().map(str::to_owned),
            requester_managed: Some(interface.kind.requester().is_some()),
            source_dest_check: Some(interface.source_dest_check),
            status: Some(interface.status().to_owned()),
            subnet_id: Some(interface.subnet_id.clone()),
            tag_set: Some(tag::of(ctx, &interface.id).unwrap_or_default()),
            vpc_id: Some(interface.vpc_id.clone()),
            operator: Some(ec2::OperatorResponse { managed: Some(false), ..Default::default() }),
            ..Default::default()
        }
    }
}

fn association_has(ctx: &Ctx<'_>, interface: &NetworkInterface, name: &str, test: Test<'_>) -> bool {
    let Some(association) = interface.association(ctx, interface.private_address()) else { return false };
    let value = match name {
        "association.allocation-id" => association.allocation_id,
        "association.association-id" => association.association_id,
        "association.ip-owner-id" => association.ip_owner_id,
        "association.public-dns-name" => association.public_dns_name,
        "association.public-ip" => association.public_ip,
        _ => None,
    };
    value.is_some_and(|value| test(&value))
}

impl Attachment {
    /// As the API shows it.
    pub(super) fn shown(
        &self,
        ctx: &Ctx<'_>,
        interface: &NetworkInterface,
    ) -> ec2::NetworkInterfaceAttachment {
        ec2::NetworkInterfaceAttachment {
            attach_time: Some(self.attached),
            attachment_id: Some(self.id.clone()),
            delete_on_termination: Some(self.delete_on_termination),
            device_index: Some(self.device_index),
            network_card_index: Some(self.network_card_index),
            instance_id: self.instance.clone(),
            instance_owner_id: Some(owner(ctx, interface)),
            status: Some("attached".to_owned()),
            ..Default::default()
        }
    }

    fn has(&self, ctx: &Ctx<'_>, interface: &NetworkInterface, field: &str, test: Test<'_>) -> bool {
        match field {
            "attach-time" => test(&self.attached.iso8601_millis()),
            "attachment-id" => test(&self.id),
            "delete-on-termination" => test(flag(self.delete_on_termination)),
            "device-index" => test(&self.device_index.to_string()),
            "network-card-index" => test(&self.network_card_index.to_string()),
            "instance-id" => self.instance.as_deref().is_some_and(test),
            "instance-owner-id" => test(&owner(ctx, interface)),
            "status" => test("attached"),
            _ => false,
        }
    }
}

/// Who runs what the interface is attached to.
fn owner(ctx: &Ctx<'_>, interface: &NetworkInterface) -> String {
    match interface.kind.requester() {
        Some(requester) if interface.kind.balances() => requester.to_owned(),
        Some(_) => "amazon-aws".to_owned(),
        None => ctx.scope().account.to_string(),
    }
}

pub(super) fn describe_network_interfaces(
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

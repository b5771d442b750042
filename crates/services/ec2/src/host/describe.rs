//! DescribeHosts.

use ironbird_api::ec2;
use ironbird_rig::account::Account;
use ironbird_rig::catalogue::{geography, instance_types};
use ironbird_rig::{Ctx, Result};

use super::{Host, Hosts, Seat, Takes, placement};
use crate::filter::Test;
use crate::resource::{Ask, Kind, Resource};
use crate::{kinds, loan, tag};

pub(super) fn describe_hosts(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeHostsRequest,
) -> Result<ec2::DescribeHostsResult> {
    let ask = Ask {
        ids: input.host_ids.as_deref(),
        filters: input.filter.as_deref(),
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
    };
    let page = loan::describe::<Hosts>(
        ctx,
        &ask,
        |_, host, name, test| Hosts::has(ctx, host, name, test),
        |owner, host| view(ctx, owner, host),
    )?;
    let hosts: Result<Vec<_>> = page.items.into_iter().collect();
    Ok(ec2::DescribeHostsResult { hosts: Some(hosts?), next_token: page.next })
}

fn whole(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn vcpus(instance_type: &str) -> u32 {
    instance_types::get(instance_type).map_or(0, |entry| entry.vcpu.default_vcpus)
}

/// `on` or `off`
fn switch(on: bool) -> Option<String> {
    Some(if on { "on" } else { "off" }.to_owned())
}

/// A host as the caller sees it: of another account's, the instances of its own, and neither tags nor token.
fn view(ctx: &Ctx<'_>, owner: Account, host: &Host) -> Result<ec2::Host> {
    let caller = ctx.scope().account;
    let kind = host.kind()?;
    let types: Vec<String> = match &host.takes {
        Takes::Type(name) => vec![name.clone()],
        Takes::Family => kind.sizes.iter().map(|(size, _)| format!("{}.{size}", host.family)).collect(),
    };
    let threads = types.iter().find_map(|name| instance_types::get(name));
    let threads = threads.map_or(1, |entry| entry.vcpu.default_threads_per_core.max(1));
    let total = kind.cores * threads;
    let used: u32 = host.seats.values().map(|seat| vcpus(&seat.instance_type)).sum();
    let usable = host.state == super::State::Available;
    let mut capacity = Vec::with_capacity(types.len());
    for name in &types {
        let room = placement::room(host, name)?.filter(|_| usable);
        capacity.push(ec2::InstanceCapacity {
            available_capacity: Some(whole(room.unwrap_or(0))),
            instance_type: Some(name.clone()),
            total_capacity: kind.fits(name).map(whole),
        });
    }
    let of = |seat: &Seat| seat.account.unwrap_or(owner);
    let seen = host.seats.iter().filter(|(_, seat)| caller == owner || of(seat) == caller);
    let instances = seen.map(|(id, seat)| ec2::HostInstance {
        instance_id: Some(id.clone()),
        instance_type: Some(seat.instance_type.clone()),
        owner_id: Some(of(seat).to_string()),
    });
    let family = matches!(host.takes, Takes::Family);
    Ok(ec2::Host {
        auto_placement: switch(host.auto_placement),
        availability_zone: Some(host.zone.clone()),
        availability_zone_id: geography::zone(&host.zone).map(|zone| zone.id.to_owned()),
        available_capacity: Some(ec2::AvailableCapacity {
            available_instance_capacity: Some(capacity),
            available_vcpus: Some(if usable { whole(total.saturating_sub(used)) } else { 0 }),
        }),
        client_token: host.client_token.clone().filter(|_| caller == owner),
        host_id: Some(host.id.clone()),
        host_properties: Some(ec2::HostProperties {
            cores: Some(whole(kind.cores)),
            instance_type: types.first().filter(|_| !family).cloned(),
            instance_family: family.then(|| host.family.clone()),
            sockets: Some(whole(kind.sockets)),
            total_vcpus: Some(whole(total)),
        }),
        instances: Some(instances.collect()),
        state: Some(host.state.name().to_owned()),
        allocation_time: Some(host.allocated),
        release_time: host.released,
        tags: tag::of(ctx, &host.id),
        host_recovery: switch(host.recovery),
        allows_multiple_instance_types: switch(family),
        owner_id: Some(owner.to_string()),
        member_of_service_linked_resource_group: Some(host.group.is_some()),
        host_maintenance: switch(host.maintenance),
        ..Default::default()
    })
}

impl Resource for Hosts {
    const KIND: Kind = kinds::DEDICATED_HOST;
    const FILTERS: &'static [&'static str] = &[
        "auto-placement",
        "availability-zone",
        "availability-zone-id",
        "client-token",
        "host-reservation-id",
        "instance-type",
        "state",
    ];
    const PAGES: std::ops::RangeInclusive<i32> = 5..=500;
    type View = Result<ec2::Host>;

    fn id(record: &Host) -> &str {
        &record.id
    }

    fn has(_: &Ctx<'_>, record: &Host, name: &str, test: Test<'_>) -> bool {
        match name {
            "auto-placement" => test(if record.auto_placement { "on" } else { "off" }),
            "availability-zone" => test(&record.zone),
            "availability-zone-id" => geography::zone(&record.zone).is_some_and(|zone| test(zone.id)),
            "client-token" => record.client_token.as_deref().is_some_and(test),
            "instance-type" => matches!(&record.takes, Takes::Type(only) if test(only)),
            "state" => test(record.state.name()),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, record: &Host) -> Self::View {
        view(ctx, ctx.scope().account, record)
    }
}

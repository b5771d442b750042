//! DescribeMacHosts. Which versions of macOS a host takes is not known to the rig, and no list is given.

use ironbird_api::ec2;
use ironbird_rig::catalogue::{geography, hosts};
use ironbird_rig::{Ctx, Result};

use super::{Host, Hosts};
use crate::filter::Filters;
use crate::page::Window;
use crate::resource;

const FILTERS: &[&str] = &["availability-zone", "availability-zone-id", "instance-type"];

pub(super) fn describe_mac_hosts(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeMacHostsRequest,
) -> Result<ec2::DescribeMacHostsResult> {
    let filters = Filters::read(input.filters.as_deref(), FILTERS, false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 5..=500)?;
    if let Some(ids) = &input.host_ids {
        resource::named::<Hosts>(ctx, ids)?;
    }
    let named = input.host_ids.as_deref().filter(|ids| !ids.is_empty());
    let wanted = |host: &Host| {
        let is_mac = hosts::get(&host.family).is_some_and(hosts::HostKind::is_mac);
        let passes = filters.pass_untagged(|name, test| match name {
            "availability-zone" => test(&host.zone),
            "availability-zone-id" => geography::zone(&host.zone).is_some_and(|zone| test(zone.id)),
            _ => test(&format!("{}.metal", host.family)),
        });
        is_mac && passes && named.is_none_or(|ids| ids.contains(&host.id))
    };
    let page = window.scan::<Hosts, _>(ctx, &ctx.scope().prefix(), |host| {
        wanted(host)
            .then(|| ec2::MacHost { host_id: Some(host.id.clone()), mac_os_latest_supported_versions: None })
    });
    Ok(ec2::DescribeMacHostsResult { mac_hosts: Some(page.items), next_token: page.next })
}

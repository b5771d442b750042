//! scattered-licences and too-few-licences: what runs on hosts, as licences by socket, core and machine count it.

use std::collections::BTreeMap;

use ironbird_cloud::Cloud;
use ironbird_report::{Finding, Findings, Unit};

use super::counted;
use super::rules::{SCATTERED_LICENCES, TOO_FEW_LICENCES};
use crate::estate::Host;

/// How many licences there are, by what they count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Licences {
    /// Sockets.
    pub sockets: Option<u32>,
    /// Physical cores.
    pub cores: Option<u32>,
    /// Virtual machines.
    pub machines: Option<u32>,
}

/// What hosts with instances on them have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Hosts.
    pub hosts: u32,
    /// Their sockets.
    pub sockets: u32,
    /// Their physical cores.
    pub cores: u32,
    /// Instances on them.
    pub instances: u32,
}

/// What the hosts with instances on them have.
pub fn used(own: &[&Host]) -> Used {
    let mut used = Used::default();
    for host in own.iter().filter(|host| !host.residents.is_empty()) {
        used.hosts += 1;
        used.sockets += host.sockets;
        used.cores += host.cores;
        used.instances += host.residents.len() as u32;
    }
    used
}

/// Whether the instances on hosts that are alike would fit on fewer of them.
pub fn check_scattered(findings: &mut Findings, own: &[&Host]) {
    let mut alike: BTreeMap<(&str, &str, Option<&str>), Vec<&Host>> = BTreeMap::new();
    for host in own.iter().filter(|host| host.is_available() && !host.residents.is_empty()) {
        alike.entry((&host.zone, &host.family, host.only.as_deref())).or_default().push(host);
    }
    for ((zone, family, _), mut hosts) in alike {
        let Some(needed) = needed(&hosts) else { continue };
        for host in &hosts {
            findings.examine(&SCATTERED_LICENCES, &host.arn);
        }
        let surplus = hosts.len().saturating_sub(needed);
        // Those with the fewest instances are emptied with the least trouble.
        hosts.sort_by_key(|host| (host.residents.len(), host.id.as_str()));
        let now = used(&hosts);
        for host in hosts.iter().take(surplus) {
            let seen = format!(
                "{} of {family} in {zone} run {}, which fit on {needed}: {} sockets and {} cores are to be licensed where {} and \
                 {} would do.",
                counted(hosts.len(), "host"),
                counted(now.instances as usize, "instance"),
                now.sockets,
                now.cores,
                host.sockets * needed as u32,
                host.cores * needed as u32,
            );
            let advice = format!(
                "Move its {} to the other hosts and release it, unless they are apart for the failure of a host.",
                counted(host.residents.len(), "instance")
            );
            let finding = Finding::new(&SCATTERED_LICENCES, &host.arn, seen, advice);
            findings.find(finding.with_figure("sockets to be saved", f64::from(host.sockets), Unit::Count));
        }
    }
}

/// The least number of hosts that their instances need; none where the catalogue does not say how many fit. Where hosts take
/// several sizes, these may not fill each one up: then it is the least possible.
fn needed(hosts: &[&Host]) -> Option<usize> {
    let mut by_type: BTreeMap<&str, u32> = BTreeMap::new();
    for (_, instance_type) in hosts.iter().flat_map(|host| &host.residents) {
        *by_type.entry(instance_type).or_default() += 1;
    }
    let kind = hosts.first()?.kind()?;
    let shares: Option<f64> = by_type
        .into_iter()
        .map(|(name, count)| Some(f64::from(count) / f64::from(kind.fits(name).filter(|fit| *fit > 0)?)))
        .sum();
    // A sum of shares that is a hair above a whole number is that number.
    Some(((shares? - 1e-9).ceil() as usize).max(1))
}

/// Whether there are licences for what is in use.
pub fn check_counts<C: Cloud>(cloud: &C, findings: &mut Findings, own: &[&Host], licences: Licences) {
    let region = cloud.region();
    let account = findings.target.account.clone().unwrap_or_default();
    let resource = format!("arn:{}:ec2:{region}:{account}:dedicated-host/*", region.partition());
    let used = used(own);
    let counts = [
        ("socket", licences.sockets, used.sockets),
        ("core", licences.cores, used.cores),
        ("instance", licences.machines, used.instances),
    ];
    for (what, licensed, used) in counts {
        let Some(licensed) = licensed else { continue };
        findings.examine(&TOO_FEW_LICENCES, &resource);
        if used <= licensed {
            continue;
        }
        let seen = format!("{} on hosts in use, and licences for {licensed}.", counted(used as usize, what));
        let advice = "Move the instances together on fewer hosts, or buy licences; every socket and core of a host counts.";
        let finding = Finding::new(&TOO_FEW_LICENCES, &resource, seen, advice);
        findings.find(finding.with_figure(
            format!("{what}s without a licence"),
            f64::from(used - licensed),
            Unit::Count,
        ));
    }
}

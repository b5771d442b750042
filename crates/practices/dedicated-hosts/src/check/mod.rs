//! Check: where an account falls short of the practice, with read-only calls.
//!
//! What could not be read is said, with the rules that it leaves undecided; it is never a pass.

mod idle;
mod licences;
pub(crate) mod placement;
mod recovery;
pub mod rules;

use std::collections::BTreeSet;

use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::note::Report;
use ironbird_report::{Findings, Rule, Unit};

use crate::estate::{self, Host, Instance};
pub use licences::Licences;

/// Checks the account in the cloud's Region, by all rules. `licences` is how many there are, as far as that is known.
///
/// # Errors
/// When nothing can be read at all: nobody answers, or the credentials are refused.
pub async fn run<C: Cloud>(cloud: &C, licences: Licences) -> Result<Findings, CallError> {
    let mut report = Report::begin(cloud, crate::NAME, crate::SOFTWARE, &rules::ALL).await?;
    let every = rules::ALL;
    let every: Vec<&Rule> = every.iter().collect();
    let Some(all) = report.note("ec2:DescribeHosts", &every, estate::hosts(cloud).await)? else {
        return Ok(report.findings);
    };
    let of_instances = [&rules::STRANDED_INSTANCE, &rules::MOVES_ON_RESTART, &rules::IDLE_HOST];
    let instances = estate::instances(cloud).await;
    let instances = report.note("ec2:DescribeInstances", &of_instances, instances)?;
    // Hosts that others share with this account are places to start on, and theirs to look after.
    let account = report.findings.target.account.clone();
    let is_own = |host: &&Host| account.as_ref().is_none_or(|account| *account == host.owner);
    let own: Vec<&Host> = all.iter().filter(is_own).collect();
    figures(cloud, &mut report.findings, &own);
    for host in &own {
        recovery::check_off(&mut report.findings, host);
        recovery::check_failed(&mut report.findings, host);
    }
    check_families(cloud, &mut report, &own).await?;
    let now = cloud.now().await;
    for host in &own {
        idle::check_mac(cloud, &mut report.findings, host, now);
        if let Some(instances) = &instances {
            idle::check(cloud, &mut report.findings, host, instances, now);
        }
    }
    check_instances(&mut report.findings, &all, instances.as_deref().unwrap_or_default());
    licences::check_scattered(&mut report.findings, &own);
    licences::check_counts(cloud, &mut report.findings, &own, licences);
    Ok(report.findings)
}

/// What the account has, in numbers.
fn figures<C: Cloud>(cloud: &C, findings: &mut Findings, own: &[&Host]) {
    if own.is_empty() {
        return;
    }
    let used = licences::used(own);
    findings.figure("hosts", own.len() as f64, Unit::Count);
    findings.figure("instances on hosts", f64::from(used.instances), Unit::Count);
    findings.figure("sockets of hosts in use", f64::from(used.sockets), Unit::Count);
    findings.figure("cores of hosts in use", f64::from(used.cores), Unit::Count);
    let charged = own.iter().filter(|host| host.is_available());
    let hourly: Option<f64> = charged.map(|host| host.hourly(cloud.region())).sum();
    if let Some(hourly) = hourly {
        findings.figure("an hour of the available hosts", hourly, Unit::DollarsPerHour);
    }
}

async fn check_families<C: Cloud>(cloud: &C, report: &mut Report, own: &[&Host]) -> Result<(), CallError> {
    let types: BTreeSet<String> =
        own.iter().flat_map(|host| &host.residents).map(|(_, instance_type)| instance_type.clone()).collect();
    if types.is_empty() {
        return Ok(());
    }
    let types: Vec<String> = types.into_iter().collect();
    let disks = estate::disks(cloud, &types).await;
    if let Some(disks) = report.note("ec2:DescribeInstanceTypes", &[&rules::CANNOT_RECOVER], disks)? {
        let disks = disks.into_iter().collect();
        for host in own {
            recovery::check_family(&mut report.findings, host, &disks);
        }
    }
    Ok(())
}

fn check_instances(findings: &mut Findings, all: &[Host], instances: &[Instance]) {
    for instance in instances.iter().filter(|instance| !instance.is_grouped) {
        if instance.is_stopped() {
            placement::check_stopped(findings, all, instance);
        } else {
            placement::check_affinity(findings, all, instance);
        }
    }
}

/// `1 instance`, `2 instances`.
fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", Unit::Count.write(count as f64))
}

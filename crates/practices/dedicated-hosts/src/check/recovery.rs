//! recovery-off, cannot-recover and failed-host: what becomes of instances when their host fails.

use std::collections::BTreeMap;

use ironbird_report::{Finding, Findings, Severity, Unit};
use ironbird_rig::catalogue::hosts;

use super::counted;
use super::rules::{CANNOT_RECOVER, FAILED_HOST, RECOVERY_OFF};
use crate::estate::Host;

/// Whether its recovery is off although it could be on.
pub fn check_off(findings: &mut Findings, host: &Host) {
    if !hosts::recovers(&host.family) || host.state == "permanent-failure" {
        return;
    }
    findings.examine(&RECOVERY_OFF, &host.arn);
    if host.recovery {
        return;
    }
    let count = host.residents.len();
    let seen = match count {
        0 => "Host auto recovery is off, and nothing is on the host yet.".to_owned(),
        _ => format!(
            "Host auto recovery is off: {} would stay impaired if it failed.",
            counted(count, "instance")
        ),
    };
    let advice = if host.is_grouped {
        "Turn recovery on in the host resource group that manages it."
    } else {
        "Turn it on, which costs nothing: ModifyHosts with HostRecovery on, or `ironbird apply dedicated-hosts`."
    };
    let severity = if count == 0 { Severity::Warning } else { Severity::Error };
    let finding = Finding::new(&RECOVERY_OFF, &host.arn, seen, advice).with_severity(severity);
    findings.find(finding.with_figure("instances on it", count as f64, Unit::Count));
}

/// Whether what is on it would recover. `disks` says which types have volumes of their host.
pub fn check_family(findings: &mut Findings, host: &Host, disks: &BTreeMap<String, bool>) {
    if host.residents.is_empty() {
        return;
    }
    findings.examine(&CANNOT_RECOVER, &host.arn);
    let has_disks = |name: &str| disks.get(name).copied().unwrap_or(false);
    let bound = host.residents.iter().filter(|(_, name)| has_disks(name)).count();
    let all = host.residents.len();
    let (count, why) = if bound > 0 {
        (bound, "have volumes of the host, which are lost with it".to_owned())
    } else if hosts::recovers(&host.family) {
        return;
    } else {
        (all, format!("are of the family {}, which is not among those that recover", host.family))
    };
    let seen = format!(
        "{} of {} on it {why}: the host would enter permanent-failure.",
        count,
        counted(all, "instance")
    );
    let advice = "Keep what they store elsewhere, and rehearse moving them by hand: launch from an image or stop and start them \
                  on another host, then release this one.";
    let finding = Finding::new(&CANNOT_RECOVER, &host.arn, seen, advice);
    findings.find(finding.with_figure("instances that do not recover", count as f64, Unit::Count));
}

/// Whether it has failed.
pub fn check_failed(findings: &mut Findings, host: &Host) {
    findings.examine(&FAILED_HOST, &host.arn);
    let on_it = counted(host.residents.len(), "instance");
    let (seen, advice) = match host.state.as_str() {
        "under-assessment" => (
            format!("AWS is assessing the host; {on_it} on it are impaired."),
            if host.recovery {
                "Wait for the replacement that recovery allocates; the account's owner is told when it begins and when it is done."
            } else {
                "Do not wait for a recovery, which is off: have another host ready to start the instances on."
            },
        ),
        "permanent-failure" => (
            format!("The host has failed for good; {on_it} on it stay impaired."),
            "Stop the instances and start them on another host, or launch others from an image where they have volumes of the \
             host; then release it.",
        ),
        _ => return,
    };
    let finding = Finding::new(&FAILED_HOST, &host.arn, seen, advice);
    findings.find(finding.with_figure("instances on it", host.residents.len() as f64, Unit::Count));
}

//! stranded-instance and moves-on-restart: where instances start next.

use ironbird_report::{Finding, Findings, Severity, Unit};

use super::counted;
use super::rules::{MOVES_ON_RESTART, STRANDED_INSTANCE};
use crate::estate::{Host, Instance};

/// Whether a stopped instance would start.
pub fn check_stopped(findings: &mut Findings, all: &[Host], instance: &Instance) {
    findings.examine(&STRANDED_INSTANCE, &instance.arn);
    let Some((severity, why)) = obstacle(all, instance) else { return };
    let seen = format!("It is stopped and would not start: {why}.");
    let advice = format!(
        "Aim it at an available host with room for {} in {}: ModifyInstancePlacement, or `ironbird apply dedicated-hosts`.",
        instance.instance_type, instance.zone
    );
    findings.find(Finding::new(&STRANDED_INSTANCE, &instance.arn, seen, advice).with_severity(severity));
}

/// Why a stopped instance would not start; none where it would. A warning is about what may pass by itself.
pub fn obstacle(all: &[Host], instance: &Instance) -> Option<(Severity, String)> {
    let name = &instance.instance_type;
    let Some(id) = &instance.host else {
        let mut open = all.iter().filter(|host| is_open(host, instance)).peekable();
        if open.peek().is_none() {
            let why = format!("no available host with auto-placement in {} takes {name}", instance.zone);
            return Some((Severity::Error, why));
        }
        let full = open.all(|host| host.room_for(name) == 0);
        return full
            .then(|| (Severity::Warning, format!("no host with auto-placement has room for {name} now")));
    };
    let Some(host) = all.iter().find(|host| host.id == *id) else {
        return Some((Severity::Error, format!("its host {id} is not there any more")));
    };
    if !host.is_available() {
        // A host that is scrubbed or joins a group comes back.
        let severity = if host.state == "pending" { Severity::Warning } else { Severity::Error };
        return Some((severity, format!("its host {id} is {}", host.state)));
    }
    if !host.takes(name) {
        return Some((Severity::Error, format!("its host {id} does not take {name}")));
    }
    (host.room_for(name) == 0)
        .then(|| (Severity::Warning, format!("its host {id} has no room for {name} now")))
}

/// Whether an instance that names no host could be placed on this one, were there room.
fn is_open(host: &Host, instance: &Instance) -> bool {
    host.auto_placement
        && host.is_available()
        && host.zone == instance.zone
        && host.takes(&instance.instance_type)
}

/// Whether a running instance may start elsewhere after a stop.
pub fn check_affinity(findings: &mut Findings, all: &[Host], instance: &Instance) {
    findings.examine(&MOVES_ON_RESTART, &instance.arn);
    let others =
        all.iter().filter(|host| is_open(host, instance) && instance.host.as_ref() != Some(&host.id)).count();
    if instance.has_affinity || others == 0 {
        return;
    }
    let seen = format!(
        "It has no affinity with its host {}: after a stop it may start on {} with auto-placement.",
        instance.host.as_deref().unwrap_or("(unknown)"),
        counted(others, "other host")
    );
    let advice = "Where its licence is bound to the server, give it affinity while it is stopped: ModifyInstancePlacement with \
                  Affinity host.";
    let severity = if instance.is_licensed { Severity::Warning } else { Severity::Note };
    let finding = Finding::new(&MOVES_ON_RESTART, &instance.arn, seen, advice).with_severity(severity);
    findings.find(finding.with_figure("other hosts it may start on", others as f64, Unit::Count));
}

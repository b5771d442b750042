//! idle-host and mac-minimum: hosts that are paid for without use, and those that cannot be given back yet.

use ironbird_cloud::Cloud;
use ironbird_report::{Finding, Findings, Severity, Unit};
use ironbird_rig::Timestamp;

use super::counted;
use super::rules::{IDLE_HOST, MAC_MINIMUM};
use crate::estate::{Host, Instance};

/// Whether a Mac host must be kept for a while.
pub fn check_mac<C: Cloud>(cloud: &C, findings: &mut Findings, host: &Host, now: Timestamp) {
    let Some(from) = host.releasable_from() else { return };
    findings.examine(&MAC_MINIMUM, &host.arn);
    let left = from.secs() - now.secs();
    if left <= 0 {
        return;
    }
    let hours = left as f64 / 3_600.0;
    let price = host
        .hourly(cloud.region())
        .map(|hourly| format!(" and costs about {}", Unit::Dollars.write(hourly * hours)));
    let kept = format!(
        "It can be released from {} on, which is in {}{}",
        from.iso8601(),
        Unit::Seconds.write(left as f64),
        price.unwrap_or_default()
    );
    let scrub = host.scrub_minutes();
    let finding = if host.residents.is_empty() {
        let seen = format!("{kept}; nothing is on it.");
        Finding::new(
            &MAC_MINIMUM,
            &host.arn,
            seen,
            "Use it until then, and release it when its 24 hours are over.",
        )
    } else {
        let seen = format!(
            "{kept}. When its instance stops it is scrubbed for up to {scrub} minutes before it takes another."
        );
        let advice = "Do not plan to give it back, or to start another instance on it, before that.";
        Finding::new(&MAC_MINIMUM, &host.arn, seen, advice).with_severity(Severity::Note)
    };
    findings.find(finding.with_figure("until it can be released", left as f64, Unit::Seconds));
}

/// Whether nothing is on a host that is paid for.
pub fn check<C: Cloud>(
    cloud: &C,
    findings: &mut Findings,
    host: &Host,
    instances: &[Instance],
    now: Timestamp,
) {
    if !host.is_available() || host.releasable_from().is_some_and(|from| from > now) {
        return;
    }
    findings.examine(&IDLE_HOST, &host.arn);
    if !host.residents.is_empty() {
        return;
    }
    let aimed =
        instances.iter().filter(|one| one.is_stopped() && one.host.as_ref() == Some(&host.id)).count();
    let hourly = host.hourly(cloud.region());
    let price = hourly.map_or_else(
        || "its price".to_owned(),
        |hourly| format!("about {} an hour", Unit::Dollars.write(hourly)),
    );
    let finding = if aimed > 0 {
        let seen = format!("Nothing is on it, for {price}; {} to start on it.", are_stopped(aimed));
        let advice = "Start them, or aim them at another host and release this one.";
        Finding::new(&IDLE_HOST, &host.arn, seen, advice).with_severity(Severity::Note)
    } else {
        let seen = format!("Nothing is on it, for {price}.");
        let advice = "Release it (ReleaseHosts), which cannot be taken back, or place instances on it.";
        Finding::new(&IDLE_HOST, &host.arn, seen, advice)
    };
    findings.find(match hourly {
        Some(hourly) => finding.with_figure("paid for nothing", hourly, Unit::DollarsPerHour),
        None => finding,
    });
}

fn are_stopped(count: usize) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb} stopped that {verb}", counted(count, "instance"))
}

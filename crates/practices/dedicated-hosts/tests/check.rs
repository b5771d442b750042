//! Check finds what falls short, by the clock of the account, and says what it could not read.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod support;

use ironbird_api::ec2;
use ironbird_cloud::testing::Denying;
use ironbird_cloud::{Cloud, at_once};
use ironbird_dedicated_hosts::check::{Licences, run as check_with};
use ironbird_report::{Findings, Severity};
use support::*;

fn check(cloud: &impl Cloud) -> Findings {
    at_once(check_with(cloud, Licences::default())).unwrap()
}

/// Rule, severity and the resource's id of each finding.
fn found(findings: &Findings) -> Vec<(String, Severity, String)> {
    let last = |text: &str| text.rsplit('/').next().unwrap().to_owned();
    let ordered = findings.ordered();
    ordered.iter().map(|finding| (last(&finding.rule), finding.severity, last(&finding.resource))).collect()
}

fn rules_of(findings: &Findings) -> Vec<String> {
    let mut names: Vec<String> = found(findings).into_iter().map(|(rule, _, _)| rule).collect();
    names.dedup();
    names
}

fn seen(findings: &Findings, rule: &str) -> String {
    let ordered = findings.ordered();
    ordered.iter().find(|finding| finding.rule.contains(rule)).unwrap().seen.clone()
}

#[test]
fn an_empty_account_has_no_findings() {
    let world = world();
    let findings = check(&cloud(&world));
    assert_eq!((found(&findings), findings.exit_code()), (vec![], 0));
}

#[test]
fn a_full_host_that_recovers_is_as_it_should_be() {
    let world = world();
    let cloud = cloud(&world);
    let host = allocate(&cloud, of_type("m6i.xlarge"));
    run_placed(&cloud, "m6i.xlarge", 32, Some(&host), Some("host"));
    later(&world, 60);
    let findings = check(&cloud);
    assert_eq!((found(&findings), findings.exit_code()), (vec![], 0));
    let figures: Vec<String> = findings.figures.iter().map(|figure| figure.line()).collect();
    assert_eq!(
        figures[1..4],
        ["instances on hosts: 32", "sockets of hosts in use: 2", "cores of hosts in use: 64"]
    );
}

#[test]
fn recovery_that_is_off_is_an_error_where_something_runs() {
    let world = world();
    let cloud = cloud(&world);
    let plain = || ec2::AllocateHostsRequest { host_recovery: None, ..of_type("m6i.xlarge") };
    let used = allocate(&cloud, plain());
    let empty =
        allocate(&cloud, ec2::AllocateHostsRequest { auto_placement: Some("off".to_owned()), ..plain() });
    run(&cloud, "m6i.xlarge", 3, Some(&used));
    let findings = check(&cloud).only(&["recovery-off".to_owned()]).unwrap();
    let off = "recovery-off".to_owned();
    assert_eq!(found(&findings), [(off.clone(), Severity::Error, used), (off, Severity::Warning, empty)]);
    assert_eq!(
        seen(&findings, "recovery-off"),
        "Host auto recovery is off: 3 instances would stay impaired if it failed."
    );
}

#[test]
fn what_cannot_recover_is_found_by_disks_and_by_family() {
    let world = world();
    let cloud = cloud(&world);
    for name in ["m5d.large", "vt1.3xlarge", "m5.large"] {
        let host = allocate(&cloud, of_type(name));
        run_placed(&cloud, name, 2, Some(&host), Some("host"));
    }
    let findings = check(&cloud);
    assert_eq!(rules_of(&findings), ["cannot-recover"]);
    assert_eq!(findings.findings.len(), 2);
    assert!(
        findings.findings.iter().all(|finding| finding.seen.contains("2 of 2 instances")),
        "{findings:?}"
    );
}

#[test]
fn a_failed_host_is_found_until_it_is_left() {
    let world = world();
    let cloud = cloud(&world);
    let host = allocate(&cloud, of_type("m5d.large"));
    let ids = run_placed(&cloud, "m5d.large", 1, Some(&host), Some("host"));
    later(&world, 60);
    fail(&cloud, &host);
    assert!(seen(&check(&cloud), "failed-host").starts_with("AWS is assessing the host; 1 instance"));
    later(&world, 600);
    assert!(seen(&check(&cloud), "failed-host").starts_with("The host has failed for good"));
    stop(&cloud, &ids);
    let findings = check(&cloud);
    let stranded = ("stranded-instance".to_owned(), Severity::Error, ids[0].clone());
    assert!(found(&findings).contains(&stranded), "{findings:?}");
    assert!(seen(&findings, "stranded-instance").contains("is permanent-failure"));
}

#[test]
fn a_stopped_instance_is_stranded_when_its_host_was_replaced() {
    let world = world();
    let cloud = cloud(&world);
    let host = allocate(&cloud, of_type("m6i.xlarge"));
    let ids = run_placed(&cloud, "m6i.xlarge", 2, Some(&host), Some("host"));
    later(&world, 60);
    stop(&cloud, &ids[..1]);
    assert_eq!(found(&check(&cloud)), []);
    fail(&cloud, &host);
    later(&world, 600);
    let findings = check(&cloud);
    assert_eq!(found(&findings), [("stranded-instance".to_owned(), Severity::Error, ids[0].clone())]);
    assert!(seen(&findings, "stranded").ends_with("is not there any more."), "{findings:?}");
}

#[test]
fn a_full_host_strands_what_is_to_start_on_it_for_a_while() {
    let world = world();
    let cloud = cloud(&world);
    let host = allocate(&cloud, of_type("m6i.metal"));
    let first = run_placed(&cloud, "m6i.metal", 1, Some(&host), Some("host"));
    later(&world, 60);
    stop(&cloud, &first);
    run_placed(&cloud, "m6i.metal", 1, Some(&host), Some("host"));
    let findings = check(&cloud);
    assert_eq!(found(&findings), [("stranded-instance".to_owned(), Severity::Warning, first[0].clone())]);
    assert!(seen(&findings, "stranded").contains("has no room for m6i.metal now"));
}

#[test]
fn an_idle_host_is_paid_for_and_one_that_is_waited_for_is_a_note() {
    let world = world();
    let cloud = cloud(&world);
    let host = allocate(&cloud, of_type("c5.large"));
    let findings = check(&cloud);
    let idle = "idle-host".to_owned();
    assert_eq!(found(&findings), [(idle.clone(), Severity::Warning, host.clone())]);
    assert_eq!(seen(&findings, "idle-host"), "Nothing is on it, for about $3.37 an hour.");
    let ids = run_placed(&cloud, "c5.large", 2, Some(&host), Some("host"));
    later(&world, 60);
    stop(&cloud, &ids);
    let findings = check(&cloud);
    assert_eq!(found(&findings), [(idle, Severity::Note, host)]);
    assert!(seen(&findings, "idle-host").ends_with("2 instances are stopped that are to start on it."));
}

#[test]
fn a_mac_is_kept_for_a_day_and_idle_from_then_on() {
    let world = world();
    let cloud = cloud(&world);
    let host = allocate(&cloud, of_type("mac1.metal"));
    later(&world, 3_600);
    let findings = check(&cloud);
    let minimum = "mac-minimum".to_owned();
    assert_eq!(found(&findings), [(minimum.clone(), Severity::Warning, host.clone())]);
    let text = "It can be released from 2026-03-03T06:00:00Z on, which is in 23 h and costs about $24.91; nothing is on it.";
    assert_eq!(seen(&findings, "mac-minimum"), text);
    let ids = run_placed(&cloud, "mac1.metal", 1, Some(&host), Some("host"));
    let findings = check(&cloud);
    assert_eq!(found(&findings), [(minimum.clone(), Severity::Note, host.clone())]);
    assert!(seen(&findings, "mac-minimum").contains("scrubbed for up to 50 minutes"));
    later(&world, 600);
    stop(&cloud, &ids);
    let stopped = found(&check(&cloud));
    let scrubbed = ("stranded-instance".to_owned(), Severity::Warning, ids[0].clone());
    assert_eq!(
        stopped,
        [(minimum, Severity::Warning, host.clone()), scrubbed],
        "a host that is scrubbed comes back"
    );
    later(&world, 24 * 3_600);
    assert_eq!(found(&check(&cloud)), [("idle-host".to_owned(), Severity::Note, host)]);
}

#[test]
fn instances_without_affinity_may_move_where_there_is_another_host() {
    let world = world();
    let cloud = cloud(&world);
    let first = allocate(&cloud, of_type("m5.large"));
    let ids = run(&cloud, "m5.large", 1, Some(&first));
    later(&world, 60);
    assert_eq!(found(&check(&cloud)), [], "there is no other host");
    let second = allocate(&cloud, of_type("m5.large"));
    run_placed(&cloud, "m5.large", 1, Some(&second), Some("host"));
    let findings = check(&cloud).only(&["moves-on-restart".to_owned()]).unwrap();
    assert_eq!(found(&findings), [("moves-on-restart".to_owned(), Severity::Note, ids[0].clone())]);
    assert!(seen(&findings, "moves").contains("may start on 1 other host"));
}

#[test]
fn scattered_instances_need_more_licences_than_they_must() {
    let world = world();
    let cloud = cloud(&world);
    let hosts: Vec<String> = (0..3).map(|_| allocate(&cloud, of_type("m6i.xlarge"))).collect();
    for (host, count) in hosts.iter().zip([10, 20, 3]) {
        run_placed(&cloud, "m6i.xlarge", count, Some(host), Some("host"));
    }
    let findings = check(&cloud);
    let scattered = |host: &String| ("scattered-licences".to_owned(), Severity::Note, host.clone());
    assert_eq!(found(&findings), [scattered(&hosts[2])], "33 instances of which 32 fit need two hosts");
    let text = "3 hosts of m6i in us-east-1a run 33 instances, which fit on 2: 6 sockets and 192 cores are to be licensed where \
                4 and 128 would do.";
    assert_eq!(seen(&findings, "scattered"), text);
}

#[test]
fn licences_are_held_against_what_is_in_use() {
    let world = world();
    let cloud = cloud(&world);
    let host = allocate(&cloud, of_type("m6i.8xlarge"));
    run_placed(&cloud, "m6i.8xlarge", 4, Some(&host), Some("host"));
    allocate(&cloud, of_type("m6i.8xlarge"));
    let with = |sockets, cores, machines| {
        let licences = Licences { sockets: Some(sockets), cores: Some(cores), machines: Some(machines) };
        at_once(check_with(&cloud, licences)).unwrap().only(&["too-few-licences".to_owned()]).unwrap()
    };
    assert_eq!(found(&with(2, 64, 4)), [], "an empty host needs no licence");
    let short = with(1, 63, 3);
    let texts: Vec<&str> = short.findings.iter().map(|finding| finding.seen.as_str()).collect();
    let expected = [
        "2 sockets on hosts in use, and licences for 1.",
        "64 cores on hosts in use, and licences for 63.",
        "4 instances on hosts in use, and licences for 3.",
    ];
    assert_eq!(texts, expected);
}

#[test]
fn what_is_denied_is_undecided_and_never_a_pass() {
    let world = world();
    let inner = cloud(&world);
    let host = allocate(&inner, of_type("m5.large"));
    run(&inner, "m5.large", 1, Some(&host));
    let cases = [
        ("DescribeHosts", "recovery-off"),
        ("DescribeHosts", "too-few-licences"),
        ("DescribeInstances", "stranded-instance"),
        ("DescribeInstances", "idle-host"),
        ("DescribeInstanceTypes", "cannot-recover"),
    ];
    for (operation, rule) in cases {
        let findings = check(&Denying { inner, operation });
        let left = findings.only(&[rule.to_owned()]).unwrap();
        assert_eq!(left.exit_code(), 2, "{operation} denied leaves {rule} decided");
    }
    let decided = check(&Denying { inner, operation: "DescribeInstances" });
    assert_eq!(decided.only(&["recovery-off".to_owned()]).unwrap().exit_code(), 0);
}

//! Check finds what falls short, and says what it could not read.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod support;

use ironbird_api::iam;
use ironbird_cloud::testing::Denying;
use ironbird_cloud::{Cloud, at_once};
use ironbird_report::{Findings, Severity};
use ironbird_rig::{Account, Timestamp};
use ironbird_workforce_access::check::{Options, run};
use support::*;

fn check(cloud: &impl Cloud) -> Findings {
    at_once(run(cloud, Options::default())).unwrap()
}

/// Rule, severity and the last part of the resource of each finding.
fn found(findings: &Findings) -> Vec<(String, Severity, String)> {
    let last = |text: &str| text.rsplit('/').next().unwrap().to_owned();
    let ordered = findings.ordered();
    ordered.iter().map(|finding| (last(&finding.rule), finding.severity, last(&finding.resource))).collect()
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
fn keys_of_persons_are_errors_and_those_of_others_warnings() {
    let world = world();
    let cloud = cloud(&world);
    for name in ["ann", "robot", "former"] {
        key_of(&cloud, name);
    }
    let input = iam::CreateLoginProfileRequest {
        user_name: Some("ann".to_owned()),
        password: Some("Correct-horse-1".to_owned()),
        ..Default::default()
    };
    cloud.call_now::<iam::CreateLoginProfile>(&input).unwrap();
    let input = iam::ListAccessKeysRequest { user_name: Some("former".to_owned()), ..Default::default() };
    let keys = cloud.call_now::<iam::ListAccessKeys>(&input).unwrap().access_key_metadata;
    let input = iam::UpdateAccessKeyRequest {
        user_name: Some("former".to_owned()),
        access_key_id: keys[0].access_key_id.clone().unwrap(),
        status: "Inactive".to_owned(),
    };
    cloud.call_now::<iam::UpdateAccessKey>(&input).unwrap();
    later(&world, 3 * 86_400);
    let findings = check(&cloud);
    let key = |severity, name: &str| ("long-lived-key".to_owned(), severity, name.to_owned());
    assert_eq!(found(&findings), [key(Severity::Error, "ann"), key(Severity::Warning, "robot")]);
    let text = "A person, with a password, has 1 active access key, never used; the oldest is 3 days old.";
    assert_eq!(seen(&findings, "long-lived-key"), text);
}

#[test]
fn a_center_as_it_should_be_has_no_findings() {
    let world = world();
    let center = Center::enable(&world);
    let set = center.set("Reader", READ);
    center.bound(&set, READ);
    center.assign(&center.user("ann"), &set, center.member);
    center.delegate();
    let findings = check(&cloud(&world));
    assert_eq!((found(&findings), findings.exit_code()), (vec![], 0), "{:?}", findings.unread);
}

#[test]
fn what_falls_short_at_the_center_is_found() {
    let world = world();
    let center = Center::enable(&world);
    let set = center.set("Reader", READ);
    center.assign(&center.user("ann"), &set, Account::DEFAULT);
    let findings = check(&cloud(&world));
    let only = |rule: &str| findings.findings.iter().filter(|finding| finding.rule.ends_with(rule)).count();
    assert_eq!(
        [only("/no-boundary"), only("/no-delegated-administrator"), only("/management-account")],
        [1; 3]
    );
    let text = "The permission set Reader is assigned in the management account 123456789012 to 1 user and 0 groups.";
    assert_eq!(seen(&findings, "management-account"), text);
}

#[test]
fn what_a_role_allows_is_held_against_what_its_sessions_did() {
    let world = world();
    let center = Center::enable(&world);
    let set = center.set("Looker", "arn:aws:iam::aws:policy/IAMReadOnlyAccess");
    center.assign(&center.user("ann"), &set, center.member);
    let member = center.member();
    let rule = ["wider-than-used".to_owned()];
    let unused = check(&member).only(&rule).unwrap();
    assert_eq!(unused.findings.len(), 1);
    let text = "It allows actions of 1 service; in the last 90 days of us-east-1 0 calls of its sessions succeeded in calling 0 of \
                them. Not called: iam.";
    assert_eq!(unused.findings[0].seen, text);
    // Within the second in which it is looked at.
    world.run_until(Timestamp::from_nanos(world.clock().now().nanos() + 500_000_000));
    as_role::<iam::ListUsers>(&member, reserved_role(&member), &Default::default());
    assert_eq!(check(&member).only(&rule).unwrap().findings, []);
    later(&world, 91 * 86_400);
    assert_eq!(check(&member).only(&rule).unwrap().findings.len(), 1, "events of 90 days are kept");
}

#[test]
fn a_boundary_narrows_what_a_role_allows_and_all_services_are_a_warning() {
    let world = world();
    let center = Center::enable(&world);
    let set = center.set("Admin", "arn:aws:iam::aws:policy/AdministratorAccess");
    let user = center.user("ann");
    center.assign(&user, &set, center.member);
    let rule = ["wider-than-used".to_owned()];
    let wide = check(&center.member()).only(&rule).unwrap();
    assert_eq!(wide.findings[0].severity, Severity::Warning);
    let other = center.set("Bounded", "arn:aws:iam::aws:policy/AdministratorAccess");
    center.bound(&other, "arn:aws:iam::aws:policy/IAMReadOnlyAccess");
    center.assign(&user, &other, center.member);
    let both = check(&center.member()).only(&rule).unwrap();
    let narrow = both.findings.iter().find(|finding| finding.resource.contains("Bounded")).unwrap();
    assert!(narrow.severity == Severity::Note && narrow.seen.contains("actions of 1 service"), "{narrow:?}");
}

#[test]
fn a_member_account_does_not_see_the_center_and_says_so() {
    let world = world();
    let center = Center::enable(&world);
    let findings = check(&center.member());
    assert_eq!(findings.exit_code(), 2);
    for rule in ["no-boundary", "no-delegated-administrator", "management-account"] {
        assert_eq!(findings.clone().only(&[rule.to_owned()]).unwrap().exit_code(), 2, "{rule} is undecided");
    }
    assert_eq!(findings.only(&["long-lived-key".to_owned()]).unwrap().exit_code(), 0);
}

#[test]
fn users_of_the_management_account_that_work_are_found() {
    let world = world();
    Center::enable(&world);
    let cloud = cloud(&world);
    let key = key_of(&cloud, "ann");
    let idle = check(&cloud).only(&["management-account".to_owned()]).unwrap();
    assert_eq!(idle.findings, [], "a key that was never used");
    use_key(&world, &key);
    later(&world, 86_400);
    let used = check(&cloud).only(&["management-account".to_owned()]).unwrap();
    assert_eq!(used.findings.len(), 1);
    assert_eq!(used.findings[0].seen, "The IAM user ann of the management account was used 1 day ago.");
}

#[test]
fn what_is_denied_is_undecided_and_never_a_pass() {
    let world = world();
    let center = Center::enable(&world);
    let set = center.set("Reader", READ);
    center.bound(&set, READ);
    center.assign(&center.user("ann"), &set, Account::DEFAULT);
    let inner = cloud(&world);
    key_of(&inner, "robot");
    let cases = [
        ("DescribeOrganization", "no-delegated-administrator"),
        ("DescribeOrganization", "management-account"),
        ("ListUsers", "long-lived-key"),
        ("ListUsers", "management-account"),
        ("ListAccessKeys", "long-lived-key"),
        ("GetAccessKeyLastUsed", "long-lived-key"),
        ("GetLoginProfile", "long-lived-key"),
        ("GetAccountSummary", "management-account"),
        ("ListInstances", "no-boundary"),
        ("ListDelegatedAdministrators", "no-delegated-administrator"),
        ("ListPermissionSets", "no-boundary"),
        ("DescribePermissionSet", "management-account"),
        ("GetPermissionsBoundaryForPermissionSet", "no-boundary"),
        ("ListAccountAssignments", "management-account"),
        ("ListRoles", "wider-than-used"),
        ("LookupEvents", "wider-than-used"),
        ("ListAttachedRolePolicies", "wider-than-used"),
        ("ListRolePolicies", "wider-than-used"),
        ("GetRole", "wider-than-used"),
        ("GetPolicy", "wider-than-used"),
        ("GetPolicyVersion", "wider-than-used"),
    ];
    for (operation, rule) in cases {
        let findings = check(&Denying { inner, operation });
        let left = findings.only(&[rule.to_owned()]).unwrap();
        assert_eq!(left.exit_code(), 2, "{operation} denied leaves {rule} decided");
    }
}

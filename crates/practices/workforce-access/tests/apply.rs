//! Apply does what a file says, restores it, and can be stopped at any call.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod support;

use std::cell::Cell;
use std::path::Path;

use ironbird_api::{identitystore, organizations, sso_admin};
use ironbird_cloud::change::{ApplyError, Outcome, Proposal as _};
use ironbird_cloud::testing::{Crashing, Failing};
use ironbird_cloud::{Cloud, at_once, read};
use ironbird_rig::Account;
use ironbird_workforce_access::apply::file::Workforce;
use ironbird_workforce_access::apply::{perform, plan};
use serde_json::json;
use support::*;

const POWER: &str = "arn:aws:iam::aws:policy/PowerUserAccess";

/// A file that makes all kinds of things, with the account in which somebody works.
fn file(member: Account) -> Workforce {
    let text = format!(
        r#"
        delegated_administrator = "{member}"
        [[users]]
        name = "ann"
        given_name = "Ann"
        family_name = "Doe"
        email = "ann@example.com"
        [[users]]
        name = "bob"
        given_name = "Bob"
        family_name = "Roe"
        [[groups]]
        name = "builders"
        description = "who builds"
        members = ["ann", "bob"]
        [[permission_sets]]
        name = "Builder"
        description = "to build with"
        session_duration = "PT4H"
        managed_policies = ["{READ}"]
        customer_managed_policies = []
        inline_policy = '{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}}}'
        boundary = "{POWER}"
        [[permission_sets]]
        name = "Reader"
        managed_policies = ["{READ}"]
        [[assignments]]
        permission_set = "Builder"
        groups = ["builders"]
        accounts = ["{member}"]
        [[assignments]]
        permission_set = "Reader"
        users = ["ann"]
        accounts = ["{member}", "123456789012"]
        "#
    );
    Workforce::parse(&text).unwrap()
}

fn apply<C: Cloud>(cloud: &C, file: &Workforce, backup: &Path) -> Result<Outcome, ApplyError> {
    at_once(async {
        let plan = plan(cloud, file).await?;
        perform::apply(cloud, &plan, backup, |_| {}).await
    })
}

fn revert<C: Cloud>(cloud: &C, backup: &Path) -> Result<Outcome, ApplyError> {
    at_once(perform::revert(cloud, backup, |_| {}))
}

/// Everything that apply may change, and the roles that come of it in the member account.
fn state(center: &Center<'_>) -> Vec<String> {
    let cloud = cloud(center.world);
    let store = || center.store.clone();
    let mut lines = Vec::new();
    let input = identitystore::ListUsersRequest { identity_store_id: store(), ..Default::default() };
    for user in at_once(read::identity::people(&cloud, input)).unwrap() {
        let mails: Vec<_> = user.emails.into_iter().flatten().map(|mail| (mail.value, mail.r#type)).collect();
        lines.push(format!(
            "{:?} {:?} {:?} {mails:?}",
            user.user_name,
            user.display_name,
            user.name.and_then(|it| it.given_name)
        ));
    }
    let input = identitystore::ListGroupsRequest { identity_store_id: store(), ..Default::default() };
    for group in at_once(read::identity::groups(&cloud, input)).unwrap() {
        let group_id = group.group_id;
        let input = identitystore::ListGroupMembershipsRequest {
            identity_store_id: store(),
            group_id,
            ..Default::default()
        };
        let members = at_once(read::identity::memberships(&cloud, input)).unwrap().len();
        lines.push(format!("{:?} {:?} {members}", group.display_name, group.description));
    }
    let input =
        sso_admin::ListPermissionSetsRequest { instance_arn: center.instance.clone(), ..Default::default() };
    for arn in at_once(read::identity::permission_sets(&cloud, input)).unwrap() {
        lines.extend(state_of_set(center, &arn));
    }
    let delegated = organizations::ListDelegatedAdministratorsRequest::default();
    let delegated = at_once(read::identity::delegated_administrators(&cloud, delegated)).unwrap();
    lines.push(format!("{} delegated", delegated.len()));
    lines.extend(roles(&center.member()));
    lines.sort();
    lines
}

fn state_of_set(center: &Center<'_>, arn: &str) -> Vec<String> {
    let cloud = cloud(center.world);
    let (instance_arn, permission_set_arn) = (center.instance.clone(), arn.to_owned());
    let input = sso_admin::DescribePermissionSetRequest {
        instance_arn: instance_arn.clone(),
        permission_set_arn: permission_set_arn.clone(),
    };
    let set = cloud.call_now::<sso_admin::DescribePermissionSet>(&input).unwrap().permission_set.unwrap();
    let input = sso_admin::GetInlinePolicyForPermissionSetRequest {
        instance_arn: instance_arn.clone(),
        permission_set_arn: permission_set_arn.clone(),
    };
    let inline = cloud.call_now::<sso_admin::GetInlinePolicyForPermissionSet>(&input).unwrap().inline_policy;
    let input = sso_admin::GetPermissionsBoundaryForPermissionSetRequest {
        instance_arn: instance_arn.clone(),
        permission_set_arn: permission_set_arn.clone(),
    };
    let boundary = cloud.call_now::<sso_admin::GetPermissionsBoundaryForPermissionSet>(&input);
    let boundary = boundary.ok().and_then(|it| it.permissions_boundary?.managed_policy_arn);
    let input = sso_admin::ListManagedPoliciesInPermissionSetRequest {
        instance_arn: instance_arn.clone(),
        permission_set_arn: permission_set_arn.clone(),
        ..Default::default()
    };
    let managed = at_once(read::identity::managed_policies(&cloud, input)).unwrap().len();
    let (name, duration) = (set.name, set.session_duration);
    let mut lines =
        vec![format!("{name:?} {duration:?} {:?} {inline:?} {boundary:?} {managed}", set.description)];
    for account in [center.member, Account::DEFAULT] {
        let input = sso_admin::ListAccountAssignmentsRequest {
            instance_arn: instance_arn.clone(),
            account_id: account.to_string(),
            permission_set_arn: permission_set_arn.clone(),
            ..Default::default()
        };
        for it in at_once(read::identity::assignments(&cloud, input)).unwrap() {
            lines.push(format!("{name:?} {account} {:?}", it.principal_type));
        }
    }
    lines
}

#[test]
fn what_a_file_says_is_made_once_and_taken_back() {
    let world = world();
    let center = Center::enable(&world);
    let (cloud, file) = (cloud(&world), file(center.member));
    let before = state(&center);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.json");
    let first = at_once(plan(&cloud, &file)).unwrap();
    assert!(
        first.text().contains("+ permission set Builder\n      description to build with"),
        "{}",
        first.text()
    );
    assert!(state(&center) == before, "a plan changes nothing");
    let mut told = Vec::new();
    at_once(perform::apply(&cloud, &first, &backup, |line| told.push(line))).unwrap();
    assert_eq!(told.len(), 3, "each assignment is told: {told:?}");
    let after = state(&center);
    assert!(
        after.iter().any(|line| line.contains("role of Builder") && line.contains("ReadOnlyAccess")),
        "{after:#?}"
    );
    assert!(at_once(plan(&cloud, &file)).unwrap().is_empty(), "a second apply changes nothing");
    let outcome = revert(&cloud, &backup).unwrap();
    assert_eq!((outcome.done.len(), outcome.left.as_slice()), (first.changes.len(), &[][..]), "{outcome:?}");
    assert!(state(&center) == before);
    let nothing = revert(&cloud, &backup).unwrap();
    assert!(nothing.done.is_empty() && nothing.left.is_empty());
}

/// A center with things that a file then wants otherwise.
fn otherwise(center: &Center<'_>) -> Workforce {
    let set = center.set("Builder", POWER);
    let ann = center.user("ann");
    center.call::<identitystore::UpdateUser>(identitystore::UpdateUserRequest {
        identity_store_id: center.store.clone(),
        user_id: ann.clone(),
        operations: vec![identitystore::AttributeOperation {
            attribute_path: "emails".to_owned(),
            attribute_value: Some(json!([{"value": "a@example.org", "type": "home", "primary": true}])),
        }],
    });
    center.assign(&ann, &set, center.member);
    file(center.member)
}

#[test]
fn what_differs_is_changed_and_its_roles_follow() {
    let world = world();
    let center = Center::enable(&world);
    let file = otherwise(&center);
    let cloud = cloud(&world);
    let before = state(&center);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.json");
    let plan_of_it = at_once(plan(&cloud, &file)).unwrap();
    let text = plan_of_it.text();
    assert!(text.contains(&format!("- policy {POWER} in permission set Builder")), "{text}");
    assert!(text.contains("session_duration PT1H → PT4H"), "{text}");
    apply(&cloud, &file, &backup).unwrap();
    assert!(state(&center).iter().any(|line| line.contains(r#"(Some("ann@example.com"), Some("home"))"#)));
    let roles = roles(&center.member());
    assert!(roles[0].contains("ReadOnlyAccess") && !roles[0].contains("PowerUserAccess"), "{roles:?}");
    let outcome = revert(&cloud, &backup).unwrap();
    // A description cannot be taken away again.
    assert_eq!(outcome.left, ["permission set Builder is not all as it was"]);
    let expected: Vec<String> = before
        .iter()
        .map(|line| line.replace("\"PT1H\") None", "\"PT1H\") Some(\"to build with\")"))
        .collect();
    let without_roles = |lines: &[String]| -> Vec<String> {
        lines.iter().filter(|line| !line.starts_with("role")).cloned().collect()
    };
    assert_eq!(without_roles(&state(&center)), without_roles(&expected));
    let roles = support::roles(&center.member());
    assert!(roles[0].contains("PowerUserAccess") && !roles[0].contains("ReadOnlyAccess"), "{roles:?}");
}

#[test]
fn what_somebody_changed_since_is_left_alone() {
    let world = world();
    let center = Center::enable(&world);
    let (cloud, file) = (cloud(&world), file(center.member));
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.json");
    apply(&cloud, &file, &backup).unwrap();
    let longer = "PT8H".to_owned();
    let text = format!("[[permission_sets]]\nname = 'Builder'\nsession_duration = '{longer}'");
    apply(&cloud, &Workforce::parse(&text).unwrap(), &folder.path().join("other.json")).unwrap();
    let outcome = revert(&cloud, &backup).unwrap();
    assert_eq!(outcome.left, ["permission set Builder was changed since"]);
}

#[test]
fn stopped_at_any_call_apply_goes_on_and_revert_goes_back() {
    for at in 1.. {
        assert!(at < 2_000, "apply never ends");
        let world = world();
        let center = Center::enable(&world);
        let (cloud, file) = (cloud(&world), file(center.member));
        let before = state(&center);
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("backup.json");
        let crashing =
            |left| Crashing { inner: cloud, calls_left: Cell::new(left), failing: Failing::AnswerLost };
        let completed = apply(&crashing(at), &file, &backup).is_ok();
        later(&world, 60);
        if at % 2 == 0 {
            apply(&cloud, &file, &backup).unwrap();
            assert!(at_once(plan(&cloud, &file)).unwrap().is_empty(), "at call {at}");
        }
        if backup.exists() {
            // A revert that stops, too, goes on.
            let _ = revert(&crashing(at), &backup);
            later(&world, 60);
            let outcome = revert(&cloud, &backup).unwrap();
            assert!(outcome.left.is_empty(), "at call {at}: {outcome:?}");
        }
        assert!(state(&center) == before, "at call {at}");
        if completed {
            break;
        }
    }
}

#[test]
fn units_are_their_accounts_without_the_management_account() {
    let world = world();
    let center = Center::enable(&world);
    let cloud = cloud(&world);
    center.set("Reader", READ);
    center.user("ann");
    let roots = at_once(read::identity::roots(&cloud, Default::default())).unwrap();
    let root = roots[0].id.clone().unwrap();
    let input = organizations::CreateOrganizationalUnitRequest {
        parent_id: root.clone(),
        name: "Work".to_owned(),
        tags: None,
    };
    let unit = center.call::<organizations::CreateOrganizationalUnit>(input).organizational_unit.unwrap();
    center.call::<organizations::MoveAccount>(organizations::MoveAccountRequest {
        account_id: center.member.to_string(),
        source_parent_id: root.clone(),
        destination_parent_id: unit.id.unwrap(),
    });
    let planned = |unit: &str| {
        let text = format!("[[assignments]]\npermission_set = 'Reader'\nusers = ['ann']\nunits = ['{unit}']");
        at_once(plan(&cloud, &Workforce::parse(&text).unwrap()))
    };
    let text = planned("Work").unwrap().text();
    assert!(
        text.contains(&format!("permission set Reader for user ann in account {}", center.member)),
        "{text}"
    );
    let all = planned(&root).unwrap();
    assert_eq!((all.changes.len(), all.skipped.len()), (1, 1), "{}", all.text());
    assert!(all.skipped[0].0.starts_with("the management account 123456789012 below the unit r-"));
    assert!(planned("Play").unwrap_err().to_string().contains("no unit Play"));
}

#[test]
fn what_is_not_there_is_told_before_anything_changes() {
    let world = world();
    let center = Center::enable(&world);
    let refused =
        |text: &str| at_once(plan(&cloud(&world), &Workforce::parse(text).unwrap())).unwrap_err().to_string();
    let text =
        format!("[[assignments]]\npermission_set = 'A'\ngroups = ['a']\naccounts = ['{}']", center.member);
    assert_eq!(refused(&text), "there is no permission set A, and the file does not make it");
    let text = "[[groups]]\nname = 'a'\nmembers = ['ann']";
    assert_eq!(refused(text), "there is no user ann, and the file does not make it");
    let elsewhere = at_once(plan(&center.member(), &file(center.member))).unwrap_err().to_string();
    assert!(elsewhere.starts_with("no Identity Center of an organization is seen"), "{elsewhere}");
}

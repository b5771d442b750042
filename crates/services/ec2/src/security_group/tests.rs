//! Tests of groups and rules through the operations.

use ironbird_api::ec2;
use ironbird_rig::World;

use crate::testing::{call, code, world};

fn group(world: &World, name: &str) -> String {
    let input = ec2::CreateSecurityGroupRequest {
        group_name: name.to_owned(),
        description: "for a test".to_owned(),
        ..Default::default()
    };
    call::<ec2::CreateSecurityGroup>(world, &input).unwrap().group_id.unwrap()
}

fn permission(protocol: &str, ports: Option<(i32, i32)>, blocks: &[&str]) -> ec2::IpPermission {
    let range = |block: &&str| ec2::IpRange { cidr_ip: Some((*block).to_owned()), description: None };
    ec2::IpPermission {
        ip_protocol: Some(protocol.to_owned()),
        from_port: ports.map(|(from, _)| from),
        to_port: ports.map(|(_, to)| to),
        ip_ranges: Some(blocks.iter().map(range).collect()),
        ..Default::default()
    }
}

fn ingress(group_id: &str, permissions: Vec<ec2::IpPermission>) -> ec2::AuthorizeSecurityGroupIngressRequest {
    ec2::AuthorizeSecurityGroupIngressRequest {
        group_id: Some(group_id.to_owned()),
        ip_permissions: Some(permissions),
        ..Default::default()
    }
}

fn describe(world: &World, group_id: &str) -> ec2::SecurityGroup {
    let input = ec2::DescribeSecurityGroupsRequest {
        group_ids: Some(vec![group_id.to_owned()]),
        ..Default::default()
    };
    call::<ec2::DescribeSecurityGroups>(world, &input).unwrap().security_groups.unwrap().remove(0)
}

#[test]
fn rules_of_the_same_ports_are_shown_together() {
    let world = world();
    let id = group(&world, "web");
    let input = ingress(
        &id,
        vec![
            permission("tcp", Some((443, 443)), &["10.0.0.0/8", "192.168.0.0/16"]),
            permission("-1", None, &["172.16.0.0/12"]),
        ],
    );
    let output = call::<ec2::AuthorizeSecurityGroupIngress>(&world, &input).unwrap();
    assert_eq!(output.security_group_rules.unwrap().len(), 3);
    let shown = describe(&world, &id);
    let permissions = shown.ip_permissions.unwrap();
    assert_eq!(permissions.len(), 2);
    assert_eq!(permissions[0].ip_ranges.as_ref().unwrap().len(), 2);
    assert_eq!((permissions[1].ip_protocol.as_deref(), permissions[1].from_port), (Some("-1"), None));
    assert_eq!(shown.ip_permissions_egress.unwrap().len(), 1);
}

#[test]
fn a_rule_exists_once() {
    let world = world();
    let id = group(&world, "web");
    let input = ingress(&id, vec![permission("tcp", Some((22, 22)), &["10.0.0.0/8"])]);
    call::<ec2::AuthorizeSecurityGroupIngress>(&world, &input).unwrap();
    let error = call::<ec2::AuthorizeSecurityGroupIngress>(&world, &input).err().unwrap();
    assert_eq!(error.code(), "InvalidPermission.Duplicate");
    assert_eq!(
        error.message(),
        "the specified rule \"peer: 10.0.0.0/8, TCP, from port: 22, to port: 22, ALLOW\" already exists"
    );
}

#[test]
fn one_wrong_permission_adds_nothing() {
    let world = world();
    let id = group(&world, "web");
    let fine = permission("tcp", Some((22, 22)), &["10.0.0.0/8"]);
    for wrong in [
        permission("tcp", None, &["10.0.0.0/8"]),
        permission("tcp", Some((80, 22)), &["10.0.0.0/8"]),
        permission("tcp", Some((80, 70_000)), &["10.0.0.0/8"]),
        permission("carrier-pigeon", None, &["10.0.0.0/8"]),
        permission("udp", Some((53, 53)), &["10.0.0.0/40"]),
        fine.clone(),
    ] {
        let input = ingress(&id, vec![fine.clone(), wrong]);
        assert_eq!(code::<ec2::AuthorizeSecurityGroupIngress>(&world, &input), "InvalidParameterValue");
    }
    assert!(describe(&world, &id).ip_permissions.unwrap().is_empty());
}

#[test]
fn rules_are_revoked_by_content_or_id() {
    let world = world();
    let id = group(&world, "web");
    let input = ingress(&id, vec![permission("tcp", Some((22, 22)), &["10.0.0.0/8", "10.1.0.0/16"])]);
    let rules =
        call::<ec2::AuthorizeSecurityGroupIngress>(&world, &input).unwrap().security_group_rules.unwrap();
    let by_id = ec2::RevokeSecurityGroupIngressRequest {
        group_id: Some(id.clone()),
        security_group_rule_ids: rules[0].security_group_rule_id.clone().map(|rule| vec![rule]),
        ..Default::default()
    };
    call::<ec2::RevokeSecurityGroupIngress>(&world, &by_id).unwrap();
    assert_eq!(
        code::<ec2::RevokeSecurityGroupIngress>(&world, &by_id),
        "InvalidSecurityGroupRuleId.NotFound"
    );
    let by_content = ec2::RevokeSecurityGroupIngressRequest {
        group_id: Some(id),
        cidr_ip: Some("10.1.0.0/16".to_owned()),
        ip_protocol: Some("tcp".to_owned()),
        from_port: Some(22),
        to_port: Some(22),
        ..Default::default()
    };
    let output = call::<ec2::RevokeSecurityGroupIngress>(&world, &by_content).unwrap();
    assert_eq!(output.revoked_security_group_rules.unwrap().len(), 1);
    // In the default VPC, what is not there is listed and no error.
    let again = call::<ec2::RevokeSecurityGroupIngress>(&world, &by_content).unwrap();
    assert_eq!(again.unknown_ip_permissions.unwrap().len(), 1);
}

#[test]
fn elsewhere_revoking_what_is_not_there_is_an_error() {
    let world = world();
    let vpc = ec2::CreateVpcRequest { cidr_block: Some("10.0.0.0/16".to_owned()), ..Default::default() };
    let vpc_id = call::<ec2::CreateVpc>(&world, &vpc).unwrap().vpc.unwrap().vpc_id;
    let input = ec2::CreateSecurityGroupRequest {
        group_name: "web".to_owned(),
        description: "x".to_owned(),
        vpc_id,
        ..Default::default()
    };
    let group_id = call::<ec2::CreateSecurityGroup>(&world, &input).unwrap().group_id.unwrap();
    let revoke = ec2::RevokeSecurityGroupEgressRequest {
        group_id,
        ip_permissions: Some(vec![permission("-1", None, &["0.0.0.0/0"])]),
        ..Default::default()
    };
    call::<ec2::RevokeSecurityGroupEgress>(&world, &revoke).unwrap();
    assert_eq!(code::<ec2::RevokeSecurityGroupEgress>(&world, &revoke), "InvalidPermission.NotFound");
}

#[test]
fn groups_in_use_stay() {
    let world = world();
    let (web, db) = (group(&world, "web"), group(&world, "db"));
    let pair = ec2::UserIdGroupPair { group_id: Some(web.clone()), ..Default::default() };
    let from_web = ec2::IpPermission {
        user_id_group_pairs: Some(vec![pair]),
        ip_ranges: None,
        ..permission("tcp", Some((5432, 5432)), &[])
    };
    call::<ec2::AuthorizeSecurityGroupIngress>(&world, &ingress(&db, vec![from_web])).unwrap();
    let delete =
        |id: &str| ec2::DeleteSecurityGroupRequest { group_id: Some(id.to_owned()), ..Default::default() };
    assert_eq!(code::<ec2::DeleteSecurityGroup>(&world, &delete(&web)), "DependencyViolation");
    call::<ec2::DeleteSecurityGroup>(&world, &delete(&db)).unwrap();
    call::<ec2::DeleteSecurityGroup>(&world, &delete(&web)).unwrap();
    assert_eq!(code::<ec2::DeleteSecurityGroup>(&world, &delete(&web)), "InvalidGroup.NotFound");
}

#[test]
fn names_are_unique_and_checked() {
    let world = world();
    group(&world, "web");
    for (name, expected) in [
        ("web", "InvalidGroup.Duplicate"),
        ("sg-web", "InvalidParameterValue"),
        ("default", "InvalidParameterValue"),
        ("gruppé", "InvalidParameterValue"),
        ("", "MissingParameter"),
    ] {
        let input = ec2::CreateSecurityGroupRequest {
            group_name: name.to_owned(),
            description: "x".to_owned(),
            ..Default::default()
        };
        assert_eq!(code::<ec2::CreateSecurityGroup>(&world, &input), expected, "{name}");
    }
}

#[test]
fn rules_have_tags() {
    let world = world();
    let id = group(&world, "web");
    let mut input = ingress(&id, vec![permission("tcp", Some((22, 22)), &["10.0.0.0/8"])]);
    let tag = ec2::Tag { key: Some("why".to_owned()), value: Some("ssh".to_owned()) };
    input.tag_specifications = Some(vec![ec2::TagSpecification {
        resource_type: Some("security-group-rule".to_owned()),
        tags: Some(vec![tag]),
    }]);
    call::<ec2::AuthorizeSecurityGroupIngress>(&world, &input).unwrap();
    let filters = ec2::Filter { name: Some("tag:why".to_owned()), values: Some(vec!["ssh".to_owned()]) };
    let input = ec2::DescribeSecurityGroupRulesRequest { filters: Some(vec![filters]), ..Default::default() };
    let found =
        call::<ec2::DescribeSecurityGroupRules>(&world, &input).unwrap().security_group_rules.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].from_port, Some(22));
}

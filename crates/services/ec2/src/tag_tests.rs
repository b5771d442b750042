//! Tests of tags through the operations.

use ironbird_api::ec2;
use ironbird_rig::World;
use ironbird_rig::account::{Account, Principal};

use crate::testing::{call, code, scope, world};

fn tag(key: &str, value: &str) -> ec2::Tag {
    ec2::Tag { key: Some(key.to_owned()), value: Some(value.to_owned()) }
}

fn vpc(world: &World) -> String {
    let vpcs = call::<ec2::DescribeVpcs>(world, &Default::default()).unwrap().vpcs.unwrap();
    vpcs[0].vpc_id.clone().unwrap()
}

fn create(world: &World, id: &str, tags: Vec<ec2::Tag>) -> ironbird_rig::Result<ironbird_api::Empty> {
    let input = ec2::CreateTagsRequest { resources: vec![id.to_owned()], tags, ..Default::default() };
    call::<ec2::CreateTags>(world, &input)
}

fn keys(world: &World) -> Vec<String> {
    let tags = call::<ec2::DescribeTags>(world, &Default::default()).unwrap().tags.unwrap();
    tags.into_iter().filter_map(|tag| tag.key).collect()
}

#[test]
fn a_tag_replaces_one_of_the_same_key() {
    let world = world();
    let id = vpc(&world);
    create(&world, &id, vec![tag("Name", "a"), tag("env", "test")]).unwrap();
    create(&world, &id, vec![tag("Name", "b")]).unwrap();
    let found = call::<ec2::DescribeTags>(&world, &Default::default()).unwrap().tags.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].value.as_deref(), found[0].resource_type.as_deref()), (Some("b"), Some("vpc")));
    let filter = |name: &str, value: &str| {
        let filter = ec2::Filter { name: Some(name.to_owned()), values: Some(vec![value.to_owned()]) };
        let input = ec2::DescribeVpcsRequest { filters: Some(vec![filter]), ..Default::default() };
        call::<ec2::DescribeVpcs>(&world, &input).unwrap().vpcs.unwrap().len()
    };
    assert_eq!(filter("tag:Name", "b"), 1);
    assert_eq!(filter("tag:Name", "a"), 0);
    assert_eq!(filter("tag-key", "e*"), 1);
    assert_eq!(filter("tag-value", "test"), 1);
}

#[test]
fn what_aws_refuses_is_refused_whole() {
    let world = world();
    let id = vpc(&world);
    let long_key = "k".repeat(129);
    let long_value = "v".repeat(257);
    for wrong in [tag("aws:mine", "x"), tag("", "x"), tag(&long_key, "x"), tag("k", &long_value)] {
        let error = create(&world, &id, vec![tag("fine", "x"), wrong]).err().unwrap();
        assert_eq!(error.code(), "InvalidParameterValue", "{error}");
    }
    assert!(keys(&world).is_empty());
    let many =
        |first: usize, count: usize| (first..first + count).map(|n| tag(&format!("k{n}"), "")).collect();
    create(&world, &id, many(0, 50)).unwrap();
    assert_eq!(create(&world, &id, many(50, 1)).err().unwrap().code(), "TagLimitExceeded");
    assert_eq!(keys(&world).len(), 50);
}

#[test]
fn what_does_not_exist_has_no_tags() {
    let world = world();
    for (id, expected) in [
        ("vpc-0123456789abcdef0", "InvalidVpcID.NotFound"),
        ("i-nonsense", "InvalidInstanceID.Malformed"),
        ("i-0123456789abcdef0", "InvalidInstanceID.NotFound"),
        ("ami-0123456789abcdef0", "InvalidAMIID.NotFound"),
        ("nonsense", "InvalidID"),
    ] {
        assert_eq!(create(&world, id, vec![tag("a", "b")]).err().unwrap().code(), expected, "{id}");
    }
}

#[test]
fn tags_are_deleted_by_key_or_by_key_and_value() {
    let world = world();
    let id = vpc(&world);
    create(&world, &id, vec![tag("a", "1"), tag("b", "2"), tag("c", "3")]).unwrap();
    let delete = |tags: Option<Vec<ec2::Tag>>| {
        let input = ec2::DeleteTagsRequest { resources: vec![id.clone()], tags, ..Default::default() };
        call::<ec2::DeleteTags>(&world, &input).unwrap();
    };
    delete(Some(vec![ec2::Tag { key: Some("a".to_owned()), value: None }, tag("b", "other")]));
    assert_eq!(keys(&world), ["b", "c"]);
    delete(None);
    assert!(keys(&world).is_empty());
}

#[test]
fn tags_come_in_pages() {
    let world = world();
    let id = vpc(&world);
    create(&world, &id, (0..12).map(|n| tag(&format!("k{n:02}"), "")).collect()).unwrap();
    let mut input = ec2::DescribeTagsRequest { max_results: Some(5), ..Default::default() };
    let mut counts = Vec::new();
    loop {
        let output = call::<ec2::DescribeTags>(&world, &input).unwrap();
        counts.push(output.tags.unwrap().len());
        input.next_token = output.next_token;
        if input.next_token.is_none() {
            break;
        }
    }
    assert_eq!(counts, [5, 5, 2]);
}

#[test]
fn specifications_are_for_what_is_made() {
    let world = world();
    let request = |resource_type: &str, tags: Vec<ec2::Tag>| ec2::CreateVpcRequest {
        cidr_block: Some("10.0.0.0/16".to_owned()),
        tag_specifications: Some(vec![ec2::TagSpecification {
            resource_type: Some(resource_type.to_owned()),
            tags: Some(tags),
        }]),
        ..Default::default()
    };
    assert_eq!(
        code::<ec2::CreateVpc>(&world, &request("subnet", vec![tag("a", "b")])),
        "InvalidParameterValue"
    );
    assert_eq!(code::<ec2::CreateVpc>(&world, &request("vpc", Vec::new())), "InvalidParameterValue");
    let made = call::<ec2::CreateVpc>(&world, &request("vpc", vec![tag("a", "b")])).unwrap().vpc.unwrap();
    assert_eq!(made.tags.unwrap()[0].value.as_deref(), Some("b"));
}

#[test]
fn services_of_aws_give_tags_that_nobody_else_may() {
    let world = world();
    let id = vpc(&world);
    assert_eq!(
        create(&world, &id, vec![tag("aws:autoscaling:groupName", "web")]).err().unwrap().code(),
        "InvalidParameterValue"
    );
    let input = ec2::CreateTagsRequest {
        resources: vec![id],
        tags: vec![tag("aws:autoscaling:groupName", "web"), tag("Name", "web")],
        ..Default::default()
    };
    let caller =
        Principal::Service { account: Account::DEFAULT, name: "autoscaling.amazonaws.com".to_owned() };
    world.call::<ec2::CreateTags>(scope(), caller, &input).unwrap();
    assert_eq!(keys(&world), ["Name", "aws:autoscaling:groupName"]);
}

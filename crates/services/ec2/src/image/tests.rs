//! Tests of the public images.

use ironbird_api::ec2;

use ironbird_rig::world::{Images, Settings};

use crate::testing::{call, code, world, world_with};

fn request(owners: &[&str], filters: &[(&str, &str)]) -> ec2::DescribeImagesRequest {
    let filter = |(name, value): &(&str, &str)| ec2::Filter {
        name: Some((*name).to_owned()),
        values: Some(vec![(*value).to_owned()]),
    };
    ec2::DescribeImagesRequest {
        owners: Some(owners.iter().map(|owner| (*owner).to_owned()).collect()),
        filters: Some(filters.iter().map(filter).collect()),
        ..Default::default()
    }
}

#[test]
fn the_searches_of_the_guides_find_something() {
    let world = world();
    for (owner, name, architecture, expected) in [
        ("amazon", "al2023-ami-2023.*-x86_64", "x86_64", 3),
        ("amazon", "amzn2-ami-hvm-*-gp2", "arm64", 3),
        ("099720109477", "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*", "x86_64", 3),
        ("099720109477", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-*", "arm64", 3),
        ("amazon", "Windows_Server-2022-English-Full-Base-*", "x86_64", 3),
        ("self", "*", "x86_64", 0),
    ] {
        let input = request(&[owner], &[("name", name), ("architecture", architecture)]);
        let images = call::<ec2::DescribeImages>(&world, &input).unwrap().images.unwrap();
        assert_eq!(images.len(), expected, "{name}");
    }
}

#[test]
fn ids_are_looked_up() {
    let world = world();
    let images = call::<ec2::DescribeImages>(&world, &Default::default()).unwrap().images.unwrap();
    let by_id =
        |id: &str| ec2::DescribeImagesRequest { image_ids: Some(vec![id.to_owned()]), ..Default::default() };
    let id = images[5].image_id.clone().unwrap();
    let found = call::<ec2::DescribeImages>(&world, &by_id(&id)).unwrap().images.unwrap();
    assert_eq!(found.len(), 1);
    let error = call::<ec2::DescribeImages>(&world, &by_id("ami-12345678")).err().unwrap();
    assert_eq!(error.code(), "InvalidAMIID.NotFound");
    assert_eq!(error.message(), "The image id '[ami-12345678]' does not exist");
    assert_eq!(code::<ec2::DescribeImages>(&world, &by_id("not-an-ami")), "InvalidAMIID.Malformed");
}

#[test]
fn public_images_can_be_tagged() {
    let world = world();
    let images = call::<ec2::DescribeImages>(&world, &Default::default()).unwrap().images.unwrap();
    let id = images[0].image_id.clone().unwrap();
    let input = ec2::CreateTagsRequest {
        resources: vec![id],
        tags: vec![ec2::Tag { key: Some("golden".to_owned()), value: Some("yes".to_owned()) }],
        ..Default::default()
    };
    call::<ec2::CreateTags>(&world, &input).unwrap();
    let found = call::<ec2::DescribeImages>(&world, &request(&[], &[("tag:golden", "yes")])).unwrap();
    assert_eq!(found.images.unwrap().len(), 1);
}

#[test]
fn an_unknown_id_stands_for_a_plain_image_only_where_that_was_asked_for() {
    let input =
        ec2::DescribeImagesRequest { image_ids: Some(vec!["ami-12c6146b".to_owned()]), ..Default::default() };
    assert_eq!(code::<ec2::DescribeImages>(&world(), &input), "InvalidAMIID.NotFound");
    let lenient = world_with(Settings { images: Images::Any, ..Settings::default() });
    let images = call::<ec2::DescribeImages>(&lenient, &input).unwrap().images.unwrap();
    assert_eq!(images[0].image_id.as_deref(), Some("ami-12c6146b"));
    let malformed = ec2::DescribeImagesRequest { image_ids: Some(vec!["ami-x".to_owned()]), ..input };
    assert_eq!(code::<ec2::DescribeImages>(&lenient, &malformed), "InvalidAMIID.Malformed");
}

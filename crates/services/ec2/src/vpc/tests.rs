use ironbird_api::ec2;

use crate::testing::{call, code, world};

fn default_vpc(world: &ironbird_rig::World) -> ec2::Vpc {
    let vpcs = call::<ec2::DescribeVpcs>(world, &Default::default()).unwrap().vpcs.unwrap();
    vpcs.into_iter().find(|vpc| vpc.is_default == Some(true)).unwrap()
}

#[test]
fn an_account_begins_with_a_default_vpc() {
    let world = world();
    let vpc = default_vpc(&world);
    assert_eq!(vpc.cidr_block.as_deref(), Some("172.31.0.0/16"));
    let subnets = call::<ec2::DescribeSubnets>(&world, &Default::default()).unwrap().subnets.unwrap();
    assert_eq!(subnets.len(), 6);
    assert!(subnets.iter().all(|subnet| subnet.available_ip_address_count == Some(4091)));
    let groups = call::<ec2::DescribeSecurityGroups>(&world, &Default::default()).unwrap();
    assert_eq!(groups.security_groups.unwrap().len(), 1);
}

#[test]
fn blocks_are_checked() {
    let world = world();
    let create = |block: &str| {
        let input = ec2::CreateVpcRequest { cidr_block: Some(block.to_owned()), ..Default::default() };
        call::<ec2::CreateVpc>(&world, &input)
    };
    let vpc = create("10.0.0.7/16").unwrap().vpc.unwrap();
    assert_eq!(vpc.cidr_block.as_deref(), Some("10.0.0.0/16"));
    assert_eq!(create("10.0.0.0/8").err().unwrap().code(), "InvalidVpc.Range");
    assert_eq!(create("10.0.0.0").err().unwrap().code(), "InvalidParameterValue");
    assert_eq!(code::<ec2::CreateVpc>(&world, &Default::default()), "MissingParameter");
}

#[test]
fn what_is_in_use_stays() {
    let world = world();
    let vpc_id = default_vpc(&world).vpc_id.unwrap();
    let input = ec2::DeleteVpcRequest { vpc_id, ..Default::default() };
    assert_eq!(code::<ec2::DeleteVpc>(&world, &input), "DependencyViolation");
}

#[test]
fn an_empty_vpc_goes_with_all_it_came_with() {
    let world = world();
    let input = ec2::CreateVpcRequest { cidr_block: Some("10.0.0.0/16".to_owned()), ..Default::default() };
    let vpc_id = call::<ec2::CreateVpc>(&world, &input).unwrap().vpc.unwrap().vpc_id.unwrap();
    let dry = ec2::DeleteVpcRequest { vpc_id: vpc_id.clone(), dry_run: Some(true) };
    assert_eq!(code::<ec2::DeleteVpc>(&world, &dry), "DryRunOperation");
    let input = ec2::DeleteVpcRequest { vpc_id, ..Default::default() };
    call::<ec2::DeleteVpc>(&world, &input).unwrap();
    assert_eq!(code::<ec2::DeleteVpc>(&world, &input), "InvalidVpcID.NotFound");
    let tables = call::<ec2::DescribeRouteTables>(&world, &Default::default()).unwrap().route_tables.unwrap();
    assert_eq!(tables.len(), 1);
}

#[test]
fn there_is_one_default_vpc() {
    assert_eq!(code::<ec2::CreateDefaultVpc>(&world(), &Default::default()), "DefaultVpcAlreadyExists");
}

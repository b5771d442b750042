use ironbird_api::ec2;
use ironbird_rig::World;
use ironbird_rig::world::Settings;

use crate::testing::{call, code, scope, world, world_with};

fn default_subnet(world: &World) -> String {
    let subnets = call::<ec2::DescribeSubnets>(world, &Default::default()).unwrap().subnets.unwrap();
    subnets[0].subnet_id.clone().unwrap()
}

fn address(world: &World) -> String {
    call::<ec2::AllocateAddress>(world, &Default::default()).unwrap().allocation_id.unwrap()
}

fn create(world: &World, subnet_id: String, allocation: &str) -> String {
    let input = ec2::CreateNatGatewayRequest {
        subnet_id: Some(subnet_id),
        allocation_id: Some(allocation.to_owned()),
        ..Default::default()
    };
    let made = call::<ec2::CreateNatGateway>(world, &input).unwrap().nat_gateway.unwrap();
    assert_eq!(made.state.as_deref(), Some("pending"));
    made.nat_gateway_id.unwrap()
}

fn describe(world: &World, id: &str) -> Option<ec2::NatGateway> {
    let input = ec2::DescribeNatGatewaysRequest {
        filter: Some(vec![ec2::Filter {
            name: Some("nat-gateway-id".to_owned()),
            values: Some(vec![id.to_owned()]),
        }]),
        ..Default::default()
    };
    call::<ec2::DescribeNatGateways>(world, &input).unwrap().nat_gateways.unwrap().pop()
}

fn state(world: &World, id: &str) -> Option<String> {
    describe(world, id)?.state
}

fn pass(world: &World, seconds: i64) {
    world.run_until(ironbird_rig::Timestamp::from_secs(world.clock().now().secs() + seconds));
}

#[test]
fn states_take_their_time() {
    let world = world_with(Settings::default());
    let allocation = address(&world);
    let id = create(&world, default_subnet(&world), &allocation);
    assert_eq!(state(&world, &id).as_deref(), Some("pending"));
    pass(&world, 121);
    assert_eq!(state(&world, &id).as_deref(), Some("available"));
    let delete = ec2::DeleteNatGatewayRequest { nat_gateway_id: id.clone(), dry_run: None };
    call::<ec2::DeleteNatGateway>(&world, &delete).unwrap();
    assert_eq!(state(&world, &id).as_deref(), Some("deleting"));
    let release = ec2::ReleaseAddressRequest { allocation_id: Some(allocation), ..Default::default() };
    assert_eq!(code::<ec2::ReleaseAddress>(&world, &release), "InvalidIPAddress.InUse");
    pass(&world, 61);
    let gone = describe(&world, &id).unwrap();
    assert_eq!(gone.state.as_deref(), Some("deleted"));
    assert!(gone.nat_gateway_addresses.unwrap()[0].public_ip.is_some());
    call::<ec2::ReleaseAddress>(&world, &release).unwrap();
    pass(&world, 3601);
    assert_eq!(state(&world, &id), None);
}

#[test]
fn without_a_way_out_it_fails() {
    let world = world();
    let input = ec2::CreateVpcRequest { cidr_block: Some("10.0.0.0/16".to_owned()), ..Default::default() };
    let vpc_id = call::<ec2::CreateVpc>(&world, &input).unwrap().vpc.unwrap().vpc_id.unwrap();
    let input =
        ec2::CreateSubnetRequest { vpc_id, cidr_block: Some("10.0.0.0/24".to_owned()), ..Default::default() };
    let subnet = call::<ec2::CreateSubnet>(&world, &input).unwrap().subnet.unwrap().subnet_id.unwrap();
    let id = create(&world, subnet, &address(&world));
    let gateway = describe(&world, &id).unwrap();
    assert_eq!(gateway.state.as_deref(), Some("failed"));
    assert_eq!(gateway.failure_code.as_deref(), Some("Gateway.NotAttached"));
}

#[test]
fn what_it_costs_is_metered() {
    let world = world();
    let allocation = address(&world);
    create(&world, default_subnet(&world), &allocation);
    pass(&world, 7200);
    let lines = world
        .look(scope(), |ctx| {
            Ok(ironbird_rig::metering::bill(ctx, None, ironbird_rig::Timestamp::from_secs(0), ctx.now()))
        })
        .unwrap();
    let line = |name: &str| lines.iter().find(|line| line.usage_type == name).unwrap();
    assert_eq!(line("NatGateway-Hours").cost, Some(90_000_000));
    assert_eq!(line("PublicIPv4:InUseAddress").cost, Some(10_000_000));
}

#[test]
fn unknown_gateways_are_told_apart() {
    let world = world();
    let delete = |id: &str| ec2::DeleteNatGatewayRequest { nat_gateway_id: id.to_owned(), dry_run: None };
    assert_eq!(code::<ec2::DeleteNatGateway>(&world, &delete("nat-0123456789abcdef0")), "NatGatewayNotFound");
    assert_eq!(code::<ec2::DeleteNatGateway>(&world, &delete("nonsense")), "NatGatewayMalformed");
    let input =
        ec2::CreateNatGatewayRequest { subnet_id: Some(default_subnet(&world)), ..Default::default() };
    assert_eq!(code::<ec2::CreateNatGateway>(&world, &input), "MissingParameter");
}

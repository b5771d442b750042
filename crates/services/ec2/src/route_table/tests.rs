use ironbird_api::ec2;
use ironbird_rig::World;

use crate::testing::{call, code, world};

fn vpc(world: &World) -> String {
    let input = ec2::CreateVpcRequest { cidr_block: Some("10.0.0.0/16".to_owned()), ..Default::default() };
    call::<ec2::CreateVpc>(world, &input).unwrap().vpc.unwrap().vpc_id.unwrap()
}

fn table(world: &World, vpc_id: &str) -> String {
    let input = ec2::CreateRouteTableRequest { vpc_id: vpc_id.to_owned(), ..Default::default() };
    call::<ec2::CreateRouteTable>(world, &input).unwrap().route_table.unwrap().route_table_id.unwrap()
}

fn gateway(world: &World, vpc_id: &str) -> String {
    let made = call::<ec2::CreateInternetGateway>(world, &Default::default()).unwrap();
    let id = made.internet_gateway.unwrap().internet_gateway_id.unwrap();
    let input = ec2::AttachInternetGatewayRequest {
        internet_gateway_id: id.clone(),
        vpc_id: vpc_id.to_owned(),
        dry_run: None,
    };
    call::<ec2::AttachInternetGateway>(world, &input).unwrap();
    id
}

fn route(table: &str, destination: &str, gateway: &str) -> ec2::CreateRouteRequest {
    ec2::CreateRouteRequest {
        route_table_id: table.to_owned(),
        destination_cidr_block: Some(destination.to_owned()),
        gateway_id: Some(gateway.to_owned()),
        ..Default::default()
    }
}

fn states(world: &World, table: &str) -> Vec<String> {
    let input = ec2::DescribeRouteTablesRequest {
        route_table_ids: Some(vec![table.to_owned()]),
        ..Default::default()
    };
    let tables = call::<ec2::DescribeRouteTables>(world, &input).unwrap().route_tables.unwrap();
    tables[0].routes.iter().flatten().map(|route| route.state.clone().unwrap()).collect()
}

#[test]
fn a_route_goes_black_with_its_target() {
    let world = world();
    let vpc_id = vpc(&world);
    let (table, gateway) = (table(&world, &vpc_id), gateway(&world, &vpc_id));
    call::<ec2::CreateRoute>(&world, &route(&table, "0.0.0.0/0", &gateway)).unwrap();
    assert_eq!(states(&world, &table), ["active", "active"]);
    let detach = ec2::DetachInternetGatewayRequest { internet_gateway_id: gateway, vpc_id, dry_run: None };
    call::<ec2::DetachInternetGateway>(&world, &detach).unwrap();
    assert_eq!(states(&world, &table), ["active", "blackhole"]);
}

#[test]
fn routes_are_checked_as_on_aws() {
    let world = world();
    let vpc_id = vpc(&world);
    let (table, gateway) = (table(&world, &vpc_id), gateway(&world, &vpc_id));
    let first = route(&table, "0.0.0.0/0", &gateway);
    call::<ec2::CreateRoute>(&world, &first).unwrap();
    call::<ec2::CreateRoute>(&world, &first).unwrap();
    let elsewhere = self::gateway(&world, &vpc(&world));
    for (request, expected) in [
        (route(&table, "0.0.0.0/0", &elsewhere), "InvalidParameterValue"),
        (route(&table, "10.0.7.0/24", &gateway), "InvalidParameterValue"),
        (route(&table, "nonsense", &gateway), "InvalidParameterValue"),
        (route(&table, "1.0.0.0/8", "igw-1a2b3c4d"), "InvalidInternetGatewayID.NotFound"),
        (ec2::CreateRouteRequest { gateway_id: None, ..route(&table, "1.0.0.0/8", "") }, "MissingParameter"),
        (
            ec2::CreateRouteRequest {
                nat_gateway_id: Some("nat-0".to_owned()),
                ..route(&table, "1.0.0.0/8", &gateway)
            },
            "InvalidParameterCombination",
        ),
    ] {
        assert_eq!(code::<ec2::CreateRoute>(&world, &request), expected);
    }
    let delete = |destination: &str| ec2::DeleteRouteRequest {
        route_table_id: table.clone(),
        destination_cidr_block: Some(destination.to_owned()),
        ..Default::default()
    };
    assert_eq!(code::<ec2::DeleteRoute>(&world, &delete("10.0.0.0/16")), "InvalidParameterValue");
    assert_eq!(code::<ec2::DeleteRoute>(&world, &delete("9.0.0.0/8")), "InvalidRoute.NotFound");
    call::<ec2::DeleteRoute>(&world, &delete("0.0.0.0/0")).unwrap();
}

#[test]
fn a_new_block_of_the_vpc_is_local_in_all_its_tables() {
    let world = world();
    let vpc_id = vpc(&world);
    let table = table(&world, &vpc_id);
    let input = ec2::AssociateVpcCidrBlockRequest {
        vpc_id,
        cidr_block: Some("10.1.0.0/16".to_owned()),
        ..Default::default()
    };
    let association =
        call::<ec2::AssociateVpcCidrBlock>(&world, &input).unwrap().cidr_block_association.unwrap();
    assert_eq!(states(&world, &table).len(), 2);
    let input = ec2::DisassociateVpcCidrBlockRequest { association_id: association.association_id.unwrap() };
    call::<ec2::DisassociateVpcCidrBlock>(&world, &input).unwrap();
    assert_eq!(states(&world, &table).len(), 1);
}

#[test]
fn the_main_table_stays() {
    let world = world();
    let vpc_id = vpc(&world);
    let input = ec2::DescribeRouteTablesRequest {
        filters: Some(vec![ec2::Filter {
            name: Some("vpc-id".to_owned()),
            values: Some(vec![vpc_id.clone()]),
        }]),
        ..Default::default()
    };
    let main = call::<ec2::DescribeRouteTables>(&world, &input).unwrap().route_tables.unwrap().remove(0);
    let id = main.route_table_id.unwrap();
    let delete = ec2::DeleteRouteTableRequest { route_table_id: id, dry_run: None };
    assert_eq!(code::<ec2::DeleteRouteTable>(&world, &delete), "DependencyViolation");
    let association = main.associations.unwrap().remove(0).route_table_association_id.unwrap();
    let end = ec2::DisassociateRouteTableRequest { association_id: association.clone(), dry_run: None };
    assert_eq!(code::<ec2::DisassociateRouteTable>(&world, &end), "InvalidParameterValue");
    let other = table(&world, &vpc_id);
    let replace = ec2::ReplaceRouteTableAssociationRequest {
        association_id: association,
        route_table_id: other.clone(),
        dry_run: None,
    };
    call::<ec2::ReplaceRouteTableAssociation>(&world, &replace).unwrap();
    call::<ec2::DeleteRouteTable>(&world, &delete).unwrap();
    let delete = ec2::DeleteRouteTableRequest { route_table_id: other, dry_run: None };
    assert_eq!(code::<ec2::DeleteRouteTable>(&world, &delete), "DependencyViolation");
}

//! CreateVpcEndpoint, and how an endpoint comes up.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::services::{self, Service};
use super::{State, TIMER, VpcEndpoint, VpcEndpoints, delete};
use crate::given::given;
use crate::instance::after;
use crate::network_interface::{self, Kind, New, Wanted};
use crate::once::Once;
use crate::resource::{self, Resource};
use crate::route_table::{self, Destination, RouteTables};
use crate::subnet::Subnets;
use crate::vpc::Vpcs;
use crate::{error, kinds, meter, prefix_list, security_group, tag};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::CreateVpcEndpoint>(create_vpc_endpoint)
        // No packets flow that a policy could stop, and there is no DNS server.
        .records::<ec2::CreateVpcEndpoint>(&["PolicyDocument", "PrivateDnsEnabled", "DnsOptions"])
        .refuses::<ec2::CreateVpcEndpoint>(&[
            ("ServiceNetworkArn", "service networks are not modeled"),
            ("ResourceConfigurationArn", "resource configurations are not modeled"),
            ("SubnetConfigurations", "addresses of endpoints are drawn"),
            ("DnsOptions.PrivateDnsPreference", "preferences of private host names are not modeled"),
            ("DnsOptions.PrivateDnsSpecifiedDomains", "preferences of private host names are not modeled"),
        ])
}

/// Checks a policy: a JSON object.
///
/// # Errors
/// `InvalidPolicyDocument`.
pub(super) fn checked_policy(text: Option<&str>) -> Result<Option<String>> {
    let Some(text) = given(&text) else { return Ok(None) };
    let value: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(text).ok();
    if !value.is_some_and(|value| value.contains_key("Statement")) {
        return Err(Error::client("InvalidPolicyDocument", "The Policy Document is not a valid policy."));
    }
    Ok(Some(text.to_owned()))
}

/// Whether the endpoint is a gateway, and the service that it leads to.
fn service(ctx: &Ctx<'_>, input: &ec2::CreateVpcEndpointRequest) -> Result<Service> {
    let kind = input.vpc_endpoint_type.as_deref().unwrap_or("Gateway");
    let gateway = match kind.to_ascii_lowercase().as_str() {
        "gateway" => true,
        "interface" => false,
        "gatewayloadbalancer" | "resource" | "servicenetwork" => {
            let reason = "endpoints of this type are not modeled";
            return Err(Ctx::unsupported(&format!("VpcEndpointType={kind}"), reason));
        }
        _ => return Err(error::invalid_parameter_value(kind, "vpcEndpointType")),
    };
    if let Some(other) = input.service_region.as_deref().filter(|region| *region != ctx.region().code()) {
        let reason = "endpoints lead to services of their Region";
        return Err(Ctx::unsupported(&format!("ServiceRegion={other}"), reason));
    }
    let Some(name) = &input.service_name else { return Err(error::missing_parameter("ServiceName")) };
    services::find(ctx, name, gateway)
}

fn create_vpc_endpoint(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateVpcEndpointRequest,
) -> Result<ec2::CreateVpcEndpointResult> {
    let client_token = input.client_token.clone();
    let once = Once::of::<ec2::CreateVpcEndpoint>(ctx, client_token.as_deref(), input);
    if let Some(id) = once.earlier(ctx)? {
        let shown = VpcEndpoints::view(ctx, resource::find::<VpcEndpoints>(ctx, &id)?);
        return Ok(ec2::CreateVpcEndpointResult { vpc_endpoint: Some(shown), client_token });
    }
    let vpc_id = resource::find::<Vpcs>(ctx, &input.vpc_id)?.id.clone();
    let service = service(ctx, input)?;
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::VPC_ENDPOINT.resource_type])?;
    let dns = input.dns_options.as_ref();
    let mut endpoint = VpcEndpoint {
        id: ctx.fresh_id("vpce")?,
        vpc_id,
        service_name: service.name.clone(),
        gateway: service.gateway,
        state: State::Available,
        due: None,
        created: ctx.now(),
        policy: checked_policy(input.policy_document.as_deref())?,
        route_table_ids: Vec::new(),
        subnets: Vec::new(),
        group_ids: Vec::new(),
        private_dns: false,
        ip_address_type: input.ip_address_type.clone().unwrap_or_else(|| "ipv4".to_owned()),
        dns_record_ip_type: dns
            .and_then(|dns| dns.dns_record_ip_type.clone())
            .unwrap_or_else(|| if service.gateway { "service-defined" } else { "ipv4" }.to_owned()),
        inbound_only: dns.and_then(|dns| dns.private_dns_only_for_inbound_resolver_endpoint),
    };
    check_words(&endpoint)?;
    match service.gateway {
        true => gateway(ctx, &mut endpoint, input)?,
        false => interface(ctx, &mut endpoint, &service, input)?,
    }
    ctx.put::<VpcEndpoints>(ctx.scope().key(&endpoint.id), endpoint.clone())?;
    tag::apply(ctx, specifications, kinds::VPC_ENDPOINT.resource_type, &endpoint.id)?;
    once.keep(ctx, &endpoint.id)?;
    if let Some(due) = endpoint.due {
        ctx.wake_at(due, TIMER, &endpoint.id)?;
    }
    error::dry_run(input.dry_run)?;
    let shown = VpcEndpoints::view(ctx, &endpoint);
    Ok(ec2::CreateVpcEndpointResult { vpc_endpoint: Some(shown), client_token })
}

/// Checks the words of an endpoint.
///
/// # Errors
/// `InvalidParameterValue`; other addresses than IPv4 are refused.
pub(super) fn check_words(endpoint: &VpcEndpoint) -> Result<()> {
    match endpoint.ip_address_type.as_str() {
        "ipv4" => {}
        other @ ("dualstack" | "ipv6") => {
            let reason = "interfaces of endpoints have IPv4 addresses";
            return Err(Ctx::unsupported(&format!("IpAddressType={other}"), reason));
        }
        other => return Err(error::invalid_parameter_value(other, "ipAddressType")),
    }
    let known = ["ipv4", "dualstack", "ipv6", "service-defined"];
    if !known.contains(&endpoint.dns_record_ip_type.as_str()) {
        return Err(error::invalid_parameter_value(&endpoint.dns_record_ip_type, "dnsRecordIpType"));
    }
    Ok(())
}

fn only_for(gateway: bool, given: bool, parameter: &str) -> Result<()> {
    if given {
        let message = format!("{parameter} is not supported for endpoints of type {}.", super::kind(gateway));
        return Err(Error::client("InvalidParameter", message));
    }
    Ok(())
}

fn gateway(
    ctx: &mut Ctx<'_>,
    endpoint: &mut VpcEndpoint,
    input: &ec2::CreateVpcEndpointRequest,
) -> Result<()> {
    let given = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
    only_for(true, given(&input.subnet_ids), "SubnetIds")?;
    only_for(true, given(&input.security_group_ids), "SecurityGroupIds")?;
    only_for(true, input.private_dns_enabled == Some(true), "PrivateDnsEnabled")?;
    let mut tables: Vec<String> = Vec::new();
    for id in input.route_table_ids.iter().flatten() {
        if !tables.contains(id) {
            tables.push(id.clone());
        }
    }
    set_tables(ctx, endpoint, tables)
}

/// Puts a gateway endpoint into these route tables, and out of all others.
///
/// # Errors
/// `InvalidRouteTableID.NotFound`; `InvalidParameter` for a table of another VPC; `RouteAlreadyExists`.
pub(super) fn set_tables(ctx: &mut Ctx<'_>, endpoint: &mut VpcEndpoint, tables: Vec<String>) -> Result<()> {
    let list = prefix_list::of_service(ctx, &endpoint.service_name);
    let Some(list) = list.map(|list| list.id) else { return Ok(()) };
    for id in &tables {
        let table = resource::find::<RouteTables>(ctx, id)?;
        if table.vpc_id != endpoint.vpc_id {
            let message = format!("route table {id} and endpoint belong to different networks");
            return Err(Error::client("InvalidParameter", message));
        }
        let destination = Destination::PrefixList(list.clone());
        let taken = |route: &route_table::Route| {
            route.destination == destination
                && route.target != route_table::Target::Endpoint(endpoint.id.clone())
        };
        if table.routes.iter().any(taken) {
            let message =
                format!("route table {id} already has a route with destination-prefix-list-id {list}");
            return Err(Error::client("RouteAlreadyExists", message));
        }
    }
    route_table::set_endpoint(ctx, &endpoint.vpc_id, &endpoint.id, &list, &tables)?;
    endpoint.route_table_ids = tables;
    Ok(())
}

fn interface(
    ctx: &mut Ctx<'_>,
    endpoint: &mut VpcEndpoint,
    service: &Service,
    input: &ec2::CreateVpcEndpointRequest,
) -> Result<()> {
    let tables = input.route_table_ids.as_ref().is_some_and(|tables| !tables.is_empty());
    only_for(false, tables, "RouteTableIds")?;
    // The usual host names lead here unless the request says no; those of S3 only if it says yes.
    let by_itself = service.has_private_dns() && !service.name.ends_with(".s3");
    let wanted = input.private_dns_enabled.unwrap_or(by_itself);
    set_private_dns(ctx, endpoint, service, wanted)?;
    let groups = input.security_group_ids.as_deref().unwrap_or_default();
    endpoint.group_ids = security_group::checked_for_vpc(ctx, &endpoint.vpc_id, groups)?;
    for id in input.subnet_ids.iter().flatten() {
        add_subnet(ctx, endpoint, id)?;
    }
    endpoint.state = State::Pending;
    let due = after(ctx, "vpc-endpoint", &endpoint.id, (60, 120));
    if due <= ctx.now() {
        endpoint.state = State::Available;
        return meter::endpoint(ctx, &endpoint.id, endpoint.subnets.len());
    }
    endpoint.due = Some(due);
    Ok(())
}

/// Lets the service's usual host names lead to an endpoint, or not.
///
/// # Errors
/// `InvalidParameter` where they cannot.
pub(super) fn set_private_dns(
    ctx: &Ctx<'_>,
    endpoint: &mut VpcEndpoint,
    service: &Service,
    wanted: bool,
) -> Result<()> {
    endpoint.private_dns = wanted;
    if !wanted {
        return Ok(());
    }
    if !service.has_private_dns() {
        let message = format!(
            "Private DNS can't be enabled because the service {} does not provide a private DNS name.",
            service.name
        );
        return Err(Error::client("InvalidParameter", message));
    }
    let vpc = resource::find::<Vpcs>(ctx, &endpoint.vpc_id)?;
    if !vpc.dns_support || !vpc.dns_hostnames {
        let message = format!(
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {}",
            vpc.id
        );
        return Err(Error::client("InvalidParameter", message));
    }
    let conflicts = |other: &VpcEndpoint| {
        other.id != endpoint.id
            && other.vpc_id == endpoint.vpc_id
            && other.service_name == endpoint.service_name
            && other.private_dns
    };
    if resource::all::<VpcEndpoints>(ctx).any(conflicts) {
        let message = format!(
            "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {} in the VPC {}",
            service.name, vpc.id
        );
        return Err(Error::client("InvalidParameter", message));
    }
    Ok(())
}

/// Puts an interface of an endpoint into a subnet.
///
/// # Errors
/// Those about the subnet; `DuplicateSubnetsInSameZone`; `InvalidParameter` for a subnet of another VPC.
pub(super) fn add_subnet(ctx: &mut Ctx<'_>, endpoint: &mut VpcEndpoint, subnet_id: &str) -> Result<()> {
    let home = resource::find::<Subnets>(ctx, subnet_id)?.clone();
    if home.vpc_id != endpoint.vpc_id {
        let message = format!("subnet {subnet_id} and endpoint belong to different networks");
        return Err(Error::client("InvalidParameter", message));
    }
    let same_zone =
        |id: &String| ctx.peek::<Subnets>(&ctx.scope().key(id)).is_some_and(|other| other.zone == home.zone);
    if endpoint.subnets.iter().any(|(other, _)| same_zone(other)) {
        let message = format!(
            "Found another VPC endpoint subnet in the availability zone of {subnet_id}: {}",
            home.zone
        );
        return Err(Error::client("DuplicateSubnetsInSameZone", message));
    }
    let description = format!("VPC Endpoint Interface {}", endpoint.id);
    let new = New {
        kind: Kind::VpcEndpoint,
        subnet_id,
        group_ids: &endpoint.group_ids,
        addresses: Wanted { ipv6_more: Some(0), ..Default::default() },
        description: &description,
    };
    let made = network_interface::create_for_service(ctx, &new)?;
    endpoint.subnets.push((subnet_id.to_owned(), made.id));
    Ok(())
}

/// The timer handler: takes the step that is due.
///
/// # Errors
/// When the world is broken.
pub(super) fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let Some(endpoint) = ctx.get::<VpcEndpoints>(&ctx.scope().key(id)) else { return Ok(()) };
    if endpoint.due.is_none_or(|due| due > ctx.now()) {
        return Ok(());
    }
    match endpoint.state {
        State::Pending => {
            resource::change::<VpcEndpoints>(ctx, id, |endpoint| {
                endpoint.state = State::Available;
                endpoint.due = None;
            })?;
            meter::endpoint(ctx, id, endpoint.subnets.len())
        }
        State::Deleting => delete::finish(ctx, &endpoint),
        State::Available => Ok(()),
    }
}

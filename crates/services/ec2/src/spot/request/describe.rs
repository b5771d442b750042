//! DescribeSpotInstanceRequests.

use ironbird_api::ec2;
use ironbird_rig::catalogue::{geography, prices};
use ironbird_rig::{Ctx, Result};
use serde_json::{Map, Value, json};

use super::{Request, Requests};
use crate::filter::{Test, flag};
use crate::instance::record::{Instances, Launches};
use crate::resource::{self, Ask, Kind, Resource};
use crate::{convert, error, kinds, tag};

pub(super) fn describe_spot_instance_requests(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeSpotInstanceRequestsRequest,
) -> Result<ec2::DescribeSpotInstanceRequestsResult> {
    let ask = Ask {
        ids: input.spot_instance_request_ids.as_deref(),
        filters: input.filters.as_deref(),
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
    };
    let page = resource::describe::<Requests>(ctx, &ask)?;
    error::dry_run(input.dry_run)?;
    let shown: Result<Vec<_>> = page.items.into_iter().collect();
    Ok(ec2::DescribeSpotInstanceRequestsResult {
        next_token: page.next,
        spot_instance_requests: Some(shown?),
    })
}

/// A request as the API shows it.
///
/// # Errors
/// When the world is broken.
pub(super) fn view(ctx: &Ctx<'_>, request: &Request) -> Result<ec2::SpotInstanceRequest> {
    let (code, message, since) = request.status.clone();
    let fault = (code == "bad-parameters")
        .then(|| ec2::SpotInstanceStateFault { code: Some(code.clone()), message: Some(message.clone()) });
    let zone = request.zone.as_deref();
    Ok(ec2::SpotInstanceRequest {
        availability_zone_group: request.zone_group.clone(),
        create_time: Some(request.created),
        fault,
        instance_id: request.instance_id.clone(),
        launch_group: request.launch_group.clone(),
        launch_specification: Some(specification(ctx, request)?),
        launched_availability_zone: request.zone.clone(),
        launched_availability_zone_id: zone.and_then(geography::zone).map(|zone| zone.id.to_owned()),
        product_description: Some(request.product.clone()),
        spot_instance_request_id: Some(request.id.clone()),
        spot_price: price(ctx, request),
        state: Some(request.state.name().to_owned()),
        status: Some(ec2::SpotInstanceStatus {
            code: Some(code),
            message: Some(message),
            update_time: Some(since),
        }),
        tags: tag::of(ctx, &request.id),
        r#type: Some(kind(request).to_owned()),
        valid_from: request.valid_from,
        valid_until: request.terms.valid_until,
        instance_interruption_behavior: Some(request.terms.behavior.name().to_owned()),
        ..Default::default()
    })
}

fn kind(request: &Request) -> &'static str {
    if request.terms.persistent { "persistent" } else { "one-time" }
}

/// The most that is paid an hour, with six digits after the point: the On-Demand price where none was given.
fn price(ctx: &Ctx<'_>, request: &Request) -> Option<String> {
    if let Some(given) = &request.terms.max_price {
        let amount = crate::instance::blueprint::max_price(given).ok()?;
        return Some(format!("{:.6}", amount.as_usd()));
    }
    let name = instance_type(ctx, request)?;
    let platform = prices::Platform::from_product(&request.product)?;
    let region = ctx.region();
    let price = prices::on_demand(region.code(), &name, platform, prices::Tenancy::Default)?;
    Some(format!("{:.6}", price.hourly.as_usd()))
}

fn instance_type(ctx: &Ctx<'_>, request: &Request) -> Option<String> {
    if let Some(launch) = &request.launch {
        let given = launch.get("InstanceType").and_then(Value::as_str);
        return Some(given.unwrap_or(crate::instance::DEFAULT_TYPE).to_owned());
    }
    let instance = ctx.peek::<Instances>(&ctx.scope().key(request.instance_id.as_deref()?))?;
    let launch = ctx.peek::<Launches>(&ctx.scope().key(&instance.reservation_id))?;
    Some(instance.settings(launch).instance_type.clone())
}

/// `LaunchSpecification`: what was asked for, or what the instance was launched with.
fn specification(ctx: &Ctx<'_>, request: &Request) -> Result<ec2::LaunchSpecification> {
    let shape =
        convert::output::<ec2::DescribeSpotInstanceRequests>("SpotInstanceRequests.LaunchSpecification")?;
    let mut data = match &request.launch {
        Some(launch) => asked(ctx, launch),
        None => launched(ctx, request),
    };
    data.entry("Monitoring").or_insert_with(|| json!({ "Enabled": false }));
    let mut shown = ec2::LaunchSpecification::default();
    convert::from_json(shape, &data, &mut shown)?;
    Ok(shown)
}

fn asked(ctx: &Ctx<'_>, launch: &Map<String, Value>) -> Map<String, Value> {
    let mut data = launch.clone();
    let texts = |value: Option<Value>| -> Vec<String> {
        let Some(Value::Array(list)) = value else { return Vec::new() };
        list.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let ids = texts(data.remove("SecurityGroupIds"));
    let names = texts(data.remove("SecurityGroups"));
    let mut groups: Vec<Value> = crate::instance::network::group_identifiers(ctx, &ids)
        .into_iter()
        .map(|group| json!({ "GroupId": group.group_id, "GroupName": group.group_name }))
        .collect();
    groups.extend(names.into_iter().map(|name| json!({ "GroupName": name })));
    if groups.is_empty() {
        groups.push(json!({ "GroupName": "default" }));
    }
    data.insert("SecurityGroups".to_owned(), Value::Array(groups));
    data
}

fn launched(ctx: &Ctx<'_>, request: &Request) -> Map<String, Value> {
    let mut data = Map::new();
    let Some(instance_id) = &request.instance_id else { return data };
    let Some(instance) = ctx.peek::<Instances>(&ctx.scope().key(instance_id)) else { return data };
    let Some(launch) = ctx.peek::<Launches>(&ctx.scope().key(&instance.reservation_id)) else { return data };
    let settings = instance.settings(launch);
    let groups: Vec<Value> = crate::instance::network::group_identifiers(ctx, &settings.groups)
        .into_iter()
        .map(|group| json!({ "GroupId": group.group_id, "GroupName": group.group_name }))
        .collect();
    data.insert("ImageId".to_owned(), json!(launch.image_id));
    data.insert("InstanceType".to_owned(), json!(settings.instance_type));
    data.insert("SubnetId".to_owned(), json!(launch.subnet_id));
    data.insert("SecurityGroups".to_owned(), Value::Array(groups));
    data.insert("EbsOptimized".to_owned(), json!(settings.ebs_optimized));
    data.insert("Monitoring".to_owned(), json!({ "Enabled": instance.options(launch).monitoring }));
    data.insert("Placement".to_owned(), json!({ "AvailabilityZone": launch.zone }));
    if let Some(key) = &launch.key_name {
        data.insert("KeyName".to_owned(), json!(key));
    }
    if let Some(arn) = &launch.profile {
        data.insert("IamInstanceProfile".to_owned(), json!({ "Arn": arn }));
    }
    data
}

fn mapping_has(mapping: &ec2::BlockDeviceMapping, name: &str, test: Test<'_>) -> bool {
    if name == "device-name" {
        return mapping.device_name.as_deref().is_some_and(test);
    }
    let Some(ebs) = &mapping.ebs else { return false };
    match name {
        "delete-on-termination" => ebs.delete_on_termination.is_some_and(|value| test(flag(value))),
        "snapshot-id" => ebs.snapshot_id.as_deref().is_some_and(test),
        "volume-size" => ebs.volume_size.is_some_and(|size| test(&size.to_string())),
        "volume-type" => ebs.volume_type.as_deref().is_some_and(test),
        _ => false,
    }
}

fn interface_has(interface: &ec2::InstanceNetworkInterfaceSpecification, name: &str, test: Test<'_>) -> bool {
    let text = |value: &Option<String>| value.as_deref().is_some_and(test);
    let mut addresses = interface.private_ip_addresses.iter().flatten();
    match name {
        "addresses.primary" => addresses.any(|it| it.primary.is_some_and(|value| test(flag(value)))),
        "delete-on-termination" => interface.delete_on_termination.is_some_and(|value| test(flag(value))),
        "description" => text(&interface.description),
        "device-index" => interface.device_index.is_some_and(|index| test(&index.to_string())),
        "group-id" => interface.groups.iter().flatten().any(|group| test(group)),
        "network-interface-id" => text(&interface.network_interface_id),
        "private-ip-address" => text(&interface.private_ip_address),
        "subnet-id" => text(&interface.subnet_id),
        _ => false,
    }
}

impl Resource for Requests {
    const KIND: Kind = kinds::SPOT_REQUEST;
    const FILTERS: &'static [&'static str] = &[
        "availability-zone-group",
        "create-time",
        "fault-code",
        "fault-message",
        "instance-id",
        "launch-group",
        "launch.block-device-mapping.delete-on-termination",
        "launch.block-device-mapping.device-name",
        "launch.block-device-mapping.snapshot-id",
        "launch.block-device-mapping.volume-size",
        "launch.block-device-mapping.volume-type",
        "launch.group-id",
        "launch.group-name",
        "launch.image-id",
        "launch.instance-type",
        "launch.kernel-id",
        "launch.key-name",
        "launch.monitoring-enabled",
        "launch.ramdisk-id",
        "launched-availability-zone",
        "launched-availability-zone-id",
        "network-interface.addresses.primary",
        "network-interface.delete-on-termination",
        "network-interface.description",
        "network-interface.device-index",
        "network-interface.group-id",
        "network-interface.network-interface-id",
        "network-interface.private-ip-address",
        "network-interface.subnet-id",
        "product-description",
        "spot-instance-request-id",
        "spot-price",
        "state",
        "status-code",
        "status-message",
        "type",
        "valid-from",
        "valid-until",
    ];
    type View = Result<ec2::SpotInstanceRequest>;

    fn id(record: &Request) -> &str {
        &record.id
    }

    fn has(ctx: &Ctx<'_>, record: &Request, name: &str, test: Test<'_>) -> bool {
        let Ok(shown) = view(ctx, record) else { return false };
        let text = |value: &Option<String>| value.as_deref().is_some_and(test);
        let launch = shown.launch_specification.as_ref();
        if let Some(rest) = name.strip_prefix("launch.block-device-mapping.") {
            let mappings = launch.and_then(|launch| launch.block_device_mappings.as_ref());
            return mappings.into_iter().flatten().any(|mapping| mapping_has(mapping, rest, test));
        }
        if let Some(rest) = name.strip_prefix("network-interface.") {
            let interfaces = launch.and_then(|launch| launch.network_interfaces.as_ref());
            let named =
                interfaces.into_iter().flatten().any(|interface| interface_has(interface, rest, test));
            // Without interfaces of their own, launches name the subnet of the one that there is.
            return named || rest == "subnet-id" && launch.is_some_and(|launch| text(&launch.subnet_id));
        }
        let groups = || launch.iter().filter_map(|launch| launch.security_groups.as_ref()).flatten();
        match name {
            "availability-zone-group" => text(&shown.availability_zone_group),
            "create-time" => test(&record.created.iso8601_millis()),
            "fault-code" => shown.fault.as_ref().is_some_and(|fault| text(&fault.code)),
            "fault-message" => shown.fault.as_ref().is_some_and(|fault| text(&fault.message)),
            "instance-id" => text(&shown.instance_id),
            "launch-group" => text(&shown.launch_group),
            "launch.group-id" => groups().any(|group| text(&group.group_id)),
            "launch.group-name" => groups().any(|group| text(&group.group_name)),
            "launch.image-id" => launch.is_some_and(|launch| text(&launch.image_id)),
            "launch.instance-type" => launch.is_some_and(|launch| text(&launch.instance_type)),
            "launch.key-name" => launch.is_some_and(|launch| text(&launch.key_name)),
            "launch.monitoring-enabled" => {
                let enabled = launch.and_then(|launch| launch.monitoring.as_ref());
                enabled.is_some_and(|monitoring| test(flag(monitoring.enabled)))
            }
            "launched-availability-zone" => text(&shown.launched_availability_zone),
            "launched-availability-zone-id" => text(&shown.launched_availability_zone_id),
            "product-description" => test(&record.product),
            "spot-instance-request-id" => test(&record.id),
            "spot-price" => text(&shown.spot_price),
            "state" => test(record.state.name()),
            "status-code" => test(&record.status.0),
            "status-message" => test(&record.status.1),
            "type" => test(kind(record)),
            "valid-from" => record.valid_from.is_some_and(|at| test(&at.iso8601_millis())),
            "valid-until" => record.terms.valid_until.is_some_and(|at| test(&at.iso8601_millis())),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, record: &Request) -> Self::View {
        view(ctx, record)
    }
}

//! What a group asks EC2 for: one `RunInstances` for several instances of a type in a subnet.

use ironbird_api::{Shared, ec2};
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Result};

use super::PRINCIPAL;
use super::choice::{Choice, Market, Offer, Source};
use super::template::Template;
use crate::group::record::Group;
use crate::launch_configuration::record::Configuration;
use crate::warm_pool;

/// The key under which an instance carries the name of its group.
pub(crate) const GROUP_TAG: &str = "aws:autoscaling:groupName";

/// Instances asked for at once. EC2 takes more, but a batch is one savepoint's worth of work.
pub(crate) const BATCH: u64 = 500;

const TEMPLATE_INTERFACES: Place = Place::output(
    "ec2",
    "DescribeLaunchTemplateVersions",
    &["LaunchTemplateVersions", "LaunchTemplateData", "NetworkInterfaces"],
);
const INTERFACES: Place = Place::input("ec2", "RunInstances", &["NetworkInterfaces"]);
const TEMPLATE_PLACEMENT: Place = Place::output(
    "ec2",
    "DescribeLaunchTemplateVersions",
    &["LaunchTemplateVersions", "LaunchTemplateData", "Placement"],
);
const PLACEMENT: Place = Place::input("ec2", "RunInstances", &["Placement"]);

/// Where instances go.
#[derive(Clone, Copy)]
pub(crate) struct Spot<'a> {
    /// Zone, by name.
    pub(crate) zone: &'a str,
    /// Subnet; none for the default subnet of the zone.
    pub(crate) subnet: Option<&'a str>,
}

/// Asks for up to `count` instances; as many as there are.
///
/// # Errors
/// EC2's own, where not even one could be launched.
pub(crate) fn run(
    ctx: &mut Ctx<'_>,
    group: &Group,
    choice: &Choice,
    offer: &Offer,
    market: Market,
    spot: Spot<'_>,
    count: u64,
) -> Result<Vec<Shared<ec2::Instance>>> {
    let mut request = build(ctx, group, offer, spot)?;
    request.min_count = 1;
    request.max_count = i32::try_from(count.clamp(1, BATCH)).unwrap_or(1);
    if market == Market::Spot {
        request.instance_market_options = Some(spot_options(choice.distribution.spot_max_price.clone()));
    }
    let answer = ctx.call::<ec2::RunInstances>(PRINCIPAL, &request)?;
    Ok(answer.instances.unwrap_or_default())
}

/// Asks EC2 whether it would launch such an instance.
///
/// # Errors
/// EC2's own, where it would not for another reason than capacity.
pub(crate) fn rehearse(ctx: &mut Ctx<'_>, group: &Group, offer: &Offer, spot: Spot<'_>) -> Result<()> {
    let mut request = build(ctx, group, offer, spot)?;
    request.min_count = 1;
    request.max_count = 1;
    request.dry_run = Some(true);
    match ctx.call::<ec2::RunInstances>(PRINCIPAL, &request) {
        Ok(_) => Ok(()),
        Err(error) if error.code() == "DryRunOperation" => Ok(()),
        Err(error) => Err(error),
    }
}

fn build(ctx: &Ctx<'_>, group: &Group, offer: &Offer, spot: Spot<'_>) -> Result<ec2::RunInstancesRequest> {
    let mut request = match &offer.source {
        Source::Template(template) => from_template(template, spot)?,
        Source::Configuration(configuration) => from_configuration(configuration, spot),
    };
    request.instance_type = Some(offer.instance_type.clone());
    request.image_id = offer.image_id.clone().or(request.image_id);
    let data = match &offer.source {
        Source::Template(template) => Some(&template.data),
        Source::Configuration(_) => None,
    };
    request.tag_specifications = Some(tags(group, data));
    if spot.subnet.is_none() || group.settings.placement_group.is_some() {
        let placement = match data.and_then(|data| data.placement.as_ref()) {
            Some(placement) => document::read(PLACEMENT, &document::write(TEMPLATE_PLACEMENT, placement)?)?,
            None => request.placement.take().unwrap_or_default(),
        };
        request.placement = Some(placed(group, placement, spot));
    }
    request.capacity_reservation_specification = reservations(group);
    if warm_pool::hibernates(ctx, &group.name) {
        // The service asks for it whether or not the template does: PutWarmPool is refused for a template that says nothing of
        // hibernation, and whose root volume is not encrypted.
        request.hibernation_options = Some(ec2::HibernationOptionsRequest { configured: Some(true) });
    }
    Ok(request)
}

fn placed(group: &Group, mut placement: ec2::Placement, spot: Spot<'_>) -> ec2::Placement {
    if spot.subnet.is_none() {
        placement.availability_zone = Some(spot.zone.to_owned());
    }
    if let Some(name) = &group.settings.placement_group {
        (placement.group_name, placement.group_id) = (Some(name.clone()), None);
    }
    placement
}

fn from_template(template: &Template, spot: Spot<'_>) -> Result<ec2::RunInstancesRequest> {
    let mut request = ec2::RunInstancesRequest {
        launch_template: Some(ec2::LaunchTemplateSpecification {
            launch_template_id: Some(template.named.id.clone()),
            launch_template_name: None,
            version: Some(template.named.version.clone()),
        }),
        ..Default::default()
    };
    let Some(subnet) = spot.subnet else { return Ok(request) };
    // A subnet beside network interfaces is refused by EC2: it then belongs to the interfaces.
    let interfaces = template.data.network_interfaces.as_deref().unwrap_or_default();
    if interfaces.is_empty() {
        request.subnet_id = Some(subnet.to_owned());
        return Ok(request);
    }
    let mut own = Vec::with_capacity(interfaces.len());
    for interface in interfaces {
        let document = document::write(TEMPLATE_INTERFACES, interface)?;
        let mut copy: ec2::InstanceNetworkInterfaceSpecification = document::read(INTERFACES, &document)?;
        if copy.network_interface_id.is_none() {
            copy.subnet_id = Some(subnet.to_owned());
        }
        own.push(copy);
    }
    request.network_interfaces = Some(own);
    Ok(request)
}

fn from_configuration(configuration: &Configuration, spot: Spot<'_>) -> ec2::RunInstancesRequest {
    let mut request = configuration.request();
    let groups = request.security_group_ids.take();
    match (configuration.associate_public_ip_address, spot.subnet) {
        (Some(public), Some(subnet)) => {
            request.network_interfaces = Some(vec![ec2::InstanceNetworkInterfaceSpecification {
                device_index: Some(0),
                associate_public_ip_address: Some(public),
                delete_on_termination: Some(true),
                subnet_id: Some(subnet.to_owned()),
                groups,
                ..Default::default()
            }]);
        }
        (_, subnet) => {
            request.subnet_id = subnet.map(str::to_owned);
            request.security_group_ids = groups;
        }
    }
    request
}

pub(crate) fn spot_options(max_price: Option<String>) -> ec2::InstanceMarketOptionsRequest {
    ec2::InstanceMarketOptionsRequest {
        market_type: Some("spot".to_owned()),
        spot_options: Some(ec2::SpotMarketOptions { max_price, ..Default::default() }),
    }
}

/// The template's tags, the group's own that propagate, and the name of the group.
fn tags(group: &Group, data: Option<&ec2::ResponseLaunchTemplateData>) -> Vec<ec2::TagSpecification> {
    let given = data.and_then(|data| data.tag_specifications.as_deref()).unwrap_or_default();
    let mut specifications = Vec::with_capacity(given.len() + 1);
    let mut of_instance: Vec<ec2::Tag> = Vec::new();
    for specification in given {
        let tags = specification.tags.clone().unwrap_or_default();
        if specification.resource_type.as_deref() == Some("instance") {
            of_instance.extend(tags);
            continue;
        }
        let resource_type = specification.resource_type.clone();
        specifications.push(ec2::TagSpecification { resource_type, tags: Some(tags) });
    }
    let propagated = group.tags.iter().filter(|(_, tag)| tag.propagate);
    let propagated = propagated.map(|(key, tag)| (key.as_str(), tag.value.as_str()));
    for (key, value) in propagated.chain([(GROUP_TAG, &*group.name)]) {
        of_instance.retain(|tag| tag.key.as_deref() != Some(key));
        of_instance.push(ec2::Tag { key: Some(key.to_owned()), value: Some(value.to_owned()) });
    }
    let resource_type = Some("instance".to_owned());
    specifications.push(ec2::TagSpecification { resource_type, tags: Some(of_instance) });
    specifications
}

/// The group's word on Capacity Reservations in EC2's words.
fn reservations(group: &Group) -> Option<ec2::CapacityReservationSpecification> {
    let target = group.settings.reservation_group.clone().map(|arn| ec2::CapacityReservationTarget {
        capacity_reservation_resource_group_arn: Some(arn),
        ..Default::default()
    });
    let preference = match group.settings.reservation_preference.as_deref()? {
        // Instances that aim at a group run On-Demand where it has no room, unless they are told not to.
        "capacity-reservations-first" if target.is_some() => {
            return Some(ec2::CapacityReservationSpecification {
                capacity_reservation_preference: None,
                capacity_reservation_target: target,
            });
        }
        "none" => "none",
        "capacity-reservations-only" => "capacity-reservations-only",
        "capacity-reservations-first" => "open",
        // The template's own word counts.
        _ => return None,
    };
    Some(ec2::CapacityReservationSpecification {
        capacity_reservation_preference: Some(preference.to_owned()),
        capacity_reservation_target: target,
    })
}

/// Whether the error says that this pool cannot serve, so that another may.
pub(crate) fn is_about_the_pool(code: &str) -> bool {
    matches!(
        code,
        "InsufficientInstanceCapacity"
            | "InsufficientHostCapacity"
            | "InsufficientCapacity"
            | "InsufficientReservedInstanceCapacity"
            | "ReservationCapacityExceeded"
            | "UnfulfillableCapacity"
            | "Unsupported"
            | "InstanceLimitExceeded"
            | "VcpuLimitExceeded"
            | "MaxSpotInstanceCountExceeded"
            | "SpotMaxPriceTooLow"
    )
}

//! GetLaunchTemplateData: an instance as a launch template would make it.
//!
//! It is put together from what the instance's own operations answer.

use ironbird_api::{Shared, ec2};
use ironbird_rig::{Ctx, Result, ServiceDef};
use serde_json::Map;

use crate::{convert, error, kinds};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<ec2::GetLaunchTemplateData>(get_launch_template_data)
}

/// Members that an instance and a template have under the same name.
const SAME: &[&str] = &[
    "CapacityReservationSpecification",
    "CpuOptions",
    "EbsOptimized",
    "EnclaveOptions",
    "HibernationOptions",
    "IamInstanceProfile",
    "ImageId",
    "InstanceType",
    "KernelId",
    "KeyName",
    "MaintenanceOptions",
    "MetadataOptions",
    "NetworkPerformanceOptions",
    "Placement",
    "PrivateDnsNameOptions",
];

fn get_launch_template_data(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetLaunchTemplateDataRequest,
) -> Result<ec2::GetLaunchTemplateDataResult> {
    error::dry_run(input.dry_run)?;
    let id = input.instance_id.as_str();
    let instance = instance(ctx, id)?;
    let from = convert::output::<ec2::DescribeInstances>("Reservations.Instances")?;
    let to = convert::output::<ec2::GetLaunchTemplateData>("LaunchTemplateData")?;
    let mut members: Map<_, _> = convert::to_json(from, &instance);
    members.retain(|name, _| SAME.contains(&name.as_str()));
    let mut data = ec2::ResponseLaunchTemplateData::default();
    convert::from_json(to, &members, &mut data)?;
    // Whether the options have been applied is of the instance: a template is made of what is given back here.
    if let Some(options) = &mut data.metadata_options {
        options.state = None;
    }
    let monitored = instance.monitoring.as_ref().and_then(|monitoring| monitoring.state.as_deref());
    data.monitoring = Some(ec2::LaunchTemplatesMonitoring {
        enabled: Some(matches!(monitored, Some("enabled" | "pending"))),
    });
    data.block_device_mappings = Some(disks(ctx, &instance)?);
    data.network_interfaces = Some(interfaces(&instance));
    data.tag_specifications = tags(&instance);
    data.disable_api_termination = flag(attribute(ctx, id, "disableApiTermination")?.disable_api_termination);
    data.disable_api_stop = flag(attribute(ctx, id, "disableApiStop")?.disable_api_stop);
    let behavior = attribute(ctx, id, "instanceInitiatedShutdownBehavior")?;
    data.instance_initiated_shutdown_behavior =
        behavior.instance_initiated_shutdown_behavior.and_then(|attribute| attribute.value);
    data.user_data = attribute(ctx, id, "userData")?.user_data.and_then(|attribute| attribute.value);
    Ok(ec2::GetLaunchTemplateDataResult { launch_template_data: Some(data) })
}

const OWN: &str = "ec2.amazonaws.com";

fn instance(ctx: &mut Ctx<'_>, id: &str) -> Result<Shared<ec2::Instance>> {
    let request =
        ec2::DescribeInstancesRequest { instance_ids: Some(vec![id.to_owned()]), ..Default::default() };
    let answer = ctx.call::<ec2::DescribeInstances>(OWN, &request)?;
    let instances = answer.reservations.into_iter().flatten().filter_map(|launch| launch.instances).flatten();
    instances.into_iter().next().ok_or_else(|| kinds::INSTANCE.not_found(id))
}

fn attribute(ctx: &mut Ctx<'_>, id: &str, name: &str) -> Result<ec2::InstanceAttribute> {
    let request = ec2::DescribeInstanceAttributeRequest {
        instance_id: id.to_owned(),
        attribute: name.to_owned(),
        ..Default::default()
    };
    ctx.call::<ec2::DescribeInstanceAttribute>(OWN, &request)
}

fn flag(attribute: Option<ec2::AttributeBooleanValue>) -> Option<bool> {
    attribute.and_then(|attribute| attribute.value)
}

fn disks(ctx: &mut Ctx<'_>, instance: &ec2::Instance) -> Result<Vec<ec2::LaunchTemplateBlockDeviceMapping>> {
    let mut disks = Vec::new();
    for mapping in instance.block_device_mappings.iter().flatten() {
        let Some(attached) = &mapping.ebs else { continue };
        let ids = attached.volume_id.clone().map(|id| vec![id]);
        let request = ec2::DescribeVolumesRequest { volume_ids: ids, ..Default::default() };
        let volumes = ctx.call::<ec2::DescribeVolumes>(OWN, &request)?.volumes;
        let volume = volumes.into_iter().flatten().next().unwrap_or_default();
        disks.push(ec2::LaunchTemplateBlockDeviceMapping {
            device_name: mapping.device_name.clone(),
            ebs: Some(ec2::LaunchTemplateEbsBlockDevice {
                encrypted: volume.encrypted,
                delete_on_termination: attached.delete_on_termination,
                iops: volume.iops,
                kms_key_id: volume.kms_key_id,
                snapshot_id: volume.snapshot_id,
                volume_size: volume.size,
                volume_type: volume.volume_type,
                throughput: volume.throughput,
                ..Default::default()
            }),
            ..Default::default()
        });
    }
    Ok(disks)
}

fn interfaces(instance: &ec2::Instance) -> Vec<ec2::LaunchTemplateInstanceNetworkInterfaceSpecification> {
    let address = |address: &ec2::InstancePrivateIpAddress| ec2::PrivateIpAddressSpecification {
        primary: address.primary,
        private_ip_address: address.private_ip_address.clone(),
    };
    let shown = |interface: &ec2::InstanceNetworkInterface| {
        let attachment = interface.attachment.as_ref();
        let groups = interface.groups.iter().flatten().filter_map(|group| group.group_id.clone());
        ec2::LaunchTemplateInstanceNetworkInterfaceSpecification {
            associate_public_ip_address: Some(interface.association.is_some()),
            delete_on_termination: attachment.and_then(|attachment| attachment.delete_on_termination),
            description: interface.description.clone(),
            device_index: attachment.and_then(|attachment| attachment.device_index),
            network_card_index: attachment.and_then(|attachment| attachment.network_card_index),
            groups: Some(groups.collect()),
            interface_type: interface.interface_type.clone(),
            private_ip_addresses: Some(
                interface.private_ip_addresses.iter().flatten().map(address).collect(),
            ),
            subnet_id: interface.subnet_id.clone(),
            ..Default::default()
        }
    };
    instance.network_interfaces.iter().flatten().map(shown).collect()
}

fn tags(instance: &ec2::Instance) -> Option<Vec<ec2::LaunchTemplateTagSpecification>> {
    let reserved = |tag: &ec2::Tag| tag.key.as_deref().is_some_and(|key| key.starts_with("aws:"));
    let tags: Vec<ec2::Tag> = instance.tags.iter().flatten().filter(|tag| !reserved(tag)).cloned().collect();
    let specification = |tags| ec2::LaunchTemplateTagSpecification {
        resource_type: Some(kinds::INSTANCE.resource_type.to_owned()),
        tags: Some(tags),
    };
    (!tags.is_empty()).then(|| vec![specification(tags)])
}

//! DescribeNetworkInterfaceAttribute, ModifyNetworkInterfaceAttribute, ResetNetworkInterfaceAttribute.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::{NetworkInterfaces, set_groups};
use crate::{error, resource, security_group};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const PACKETS: &str = "no packets flow that it could act on";
    definition
        .read::<ec2::DescribeNetworkInterfaceAttribute>(describe_network_interface_attribute)
        .write::<ec2::ModifyNetworkInterfaceAttribute>(modify_network_interface_attribute)
        // No packets flow that could be checked.
        .records::<ec2::ModifyNetworkInterfaceAttribute>(&["SourceDestCheck"])
        .refuses::<ec2::ModifyNetworkInterfaceAttribute>(&[
            ("EnaSrdSpecification", PACKETS),
            ("ConnectionTrackingSpecification", PACKETS),
            ("EnablePrimaryIpv6", "primary IPv6 addresses are not modeled"),
            ("AssociatedSubnetIds", "interfaces are in one subnet"),
            ("Attachment.DefaultEnaQueueCount", PACKETS),
            ("Attachment.EnaQueueCount", PACKETS),
        ])
        .write::<ec2::ResetNetworkInterfaceAttribute>(reset_network_interface_attribute)
}

fn describe_network_interface_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeNetworkInterfaceAttributeRequest,
) -> Result<ec2::DescribeNetworkInterfaceAttributeResult> {
    error::dry_run(input.dry_run)?;
    let interface = resource::find::<NetworkInterfaces>(ctx, &input.network_interface_id)?;
    let mut result = ec2::DescribeNetworkInterfaceAttributeResult {
        network_interface_id: Some(interface.id.clone()),
        ..Default::default()
    };
    match input.attribute.as_deref() {
        Some("attachment") => {
            result.attachment = interface.attachment.as_ref().map(|it| it.shown(ctx, interface));
        }
        Some("description") => {
            result.description = Some(ec2::AttributeValue { value: Some(interface.description.clone()) });
        }
        Some("groupSet") => result.groups = Some(security_group::identifiers(ctx, &interface.group_ids)),
        Some("sourceDestCheck") => {
            let value = Some(interface.source_dest_check);
            result.source_dest_check = Some(ec2::AttributeBooleanValue { value });
        }
        Some("associatePublicIpAddress") => {
            result.associate_public_ip_address = Some(interface.wants_public);
        }
        Some(other) => return Err(error::invalid_parameter_value(other, "attribute")),
        None => return Err(error::missing_parameter("attribute")),
    }
    Ok(result)
}

fn modify_network_interface_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyNetworkInterfaceAttributeRequest,
) -> Result<Empty> {
    let interface = resource::find::<NetworkInterfaces>(ctx, &input.network_interface_id)?.clone();
    let description = input.description.as_ref().and_then(|value| value.value.clone());
    let check = input.source_dest_check.as_ref().and_then(|value| value.value);
    let given = [
        input.description.is_some(),
        check.is_some(),
        input.groups.is_some(),
        input.attachment.is_some(),
        input.associate_public_ip_address.is_some(),
    ];
    if given.iter().filter(|given| **given).count() != 1 {
        let message = "Exactly one attribute of the network interface must be given";
        return Err(error::invalid_combination(message));
    }
    if let Some(groups) = &input.groups {
        set_groups(ctx, &interface.id, groups)?;
    }
    if let Some(change) = &input.attachment {
        let own = interface.attachment.as_ref().map(|attachment| attachment.id.as_str());
        let named = change.attachment_id.as_deref();
        if named.is_none() || own != named {
            let message =
                format!("The network interface attachment ID '{}' does not exist", named.unwrap_or_default());
            return Err(Error::client("InvalidAttachmentID.NotFound", message));
        }
    }
    let goes = input.attachment.as_ref().and_then(|change| change.delete_on_termination);
    resource::change::<NetworkInterfaces>(ctx, &interface.id, |interface| {
        if let Some(description) = description {
            interface.description = description;
        }
        interface.source_dest_check = check.unwrap_or(interface.source_dest_check);
        interface.wants_public = input.associate_public_ip_address.unwrap_or(interface.wants_public);
        if let Some(attachment) = &mut interface.attachment {
            attachment.delete_on_termination = goes.unwrap_or(attachment.delete_on_termination);
        }
    })?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn reset_network_interface_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::ResetNetworkInterfaceAttributeRequest,
) -> Result<Empty> {
    let id = resource::find::<NetworkInterfaces>(ctx, &input.network_interface_id)?.id.clone();
    if input.source_dest_check.is_none() {
        return Err(error::missing_parameter("sourceDestCheck"));
    }
    resource::change::<NetworkInterfaces>(ctx, &id, |interface| interface.source_dest_check = true)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

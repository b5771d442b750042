//! DescribeInstanceAttribute and ModifyInstanceAttribute.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ironbird_api::ec2;
use ironbird_rig::catalogue::offerings;
use ironbird_rig::{Ctx, Error, Result};
use ironbird_wire::field::Blob;

use super::record::{Instance, Instances, Settings, State};
use super::{blueprint, network, own_options, slot, transition, view};
use crate::{error, network_interface, resource, volume};

pub(super) fn describe_instance_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeInstanceAttributeRequest,
) -> Result<ec2::InstanceAttribute> {
    let record = resource::find::<Instances>(ctx, &input.instance_id)?;
    error::dry_run(input.dry_run)?;
    let launch = transition::launch_of(ctx, record)?;
    let settings = record.settings(&launch);
    let text = |value: &str| Some(ec2::AttributeValue { value: Some(value.to_owned()) });
    let flag = |value: bool| Some(ec2::AttributeBooleanValue { value: Some(value) });
    let mut shown = ec2::InstanceAttribute { instance_id: Some(record.id.clone()), ..Default::default() };
    match input.attribute.as_str() {
        "blockDeviceMapping" => {
            shown.block_device_mappings = view::instance(ctx, record, &launch).block_device_mappings;
        }
        "disableApiStop" => shown.disable_api_stop = flag(settings.disable_api_stop),
        "disableApiTermination" => shown.disable_api_termination = flag(settings.disable_api_termination),
        "ebsOptimized" => shown.ebs_optimized = flag(settings.ebs_optimized),
        "enaSupport" => shown.ena_support = flag(true),
        "enclaveOptions" => {
            shown.enclave_options =
                Some(ec2::EnclaveOptions { enabled: Some(record.options(&launch).enclave) });
        }
        "groupSet" => shown.groups = Some(network::group_identifiers(ctx, &settings.groups)),
        "instanceInitiatedShutdownBehavior" => {
            shown.instance_initiated_shutdown_behavior = text(&settings.shutdown_behavior);
        }
        "instanceType" => shown.instance_type = text(&settings.instance_type),
        "kernel" => shown.kernel_id = Some(ec2::AttributeValue::default()),
        "productCodes" => shown.product_codes = Some(Vec::new()),
        "ramdisk" => shown.ramdisk_id = Some(ec2::AttributeValue::default()),
        "rootDeviceName" => shown.root_device_name = text(&launch.root_device),
        "sourceDestCheck" => shown.source_dest_check = flag(settings.source_dest_check),
        "sriovNetSupport" => shown.sriov_net_support = Some(ec2::AttributeValue::default()),
        "userData" => {
            shown.user_data = Some(ec2::AttributeValue { value: settings.user_data.clone() });
        }
        other => {
            return Err(error::invalid_parameter_value_because(other, "attribute", "Unknown attribute."));
        }
    }
    Ok(shown)
}

pub(super) fn modify_instance_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyInstanceAttributeRequest,
) -> Result<ironbird_api::Empty> {
    let input = &named(input)?;
    let record = resource::find::<Instances>(ctx, &input.instance_id)?.clone();
    let launch = transition::launch_of(ctx, &record)?;
    let mut settings = record.settings(&launch).clone();
    let changes = change(ctx, &record, &mut settings, input)?;
    if changes == 0 && input.block_device_mappings.is_none() {
        return Err(Error::client("InvalidParameterCombination", "No attributes specified."));
    }
    if changes > 1 {
        let message = "Fields for multiple attribute types specified: specify one attribute a request";
        return Err(error::invalid_combination(message));
    }
    if (input.groups.is_some() || input.source_dest_check.is_some())
        && network_interface::of_instance(ctx, &record.id).nth(1).is_some()
    {
        return Err(network_interface::several(&record.id));
    }
    error::dry_run(input.dry_run)?;
    if let Some(mappings) = &input.block_device_mappings {
        block_devices(ctx, &record, mappings)?;
    }
    if changes > 0 {
        network::on_change(ctx, &record, &settings)?;
        let key = ctx.scope().key(&record.id);
        ctx.update::<Instances, _>(&key, |record| record.own = Some(Box::new(settings)))?;
    }
    if input.instance_type.is_some() {
        // What another type has of cores, this one may not have.
        own_options::change(ctx, &record.id, |options| options.cpu = None)?;
    }
    Ok(ironbird_api::Empty::default())
}

/// Only the check of source and destination has a value to go back to: kernels and RAM disks are of paravirtual images.
pub(super) fn reset_instance_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::ResetInstanceAttributeRequest,
) -> Result<ironbird_api::Empty> {
    match input.attribute.as_str() {
        "sourceDestCheck" => {}
        "kernel" | "ramdisk" => {
            return Err(Ctx::unsupported("Attribute", "there are no paravirtual images"));
        }
        other => return Err(error::invalid_parameter_value(other, "attribute")),
    }
    let request = ec2::ModifyInstanceAttributeRequest {
        instance_id: input.instance_id.clone(),
        dry_run: input.dry_run,
        source_dest_check: Some(ec2::AttributeBooleanValue { value: Some(true) }),
        ..Default::default()
    };
    modify_instance_attribute(ctx, &request)
}

/// The request with `Attribute` and `Value` put where they belong.
fn named(input: &ec2::ModifyInstanceAttributeRequest) -> Result<ec2::ModifyInstanceAttributeRequest> {
    let mut input = input.clone();
    let Some(attribute) = input.attribute.take() else { return Ok(input) };
    let value = input.value.take();
    let Some(value) = value else { return Ok(input) };
    let text = Some(ec2::AttributeValue { value: Some(value.clone()) });
    let flag = || match value.as_str() {
        "true" => Ok(Some(ec2::AttributeBooleanValue { value: Some(true) })),
        "false" => Ok(Some(ec2::AttributeBooleanValue { value: Some(false) })),
        other => Err(error::invalid_parameter_value(other, "value")),
    };
    match attribute.as_str() {
        "instanceType" => input.instance_type = text,
        "instanceInitiatedShutdownBehavior" => input.instance_initiated_shutdown_behavior = text,
        "disableApiTermination" => input.disable_api_termination = flag()?,
        "disableApiStop" => input.disable_api_stop = flag()?,
        "sourceDestCheck" => input.source_dest_check = flag()?,
        "ebsOptimized" => input.ebs_optimized = flag()?,
        "userData" => {
            blueprint::user_data(&value)?;
            let bytes = STANDARD.decode(value.as_bytes()).unwrap_or_default();
            input.user_data = Some(ec2::BlobAttributeValue { value: Some(Blob(bytes)) });
        }
        other => return Err(error::invalid_parameter_value(other, "attribute")),
    }
    Ok(input)
}

/// Changes the settings as asked; how many of them were asked for.
fn change(
    ctx: &Ctx<'_>,
    record: &Instance,
    settings: &mut Settings,
    input: &ec2::ModifyInstanceAttributeRequest,
) -> Result<usize> {
    let mut changes = 0;
    let mut set = |given: &Option<ec2::AttributeBooleanValue>, flag: &mut bool| {
        if let Some(value) = given.as_ref().and_then(|given| given.value) {
            *flag = value;
            changes += 1;
        }
    };
    set(&input.source_dest_check, &mut settings.source_dest_check);
    set(&input.disable_api_stop, &mut settings.disable_api_stop);
    set(&input.disable_api_termination, &mut settings.disable_api_termination);
    if input.ebs_optimized.as_ref().and_then(|given| given.value).is_some() {
        stopped(record)?;
    }
    set(&input.ebs_optimized, &mut settings.ebs_optimized);
    if let Some(name) = input.instance_type.as_ref().and_then(|given| given.value.as_deref()) {
        changes += 1;
        stopped(record)?;
        retype(ctx, record, name)?;
        name.clone_into(&mut settings.instance_type);
    }
    if let Some(word) =
        input.instance_initiated_shutdown_behavior.as_ref().and_then(|given| given.value.as_deref())
    {
        changes += 1;
        if !matches!(word, "stop" | "terminate") {
            return Err(error::invalid_parameter_value(word, "instanceInitiatedShutdownBehavior"));
        }
        word.clone_into(&mut settings.shutdown_behavior);
    }
    if let Some(data) = &input.user_data {
        changes += 1;
        stopped(record)?;
        let encoded = data.value.as_ref().map(|bytes| STANDARD.encode(&bytes.0));
        if let Some(encoded) = &encoded {
            blueprint::user_data(encoded)?;
        }
        settings.user_data = encoded.filter(|encoded| !encoded.is_empty());
    }
    if let Some(groups) = &input.groups {
        changes += 1;
        let launch = transition::launch_of(ctx, record)?;
        settings.groups = network::check_groups(ctx, &launch.vpc_id, groups)?;
    }
    Ok(changes)
}

pub(super) fn stopped(record: &Instance) -> Result<()> {
    if record.state == State::Stopped {
        return Ok(());
    }
    let message = format!("The instance '{}' is not in the 'stopped' state.", record.id);
    Err(Error::client("IncorrectInstanceState", message))
}

fn retype(ctx: &Ctx<'_>, record: &Instance, name: &str) -> Result<()> {
    let entry = blueprint::instance_type(name)?;
    let launch = transition::launch_of(ctx, record)?;
    if !offerings::offered(name, &launch.zone) {
        return Err(slot::not_offered(ctx, entry, &launch.zone));
    }
    if entry.processor.architectures.contains(&launch.architecture) {
        return Ok(());
    }
    let has: Vec<&str> = entry.processor.architectures.iter().collect();
    let message = format!(
        "The architecture '{}' of the specified instance type does not match the architecture '{}' of the instance.",
        has.join(","),
        launch.architecture
    );
    Err(error::invalid_value(message))
}

fn block_devices(
    ctx: &mut Ctx<'_>,
    record: &Instance,
    mappings: &[ec2::InstanceBlockDeviceMappingSpecification],
) -> Result<()> {
    for mapping in mappings {
        if mapping.no_device.is_some() || mapping.virtual_name.is_some() {
            let reason = "only DeleteOnTermination of an attached volume can be changed";
            return Err(Ctx::unsupported("BlockDeviceMappings.NoDevice", reason));
        }
        let device = mapping.device_name.as_deref().unwrap_or_default();
        let Some(ebs) = &mapping.ebs else { continue };
        let at_device = |id: &&String| {
            let volume = ctx.peek::<volume::Volumes>(&ctx.scope().key(id));
            let attached = volume.and_then(|volume| volume.attached.as_ref());
            attached.is_some_and(|attachment| attachment.device == device)
        };
        let Some(id) = record.volumes.iter().find(at_device).cloned() else {
            let message = format!("No device is currently mapped at {device}");
            return Err(Error::client("InvalidInstanceAttributeValue", message));
        };
        if ebs.volume_id.as_ref().is_some_and(|other| *other != id) {
            let reason = "volumes cannot be exchanged";
            return Err(Ctx::unsupported("BlockDeviceMappings.Ebs.VolumeId", reason));
        }
        let Some(delete) = ebs.delete_on_termination else { continue };
        let key = ctx.scope().key(&id);
        ctx.update::<volume::Volumes, _>(&key, |volume| {
            if let Some(attachment) = &mut volume.attached {
                attachment.delete_on_termination = delete;
            }
        })?;
    }
    Ok(())
}

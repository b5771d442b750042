//! CreateImage.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::record::{EbsMapping, Mapping, Record};
use super::{check_name, keep, mapping};
use crate::instance::launch_of;
use crate::instance::record::{Instances, State};
use crate::volume::Volumes;
use crate::{error, kinds, resource, snapshot, tag};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::CreateImage>(create_image)
        // A reboot is not to be seen in any state.
        .records::<ec2::CreateImage>(&["NoReboot"])
        .refuses::<ec2::CreateImage>(&[("SnapshotLocation", "snapshots are in the Region")])
}

fn create_image(ctx: &mut Ctx<'_>, input: &ec2::CreateImageRequest) -> Result<ec2::CreateImageResult> {
    let instance = resource::find::<Instances>(ctx, &input.instance_id)?.clone();
    let specifications = input.tag_specifications.as_deref();
    let types = [kinds::IMAGE.resource_type, kinds::SNAPSHOT.resource_type];
    tag::check_types(specifications, &types)?;
    check_name(ctx, &input.name)?;
    if !matches!(instance.state, State::Running | State::Stopped | State::Stopping) {
        let message = format!("Instance {} is not running or stopped.", instance.id);
        return Err(Error::client("IncorrectState", message));
    }
    let launch = launch_of(ctx, &instance)?;
    let id = ctx.fresh_id("ami")?;
    let given = input.block_device_mappings.as_deref().unwrap_or_default();
    let mut available = ctx.now();
    let mut mappings = Vec::new();
    for volume_id in &instance.volumes {
        let volume = resource::find::<Volumes>(ctx, volume_id)?.clone();
        let Some(attachment) = &volume.attached else { continue };
        let device = attachment.device.clone();
        let change = given.iter().find(|other| other.device_name.as_ref() == Some(&device));
        if change.is_some_and(|change| change.no_device.is_some()) {
            continue;
        }
        let description = format!("Created by CreateImage({}) for {id}", instance.id);
        let made = snapshot::of_volume(ctx, &volume, &description, specifications)?;
        available = available.max(made.completed);
        let mut ebs = EbsMapping {
            snapshot_id: Some(made.id),
            delete_on_termination: attachment.delete_on_termination,
            shape: volume.shape.clone(),
        };
        // The key is the snapshot's affair.
        ebs.shape.kms_key_id = None;
        if let Some(change) = change.and_then(|change| change.ebs.as_ref()) {
            ebs.shape = mapping::changed(&ebs.shape, change)?;
            ebs.delete_on_termination = change.delete_on_termination.unwrap_or(ebs.delete_on_termination);
        }
        mappings.push(Mapping { device, virtual_name: None, ebs: Some(ebs) });
    }
    for other in given.iter().filter(|other| other.no_device.is_none()) {
        if !mappings.iter().any(|own| Some(&own.device) == other.device_name.as_ref()) {
            mappings.push(mapping::mapping(ctx, other)?);
        }
    }
    let source = super::find(ctx, &launch.image_id).ok();
    let image = Record {
        id: id.clone(),
        owner: ctx.scope().account.to_string(),
        name: input.name.clone(),
        description: input.description.clone().unwrap_or_default(),
        created: ctx.now(),
        available,
        architecture: launch.architecture.clone(),
        platform_details: launch.platform.clone(),
        usage_operation: launch.usage_operation.clone(),
        root_device: launch.root_device.clone(),
        boot_mode: launch.boot_mode.clone(),
        virtualization: launch.virtualization.clone(),
        imds_v2: source.as_ref().is_some_and(|source| source.imds_v2),
        tpm: source.as_ref().is_some_and(|source| source.tpm),
        ena: source.as_ref().is_none_or(|source| source.ena),
        sriov: source.as_ref().is_none_or(|source| source.sriov),
        mappings,
        source_instance: Some(instance.id),
        source_image: Some((launch.image_id.clone(), ctx.region().code().to_owned())),
        ..Record::default()
    };
    keep(ctx, image, specifications)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateImageResult { image_id: Some(id) })
}

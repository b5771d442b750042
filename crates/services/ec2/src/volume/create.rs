//! CreateVolume, DeleteVolume.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::{Encryption, Shape, TIMER, Volume, Volumes, encrypt, remove};
use crate::instance::after;
use crate::once::Once;
use crate::resource::{self, Resource};
use crate::{availability_zones, error, event, kinds, meter, snapshot, tag};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::CreateVolume>(create_volume)
        // No bytes are kept that could be encrypted or fetched.
        .records::<ec2::CreateVolume>(&["Encrypted", "KmsKeyId", "SnapshotId"])
        .refuses::<ec2::CreateVolume>(&[
            ("OutpostArn", "Outposts are not modeled"),
            ("VolumeInitializationRate", "volumes are whole from the start"),
            ("Operator", "managed volumes are not modeled"),
        ])
        .write::<ec2::DeleteVolume>(delete_volume)
}

fn create_volume(ctx: &mut Ctx<'_>, input: &ec2::CreateVolumeRequest) -> Result<ec2::Volume> {
    let once = Once::of::<ec2::CreateVolume>(ctx, input.client_token.as_deref(), input);
    if let Some(id) = once.earlier(ctx)? {
        return Ok(Volumes::view(ctx, resource::find::<Volumes>(ctx, &id)?));
    }
    error::refuse_flag(input.multi_attach_enabled, "MultiAttachEnabled", "volumes hang on one instance")?;
    let zone = availability_zones::find(
        ctx,
        input.availability_zone.as_deref(),
        input.availability_zone_id.as_deref(),
    )?;
    let source = input.snapshot_id.as_deref().map(|id| snapshot::source(ctx, id)).transpose()?;
    let given = ec2::EbsBlockDevice {
        iops: input.iops,
        throughput: input.throughput,
        volume_size: input.size,
        // A volume of its own is gp2 unless its request says otherwise, whatever the snapshot was of.
        volume_type: Some(input.volume_type.clone().unwrap_or_else(|| "gp2".to_owned())),
        kms_key_id: input.kms_key_id.clone(),
        encrypted: input.encrypted,
        ..Default::default()
    };
    let mut shape = Shape::complete(&given, source.as_ref()).map_err(|error| match error.code() {
        "InvalidBlockDeviceMapping" => error::invalid_value(error.message()),
        _ => error,
    })?;
    if let Some(source) = source.as_ref().filter(|source| source.encrypted) {
        shape.encrypted = true;
        shape.kms_key_id = shape.kms_key_id.or_else(|| source.kms_key_id.clone());
    }
    encrypt(ctx, &mut shape, Encryption::AsItIs);
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::VOLUME.resource_type])?;
    let id = ctx.fresh_id("vol")?;
    let due = after(ctx, "volume", &id, (2, 10));
    let waits = due > ctx.now();
    let volume = Volume {
        id: id.clone(),
        zone: zone.name.to_owned(),
        created: ctx.now(),
        shape,
        snapshot_id: input.snapshot_id.clone(),
        attached: None,
        due: waits.then_some(due),
        auto_io: false,
        modification: None,
    };
    meter::volume(ctx, &id, &volume.shape)?;
    tag::apply(ctx, specifications, kinds::VOLUME.resource_type, &id)?;
    let shown = ec2::Volume { state: Some("creating".to_owned()), ..Volumes::view(ctx, &volume) };
    ctx.put::<Volumes>(ctx.scope().key(&id), volume)?;
    if waits {
        ctx.wake_at(due, TIMER, &id)?;
    } else {
        event::volume_created(ctx, &id)?;
    }
    once.keep(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(shown)
}

/// The timer handler: a volume that was being made is there.
///
/// # Errors
/// When the world is broken.
pub(super) fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let now = ctx.now();
    let key = ctx.scope().key(id);
    let made = ctx.update::<Volumes, _>(&key, |volume| volume.due.take_if(|due| *due <= now).is_some())?;
    if made == Some(true) { event::volume_created(ctx, id) } else { Ok(()) }
}

fn delete_volume(ctx: &mut Ctx<'_>, input: &ec2::DeleteVolumeRequest) -> Result<Empty> {
    let volume = resource::find::<Volumes>(ctx, &input.volume_id)?;
    let id = volume.id.clone();
    if let Some(attachment) = &volume.attached {
        let message = format!("Volume {id} is currently attached to {}", attachment.instance_id);
        return Err(Error::client("VolumeInUse", message));
    }
    remove(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

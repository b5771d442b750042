//! CreateSnapshot, CreateSnapshots, DeleteSnapshot.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::{KIND, Snapshot, Snapshots, describe, own, remove};
use crate::instance::record::Instances;
use crate::instance::{after, launch_of};
use crate::volume::{Volume, Volumes};
use crate::{error, image, meter, resource, tag};

/// Characters of a description.
const MAX_DESCRIPTION: usize = 255;
/// Seconds between two snapshots of one volume, where request limits hold. Source: "Error codes for the Amazon EC2
/// API", SnapshotCreationPerVolumeRateExceeded.
const APART: i64 = 15;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const OUTPOST: (&str, &str) = ("OutpostArn", "Outposts are not modeled");
    const LOCATION: (&str, &str) = ("Location", "snapshots are in the Region");
    definition
        .write::<ec2::CreateSnapshot>(create_snapshot)
        .refuses::<ec2::CreateSnapshot>(&[OUTPOST, LOCATION])
        .write::<ec2::CreateSnapshots>(create_snapshots)
        .refuses::<ec2::CreateSnapshots>(&[OUTPOST, LOCATION])
        .write::<ec2::DeleteSnapshot>(delete_snapshot)
}

fn check_description(text: Option<&str>) -> Result<String> {
    let text = text.unwrap_or_default();
    if text.chars().count() > MAX_DESCRIPTION {
        return Err(error::invalid_parameter_value(text, "description"));
    }
    Ok(text.to_owned())
}

/// Makes a snapshot of a volume.
///
/// # Errors
/// Those of its tags.
pub(crate) fn of_volume(
    ctx: &mut Ctx<'_>,
    volume: &Volume,
    description: &str,
    tags: Option<&[ec2::TagSpecification]>,
) -> Result<Snapshot> {
    let id = ctx.fresh_id("snap")?;
    let snapshot = Snapshot {
        owner: ctx.scope().account,
        volume_id: volume.id.clone(),
        size: volume.shape.size,
        encrypted: volume.shape.encrypted,
        kms_key_id: volume.shape.kms_key_id.clone(),
        description: description.to_owned(),
        started: ctx.now(),
        completed: after(ctx, "snapshot", &id, (60, 180)),
        public: false,
        users: Vec::new(),
        id,
    };
    keep(ctx, &snapshot, tags)?;
    Ok(snapshot)
}

/// Keeps a new snapshot.
pub(super) fn keep(
    ctx: &mut Ctx<'_>,
    snapshot: &Snapshot,
    tags: Option<&[ec2::TagSpecification]>,
) -> Result<()> {
    ctx.put::<Snapshots>(ctx.scope().key(&snapshot.id), snapshot.clone())?;
    meter::snapshot(ctx, &snapshot.id, snapshot.size)?;
    tag::apply(ctx, tags, KIND.resource_type, &snapshot.id)
}

fn create_snapshot(ctx: &mut Ctx<'_>, input: &ec2::CreateSnapshotRequest) -> Result<ec2::Snapshot> {
    let volume = resource::find::<Volumes>(ctx, &input.volume_id)?.clone();
    if volume.due.is_some() {
        return Err(Error::client("IncorrectState", format!("Volume '{}' is not 'available'.", volume.id)));
    }
    let description = check_description(input.description.as_deref())?;
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[KIND.resource_type])?;
    if ctx.settings().throttles {
        let since = ctx.now().secs() - APART;
        let recent =
            |(_, other): (_, &Snapshot)| other.volume_id == volume.id && other.started.secs() > since;
        if ctx.scan::<Snapshots>(&ctx.scope().prefix()).any(recent) {
            let message = "The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep interval between requests.";
            return Err(Error::client("SnapshotCreationPerVolumeRateExceeded", message));
        }
    }
    let snapshot = of_volume(ctx, &volume, &description, specifications)?;
    error::dry_run(input.dry_run)?;
    Ok(started(describe::view(ctx, &snapshot)))
}

/// As the answer to its creation has a snapshot.
pub(super) fn started(shown: ec2::Snapshot) -> ec2::Snapshot {
    ec2::Snapshot {
        state: Some("pending".to_owned()),
        progress: Some(String::new()),
        completion_time: None,
        full_snapshot_size_in_bytes: None,
        ..shown
    }
}

fn create_snapshots(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateSnapshotsRequest,
) -> Result<ec2::CreateSnapshotsResult> {
    let wanted = &input.instance_specification;
    let instance = resource::find::<Instances>(ctx, &wanted.instance_id)?.clone();
    let root = launch_of(ctx, &instance)?.root_device.clone();
    let excluded = wanted.exclude_data_volume_ids.as_deref().unwrap_or_default();
    if let Some(other) = excluded.iter().find(|id| !instance.volumes.contains(id)) {
        let message = format!("Volume {other} is not attached to instance {}", instance.id);
        return Err(error::invalid_value(message));
    }
    let copies_tags = match input.copy_tags_from_source.as_deref() {
        None => false,
        Some("volume") => true,
        Some(other) => return Err(error::invalid_parameter_value(other, "copyTagsFromSource")),
    };
    let description = check_description(input.description.as_deref())?;
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[KIND.resource_type])?;
    let mut snapshots = Vec::new();
    for id in instance.volumes.iter().filter(|id| !excluded.contains(id)) {
        let volume = resource::find::<Volumes>(ctx, id)?.clone();
        let is_root = volume.attached.as_ref().is_some_and(|it| it.device == root);
        if is_root && wanted.exclude_boot_volume == Some(true) {
            continue;
        }
        let snapshot = of_volume(ctx, &volume, &description, specifications)?;
        if copies_tags {
            tag::copy(ctx, ctx.region(), id, &snapshot.id)?;
        }
        let shown = describe::view(ctx, &snapshot);
        snapshots.push(ec2::SnapshotInfo {
            description: shown.description,
            tags: shown.tags,
            encrypted: shown.encrypted,
            volume_id: shown.volume_id,
            state: Some("pending".to_owned()),
            volume_size: shown.volume_size,
            start_time: shown.start_time,
            progress: Some(String::new()),
            owner_id: shown.owner_id,
            snapshot_id: shown.snapshot_id,
            ..Default::default()
        });
    }
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateSnapshotsResult { snapshots: Some(snapshots) })
}

fn delete_snapshot(ctx: &mut Ctx<'_>, input: &ec2::DeleteSnapshotRequest) -> Result<Empty> {
    let id = own(ctx, &input.snapshot_id)?.id.clone();
    if let Some(image_id) = image::using_snapshot(ctx, &id) {
        let message = format!("The snapshot {id} is currently in use by {image_id}");
        return Err(Error::client("InvalidSnapshot.InUse", message));
    }
    remove(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

//! CopySnapshot, from any Region of the account.

use ironbird_api::ec2;
use ironbird_rig::account::{Region, Scope};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::{KIND, Snapshot, Snapshots, create, missing, visible};
use crate::instance::after;
use crate::volume::{Encryption, Shape, encrypt};
use crate::{error, image, tag};

/// What stands for the volume of a snapshot that is a copy. Source: the API reference of CopySnapshot.
const NO_VOLUME: &str = "vol-ffffffff";

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::CopySnapshot>(copy_snapshot)
        // No bytes are kept that could be encrypted or take their time.
        .records::<ec2::CopySnapshot>(&["Encrypted", "KmsKeyId", "PresignedUrl"])
        .refuses::<ec2::CopySnapshot>(&[
            ("DestinationOutpostArn", "Outposts are not modeled"),
            ("DestinationAvailabilityZone", "snapshots are in the Region"),
            ("CompletionDurationMinutes", "a copy takes the time it takes"),
        ])
}

/// The snapshot of that id in a Region of the account.
fn find(ctx: &Ctx<'_>, region: Region, id: &str) -> Result<Snapshot> {
    if region == ctx.region() {
        return visible(ctx, id);
    }
    let scope = Scope { region, ..ctx.scope() };
    let own = ctx.peek::<Snapshots>(&scope.key(id)).cloned();
    own.or_else(|| image::public_snapshot(ctx, region, id)).ok_or_else(|| missing(id))
}

/// Copies a snapshot of a Region of the account into the call's Region; the copy.
///
/// # Errors
/// Those of the source; `IncorrectState` while it is not completed.
pub(crate) fn copy_into(
    ctx: &mut Ctx<'_>,
    region: Region,
    id: &str,
    description: &str,
    wish: (Option<bool>, Option<&str>),
    tags: Option<&[ec2::TagSpecification]>,
) -> Result<Snapshot> {
    let source = find(ctx, region, id)?;
    if !source.is_completed(ctx.now()) {
        let message = format!("Snapshot is in invalid state - pending: {id}");
        return Err(Error::client("IncorrectState", message));
    }
    let (encrypted, key) = wish;
    if source.encrypted && encrypted == Some(false) {
        let message = "The copy of an encrypted snapshot is encrypted.";
        return Err(error::invalid_combination(message));
    }
    let mut shape = Shape {
        size: source.size,
        kind: "gp2".to_owned(),
        iops: None,
        throughput: None,
        encrypted: source.encrypted,
        kms_key_id: key.map(str::to_owned),
    };
    let wanted = encrypted == Some(true) || key.is_some();
    encrypt(ctx, &mut shape, if wanted { Encryption::Wanted } else { Encryption::AsItIs });
    let new = ctx.fresh_id("snap")?;
    let snapshot = Snapshot {
        owner: ctx.scope().account,
        volume_id: NO_VOLUME.to_owned(),
        size: source.size,
        encrypted: shape.encrypted,
        kms_key_id: shape.kms_key_id,
        description: description.to_owned(),
        started: ctx.now(),
        completed: after(ctx, "snapshot", &new, (60, 180)),
        public: false,
        users: Vec::new(),
        id: new,
    };
    create::keep(ctx, &snapshot, tags)?;
    Ok(snapshot)
}

fn copy_snapshot(ctx: &mut Ctx<'_>, input: &ec2::CopySnapshotRequest) -> Result<ec2::CopySnapshotResult> {
    let region = Region::parse(&input.source_region)
        .ok_or_else(|| error::invalid_parameter_value(&input.source_region, "sourceRegion"))?;
    let here = ctx.region().code();
    if let Some(other) = input.destination_region.as_deref().filter(|other| *other != here) {
        return Err(error::invalid_parameter_value(other, "destinationRegion"));
    }
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[KIND.resource_type])?;
    let id = &input.source_snapshot_id;
    let description = input.description.as_deref().unwrap_or_default();
    let wish = (input.encrypted, input.kms_key_id.as_deref());
    let copy = copy_into(ctx, region, id, description, wish, specifications)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CopySnapshotResult { tags: tag::of(ctx, &copy.id), snapshot_id: Some(copy.id) })
}

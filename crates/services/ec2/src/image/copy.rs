//! CopyImage, from any Region.

use ironbird_api::ec2;
use ironbird_rig::account::Region;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::record::Record;
use super::{check_name, find_in, keep};
use crate::instance::after;
use crate::once::Once;
use crate::{error, kinds, snapshot, tag};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const ZONE: &str = "snapshots are in the Region";
    definition
        .write::<ec2::CopyImage>(copy_image)
        // No bytes are kept that could be encrypted.
        .records::<ec2::CopyImage>(&["Encrypted", "KmsKeyId"])
        .refuses::<ec2::CopyImage>(&[
            ("DestinationOutpostArn", "Outposts are not modeled"),
            ("DestinationAvailabilityZone", ZONE),
            ("DestinationAvailabilityZoneId", ZONE),
            ("SnapshotCopyCompletionDurationMinutes", "a copy takes the time it takes"),
        ])
}

fn copy_image(ctx: &mut Ctx<'_>, input: &ec2::CopyImageRequest) -> Result<ec2::CopyImageResult> {
    let once = Once::of::<ec2::CopyImage>(ctx, input.client_token.as_deref(), input);
    if let Some(id) = once.earlier(ctx)? {
        return Ok(ec2::CopyImageResult { image_id: Some(id) });
    }
    let region = Region::parse(&input.source_region)
        .ok_or_else(|| error::invalid_parameter_value(&input.source_region, "sourceRegion"))?;
    check_name(ctx, &input.name)?;
    let source = find_in(ctx, region, &input.source_image_id)?;
    if source.state(ctx.now()) != "available" {
        let message = format!("The image {} is not available", source.id);
        return Err(Error::client("InvalidAMIID.Unavailable", message));
    }
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::IMAGE.resource_type, kinds::SNAPSHOT.resource_type])?;
    let id = ctx.fresh_id("ami")?;
    // Of a public image no snapshot is ours: the copy's are made whole.
    let mut available = after(ctx, "image-copy", &id, (60, 180));
    let mut mappings = source.mappings.clone();
    let wish = (input.encrypted, input.kms_key_id.as_deref());
    for ebs in mappings.iter_mut().filter_map(|mapping| mapping.ebs.as_mut()) {
        let Some(from) = ebs.snapshot_id.clone() else { continue };
        let description = format!(
            "Copied for DestinationAmi {id} from SourceAmi {} for SourceSnapshot {from}. Task created on {}.",
            source.id,
            ctx.now().secs()
        );
        let copied = snapshot::copy_into(ctx, region, &from, &description, wish, specifications)?;
        available = available.max(copied.completed);
        ebs.shape.encrypted = copied.encrypted;
        ebs.snapshot_id = Some(copied.id);
    }
    let image = Record {
        id: id.clone(),
        owner: ctx.scope().account.to_string(),
        alias: None,
        name: input.name.clone(),
        description: input.description.clone().unwrap_or_else(|| source.description.clone()),
        created: ctx.now(),
        available,
        mappings,
        source_instance: None,
        source_image: Some((source.id.clone(), region.code().to_owned())),
        public: false,
        users: Vec::new(),
        deprecated: None,
        protected: None,
        protected_until: None,
        ..Record::clone(&source)
    };
    keep(ctx, image, specifications)?;
    if input.copy_image_tags == Some(true) {
        tag::copy(ctx, region, &source.id, &id)?;
    }
    once.keep(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CopyImageResult { image_id: Some(id) })
}

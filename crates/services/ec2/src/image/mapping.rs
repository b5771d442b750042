//! Devices of images, as requests describe them.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::record::{EbsMapping, Mapping};
use crate::volume::Shape;
use crate::{error, snapshot};

/// A volume of an image, changed as a request says.
pub(super) fn changed(base: &Shape, given: &ec2::EbsBlockDevice) -> Result<Shape> {
    let same_kind = given.volume_type.as_ref().is_none_or(|kind| *kind == base.kind);
    let takes = base.kind != "gp2" && same_kind;
    let complete = ec2::EbsBlockDevice {
        iops: given.iops.or(base.iops.filter(|_| takes)),
        throughput: given.throughput.or(base.throughput.filter(|_| takes)),
        kms_key_id: None,
        ..given.clone()
    };
    let mut shape = Shape::complete(&complete, Some(base))?;
    shape.encrypted |= base.encrypted;
    Ok(shape)
}

/// A device of a request.
pub(super) fn mapping(ctx: &Ctx<'_>, given: &ec2::BlockDeviceMapping) -> Result<Mapping> {
    let Some(device) = given.device_name.clone() else { return Err(error::missing_parameter("deviceName")) };
    let Some(ebs) = &given.ebs else {
        if given.virtual_name.is_none() {
            let message = format!("device {device} needs Ebs or a VirtualName of ephemeral0 to ephemeral23");
            return Err(Error::client("InvalidBlockDeviceMapping", message));
        }
        return Ok(Mapping { device, virtual_name: given.virtual_name.clone(), ebs: None });
    };
    let source = ebs.snapshot_id.as_deref().map(|id| snapshot::source(ctx, id)).transpose()?;
    let mut wanted = ebs.clone();
    // An image's volumes are gp2 unless it says otherwise, whatever the snapshot was of.
    wanted.volume_type.get_or_insert_with(|| "gp2".to_owned());
    let shape = Shape::complete(&wanted, source.as_ref())?;
    let encrypted = shape.encrypted || source.is_some_and(|source| source.encrypted);
    Ok(Mapping {
        device,
        virtual_name: None,
        ebs: Some(EbsMapping {
            snapshot_id: ebs.snapshot_id.clone(),
            delete_on_termination: ebs.delete_on_termination.unwrap_or(true),
            shape: Shape { encrypted, kms_key_id: None, ..shape },
        }),
    })
}

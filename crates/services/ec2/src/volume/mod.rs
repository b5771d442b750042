//! EBS volumes, as far as instances have them: made at launch, attached for life, gone with the instance or left
//! behind. Size and kind are kept and shown; no bytes are.

mod describe;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{error, tag};

/// All volumes: (account, Region, id).
pub(crate) struct Volumes;

impl Table for Volumes {
    const NAME: &'static str = "ec2.volumes";
    type Record = Volume;
}

/// One volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Volume {
    pub(crate) id: String,
    pub(crate) zone: String,
    pub(crate) created: Timestamp,
    pub(crate) shape: Shape,
    pub(crate) snapshot_id: Option<String>,
    /// None once it has been left behind.
    pub(crate) attached: Option<Attachment>,
}

/// What a volume hangs on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub(crate) instance_id: String,
    pub(crate) device: String,
    pub(crate) delete_on_termination: bool,
}

/// Size and kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shape {
    /// GiB.
    pub(crate) size: i32,
    /// `gp3`, …
    pub(crate) kind: String,
    pub(crate) iops: Option<i32>,
    /// MiB/s.
    pub(crate) throughput: Option<i32>,
    pub(crate) encrypted: bool,
    pub(crate) kms_key_id: Option<String>,
}

/// A volume to be made with each instance of a launch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Blueprint {
    pub(crate) device: String,
    pub(crate) delete_on_termination: bool,
    pub(crate) snapshot_id: Option<String>,
    pub(crate) shape: Shape,
}

/// Least and greatest size in GiB by volume type. Source: "Amazon EBS volume types" in the EBS user guide.
const SIZES: [(&str, i32, i32); 7] = [
    ("gp2", 1, 16_384),
    ("gp3", 1, 65_536),
    ("io1", 4, 16_384),
    ("io2", 4, 65_536),
    ("sc1", 125, 16_384),
    ("st1", 125, 16_384),
    ("standard", 1, 1_024),
];

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Volumes>()
        .read::<ec2::DescribeVolumes>(describe::describe_volumes)
        .refuses::<ec2::DescribeVolumes>(&[("IncludeManagedResources", "there are no managed volumes")])
}

impl Shape {
    /// Completes what a request gives of a volume; `base` is what its image or snapshot has.
    ///
    /// # Errors
    /// `InvalidParameterValue` for an unknown type or a size out of its bounds, `InvalidParameterCombination` for
    /// IOPS or throughput that the type does not take, `MissingParameter` for IOPS that it needs.
    pub(crate) fn complete(given: &ec2::EbsBlockDevice, base: Option<&Self>) -> Result<Self> {
        let kind = match (&given.volume_type, base) {
            (Some(kind), _) => kind.clone(),
            (None, Some(base)) => base.kind.clone(),
            (None, None) => "gp2".to_owned(),
        };
        let Some((_, least, most)) = SIZES.into_iter().find(|(name, ..)| *name == kind) else {
            return Err(error::invalid_parameter_value(&kind, "volumeType"));
        };
        let Some(size) = given.volume_size.or(base.map(|base| base.size)) else {
            return Err(error::missing("The request must contain the parameter size or snapshotId"));
        };
        if !(least..=most).contains(&size) {
            let message =
                format!("Volume of {size}GiB is out of bounds for type {kind}; use {least} to {most}GiB");
            return Err(error::invalid_value(message));
        }
        if let Some(least) = base.map(|base| base.size).filter(|least| size < *least) {
            let message =
                format!("Volume of size {size}GB is smaller than snapshot, expect size >= {least}GB");
            return Err(ironbird_rig::Error::client("InvalidBlockDeviceMapping", message));
        }
        let iops = match (kind.as_str(), given.iops) {
            ("gp3", iops) => Some(iops.unwrap_or(3_000)),
            ("io1" | "io2", Some(iops)) => Some(iops),
            ("io1" | "io2", None) => return Err(error::missing_parameter("iops")),
            ("gp2", None) => Some(size.saturating_mul(3).clamp(100, 16_000)),
            (_, None) => None,
            (kind, Some(_)) => {
                let message = format!("The parameter iops is not supported for {kind} volumes.");
                return Err(error::invalid_combination(message));
            }
        };
        if iops.is_some_and(|iops| !(100..=256_000).contains(&iops)) {
            return Err(error::invalid_parameter_value(&iops.unwrap_or(0).to_string(), "iops"));
        }
        let throughput = match (kind.as_str(), given.throughput) {
            ("gp3", throughput) => Some(throughput.unwrap_or(125)),
            (_, None) => None,
            (kind, Some(_)) => {
                let message = format!("The parameter throughput is not supported for {kind} volumes.");
                return Err(error::invalid_combination(message));
            }
        };
        if throughput.is_some_and(|throughput| !(125..=2_000).contains(&throughput)) {
            return Err(error::invalid_parameter_value(&throughput.unwrap_or(0).to_string(), "throughput"));
        }
        let encrypted = given.encrypted.unwrap_or(given.kms_key_id.is_some());
        if given.kms_key_id.is_some() && !encrypted {
            let message = "The parameter KmsKeyId requires the parameter Encrypted to be set.";
            return Err(ironbird_rig::Error::client("InvalidParameterDependency", message));
        }
        Ok(Self { size, kind, iops, throughput, encrypted, kms_key_id: given.kms_key_id.clone() })
    }
}

/// Makes a volume that hangs on an instance; its id.
///
/// # Errors
/// Those of its tags.
pub(crate) fn create(
    ctx: &mut Ctx<'_>,
    blueprint: &Blueprint,
    zone: &str,
    instance_id: &str,
    tags: Option<&[ec2::TagSpecification]>,
) -> Result<String> {
    let id = ctx.fresh_id("vol")?;
    tag::apply(ctx, tags, "volume", &id)?;
    let attached = Attachment {
        instance_id: instance_id.to_owned(),
        device: blueprint.device.clone(),
        delete_on_termination: blueprint.delete_on_termination,
    };
    let volume = Volume {
        id: id.clone(),
        zone: zone.to_owned(),
        created: ctx.now(),
        shape: blueprint.shape.clone(),
        snapshot_id: blueprint.snapshot_id.clone(),
        attached: Some(attached),
    };
    ctx.put::<Volumes>(ctx.scope().key(&id), volume)?;
    Ok(id)
}

/// What becomes of a volume whose instance is terminated: it goes too, or is left behind.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn on_terminate(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(volume) = ctx.peek::<Volumes>(&key) else { return Ok(()) };
    let goes = volume.attached.as_ref().is_none_or(|attachment| attachment.delete_on_termination);
    if goes {
        tag::remove_all(ctx, id)?;
        ctx.delete::<Volumes>(&key)?;
        return Ok(());
    }
    ctx.update::<Volumes, _>(&key, |volume| volume.attached = None)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Shape;
    use ironbird_api::ec2::EbsBlockDevice;

    fn device(kind: &str, size: i32) -> EbsBlockDevice {
        EbsBlockDevice { volume_type: Some(kind.to_owned()), volume_size: Some(size), ..Default::default() }
    }

    #[test]
    fn shapes_are_completed_by_type() {
        let gp3 = Shape::complete(&device("gp3", 8), None).unwrap();
        assert_eq!((gp3.iops, gp3.throughput, gp3.encrypted), (Some(3_000), Some(125), false));
        let gp2 = Shape::complete(&device("gp2", 500), None).unwrap();
        assert_eq!((gp2.iops, gp2.throughput), (Some(1_500), None));
        let from_image = Shape::complete(&EbsBlockDevice::default(), Some(&gp3)).unwrap();
        assert_eq!((from_image.size, from_image.kind.as_str()), (8, "gp3"));
    }

    #[test]
    fn what_a_type_does_not_take_is_refused() {
        let code = |device: &EbsBlockDevice| Shape::complete(device, None).unwrap_err().code().to_owned();
        assert_eq!(code(&device("io2", 8)), "MissingParameter");
        assert_eq!(code(&device("gp9", 8)), "InvalidParameterValue");
        assert_eq!(code(&device("gp2", 20_000)), "InvalidParameterValue");
        assert_eq!(
            code(&EbsBlockDevice { iops: Some(500), ..device("st1", 500) }),
            "InvalidParameterCombination"
        );
        let base = Shape::complete(&device("gp3", 30), None).unwrap();
        let error = Shape::complete(&device("gp3", 8), Some(&base)).unwrap_err();
        assert_eq!(error.code(), "InvalidBlockDeviceMapping");
    }
}

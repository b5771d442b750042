//! Size and kind of volumes, and what goes together.

use ironbird_api::ec2;
use ironbird_rig::Result;
use serde::{Deserialize, Serialize};

use crate::error;

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

/// IOPS by volume type: least, most, most of one GiB. Source: as above.
const IOPS: [(&str, i32, i32, i32); 3] =
    [("gp3", 3_000, 80_000, 500), ("io1", 100, 64_000, 50), ("io2", 100, 256_000, 1_000)];

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
            return Err(error::missing("The request must contain the parameter size/snapshot"));
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
        check_iops(&kind, size, iops)?;
        let throughput = match (kind.as_str(), given.throughput) {
            ("gp3", throughput) => Some(throughput.unwrap_or(125)),
            (_, None) => None,
            (kind, Some(_)) => {
                let message = format!("The parameter throughput is not supported for {kind} volumes.");
                return Err(error::invalid_combination(message));
            }
        };
        check_throughput(iops, throughput)?;
        let encrypted = given.encrypted.unwrap_or(given.kms_key_id.is_some());
        if given.kms_key_id.is_some() && !encrypted {
            let message = "The parameter KmsKeyId requires the parameter Encrypted to be set.";
            return Err(ironbird_rig::Error::client("InvalidParameterDependency", message));
        }
        Ok(Self { size, kind, iops, throughput, encrypted, kms_key_id: given.kms_key_id.clone() })
    }
}

fn check_iops(kind: &str, size: i32, iops: Option<i32>) -> Result<()> {
    let Some((_, least, most, ratio)) = IOPS.into_iter().find(|(name, ..)| *name == kind) else {
        return Ok(());
    };
    let iops = iops.unwrap_or(least);
    if iops < least {
        return Err(error::invalid_value(format!("Volume iops of {iops} is too low; minimum is {least}.")));
    }
    if iops > most {
        return Err(error::invalid_value(format!("Volume iops of {iops} is too high; maximum is {most}.")));
    }
    // What comes with a volume of any size does not count.
    if iops > least && f64::from(iops) > f64::from(size) * f64::from(ratio) {
        let message = format!(
            "Iops to volume size ratio of {:.6} is too high; maximum is {ratio} iops per GiB",
            f64::from(iops) / f64::from(size)
        );
        return Err(error::invalid_value(message));
    }
    Ok(())
}

/// Throughput of gp3, the one type that takes any: 125 to 2,000 MiB/s, a quarter of the IOPS at most.
fn check_throughput(iops: Option<i32>, throughput: Option<i32>) -> Result<()> {
    let Some(throughput) = throughput else { return Ok(()) };
    if throughput < 125 {
        let message = format!("Volume throughput of {throughput} is too low; minimum is 125.");
        return Err(error::invalid_value(message));
    }
    if throughput > 2_000 {
        let message = format!("Volume throughput of {throughput} is too high; maximum is 2000.");
        return Err(error::invalid_value(message));
    }
    let ratio = f64::from(throughput) / f64::from(iops.unwrap_or(3_000));
    if ratio > 0.25 {
        let message = format!(
            "Throughput (MiBps) to iops ratio of {ratio:.6} is too high; maximum is 0.250000 MiBps per iops"
        );
        return Err(error::invalid_value(message));
    }
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
        let gp3 = |iops, throughput| EbsBlockDevice { iops, throughput, ..device("gp3", 8) };
        assert_eq!(code(&gp3(Some(2_000), None)), "InvalidParameterValue");
        assert_eq!(code(&gp3(Some(4_001), None)), "InvalidParameterValue");
        assert_eq!(code(&gp3(None, Some(1_000))), "InvalidParameterValue");
        assert!(Shape::complete(&gp3(Some(4_000), Some(1_000)), None).is_ok());
        let base = Shape::complete(&device("gp3", 30), None).unwrap();
        let error = Shape::complete(&device("gp3", 8), Some(&base)).unwrap_err();
        assert_eq!(error.code(), "InvalidBlockDeviceMapping");
    }
}

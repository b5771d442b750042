//! RegisterImage, of snapshots.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::mapping::mapping;
use super::record::{Mapping, Record};
use super::{check_name, keep};
use crate::{error, kinds, tag};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::RegisterImage>(register_image)
        // No guest boots.
        .records::<ec2::RegisterImage>(&["BootMode", "EnaSupport", "SriovNetSupport", "TpmSupport"])
        .refuses::<ec2::RegisterImage>(&[
            ("ImageLocation", "images in S3 are not modeled"),
            ("BillingProducts", "there are no billing products"),
            ("UefiData", "no guest boots"),
            ("KernelId", "there are no paravirtual images"),
            ("RamdiskId", "there are no paravirtual images"),
        ])
}

fn one_of(given: Option<&str>, known: &[&str], parameter: &str) -> Result<Option<String>> {
    match given.filter(|word| !known.contains(word)) {
        Some(other) => Err(error::invalid_parameter_value(other, parameter)),
        None => Ok(given.map(str::to_owned)),
    }
}

fn register_image(ctx: &mut Ctx<'_>, input: &ec2::RegisterImageRequest) -> Result<ec2::RegisterImageResult> {
    check_name(ctx, &input.name)?;
    let architectures = ["i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"];
    let architecture = one_of(input.architecture.as_deref(), &architectures, "architecture")?;
    let kinds_of_virtualization = ["hvm", "paravirtual"];
    let virtualization =
        one_of(input.virtualization_type.as_deref(), &kinds_of_virtualization, "virtualizationType")?;
    let boot_modes = ["legacy-bios", "uefi", "uefi-preferred"];
    let boot_mode = one_of(input.boot_mode.as_deref(), &boot_modes, "bootMode")?;
    let tpm = one_of(input.tpm_support.as_deref(), &["v2.0"], "tpmSupport")?;
    let imds = one_of(input.imds_support.as_deref(), &["v2.0"], "imdsSupport")?;
    let sriov = one_of(input.sriov_net_support.as_deref(), &["simple"], "sriovNetSupport")?;
    let given = input.block_device_mappings.as_deref().unwrap_or_default();
    let mut mappings = Vec::new();
    for other in given.iter().filter(|other| other.no_device.is_none()) {
        mappings.push(mapping(ctx, other)?);
    }
    let Some(root_device) = input.root_device_name.clone() else {
        return Err(error::missing_parameter("rootDeviceName"));
    };
    let is_root = |own: &&Mapping| own.device == root_device;
    let root = mappings.iter().find(is_root).and_then(|own| own.ebs.as_ref());
    if root.is_none_or(|ebs| ebs.snapshot_id.is_none()) {
        let message = "No root snapshot specified in device mapping.";
        return Err(Error::client("InvalidBlockDeviceMapping", message));
    }
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::IMAGE.resource_type, kinds::SNAPSHOT.resource_type])?;
    let id = ctx.fresh_id("ami")?;
    let image = Record {
        id: id.clone(),
        owner: ctx.scope().account.to_string(),
        name: input.name.clone(),
        description: input.description.clone().unwrap_or_default(),
        created: ctx.now(),
        available: ctx.now(),
        // Defaults of the API.
        architecture: architecture.unwrap_or_else(|| "i386".to_owned()),
        platform_details: "Linux/UNIX".to_owned(),
        usage_operation: "RunInstances".to_owned(),
        root_device,
        boot_mode,
        virtualization: virtualization.unwrap_or_else(|| "paravirtual".to_owned()),
        imds_v2: imds.is_some(),
        tpm: tpm.is_some(),
        ena: input.ena_support.unwrap_or(false),
        sriov: sriov.is_some(),
        mappings,
        ..Record::default()
    };
    keep(ctx, image, specifications)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::RegisterImageResult { image_id: Some(id) })
}

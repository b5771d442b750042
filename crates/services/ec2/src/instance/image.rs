//! What a launch takes from its image.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

use crate::volume;

/// An image, as far as a launch needs it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Image {
    pub(crate) id: String,
    /// `x86_64`, `arm64`
    pub(crate) architecture: String,
    /// `Linux/UNIX`, …
    pub(crate) platform: String,
    /// `RunInstances:0002`, …
    pub(crate) usage_operation: String,
    pub(crate) root_device: String,
    pub(crate) boot_mode: Option<String>,
    /// `hvm`
    pub(crate) virtualization: String,
    /// Whether its instances take only version 2 of the metadata service unless they say otherwise.
    pub(crate) tokens_required: bool,
    /// The root volume first.
    pub(crate) volumes: Vec<volume::Blueprint>,
}

/// The image of that id.
///
/// # Errors
/// `InvalidAMIID.NotFound` and `.Malformed`.
pub(crate) fn find(ctx: &Ctx<'_>, id: &str) -> Result<Image> {
    let image = crate::image::find(ctx, id)?;
    let root = ec2::EbsBlockDevice {
        volume_size: Some(image.family.root_size),
        volume_type: Some(image.family.volume_type.to_owned()),
        ..Default::default()
    };
    let root = volume::Blueprint {
        device: image.family.root_device.to_owned(),
        delete_on_termination: true,
        snapshot_id: Some(image.snapshot_id.clone()),
        shape: volume::Shape::complete(&root, None)?,
    };
    Ok(Image {
        architecture: image.architecture.to_owned(),
        platform: image.family.platform_details.to_owned(),
        usage_operation: image.family.usage_operation.to_owned(),
        root_device: image.family.root_device.to_owned(),
        boot_mode: image.boot_mode().map(ToOwned::to_owned),
        virtualization: "hvm".to_owned(),
        tokens_required: image.family.imds_v2,
        volumes: vec![root],
        id: image.id,
    })
}

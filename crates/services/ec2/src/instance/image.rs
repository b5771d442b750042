//! What a launch takes from its image.

use ironbird_rig::{Ctx, Error, Result};

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
/// `InvalidAMIID.NotFound`, `.Malformed` and `.Unavailable`.
pub(crate) fn find(ctx: &Ctx<'_>, id: &str) -> Result<Image> {
    let image = crate::image::find(ctx, id)?;
    if image.state(ctx.now()) != "available" {
        let message = format!("The image id '[{id}]' is not available");
        return Err(Error::client("InvalidAMIID.Unavailable", message));
    }
    let volumes = image.mappings.iter().filter_map(|mapping| {
        let ebs = mapping.ebs.as_ref()?;
        Some(volume::Blueprint {
            device: mapping.device.clone(),
            delete_on_termination: ebs.delete_on_termination,
            snapshot_id: ebs.snapshot_id.clone(),
            shape: ebs.shape.clone(),
        })
    });
    let mut volumes: Vec<volume::Blueprint> = volumes.collect();
    volumes.sort_by_key(|volume| volume.device != image.root_device);
    Ok(Image {
        architecture: image.architecture.clone(),
        platform: image.platform_details.clone(),
        usage_operation: image.usage_operation.clone(),
        root_device: image.root_device.clone(),
        boot_mode: image.boot_mode.clone(),
        virtualization: image.virtualization.clone(),
        tokens_required: image.imds_v2,
        volumes,
        id: image.id.clone(),
    })
}

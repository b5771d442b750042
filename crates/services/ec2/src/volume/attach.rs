//! AttachVolume, DetachVolume.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::{Attachment, Volume, Volumes};
use crate::instance::launch_of;
use crate::instance::record::{Instance, Instances, State};
use crate::{error, resource};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::AttachVolume>(attach_volume)
        .refuses::<ec2::AttachVolume>(&[("EbsCardIndex", "instances have one EBS card")])
        .write::<ec2::DetachVolume>(detach_volume)
        // Detaching takes no time that could be cut short.
        .records::<ec2::DetachVolume>(&["Force"])
}

fn shown(volume_id: &str, attachment: &Attachment, state: &str) -> ec2::VolumeAttachment {
    ec2::VolumeAttachment {
        delete_on_termination: Some(attachment.delete_on_termination),
        volume_id: Some(volume_id.to_owned()),
        instance_id: Some(attachment.instance_id.clone()),
        device: Some(attachment.device.clone()),
        state: Some(state.to_owned()),
        attach_time: Some(attachment.attached),
        ..Default::default()
    }
}

impl Volume {
    /// What it hangs on, as the API shows it.
    pub(super) fn attachments(&self) -> Vec<ec2::VolumeAttachment> {
        self.attached.iter().map(|attachment| shown(&self.id, attachment, "attached")).collect()
    }
}

fn attach_volume(ctx: &mut Ctx<'_>, input: &ec2::AttachVolumeRequest) -> Result<ec2::VolumeAttachment> {
    let volume = resource::find::<Volumes>(ctx, &input.volume_id)?.clone();
    let instance = resource::find::<Instances>(ctx, &input.instance_id)?.clone();
    if volume.attached.is_some() {
        let message = format!("{} is already attached to an instance", volume.id);
        return Err(Error::client("VolumeInUse", message));
    }
    if volume.due.is_some() {
        return Err(Error::client("IncorrectState", format!("Volume '{}' is not 'available'.", volume.id)));
    }
    if !matches!(instance.state, State::Running | State::Stopped) {
        return Err(Error::client("IncorrectState", format!("Instance '{}' is not 'running'.", instance.id)));
    }
    if launch_of(ctx, &instance)?.zone != volume.zone {
        let message = format!(
            "The volume '{}' is not in the same availability zone as instance '{}'",
            volume.id, instance.id
        );
        return Err(Error::client("InvalidVolume.ZoneMismatch", message));
    }
    if input.device.is_empty() {
        return Err(error::missing_parameter("device"));
    }
    if at_device(ctx, &instance, &input.device).is_some() {
        let message = format!(
            "Invalid value '{0}' for unixDevice. Attachment point {0} is already in use",
            input.device
        );
        return Err(error::invalid_value(message));
    }
    let attachment = Attachment {
        instance_id: instance.id.clone(),
        device: input.device.clone(),
        delete_on_termination: false,
        attached: ctx.now(),
    };
    let answer = shown(&volume.id, &attachment, "attaching");
    resource::change::<Volumes>(ctx, &volume.id, |volume| volume.attached = Some(attachment))?;
    resource::change::<Instances>(ctx, &instance.id, |instance| instance.volumes.push(volume.id))?;
    error::dry_run(input.dry_run)?;
    Ok(answer)
}

fn at_device<'t>(ctx: &'t Ctx<'_>, instance: &Instance, device: &str) -> Option<&'t Volume> {
    let volumes = instance.volumes.iter().filter_map(|id| ctx.peek::<Volumes>(&ctx.scope().key(id)));
    volumes.into_iter().find(|volume| volume.attached.as_ref().is_some_and(|it| it.device == device))
}

fn detach_volume(ctx: &mut Ctx<'_>, input: &ec2::DetachVolumeRequest) -> Result<ec2::VolumeAttachment> {
    let volume = resource::find::<Volumes>(ctx, &input.volume_id)?.clone();
    if let Some(id) = &input.instance_id {
        resource::find::<Instances>(ctx, id)?;
    }
    let Some(attachment) = &volume.attached else {
        let message = format!("Volume '{}' is in the '{}' state.", volume.id, volume.state());
        return Err(Error::client("IncorrectState", message));
    };
    let other_instance = input.instance_id.as_ref().is_some_and(|id| *id != attachment.instance_id);
    let other_device = input.device.as_ref().is_some_and(|device| *device != attachment.device);
    if other_instance || other_device {
        let message = format!(
            "The volume {} is not attached to instance {} as device {}",
            volume.id,
            input.instance_id.as_ref().unwrap_or(&attachment.instance_id),
            input.device.as_ref().unwrap_or(&attachment.device)
        );
        return Err(Error::client("InvalidAttachment.NotFound", message));
    }
    let key = ctx.scope().key(&attachment.instance_id);
    if let Some(instance) = ctx.get::<Instances>(&key) {
        let is_root = launch_of(ctx, &instance)?.root_device == attachment.device;
        if is_root && instance.state != State::Stopped {
            let message = format!(
                "Unable to detach root volume '{}' from instance '{}'",
                volume.id, attachment.instance_id
            );
            return Err(error::not_permitted(message));
        }
        ctx.update::<Instances, _>(&key, |instance| instance.volumes.retain(|id| *id != volume.id))?;
    }
    resource::change::<Volumes>(ctx, &volume.id, |volume| volume.attached = None)?;
    error::dry_run(input.dry_run)?;
    Ok(shown(&volume.id, attachment, "detaching"))
}

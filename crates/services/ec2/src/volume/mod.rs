//! EBS volumes: made at launch or for themselves, attached, changed, gone. No bytes are kept.
//!
//! Times are ours, of AWS's size: a volume is made in 2 to 10 s, changed in 10 to 60 s and then optimized for 1 to 6 min.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{event, meter, tag};

mod attach;
mod create;
pub(crate) mod defaults;
mod describe;
mod modify;
mod pause;
mod shape;
mod status;

pub(crate) use defaults::{Encryption, encrypt};
pub(crate) use pause::Stalls;
pub(crate) use shape::Shape;

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
    /// None while it hangs on nothing.
    pub(crate) attached: Option<Attachment>,
    /// When it will be there; none once it is.
    pub(crate) due: Option<Timestamp>,
    /// Whether it goes on when its data may be broken.
    pub(crate) auto_io: bool,
    /// Its last change.
    pub(crate) modification: Option<Box<Modification>>,
}

/// What a volume hangs on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub(crate) instance_id: String,
    pub(crate) device: String,
    pub(crate) delete_on_termination: bool,
    pub(crate) attached: Timestamp,
}

/// A change of a volume's size or kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Modification {
    pub(crate) from: Shape,
    pub(crate) to: Shape,
    pub(crate) started: Timestamp,
    /// When it is no longer `modifying`.
    pub(crate) modified: Timestamp,
    /// When it is no longer `optimizing`.
    pub(crate) completed: Timestamp,
}

impl Volume {
    /// `creating`, `available`, `in-use`
    pub(crate) const fn state(&self) -> &'static str {
        match (&self.attached, self.due) {
            (Some(_), _) => "in-use",
            (None, Some(_)) => "creating",
            (None, None) => "available",
        }
    }
}

/// A volume to be made with each instance of a launch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Blueprint {
    pub(crate) device: String,
    pub(crate) delete_on_termination: bool,
    pub(crate) snapshot_id: Option<String>,
    pub(crate) shape: Shape,
}

/// The timer handler's name.
const TIMER: &str = "ec2.volume";

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<Volumes>()
        .timer(TIMER, create::wake)
        .read::<ec2::DescribeVolumes>(describe::describe_volumes)
        .refuses::<ec2::DescribeVolumes>(&[("IncludeManagedResources", "there are no managed volumes")]);
    let definition = attach::register(create::register(definition));
    status::register(modify::register(defaults::register(pause::register(definition))))
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
        attached: ctx.now(),
    };
    let mut shape = blueprint.shape.clone();
    encrypt(ctx, &mut shape, Encryption::AsItIs);
    meter::volume(ctx, &id, &shape)?;
    let volume = Volume {
        id: id.clone(),
        zone: zone.to_owned(),
        created: ctx.now(),
        shape,
        snapshot_id: blueprint.snapshot_id.clone(),
        attached: Some(attached),
        due: None,
        auto_io: false,
        modification: None,
    };
    ctx.put::<Volumes>(ctx.scope().key(&id), volume)?;
    event::volume_created(ctx, &id)?;
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
        return remove(ctx, id);
    }
    ctx.update::<Volumes, _>(&key, |volume| volume.attached = None)?;
    Ok(())
}

/// Forgets a volume.
fn remove(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    meter::end(ctx, id)?;
    pause::forget(ctx, id)?;
    tag::remove_all(ctx, id)?;
    ctx.delete::<Volumes>(&ctx.scope().key(id))?;
    event::volume_deleted(ctx, id)
}

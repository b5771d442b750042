//! Volumes whose I/O is paused, as `aws:ebs:pause-volume-io` of FIS does it. There is no guest that would notice; what is
//! seen from outside is: the volume's status and its instance's attached EBS status check fail.

use std::collections::BTreeMap;

use ironbird_rig::catalogue::instance_types;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Volume, Volumes};
use crate::instance::record::Instances;
use crate::instance::{self, launch_of};
use crate::{error, resource};

/// Volumes that are paused: (account, Region, volume).
struct Pauses;

impl Table for Pauses {
    const NAME: &'static str = "ec2.volume-pauses";
    type Record = Pause;
}

/// A volume's I/O does not go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pause {
    volume_id: String,
    since: Timestamp,
    /// When checks see it.
    seen: Timestamp,
}

/// The timer handler's name: checks see a pause.
const TIMER: &str = "ec2.volume-pause";

/// Seconds until checks see it. AWS: a volume is impaired "within 120 seconds", and `VolumeStalledIOCheck` is 1 after 60.
const SEEN_AFTER: u64 = 60;

/// Adds this module's table, timer and lever.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Pauses>().timer(TIMER, wake).lever("ec2.pause-volume-io", pull)
}

/// The lever: `{"volume": "vol-…", "paused": true}`.
///
/// # Errors
/// For a volume that is not there, hangs on nothing, or on an instance that is not built on Nitro.
fn pull(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let id = given.get("volume").and_then(Value::as_str);
    let id =
        id.ok_or_else(|| error::missing("give the volume: {\"volume\": \"vol-…\", \"paused\": true}"))?;
    let paused = given.get("paused").and_then(Value::as_bool).unwrap_or(true);
    if paused {
        pause(ctx, id)?
    } else {
        resume(ctx, id)?
    }
    Ok(json!({ "volume": id, "paused": paused }))
}

fn pause(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let volume = resource::find::<Volumes>(ctx, id)?;
    let on = volume.attached.as_ref().map(|attachment| attachment.instance_id.clone());
    let on = on.ok_or_else(|| Error::client("IncorrectState", format!("Volume '{id}' is not 'in-use'.")))?;
    let instance = resource::find::<Instances>(ctx, &on)?;
    let instance_type = launch_of(ctx, instance)?.settings.instance_type.clone();
    if instance_types::get(&instance_type).is_none_or(|entry| entry.hypervisor == Some("xen")) {
        let message =
            format!("Volume '{id}' is attached to {on}, whose type {instance_type} is not built on Nitro.");
        return Err(Error::client("UnsupportedOperation", message));
    }
    let key = ctx.scope().key(id);
    if ctx.peek::<Pauses>(&key).is_some() {
        return Ok(());
    }
    let since = ctx.now();
    let seen = instance::after(ctx, "volume-pause", id, (SEEN_AFTER, SEEN_AFTER));
    ctx.put::<Pauses>(key, Pause { volume_id: id.to_owned(), since, seen })?;
    ctx.wake_at(seen, TIMER, id)?;
    Ok(())
}

fn resume(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    if ctx.delete::<Pauses>(&ctx.scope().key(id))? { tell(ctx, id) } else { Ok(()) }
}

/// The timer handler.
fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    tell(ctx, id)
}

/// Lets those who look at the volume's instance look again.
fn tell(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let volume = ctx.peek::<Volumes>(&ctx.scope().key(id));
    let on =
        volume.and_then(|volume| volume.attached.as_ref()).map(|attachment| attachment.instance_id.clone());
    on.map_or(Ok(()), |instance_id| instance::changed(ctx, &instance_id))
}

/// A volume is no more.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    ctx.delete::<Pauses>(&ctx.scope().key(id)).map(drop)
}

/// The volumes that checks see as stalled, with the moment since when they are. Nearly always none.
pub(crate) struct Stalls(BTreeMap<String, Timestamp>);

impl Stalls {
    /// Those of the account in the Region.
    pub(crate) fn of(ctx: &Ctx<'_>) -> Self {
        let prefix = ctx.scope().prefix();
        let stalled = ctx.scan::<Pauses>(&prefix).filter(|(_, pause)| pause.seen <= ctx.now());
        Self(stalled.map(|(_, pause)| (pause.volume_id.clone(), pause.since)).collect())
    }

    /// Since when a volume is stalled.
    pub(crate) fn since(&self, volume_id: &str) -> Option<Timestamp> {
        self.0.get(volume_id).copied()
    }

    /// Since when one of these volumes is.
    pub(crate) fn first(&self, volume_ids: &[String]) -> Option<Timestamp> {
        if self.0.is_empty() {
            return None;
        }
        volume_ids.iter().filter_map(|id| self.since(id)).min()
    }
}

impl Volume {
    /// Whether checks look at how fast it is, and not only at whether it is enabled: "EBS volume status checks", user guide.
    pub(super) fn has_performance_check(&self) -> bool {
        matches!(self.shape.kind.as_str(), "gp3" | "io1" | "io2")
    }
}

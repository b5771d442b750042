//! ModifyVolume, DescribeVolumesModifications.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Timestamp};

use super::{Modification, Shape, Volume, Volumes};
use crate::filter::Filters;
use crate::instance::after;
use crate::page::Window;
use crate::{error, meter, resource};

/// How long a volume that was changed stays as it is, in seconds. Source: "Requirements for Amazon EBS volume
/// modifications" in the EBS user guide.
const COOL_DOWN: i64 = 6 * 3600;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::ModifyVolume>(modify_volume)
        .read::<ec2::DescribeVolumesModifications>(describe_volumes_modifications)
}

impl Modification {
    /// State and progress in percent.
    fn state(&self, now: Timestamp) -> (&'static str, i64) {
        if now >= self.completed {
            return ("completed", 100);
        }
        if now < self.modified {
            return ("modifying", 0);
        }
        let whole = self.completed.nanos().saturating_sub(self.modified.nanos()).max(1);
        let done = now.nanos().saturating_sub(self.modified.nanos());
        ("optimizing", done.saturating_mul(100) / whole)
    }

    fn shown(&self, ctx: &Ctx<'_>, volume_id: &str) -> ec2::VolumeModification {
        let (state, progress) = self.state(ctx.now());
        ec2::VolumeModification {
            volume_id: Some(volume_id.to_owned()),
            modification_state: Some(state.to_owned()),
            target_size: Some(self.to.size),
            target_iops: self.to.iops,
            target_volume_type: Some(self.to.kind.clone()),
            target_throughput: self.to.throughput,
            target_multi_attach_enabled: Some(false),
            original_size: Some(self.from.size),
            original_iops: self.from.iops,
            original_volume_type: Some(self.from.kind.clone()),
            original_throughput: self.from.throughput,
            original_multi_attach_enabled: Some(false),
            progress: Some(progress),
            start_time: Some(self.started),
            end_time: (state == "completed").then_some(self.completed),
            ..Default::default()
        }
    }
}

/// What the volume is to be.
fn target(volume: &Volume, input: &ec2::ModifyVolumeRequest) -> Result<Shape> {
    let from = &volume.shape;
    let kind = input.volume_type.clone().unwrap_or_else(|| from.kind.clone());
    let size = input.size.unwrap_or(from.size);
    if size < from.size {
        return Err(error::invalid_value("New size cannot be smaller than existing size"));
    }
    // IOPS stay as they are where the type stays and takes them; a gp2 volume's follow its size.
    let stays = kind == from.kind && kind != "gp2";
    let given = ec2::EbsBlockDevice {
        volume_size: Some(size),
        iops: input.iops.or(from.iops.filter(|_| stays)),
        throughput: input.throughput.or(from.throughput.filter(|_| stays)),
        volume_type: Some(kind),
        ..Default::default()
    };
    let mut to = Shape::complete(&given, None)?;
    to.encrypted = from.encrypted;
    to.kms_key_id.clone_from(&from.kms_key_id);
    Ok(to)
}

fn modify_volume(ctx: &mut Ctx<'_>, input: &ec2::ModifyVolumeRequest) -> Result<ec2::ModifyVolumeResult> {
    let volume = resource::find::<Volumes>(ctx, &input.volume_id)?.clone();
    error::refuse_flag(input.multi_attach_enabled, "MultiAttachEnabled", "volumes hang on one instance")?;
    if volume.due.is_some() {
        return Err(Error::client("IncorrectState", format!("Volume '{}' is not 'available'.", volume.id)));
    }
    if let Some(last) = &volume.modification {
        let (state, _) = last.state(ctx.now());
        if state != "completed" {
            let message =
                format!("Cannot modify volume {} in modification state {}", volume.id, state.to_uppercase());
            return Err(Error::client("IncorrectModificationState", message));
        }
        if ctx.now().secs() < last.started.secs() + COOL_DOWN {
            let message = "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between modifications per EBS volume.";
            return Err(Error::client("VolumeModificationRateExceeded", message));
        }
    }
    let to = target(&volume, input)?;
    let modified = after(ctx, "volume-modifying", &volume.id, (10, 60));
    let optimized = after(ctx, "volume-optimizing", &volume.id, (120, 420));
    let modification = Modification {
        from: volume.shape.clone(),
        to: to.clone(),
        started: ctx.now(),
        modified,
        completed: optimized.max(modified),
    };
    let shown = ec2::VolumeModification {
        modification_state: Some("modifying".to_owned()),
        progress: Some(0),
        end_time: None,
        ..modification.shown(ctx, &volume.id)
    };
    meter::volume(ctx, &volume.id, &to)?;
    resource::change::<Volumes>(ctx, &volume.id, |volume| {
        volume.shape = to;
        volume.modification = Some(Box::new(modification));
    })?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::ModifyVolumeResult { volume_modification: Some(shown) })
}

const FILTERS: &[&str] = &[
    "modification-state",
    "original-iops",
    "original-size",
    "original-volume-type",
    "start-time",
    "target-iops",
    "target-size",
    "target-volume-type",
    "volume-id",
];

fn describe_volumes_modifications(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeVolumesModificationsRequest,
) -> Result<ec2::DescribeVolumesModificationsResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS, false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=500)?;
    let mut volumes: Vec<&Volume> = match input.volume_ids.as_deref().filter(|ids| !ids.is_empty()) {
        Some(ids) => resource::named::<Volumes>(ctx, ids)?,
        None => resource::all::<Volumes>(ctx).filter(|volume| volume.modification.is_some()).collect(),
    };
    if let Some(never) = volumes.iter().find(|volume| volume.modification.is_none()) {
        let message = format!("Modification for volume '{}' does not exist.", never.id);
        return Err(Error::client("InvalidVolumeModification.NotFound", message));
    }
    volumes.sort_unstable_by(|left, right| left.id.cmp(&right.id));
    let shown = volumes
        .into_iter()
        .filter_map(|volume| volume.modification.as_ref().map(|it| it.shown(ctx, &volume.id)));
    let number = |value: Option<i32>| value.map(|value| value.to_string());
    let passing = shown.filter(|it| {
        filters.pass_untagged(|name, test| {
            let value = match name {
                "modification-state" => it.modification_state.clone(),
                "original-iops" => number(it.original_iops),
                "original-size" => number(it.original_size),
                "original-volume-type" => it.original_volume_type.clone(),
                "start-time" => it.start_time.map(|time| time.iso8601_millis()),
                "target-iops" => number(it.target_iops),
                "target-size" => number(it.target_size),
                "target-volume-type" => it.target_volume_type.clone(),
                _ => it.volume_id.clone(),
            };
            value.is_some_and(|value| test(&value))
        })
    });
    let page = window.list(passing, |it| it.volume_id.as_deref().unwrap_or_default());
    Ok(ec2::DescribeVolumesModificationsResult {
        next_token: page.next,
        volumes_modifications: Some(page.items),
    })
}

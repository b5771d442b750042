//! DescribeVolumeStatus, and the one attribute of volumes. A volume is impaired while its I/O is paused; no data is ever broken.

use ironbird_api::{Empty, ec2};
use ironbird_rig::catalogue::geography;
use ironbird_rig::{Ctx, Result, ServiceDef, Timestamp};

use super::{Stalls, Volume, Volumes};
use crate::filter::{Filters, Test};
use crate::page::{USUAL, Window};
use crate::{error, resource};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<ec2::DescribeVolumeStatus>(describe_volume_status)
        .refuses::<ec2::DescribeVolumeStatus>(&[("IncludeManagedResources", "there are no managed volumes")])
        .read::<ec2::DescribeVolumeAttribute>(describe_volume_attribute)
        .write::<ec2::ModifyVolumeAttribute>(modify_volume_attribute)
        // No volume's data is ever broken.
        .records::<ec2::ModifyVolumeAttribute>(&["AutoEnableIO"])
        .write::<ec2::EnableVolumeIO>(enable_volume_io)
}

/// What the checks say of a volume.
struct Checks {
    status: &'static str,
    enabled: &'static str,
    performance: &'static str,
    /// Since when its I/O stands still.
    stalled: Option<Timestamp>,
}

impl Checks {
    fn of(volume: &Volume, stalls: &Stalls) -> Self {
        let stalled = stalls.since(&volume.id);
        let (status, enabled, performance) = match (volume.due, stalled) {
            (Some(_), _) => ("insufficient-data", "not-applicable", "not-applicable"),
            (None, None) => ("ok", "passed", "not-applicable"),
            (None, Some(_)) if volume.has_performance_check() => ("impaired", "passed", "stalled"),
            (None, Some(_)) => ("impaired", "failed", "not-applicable"),
        };
        Self { status, enabled, performance, stalled }
    }

    /// What is to be said of a volume that is impaired.
    fn event(&self, volume: &Volume) -> Option<ec2::VolumeStatusEvent> {
        let kind = if self.performance == "stalled" { "io-performance:stalled" } else { "io-enabled" };
        Some(ec2::VolumeStatusEvent {
            not_before: Some(self.stalled?),
            event_type: Some(kind.to_owned()),
            description: Some(STALLED.to_owned()),
            event_id: Some(format!("evol-{}", volume.id.trim_start_matches("vol-"))),
            instance_id: volume.attached.as_ref().map(|attachment| attachment.instance_id.clone()),
            ..Default::default()
        })
    }
}

/// The description of the event: "EBS volume events", user guide.
const STALLED: &str = "Stalled";

fn shown(volume: &Volume, stalls: &Stalls) -> ec2::VolumeStatusItem {
    let checks = Checks::of(volume, stalls);
    let detail = |name: &str, status: &str| ec2::VolumeStatusDetails {
        name: Some(name.to_owned()),
        status: Some(status.to_owned()),
    };
    let attached = volume.attached.iter().map(|attachment| ec2::VolumeStatusAttachmentStatus {
        io_performance: Some(checks.performance.to_owned()),
        instance_id: Some(attachment.instance_id.clone()),
    });
    ec2::VolumeStatusItem {
        actions: Some(Vec::new()),
        availability_zone: Some(volume.zone.clone()),
        availability_zone_id: geography::zone(&volume.zone).map(|zone| zone.id.to_owned()),
        events: Some(checks.event(volume).into_iter().collect()),
        volume_id: Some(volume.id.clone()),
        volume_status: Some(ec2::VolumeStatusInfo {
            details: Some(vec![
                detail("io-enabled", checks.enabled),
                detail("io-performance", checks.performance),
            ]),
            status: Some(checks.status.to_owned()),
        }),
        attachment_statuses: Some(attached.collect()),
        ..Default::default()
    }
}

const FILTERS: &[&str] = &[
    "action.code",
    "action.description",
    "action.event-id",
    "availability-zone",
    "availability-zone-id",
    "event.description",
    "event.event-id",
    "event.event-type",
    "event.not-after",
    "event.not-before",
    "volume-status.details-name",
    "volume-status.details-status",
    "volume-status.status",
];

fn describe_volume_status(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeVolumeStatusRequest,
) -> Result<ec2::DescribeVolumeStatusResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS, false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), USUAL)?;
    let stalls = Stalls::of(ctx);
    let passes = |volume: &Volume| {
        let checks = Checks::of(volume, &stalls);
        let event = checks.event(volume);
        let of_event = |value: fn(&ec2::VolumeStatusEvent) -> Option<&str>, test: Test<'_>| {
            event.as_ref().and_then(value).is_some_and(test)
        };
        filters.pass_untagged(|name, test| match name {
            "availability-zone" => test(&volume.zone),
            "availability-zone-id" => geography::zone(&volume.zone).is_some_and(|zone| test(zone.id)),
            "event.description" => of_event(|event| event.description.as_deref(), test),
            "event.event-id" => of_event(|event| event.event_id.as_deref(), test),
            "event.event-type" => of_event(|event| event.event_type.as_deref(), test),
            "event.not-before" => checks.stalled.is_some_and(|since| test(&since.iso8601_millis())),
            "volume-status.details-name" => test("io-enabled") || test("io-performance"),
            "volume-status.details-status" => test(checks.enabled) || test(checks.performance),
            "volume-status.status" => test(checks.status),
            // Nothing can be done about an event, and none has an end that is known before.
            _ => false,
        })
    };
    let choose = |volume: &Volume| passes(volume).then(|| shown(volume, &stalls));
    let page = match input.volume_ids.as_deref().filter(|ids| !ids.is_empty()) {
        None => window.scan::<Volumes, _>(ctx, &ctx.scope().prefix(), choose),
        Some(ids) => {
            let mut named = resource::named::<Volumes>(ctx, ids)?;
            named.sort_unstable_by(|left, right| left.id.cmp(&right.id));
            let items = named.into_iter().filter_map(choose);
            window.list(items, |item| item.volume_id.as_deref().unwrap_or_default())
        }
    };
    Ok(ec2::DescribeVolumeStatusResult { next_token: page.next, volume_statuses: Some(page.items) })
}

fn describe_volume_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeVolumeAttributeRequest,
) -> Result<ec2::DescribeVolumeAttributeResult> {
    error::dry_run(input.dry_run)?;
    let volume = resource::find::<Volumes>(ctx, &input.volume_id)?;
    let mut result =
        ec2::DescribeVolumeAttributeResult { volume_id: Some(volume.id.clone()), ..Default::default() };
    match input.attribute.as_str() {
        "autoEnableIO" => {
            result.auto_enable_io = Some(ec2::AttributeBooleanValue { value: Some(volume.auto_io) });
        }
        "productCodes" => result.product_codes = Some(Vec::new()),
        other => return Err(error::invalid_parameter_value(other, "attribute")),
    }
    Ok(result)
}

fn modify_volume_attribute(ctx: &mut Ctx<'_>, input: &ec2::ModifyVolumeAttributeRequest) -> Result<Empty> {
    let id = resource::find::<Volumes>(ctx, &input.volume_id)?.id.clone();
    let Some(wanted) = input.auto_enable_io.as_ref().and_then(|value| value.value) else {
        return Err(error::missing_parameter("autoEnableIO"));
    };
    resource::change::<Volumes>(ctx, &id, |volume| volume.auto_io = wanted)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn enable_volume_io(ctx: &mut Ctx<'_>, input: &ec2::EnableVolumeIORequest) -> Result<Empty> {
    resource::find::<Volumes>(ctx, &input.volume_id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

//! DescribeVolumes.

use ironbird_api::ec2;
use ironbird_rig::catalogue::geography;
use ironbird_rig::{Ctx, Result};

use super::{Volume, Volumes};
use crate::filter::{Test, flag};
use crate::resource::{self, Ask, Kind, Resource};
use crate::{error, kinds, tag};

pub(super) fn describe_volumes(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeVolumesRequest,
) -> Result<ec2::DescribeVolumesResult> {
    let ask = Ask {
        ids: input.volume_ids.as_deref(),
        filters: input.filters.as_deref(),
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
    };
    let page = resource::describe::<Volumes>(ctx, &ask)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DescribeVolumesResult { next_token: page.next, volumes: Some(page.items) })
}

impl Resource for Volumes {
    const KIND: Kind = kinds::VOLUME;
    const FILTERS: &'static [&'static str] = &[
        "attachment.attach-time",
        "attachment.delete-on-termination",
        "attachment.device",
        "attachment.instance-id",
        "attachment.status",
        "availability-zone",
        "availability-zone-id",
        "create-time",
        "encrypted",
        "fast-restored",
        "multi-attach-enabled",
        "operator.managed",
        "operator.principal",
        "size",
        "snapshot-id",
        "status",
        "volume-id",
        "volume-type",
    ];
    type View = ec2::Volume;

    fn id(record: &Volume) -> &str {
        &record.id
    }

    fn has(_: &Ctx<'_>, record: &Volume, name: &str, test: Test<'_>) -> bool {
        let attachment = record.attached.as_ref();
        match name {
            "attachment.attach-time" => {
                attachment.is_some_and(|attachment| test(&attachment.attached.iso8601_millis()))
            }
            "attachment.delete-on-termination" => {
                attachment.is_some_and(|attachment| test(flag(attachment.delete_on_termination)))
            }
            "attachment.device" => attachment.is_some_and(|attachment| test(&attachment.device)),
            "attachment.instance-id" => attachment.is_some_and(|attachment| test(&attachment.instance_id)),
            "attachment.status" => attachment.is_some() && test("attached"),
            "availability-zone" => test(&record.zone),
            "availability-zone-id" => geography::zone(&record.zone).is_some_and(|zone| test(zone.id)),
            "create-time" => test(&record.created.iso8601_millis()),
            "encrypted" => test(flag(record.shape.encrypted)),
            // No snapshot is restored fast, no volume is on several instances, and none is managed by a service.
            "fast-restored" | "multi-attach-enabled" | "operator.managed" => test(flag(false)),
            "size" => test(&record.shape.size.to_string()),
            "snapshot-id" => record.snapshot_id.as_deref().is_some_and(test),
            "status" => test(record.state()),
            "volume-id" => test(&record.id),
            "volume-type" => test(&record.shape.kind),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, record: &Volume) -> ec2::Volume {
        ec2::Volume {
            availability_zone_id: geography::zone(&record.zone).map(|zone| zone.id.to_owned()),
            iops: record.shape.iops,
            tags: Some(tag::of(ctx, &record.id).unwrap_or_default()),
            volume_type: Some(record.shape.kind.clone()),
            multi_attach_enabled: Some(false),
            throughput: record.shape.throughput,
            volume_id: Some(record.id.clone()),
            size: Some(record.shape.size),
            snapshot_id: Some(record.snapshot_id.clone().unwrap_or_default()),
            availability_zone: Some(record.zone.clone()),
            state: Some(record.state().to_owned()),
            create_time: Some(record.created),
            attachments: Some(record.attachments()),
            encrypted: Some(record.shape.encrypted),
            kms_key_id: record.shape.kms_key_id.clone(),
            operator: Some(ec2::OperatorResponse { managed: Some(false), ..Default::default() }),
            ..Default::default()
        }
    }
}

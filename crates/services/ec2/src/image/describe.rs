//! DescribeImages.

use std::collections::BTreeMap;
use std::sync::Arc;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

use super::record::{Mapping, Record};
use super::{Images, catalogue, find, missing};
use crate::filter::{Filters, Test, flag};
use crate::page::{USUAL, Window};
use crate::{error, resource, tag};

const FILTERS: &[&str] = &[
    "architecture",
    "block-device-mapping.delete-on-termination",
    "block-device-mapping.device-name",
    "block-device-mapping.encrypted",
    "block-device-mapping.snapshot-id",
    "block-device-mapping.volume-size",
    "block-device-mapping.volume-type",
    "creation-date",
    "description",
    "ena-support",
    "hypervisor",
    "image-allowed",
    "image-id",
    "image-type",
    "is-public",
    "kernel-id",
    "manifest-location",
    "name",
    "owner-alias",
    "owner-id",
    "platform",
    "platform-details",
    "product-code",
    "product-code.type",
    "ramdisk-id",
    "root-device-name",
    "root-device-type",
    "source-image-id",
    "source-image-region",
    "source-instance-id",
    "sriov-net-support",
    "state",
    "state-reason-code",
    "state-reason-message",
    "usage-operation",
    "virtualization-type",
];

/// The images that are asked for by id, or all that the account may see; by id.
fn candidates(ctx: &Ctx<'_>, ids: Option<&[String]>) -> Result<BTreeMap<String, Arc<Record>>> {
    let Some(ids) = ids.filter(|ids| !ids.is_empty()) else {
        let account = ctx.scope().account.to_string();
        let own = ctx.scan::<Images>(&ctx.scope().prefix()).map(|(_, image)| image);
        let given = resource::of_others::<Images>(ctx).filter(|image| image.is_open_to(&account));
        let made = own.chain(given).map(|image| (image.id.clone(), Arc::new(image.clone())));
        let public = catalogue::of(ctx.seed(), ctx.region());
        return Ok(public.iter().map(|image| (image.id.clone(), Arc::clone(image))).chain(made).collect());
    };
    let mut found = BTreeMap::new();
    let mut unknown = Vec::new();
    for id in ids {
        match find(ctx, id) {
            Ok(image) => {
                found.insert(id.clone(), image);
            }
            Err(_) => unknown.push(id.as_str()),
        }
    }
    if unknown.is_empty() { Ok(found) } else { Err(missing(&unknown)) }
}

pub(super) fn describe_images(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeImagesRequest,
) -> Result<ec2::DescribeImagesResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS, true)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), USUAL)?;
    let images = candidates(ctx, input.image_ids.as_deref())?;
    let own = ctx.scope().account.to_string();
    let owners = input.owners.as_deref().unwrap_or_default();
    let users = input.executable_users.as_deref().unwrap_or_default();
    let passes = |image: &Arc<Record>| {
        let is_own = image.owner == own;
        let deprecated = image.deprecated.is_some_and(|at| ctx.now() >= at);
        (owners.is_empty() || owners.iter().any(|owner| is_owned_by(image, owner, &own)))
            && (users.is_empty() || users.iter().any(|user| is_executable_by(image, user, &own)))
            && (is_own || !deprecated || input.include_deprecated == Some(true))
            && (!image.disabled || input.include_disabled == Some(true))
            && filters.pass(ctx, &image.id, |name, test| has(ctx, image, name, test))
    };
    let page = window.list(images.into_values().filter(passes), |image| &image.id);
    Ok(ec2::DescribeImagesResult {
        images: Some(page.items.iter().map(|image| view(ctx, image)).collect()),
        next_token: page.next,
    })
}

fn is_owned_by(image: &Record, owner: &str, own: &str) -> bool {
    match owner {
        "self" => image.owner == own,
        "amazon" | "aws-marketplace" | "aws-backup-vault" => image.alias.as_deref() == Some(owner),
        account => image.owner == account,
    }
}

fn is_executable_by(image: &Record, user: &str, own: &str) -> bool {
    match user {
        "all" => image.public,
        "self" => image.users.iter().any(|other| other == own),
        account => image.users.iter().any(|other| other == account),
    }
}

fn location(image: &Record) -> String {
    format!("{}/{}", image.alias.as_ref().unwrap_or(&image.owner), image.name)
}

fn has(ctx: &Ctx<'_>, image: &Record, name: &str, test: Test<'_>) -> bool {
    if let Some(field) = name.strip_prefix("block-device-mapping.") {
        return image.mappings.iter().any(|mapping| mapping_has(mapping, field, test));
    }
    let source = image.source_image.as_ref();
    match name {
        "architecture" => test(&image.architecture),
        "creation-date" => test(&image.created.iso8601_millis()),
        "description" => test(&image.description),
        "ena-support" => test(flag(image.ena)),
        "hypervisor" => test("xen"),
        // Accounts here have no criteria for images.
        "image-allowed" => test(flag(true)),
        "image-id" => test(&image.id),
        "image-type" => test("machine"),
        "is-public" => test(flag(image.public)),
        "manifest-location" => test(&location(image)),
        "name" => test(&image.name),
        "owner-alias" => image.alias.as_deref().is_some_and(test),
        "owner-id" => test(&image.owner),
        "platform" => image.platform().is_some_and(test),
        "platform-details" => test(&image.platform_details),
        "root-device-name" => test(&image.root_device),
        "root-device-type" => test("ebs"),
        "source-image-id" => source.is_some_and(|(id, _)| test(id)),
        "source-image-region" => source.is_some_and(|(_, region)| test(region)),
        "source-instance-id" => image.source_instance.as_deref().is_some_and(test),
        "sriov-net-support" => image.sriov && test("simple"),
        "state" => test(image.state(ctx.now())),
        "usage-operation" => test(&image.usage_operation),
        "virtualization-type" => test(&image.virtualization),
        // Kernels, RAM disks, product codes, reasons: none of these images has any.
        _ => false,
    }
}

fn mapping_has(mapping: &Mapping, field: &str, test: Test<'_>) -> bool {
    if field == "device-name" {
        return test(&mapping.device);
    }
    let Some(ebs) = &mapping.ebs else { return false };
    match field {
        "delete-on-termination" => test(flag(ebs.delete_on_termination)),
        "encrypted" => test(flag(ebs.shape.encrypted)),
        "snapshot-id" => ebs.snapshot_id.as_deref().is_some_and(test),
        "volume-size" => test(&ebs.shape.size.to_string()),
        "volume-type" => test(&ebs.shape.kind),
        _ => false,
    }
}

impl Mapping {
    /// As the API shows it. IOPS of gp2 volumes follow from their size, and are not shown of an image.
    pub(super) fn shown(&self) -> ec2::BlockDeviceMapping {
        let ebs = self.ebs.as_ref().map(|ebs| ec2::EbsBlockDevice {
            delete_on_termination: Some(ebs.delete_on_termination),
            snapshot_id: ebs.snapshot_id.clone(),
            volume_size: Some(ebs.shape.size),
            volume_type: Some(ebs.shape.kind.clone()),
            iops: ebs.shape.iops.filter(|_| ebs.shape.kind != "gp2"),
            throughput: ebs.shape.throughput,
            encrypted: Some(ebs.shape.encrypted),
            ..Default::default()
        });
        ec2::BlockDeviceMapping {
            device_name: Some(self.device.clone()),
            virtual_name: self.virtual_name.clone(),
            ebs,
            ..Default::default()
        }
    }
}

/// `enabled`, `enabled-with-cooldown`, `disabled`
pub(super) const fn protection(image: &Record) -> &'static str {
    match image.protected {
        None => "disabled",
        Some(false) => "enabled",
        Some(true) => "enabled-with-cooldown",
    }
}

fn view(ctx: &Ctx<'_>, image: &Record) -> ec2::Image {
    let text = |value: &str| Some(value.to_owned());
    let is_own = image.owner == ctx.scope().account.to_string();
    ec2::Image {
        platform_details: text(&image.platform_details),
        usage_operation: text(&image.usage_operation),
        block_device_mappings: Some(image.mappings.iter().map(Mapping::shown).collect()),
        description: text(&image.description).filter(|description| !description.is_empty()),
        ena_support: Some(image.ena),
        hypervisor: text("xen"),
        image_owner_alias: image.alias.clone(),
        name: text(&image.name),
        root_device_name: text(&image.root_device),
        root_device_type: text("ebs"),
        sriov_net_support: image.sriov.then(|| "simple".to_owned()),
        tags: tag::of(ctx, &image.id),
        virtualization_type: text(&image.virtualization),
        boot_mode: image.boot_mode.clone(),
        tpm_support: image.tpm.then(|| "v2.0".to_owned()),
        deprecation_time: image.deprecated.map(|at| at.iso8601_millis()),
        imds_support: image.imds_v2.then(|| "v2.0".to_owned()),
        source_instance_id: image.source_instance.clone(),
        deregistration_protection: is_own.then(|| protection(image).to_owned()),
        source_image_id: image.source_image.as_ref().map(|(id, _)| id.clone()),
        source_image_region: image.source_image.as_ref().map(|(_, region)| region.clone()),
        image_id: text(&image.id),
        image_location: Some(location(image)),
        state: text(image.state(ctx.now())),
        owner_id: text(&image.owner),
        creation_date: Some(image.created.iso8601_millis()),
        public: Some(image.public),
        architecture: text(&image.architecture),
        image_type: text("machine"),
        platform: image.platform().and_then(text),
        ..Default::default()
    }
}

//! Machine images: the public ones of every Region. There is no operation here to make others.

use std::collections::BTreeSet;

use ironbird_api::ec2;
use ironbird_rig::world::Images;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use crate::filter::{Filters, Test, flag};
use crate::page::{USUAL, Window};
use crate::{error, kinds, tag};

mod catalogue;

pub use catalogue::{Family, Image, created};

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<ec2::DescribeImages>(describe_images)
        // No public image here is deprecated or disabled.
        .records::<ec2::DescribeImages>(&["IncludeDeprecated", "IncludeDisabled"])
}

/// The image of that id in the call's Region.
///
/// # Errors
/// `InvalidAMIID.NotFound` and `InvalidAMIID.Malformed`.
pub fn find(ctx: &Ctx<'_>, id: &str) -> Result<Image> {
    let images = catalogue::all(ctx.seed(), ctx.region());
    match images.into_iter().find(|image| image.id == id) {
        Some(image) => Ok(image),
        None if takes_any(ctx, id) => Ok(catalogue::stand_in(ctx.seed(), id)),
        None => Err(missing(&[id])),
    }
}

/// Whether the user wants an image that the catalogue lacks to be taken for a plain Linux one.
pub(crate) fn is_stand_in(ctx: &Ctx<'_>, id: &str) -> bool {
    takes_any(ctx, id) && !catalogue::all(ctx.seed(), ctx.region()).iter().any(|image| image.id == id)
}

/// Whether any id will do, and this is one.
fn takes_any(ctx: &Ctx<'_>, id: &str) -> bool {
    ctx.settings().images == Images::Any && kinds::IMAGE.check(id).is_ok()
}

fn missing(ids: &[&str]) -> Error {
    if let Some(error) = ids.iter().find_map(|id| kinds::IMAGE.check(id).err()) {
        return error;
    }
    let message = match ids {
        [id] => format!("The image id '[{id}]' does not exist"),
        _ => format!("The image ids '[{}]' do not exist", ids.join(", ")),
    };
    Error::client(kinds::IMAGE.not_found, message)
}

/// Makes public images among `ids` known as resources, since an account may tag images that it does not own.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn adopt(ctx: &mut Ctx<'_>, ids: &[String]) -> Result<()> {
    for id in ids {
        let unknown = id.starts_with("ami-") && tag::resource_type(ctx, id).is_none();
        if unknown && find(ctx, id).is_ok() {
            tag::apply(ctx, None, kinds::IMAGE.resource_type, id)?;
        }
    }
    Ok(())
}

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
    "source-instance-id",
    "sriov-net-support",
    "state",
    "state-reason-code",
    "state-reason-message",
    "usage-operation",
    "virtualization-type",
];

fn describe_images(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeImagesRequest,
) -> Result<ec2::DescribeImagesResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS, true)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), USUAL)?;
    let mut images = catalogue::all(ctx.seed(), ctx.region());
    if let Some(ids) = input.image_ids.as_deref().filter(|ids| !ids.is_empty()) {
        let seed = ctx.seed();
        images.extend(ids.iter().filter(|id| is_stand_in(ctx, id)).map(|id| catalogue::stand_in(seed, id)));
        keep_named(&mut images, ids)?;
    }
    let own = ctx.scope().account.to_string();
    if let Some(owners) = input.owners.as_deref().filter(|owners| !owners.is_empty()) {
        images.retain(|image| owners.iter().any(|owner| is_owned_by(image, owner, &own)));
    }
    if let Some(users) = input.executable_users.as_deref().filter(|users| !users.is_empty()) {
        // All images are public: nobody was given one by name.
        images.retain(|_| users.iter().any(|user| user == "all"));
    }
    images.retain(|image| filters.pass(ctx, &image.id, |name, test| has(image, name, test)));
    images.sort_unstable_by(|left, right| left.id.cmp(&right.id));
    let page = window.list(images.into_iter(), |image| &image.id);
    Ok(ec2::DescribeImagesResult {
        images: Some(page.items.iter().map(|image| view(ctx, image)).collect()),
        next_token: page.next,
    })
}

fn keep_named(images: &mut Vec<Image>, ids: &[String]) -> Result<()> {
    let wanted: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    images.retain(|image| wanted.contains(image.id.as_str()));
    if images.len() == wanted.len() {
        return Ok(());
    }
    let known: BTreeSet<&str> = images.iter().map(|image| image.id.as_str()).collect();
    let unknown: Vec<&str> = wanted.difference(&known).copied().collect();
    Err(missing(&unknown))
}

fn is_owned_by(image: &Image, owner: &str, own: &str) -> bool {
    match owner {
        "self" => image.family.owner_id == own,
        "amazon" | "aws-marketplace" | "aws-backup-vault" => image.family.owner_alias == Some(owner),
        account => image.family.owner_id == account,
    }
}

fn location(image: &Image) -> String {
    let owner = image.family.owner_alias.unwrap_or(image.family.owner_id);
    format!("{owner}/{}", image.name)
}

fn has(image: &Image, name: &str, test: Test<'_>) -> bool {
    let family = image.family;
    match name {
        "architecture" => test(image.architecture),
        "block-device-mapping.delete-on-termination" => test(flag(true)),
        "block-device-mapping.device-name" | "root-device-name" => test(family.root_device),
        "block-device-mapping.encrypted" => test(flag(false)),
        "block-device-mapping.snapshot-id" => test(&image.snapshot_id),
        "block-device-mapping.volume-size" => test(&family.root_size.to_string()),
        "block-device-mapping.volume-type" => test(family.volume_type),
        "creation-date" => test(&image.created),
        "description" => test(&image.description),
        "ena-support" | "is-public" => test(flag(true)),
        "hypervisor" => test("xen"),
        "image-id" => test(&image.id),
        "image-type" => test("machine"),
        "manifest-location" => test(&location(image)),
        "name" => test(&image.name),
        "owner-alias" => family.owner_alias.is_some_and(test),
        "owner-id" => test(family.owner_id),
        "platform" => image.platform().is_some_and(test),
        "platform-details" => test(family.platform_details),
        "root-device-type" => test("ebs"),
        "sriov-net-support" => test("simple"),
        "state" => test("available"),
        "usage-operation" => test(family.usage_operation),
        "virtualization-type" => test("hvm"),
        // Kernels, RAM disks, product codes, source instances, reasons: none of these images has any.
        _ => false,
    }
}

fn view(ctx: &Ctx<'_>, image: &Image) -> ec2::Image {
    let family = image.family;
    let text = |value: &str| Some(value.to_owned());
    let root = ec2::BlockDeviceMapping {
        device_name: text(family.root_device),
        ebs: Some(ec2::EbsBlockDevice {
            delete_on_termination: Some(true),
            snapshot_id: Some(image.snapshot_id.clone()),
            volume_size: Some(family.root_size),
            volume_type: text(family.volume_type),
            iops: (family.volume_type == "gp3").then_some(3000),
            throughput: (family.volume_type == "gp3").then_some(125),
            encrypted: Some(false),
            ..Default::default()
        }),
        ..Default::default()
    };
    ec2::Image {
        platform_details: text(family.platform_details),
        usage_operation: text(family.usage_operation),
        block_device_mappings: Some(vec![root]),
        description: Some(image.description.clone()),
        ena_support: Some(true),
        hypervisor: text("xen"),
        image_owner_alias: family.owner_alias.and_then(text),
        name: Some(image.name.clone()),
        root_device_name: text(family.root_device),
        root_device_type: text("ebs"),
        sriov_net_support: text("simple"),
        tags: tag::of(ctx, &image.id),
        virtualization_type: text("hvm"),
        boot_mode: image.boot_mode().and_then(text),
        imds_support: family.imds_v2.then(|| "v2.0".to_owned()),
        image_id: Some(image.id.clone()),
        image_location: Some(location(image)),
        state: text("available"),
        owner_id: text(family.owner_id),
        creation_date: Some(image.created.clone()),
        public: Some(true),
        architecture: text(image.architecture),
        image_type: text("machine"),
        platform: image.platform().and_then(text),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use ironbird_api::ec2;

    use ironbird_rig::world::{Images, Settings};

    use crate::testing::{call, code, world, world_with};

    fn request(owners: &[&str], filters: &[(&str, &str)]) -> ec2::DescribeImagesRequest {
        let filter = |(name, value): &(&str, &str)| ec2::Filter {
            name: Some((*name).to_owned()),
            values: Some(vec![(*value).to_owned()]),
        };
        ec2::DescribeImagesRequest {
            owners: Some(owners.iter().map(|owner| (*owner).to_owned()).collect()),
            filters: Some(filters.iter().map(filter).collect()),
            ..Default::default()
        }
    }

    #[test]
    fn the_searches_of_the_guides_find_something() {
        let world = world();
        for (owner, name, architecture, expected) in [
            ("amazon", "al2023-ami-2023.*-x86_64", "x86_64", 3),
            ("amazon", "amzn2-ami-hvm-*-gp2", "arm64", 3),
            ("099720109477", "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*", "x86_64", 3),
            ("099720109477", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-*", "arm64", 3),
            ("amazon", "Windows_Server-2022-English-Full-Base-*", "x86_64", 3),
            ("self", "*", "x86_64", 0),
        ] {
            let input = request(&[owner], &[("name", name), ("architecture", architecture)]);
            let images = call::<ec2::DescribeImages>(&world, &input).unwrap().images.unwrap();
            assert_eq!(images.len(), expected, "{name}");
        }
    }

    #[test]
    fn ids_are_looked_up() {
        let world = world();
        let images = call::<ec2::DescribeImages>(&world, &Default::default()).unwrap().images.unwrap();
        let by_id = |id: &str| ec2::DescribeImagesRequest {
            image_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        let id = images[5].image_id.clone().unwrap();
        let found = call::<ec2::DescribeImages>(&world, &by_id(&id)).unwrap().images.unwrap();
        assert_eq!(found.len(), 1);
        let error = call::<ec2::DescribeImages>(&world, &by_id("ami-12345678")).err().unwrap();
        assert_eq!(error.code(), "InvalidAMIID.NotFound");
        assert_eq!(error.message(), "The image id '[ami-12345678]' does not exist");
        assert_eq!(code::<ec2::DescribeImages>(&world, &by_id("not-an-ami")), "InvalidAMIID.Malformed");
    }

    #[test]
    fn public_images_can_be_tagged() {
        let world = world();
        let images = call::<ec2::DescribeImages>(&world, &Default::default()).unwrap().images.unwrap();
        let id = images[0].image_id.clone().unwrap();
        let input = ec2::CreateTagsRequest {
            resources: vec![id],
            tags: vec![ec2::Tag { key: Some("golden".to_owned()), value: Some("yes".to_owned()) }],
            ..Default::default()
        };
        call::<ec2::CreateTags>(&world, &input).unwrap();
        let found = call::<ec2::DescribeImages>(&world, &request(&[], &[("tag:golden", "yes")])).unwrap();
        assert_eq!(found.images.unwrap().len(), 1);
    }

    #[test]
    fn an_unknown_id_stands_for_a_plain_image_only_where_that_was_asked_for() {
        let input = ec2::DescribeImagesRequest {
            image_ids: Some(vec!["ami-12c6146b".to_owned()]),
            ..Default::default()
        };
        assert_eq!(code::<ec2::DescribeImages>(&world(), &input), "InvalidAMIID.NotFound");
        let lenient = world_with(Settings { images: Images::Any, ..Settings::default() });
        let images = call::<ec2::DescribeImages>(&lenient, &input).unwrap().images.unwrap();
        assert_eq!(images[0].image_id.as_deref(), Some("ami-12c6146b"));
        let malformed = ec2::DescribeImagesRequest { image_ids: Some(vec!["ami-x".to_owned()]), ..input };
        assert_eq!(code::<ec2::DescribeImages>(&lenient, &malformed), "InvalidAMIID.Malformed");
    }
}

//! Machine images: the public ones of every Region, and those that accounts make. No bytes are kept.

use std::sync::Arc;

use ironbird_api::ec2;
use ironbird_rig::account::{Account, Region, Scope};
use ironbird_rig::world::Images as Known;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use crate::snapshot::Snapshot;
use crate::{kinds, resource, tag};

mod attribute;
mod catalogue;
mod copy;
mod create;
mod describe;
mod lifecycle;
mod mapping;
mod record;
mod register;
#[cfg(test)]
mod tests;

pub(crate) use record::{Images, Record};

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition.table::<Images>().read::<ec2::DescribeImages>(describe::describe_images);
    let definition = create::register(register::register(copy::register(definition)));
    attribute::register(lifecycle::register(definition))
}

/// The image of that id in the call's Region, if the account may launch it.
///
/// # Errors
/// `InvalidAMIID.NotFound` and `InvalidAMIID.Malformed`.
pub(crate) fn find(ctx: &Ctx<'_>, id: &str) -> Result<Arc<Record>> {
    match known(ctx, id) {
        Some(image) => Ok(image),
        None if takes_any(ctx, id) => Ok(Arc::new(catalogue::stand_in(ctx.seed(), id).record())),
        None => Err(missing(&[id])),
    }
}

/// The same of a Region of the account.
fn find_in(ctx: &Ctx<'_>, region: Region, id: &str) -> Result<Arc<Record>> {
    if region == ctx.region() {
        return find(ctx, id);
    }
    let scope = Scope { region, ..ctx.scope() };
    let own = ctx.get::<Images>(&scope.key(id));
    own.or_else(|| catalogue::of(ctx.seed(), region).get(id).cloned()).ok_or_else(|| missing(&[id]))
}

fn known(ctx: &Ctx<'_>, id: &str) -> Option<Arc<Record>> {
    if let Some(own) = ctx.get::<Images>(&ctx.scope().key(id)) {
        return Some(own);
    }
    if let Some(public) = catalogue::of(ctx.seed(), ctx.region()).get(id) {
        return Some(Arc::clone(public));
    }
    let account = ctx.scope().account.to_string();
    let given = |other: &&Record| other.id == id && other.is_open_to(&account);
    resource::of_others::<Images>(ctx).find(given).map(|found| Arc::new(found.clone()))
}

/// An image of the account's own.
///
/// # Errors
/// As [`find`]; `AuthFailure` for one of somebody else.
fn own(ctx: &Ctx<'_>, id: &str) -> Result<Arc<Record>> {
    if let Some(own) = ctx.get::<Images>(&ctx.scope().key(id)) {
        return Ok(own);
    }
    find(ctx, id)?;
    Err(Error::client("AuthFailure", format!("Not authorized for image:{id}")))
}

/// Whether the user wants an image that nobody knows to be taken for a plain Linux one.
pub(crate) fn is_stand_in(ctx: &Ctx<'_>, id: &str) -> bool {
    takes_any(ctx, id) && known(ctx, id).is_none()
}

/// Whether any id will do, and this is one.
fn takes_any(ctx: &Ctx<'_>, id: &str) -> bool {
    ctx.settings().images == Known::Any && kinds::IMAGE.check(id).is_ok()
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

/// An image of the account that is made of a snapshot.
pub(crate) fn using_snapshot(ctx: &Ctx<'_>, snapshot_id: &str) -> Option<String> {
    let uses = |image: &&Record| image.snapshots().any(|id| id == snapshot_id);
    let own = ctx.scan::<Images>(&ctx.scope().prefix()).map(|(_, image)| image);
    own.into_iter().find(uses).map(|image| image.id.clone())
}

/// A snapshot that a public image of a Region is made of.
pub(crate) fn public_snapshot(ctx: &Ctx<'_>, region: Region, snapshot_id: &str) -> Option<Snapshot> {
    let catalogue = catalogue::of(ctx.seed(), region);
    let image = catalogue.iter().find(|image| image.snapshots().any(|id| id == snapshot_id))?;
    let size = image.mappings.iter().find_map(|it| it.ebs.as_ref()).map_or(0, |ebs| ebs.shape.size);
    Some(Snapshot {
        id: snapshot_id.to_owned(),
        owner: Account::parse(&image.owner)?,
        volume_id: "vol-ffffffff".to_owned(),
        size,
        encrypted: false,
        kms_key_id: None,
        description: String::new(),
        started: image.created,
        completed: image.available,
        public: true,
        users: Vec::new(),
    })
}

/// Characters of a name: least, most. Source: the API reference of CreateImage.
const NAME: std::ops::RangeInclusive<usize> = 3..=128;

/// Checks the name of a new image: its form, and that the account has no other of that name.
///
/// # Errors
/// `InvalidAMIName.Malformed`, `InvalidAMIName.Duplicate`.
fn check_name(ctx: &Ctx<'_>, name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "()[] ./-'@_".contains(c);
    if !NAME.contains(&name.len()) || !name.chars().all(allowed) {
        let message = "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'";
        return Err(Error::client("InvalidAMIName.Malformed", message));
    }
    let mut own = ctx.scan::<Images>(&ctx.scope().prefix()).map(|(_, image)| image);
    match own.find(|other| other.name == name) {
        Some(other) => {
            let message = format!("AMI name {name} is already in use by AMI {}", other.id);
            Err(Error::client("InvalidAMIName.Duplicate", message))
        }
        None => Ok(()),
    }
}

/// Keeps a new image of the account.
fn keep(ctx: &mut Ctx<'_>, image: Record, tags: Option<&[ec2::TagSpecification]>) -> Result<()> {
    tag::apply(ctx, tags, kinds::IMAGE.resource_type, &image.id)?;
    ctx.put::<Images>(ctx.scope().key(&image.id), image)
}

//! Snapshots of volumes: `pending` before `completed`, copied, shared. No bytes are kept.
//!
//! Times are ours, of AWS's size: a snapshot is completed in one to three minutes.

use ironbird_api::ec2;
use ironbird_rig::account::Account;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::resource::{self, Kind};
use crate::volume::Shape;
use crate::{image, kinds, meter, tag};

mod copy;
mod create;
mod describe;
mod permission;

pub(crate) use copy::copy_into;
pub(crate) use create::of_volume;

/// All snapshots.
pub(crate) struct Snapshots;

impl Table for Snapshots {
    const NAME: &'static str = "ec2.snapshots";
    type Record = Snapshot;
}

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) id: String,
    pub(crate) owner: Account,
    /// Volume that it is of; `vol-ffffffff` for copies.
    pub(crate) volume_id: String,
    /// GiB.
    pub(crate) size: i32,
    pub(crate) encrypted: bool,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) description: String,
    pub(crate) started: Timestamp,
    /// When it is completed.
    pub(crate) completed: Timestamp,
    /// Whether anybody may make volumes of it.
    pub(crate) public: bool,
    /// Accounts that may, besides its owner.
    pub(crate) users: Vec<Account>,
}

impl Snapshot {
    /// Whether all of it is there.
    pub(crate) fn is_completed(&self, now: Timestamp) -> bool {
        now >= self.completed
    }

    /// Whether an account may make volumes of it.
    fn is_open_to(&self, account: Account) -> bool {
        self.owner == account || self.public || self.users.contains(&account)
    }
}

const KIND: Kind = kinds::SNAPSHOT;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition =
        definition.table::<Snapshots>().read::<ec2::DescribeSnapshots>(describe::describe_snapshots);
    permission::register(copy::register(create::register(definition)))
}

/// A snapshot of the account's own.
///
/// # Errors
/// `InvalidSnapshot.NotFound`, `InvalidSnapshotID.Malformed`.
fn own<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t Snapshot> {
    ctx.peek::<Snapshots>(&ctx.scope().key(id)).ok_or_else(|| missing(id))
}

fn missing(id: &str) -> Error {
    KIND.check(id)
        .err()
        .unwrap_or_else(|| Error::client(KIND.not_found, format!("The snapshot '{id}' does not exist.")))
}

/// A snapshot that the account may make volumes of: its own, one that it was given, or that of a public image.
///
/// # Errors
/// As [`own`].
fn visible(ctx: &Ctx<'_>, id: &str) -> Result<Snapshot> {
    if let Some(snapshot) = ctx.peek::<Snapshots>(&ctx.scope().key(id)) {
        return Ok(snapshot.clone());
    }
    let scope = ctx.scope();
    let open = |other: &&Snapshot| other.id == id && other.is_open_to(scope.account);
    let given = resource::of_others::<Snapshots>(ctx).find(open);
    given.cloned().or_else(|| image::public_snapshot(ctx, scope.region, id)).ok_or_else(|| missing(id))
}

/// What a volume that is made of a snapshot takes from it.
///
/// # Errors
/// As for a snapshot that is not there; `IncorrectState` while it is not completed.
pub(crate) fn source(ctx: &Ctx<'_>, id: &str) -> Result<Shape> {
    let snapshot = visible(ctx, id)?;
    if !snapshot.is_completed(ctx.now()) {
        return Err(Error::client("IncorrectState", format!("Snapshot is in invalid state - pending: {id}")));
    }
    Ok(Shape {
        size: snapshot.size,
        kind: "gp2".to_owned(),
        iops: None,
        throughput: None,
        encrypted: snapshot.encrypted,
        kms_key_id: snapshot.kms_key_id,
    })
}

/// Forgets a snapshot.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn remove(ctx: &mut Ctx<'_>, id: &str) -> Result<bool> {
    meter::end(ctx, id)?;
    tag::remove_all(ctx, id)?;
    ctx.delete::<Snapshots>(&ctx.scope().key(id))
}

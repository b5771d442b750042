//! What is kept of a membership, and where it is found.

use ironbird_rig::{Ctx, Key, Result, Table};
use serde::{Deserialize, Serialize};

use crate::caller::Stamp;

/// All memberships: (account, Region, store, id).
pub(crate) struct Memberships;

impl Table for Memberships {
    const NAME: &'static str = "identitystore.memberships";
    type Record = Membership;
}

/// The memberships by group: (account, Region, store, group, user) → id.
pub(crate) struct Pairs;

impl Table for Pairs {
    const NAME: &'static str = "identitystore.memberships-by-group";
    type Record = String;
}

/// The memberships by user: (account, Region, store, user, group) → id.
pub(crate) struct ByMember;

impl Table for ByMember {
    const NAME: &'static str = "identitystore.memberships-by-member";
    type Record = String;
}

/// One user in one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) user: String,
    pub(crate) created: Stamp,
}

/// Where the membership of a user in a group is noted for the group.
pub(crate) fn pair(store: &Key, group: &str, user: &str) -> Key {
    store.clone().text(group).text(user)
}

/// Keeps a membership.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn keep(ctx: &mut Ctx<'_>, store: &Key, membership: Membership) -> Result<()> {
    let Membership { id, group, user, .. } = &membership;
    ctx.put::<Pairs>(pair(store, group, user), id.clone())?;
    ctx.put::<ByMember>(pair(store, user, group), id.clone())?;
    ctx.put::<Memberships>(store.clone().text(id), membership)
}

/// Forgets a membership.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget(ctx: &mut Ctx<'_>, store: &Key, membership: &Membership) -> Result<()> {
    let Membership { id, group, user, .. } = membership;
    ctx.delete::<Pairs>(&pair(store, group, user))?;
    ctx.delete::<ByMember>(&pair(store, user, group))?;
    ctx.delete::<Memberships>(&store.clone().text(id)).map(drop)
}

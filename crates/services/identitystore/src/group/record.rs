//! What is kept of a group, and where it is found.

use ironbird_rig::{Ctx, Key, Result, Table};
use serde::{Deserialize, Serialize};

use crate::caller::Stamp;
use crate::error::{self, Kind};
use crate::user::record::canonical;

/// All groups: (account, Region, store, id).
pub(crate) struct Groups;

impl Table for Groups {
    const NAME: &'static str = "identitystore.groups";
    type Record = Group;
}

/// The groups by name, of which each has another: (account, Region, store, name) → id.
pub(crate) struct Names;

impl Table for Names {
    const NAME: &'static str = "identitystore.group-names";
    type Record = String;
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// What the identity provider that keeps it over SCIM calls it.
    #[serde(default)]
    pub(crate) external: Option<String>,
    pub(crate) created: Stamp,
    pub(crate) updated: Stamp,
}

/// The group of that id.
///
/// # Errors
/// `ResourceNotFoundException` where there is none.
pub(crate) fn get<'t>(ctx: &'t Ctx<'_>, store: &Key, id: &str) -> Result<&'t Group> {
    let missing = || error::not_found(ctx, Kind::Group, Some(id));
    ctx.peek::<Groups>(&store.clone().text(&canonical(id))).ok_or_else(missing)
}

/// Keeps a group in the place of what it was before.
///
/// # Errors
/// `ConflictException` where another group has the name.
pub(crate) fn save(ctx: &mut Ctx<'_>, store: &Key, before: Option<&Group>, group: Group) -> Result<()> {
    let name = store.clone().text(&group.name);
    if ctx.peek::<Names>(&name).is_some_and(|other| *other != group.id) {
        return Err(error::duplicate(ctx, "Duplicate GroupDisplayName"));
    }
    if let Some(before) = before {
        ctx.delete::<Names>(&store.clone().text(&before.name))?;
    }
    ctx.put::<Names>(name, group.id.clone())?;
    ctx.put::<Groups>(store.clone().text(&group.id), group)
}

/// Forgets a group.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget(ctx: &mut Ctx<'_>, store: &Key, group: &Group) -> Result<()> {
    ctx.delete::<Names>(&store.clone().text(&group.name))?;
    ctx.delete::<Groups>(&store.clone().text(&group.id)).map(drop)
}

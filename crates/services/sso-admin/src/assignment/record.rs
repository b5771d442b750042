//! What is kept of assignments, and where they are found.

use ironbird_rig::{Ctx, Key, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::permission_set::record::Place;

/// All assignments: (account, Region, instance, target account, permission set, type of principal, principal).
pub(crate) struct Assignments;

impl Table for Assignments {
    const NAME: &'static str = "sso-admin.assignments";
    type Record = Assignment;
}

/// The same by principal: (account, Region, instance, type of principal, principal, target account, permission set).
pub(crate) struct ByPrincipal;

impl Table for ByPrincipal {
    const NAME: &'static str = "sso-admin.assignments-by-principal";
    type Record = Assignment;
}

/// Whoever is in a request, and where: a user or a group with a permission set in an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// The target account.
    pub(crate) account: String,
    /// Id of the permission set.
    pub(crate) set: String,
    pub(crate) principal: Principal,
    pub(crate) created: Timestamp,
}

/// A user or a group of the identity store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Principal {
    /// `USER` or `GROUP`
    pub(crate) kind: String,
    pub(crate) id: String,
}

impl Principal {
    /// The principal that a request names.
    pub(crate) fn new(kind: &str, id: &str) -> Self {
        Self { kind: kind.to_owned(), id: id.to_ascii_lowercase() }
    }

    /// Key of whatever a table has by principal: (account, Region, instance, type of principal, principal).
    pub(crate) fn key(&self, instance: &Key) -> Key {
        instance.clone().text(&self.kind).text(&self.id)
    }
}

impl Assignment {
    /// Its key in [`Assignments`].
    pub(crate) fn key(&self, instance: &Key) -> Key {
        of(instance, &self.account, &self.set).text(&self.principal.kind).text(&self.principal.id)
    }

    fn other_key(&self, instance: &Key) -> Key {
        self.principal.key(instance).text(&self.account).text(&self.set)
    }
}

/// Key of all assignments of a permission set in an account.
pub(crate) fn of(instance: &Key, account: &str, set: &str) -> Key {
    instance.clone().text(account).text(set)
}

/// Keeps an assignment; one that is there already stays as it was.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn keep(ctx: &mut Ctx<'_>, place: &Place, assignment: &Assignment) -> Result<()> {
    let instance = place.instance_key(ctx);
    let key = assignment.key(&instance);
    if ctx.peek::<Assignments>(&key).is_some() {
        return Ok(());
    }
    ctx.put::<ByPrincipal>(assignment.other_key(&instance), assignment.clone())?;
    ctx.put::<Assignments>(key, assignment.clone())
}

/// Forgets an assignment.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget(ctx: &mut Ctx<'_>, instance: &Key, assignment: &Assignment) -> Result<()> {
    ctx.delete::<ByPrincipal>(&assignment.other_key(instance))?;
    ctx.delete::<Assignments>(&assignment.key(instance)).map(drop)
}

//! The tree: one root, units below it, accounts in either. Who is whose child stands in one table, from which lists of
//! children come in pages; each child knows its parent.

use ironbird_api::organizations as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table};

use crate::account::{self, Members};
use crate::id::Kind;
use crate::organization::Organization;
use crate::unit::Units;
use crate::{caller, error, id, page};

/// Children: (organization, parent, kind, child) → the child's id.
struct Children;

impl Table for Children {
    const NAME: &'static str = "organizations.children";
    type Record = String;
}

/// What a child is, in the API's words.
pub(crate) const ACCOUNT: &str = "ACCOUNT";
/// What a child or a parent is, in the API's words.
pub(crate) const UNIT: &str = "ORGANIZATIONAL_UNIT";
/// What a parent is, in the API's words.
pub(crate) const ROOT: &str = "ROOT";

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Children>()
        .read::<api::ListRoots>(list_roots)
        .read::<api::ListParents>(list_parents)
        .read::<api::ListChildren>(list_children)
}

/// Makes `child` a child of `parent`.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn link(
    ctx: &mut Ctx<'_>,
    organization: &Organization,
    parent: &str,
    kind: &str,
    child: &str,
) -> Result<()> {
    ctx.put::<Children>(organization.key(parent).text(kind).text(child), child.to_owned())
}

/// Undoes [`link`].
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn unlink(
    ctx: &mut Ctx<'_>,
    organization: &Organization,
    parent: &str,
    kind: &str,
    child: &str,
) -> Result<()> {
    ctx.delete::<Children>(&organization.key(parent).text(kind).text(child))?;
    Ok(())
}

/// The prefix of the children of that kind.
pub(crate) fn children(organization: &Organization, parent: &str, kind: &str) -> Key {
    organization.key(parent).text(kind)
}

/// The ids of the children of that kind.
pub(crate) fn ids<'t>(
    ctx: &'t Ctx<'_>,
    organization: &Organization,
    parent: &str,
    kind: &str,
) -> impl Iterator<Item = &'t String> {
    ctx.scan::<Children>(&children(organization, parent, kind)).map(|(_, id)| id)
}

/// A page of what `show` makes of the ids of children.
pub(crate) fn page<'t, I>(
    ctx: &'t Ctx<'_>,
    prefix: &Key,
    asked: (Option<i32>, Option<&str>),
    show: impl FnMut(&'t String) -> Option<I>,
) -> Result<ironbird_rig::page::Page<I>> {
    Ok(page::window(asked.0, asked.1)?.scan::<Children, I>(ctx, prefix, show))
}

/// Whether something has no children.
pub(crate) fn is_empty(ctx: &Ctx<'_>, organization: &Organization, parent: &str) -> bool {
    ctx.scan::<Children>(&organization.key(parent)).next().is_none()
}

/// Whether the organization has a root or unit of that id.
pub(crate) fn has_parent(ctx: &Ctx<'_>, organization: &Organization, id: &str) -> bool {
    organization.root == id || ctx.peek::<Units>(&organization.key(id)).is_some()
}

/// Checks that a request names a root or unit that is there.
///
/// # Errors
/// `InvalidInputException` for what is no id of either, `ParentNotFoundException` where there is none.
pub(crate) fn check_parent(ctx: &Ctx<'_>, organization: &Organization, id: &str) -> Result<()> {
    id::checked(id, |kind| matches!(kind, Kind::Root | Kind::Unit))?;
    if has_parent(ctx, organization, id) { Ok(()) } else { Err(error::no_parent()) }
}

/// The parent of a unit or account; none of the root and of what is not there.
pub(crate) fn parent_of<'t>(ctx: &'t Ctx<'_>, organization: &Organization, id: &str) -> Option<&'t str> {
    match id::kind(id)? {
        Kind::Account(account) => {
            let member = ctx.peek::<Members>(&account::key(organization, account))?;
            Some(member.parent.as_str())
        }
        Kind::Unit => Some(ctx.peek::<Units>(&organization.key(id))?.parent.as_str()),
        _ => None,
    }
}

/// The ids from the root down to a unit or account, itself included.
pub(crate) fn lineage(ctx: &Ctx<'_>, organization: &Organization, id: &str) -> Vec<String> {
    let mut ids = vec![id.to_owned()];
    let mut at = id;
    while let Some(parent) = parent_of(ctx, organization, at) {
        ids.push(parent.to_owned());
        at = parent;
    }
    ids.reverse();
    ids
}

/// `o-…/r-…/ou-…/`, as policies' conditions write it.
pub(crate) fn path(ctx: &Ctx<'_>, organization: &Organization, id: &str) -> String {
    format!("{}/{}/", organization.id, lineage(ctx, organization, id).join("/"))
}

/// Forgets the tree of an organization that is deleted: its units, and who is whose child.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget(ctx: &mut Ctx<'_>, organization: &Organization) -> Result<()> {
    let links: Vec<Key> = ctx.scan::<Children>(&organization.prefix()).map(|(key, _)| key.clone()).collect();
    for key in links {
        ctx.delete::<Children>(&key)?;
    }
    let units: Vec<Key> = ctx.scan::<Units>(&organization.prefix()).map(|(key, _)| key.clone()).collect();
    for key in units {
        ctx.delete::<Units>(&key)?;
    }
    Ok(())
}

fn list_roots(ctx: &mut Ctx<'_>, input: &api::ListRootsRequest) -> Result<api::ListRootsResponse> {
    let organization = caller::reader(ctx)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.list(std::iter::once(root(&organization)), |_| organization.key(&organization.root));
    Ok(api::ListRootsResponse { roots: Some(page.items), next_token: page.next })
}

/// The root as the API shows it.
pub(crate) fn root(organization: &Organization) -> api::Root {
    let enabled = |kind: &String| api::PolicyTypeSummary {
        r#type: Some(kind.clone()),
        status: Some("ENABLED".to_owned()),
    };
    api::Root {
        id: Some(organization.root.clone()),
        arn: Some(organization.arn("root", &organization.root)),
        name: Some("Root".to_owned()),
        policy_types: Some(organization.policy_types.iter().map(enabled).collect()),
    }
}

fn list_parents(ctx: &mut Ctx<'_>, input: &api::ListParentsRequest) -> Result<api::ListParentsResponse> {
    let organization = caller::reader(ctx)?;
    id::checked(&input.child_id, |kind| matches!(kind, Kind::Account(_) | Kind::Unit))?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let parent = parent_of(ctx, &organization, &input.child_id).ok_or_else(|| {
        error::client("ChildNotFoundException", "You specified a child that doesn't exist.")
    })?;
    let kind = if parent == organization.root { ROOT } else { UNIT };
    let parent = api::Parent { id: Some(parent.to_owned()), r#type: Some(kind.to_owned()) };
    let page = window.list(std::iter::once(parent), |_| organization.key(&input.child_id));
    Ok(api::ListParentsResponse { parents: Some(page.items), next_token: page.next })
}

fn list_children(ctx: &mut Ctx<'_>, input: &api::ListChildrenRequest) -> Result<api::ListChildrenResponse> {
    let organization = caller::reader(ctx)?;
    check_parent(ctx, &organization, &input.parent_id)?;
    let prefix = children(&organization, &input.parent_id, &input.child_type);
    let found = page(ctx, &prefix, (input.max_results, input.next_token.as_deref()), |id| {
        Some(api::Child { id: Some(id.clone()), r#type: Some(input.child_type.clone()) })
    })?;
    Ok(api::ListChildrenResponse { children: Some(found.items), next_token: found.next })
}

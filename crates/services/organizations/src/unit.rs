//! Organizational units.

use ironbird_api::{Empty, organizations as api};
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::id::Kind;
use crate::organization::Organization;
use crate::{caller, error, id, policy, tag, tree};

/// All units: (organization, id).
pub(crate) struct Units;

impl Table for Units {
    const NAME: &'static str = "organizations.units";
    type Record = Unit;
}

/// One unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unit {
    pub(crate) id: String,
    pub(crate) name: String,
    /// A root or another unit.
    pub(crate) parent: String,
}

/// Units below each other, and in an organization. Source: quotas in the Organizations user guide.
const MOST_LEVELS: usize = 5;
const MOST: usize = 2000;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Units>()
        .write::<api::CreateOrganizationalUnit>(create_unit)
        .read::<api::DescribeOrganizationalUnit>(describe_unit)
        .write::<api::UpdateOrganizationalUnit>(update_unit)
        .write::<api::DeleteOrganizationalUnit>(delete_unit)
        .read::<api::ListOrganizationalUnitsForParent>(list_units)
}

fn create_unit(
    ctx: &mut Ctx<'_>,
    input: &api::CreateOrganizationalUnitRequest,
) -> Result<api::CreateOrganizationalUnitResponse> {
    let organization = caller::management(ctx)?;
    let parent = &input.parent_id;
    tree::check_parent(ctx, &organization, parent)?;
    // The lineage counts the root, which is no level of units.
    if tree::lineage(ctx, &organization, parent).len() > MOST_LEVELS {
        let message = "You have exceeded the maximum number of levels of nested organizational units.";
        return Err(error::constraint("OU_DEPTH_LIMIT_EXCEEDED", message));
    }
    if ctx.scan::<Units>(&organization.prefix()).count() >= MOST {
        let message = "You have exceeded the allowed number of organizational units.";
        return Err(error::constraint("OU_NUMBER_LIMIT_EXCEEDED", message));
    }
    check_name(ctx, &organization, parent, &input.name)?;
    let suffix = id::fresh(ctx, "organizations.unit", 8)?;
    let unit = Unit {
        id: format!("ou-{}-{suffix}", organization.root.trim_start_matches("r-")),
        name: input.name.clone(),
        parent: parent.clone(),
    };
    tag::put(ctx, &organization, &unit.id, input.tags.as_deref())?;
    tree::link(ctx, &organization, parent, tree::UNIT, &unit.id)?;
    ctx.put::<Units>(organization.key(&unit.id), unit.clone())?;
    policy::target_added(ctx, &organization, &unit.id)?;
    Ok(api::CreateOrganizationalUnitResponse { organizational_unit: Some(view(ctx, &organization, &unit)) })
}

/// Checks that no unit of `parent` has the name.
fn check_name(ctx: &Ctx<'_>, organization: &Organization, parent: &str, name: &str) -> Result<()> {
    let mut siblings = tree::ids(ctx, organization, parent, tree::UNIT)
        .filter_map(|id| ctx.peek::<Units>(&organization.key(id)));
    if siblings.any(|unit| unit.name == name) {
        let message = "An OU with the same name already exists.";
        return Err(error::client("DuplicateOrganizationalUnitException", message));
    }
    Ok(())
}

fn find(ctx: &Ctx<'_>, organization: &Organization, id: &str) -> Result<Unit> {
    id::checked(id, |kind| kind == Kind::Unit)?;
    ctx.peek::<Units>(&organization.key(id)).cloned().ok_or_else(error::no_unit)
}

fn describe_unit(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeOrganizationalUnitRequest,
) -> Result<api::DescribeOrganizationalUnitResponse> {
    let organization = caller::reader(ctx)?;
    let unit = find(ctx, &organization, &input.organizational_unit_id)?;
    let shown = view(ctx, &organization, &unit);
    Ok(api::DescribeOrganizationalUnitResponse { organizational_unit: Some(shown) })
}

fn update_unit(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateOrganizationalUnitRequest,
) -> Result<api::UpdateOrganizationalUnitResponse> {
    let organization = caller::management(ctx)?;
    let mut unit = find(ctx, &organization, &input.organizational_unit_id)?;
    if let Some(name) = input.name.as_ref().filter(|name| **name != unit.name) {
        check_name(ctx, &organization, &unit.parent, name)?;
        unit.name.clone_from(name);
        ctx.put::<Units>(organization.key(&unit.id), unit.clone())?;
    }
    let shown = view(ctx, &organization, &unit);
    Ok(api::UpdateOrganizationalUnitResponse { organizational_unit: Some(shown) })
}

fn delete_unit(ctx: &mut Ctx<'_>, input: &api::DeleteOrganizationalUnitRequest) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    let unit = find(ctx, &organization, &input.organizational_unit_id)?;
    if !tree::is_empty(ctx, &organization, &unit.id) {
        let message = "The specified organizational unit is not empty.";
        return Err(error::client("OrganizationalUnitNotEmptyException", message));
    }
    tree::unlink(ctx, &organization, &unit.parent, tree::UNIT, &unit.id)?;
    tag::forget(ctx, &organization, &unit.id)?;
    policy::detach_all(ctx, &organization, &unit.id)?;
    ctx.delete::<Units>(&organization.key(&unit.id))?;
    Ok(Empty {})
}

fn list_units(
    ctx: &mut Ctx<'_>,
    input: &api::ListOrganizationalUnitsForParentRequest,
) -> Result<api::ListOrganizationalUnitsForParentResponse> {
    let organization = caller::reader(ctx)?;
    tree::check_parent(ctx, &organization, &input.parent_id)?;
    let prefix = tree::children(&organization, &input.parent_id, tree::UNIT);
    let found = tree::page(ctx, &prefix, (input.max_results, input.next_token.as_deref()), |id| {
        let unit = ctx.peek::<Units>(&organization.key(id))?;
        Some(view(ctx, &organization, unit))
    })?;
    Ok(api::ListOrganizationalUnitsForParentResponse {
        organizational_units: Some(found.items),
        next_token: found.next,
    })
}

fn view(ctx: &Ctx<'_>, organization: &Organization, unit: &Unit) -> api::OrganizationalUnit {
    api::OrganizationalUnit {
        id: Some(unit.id.clone()),
        arn: Some(organization.arn("ou", &unit.id)),
        name: Some(unit.name.clone()),
        // A unit that is being made has its parent already.
        path: Some(format!("{}{}/", tree::path(ctx, organization, &unit.parent), unit.id)),
    }
}

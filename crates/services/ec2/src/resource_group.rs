//! Resource groups as EC2 sees them: through the operations of AWS Resource Groups.

use ironbird_api::resource_groups as groups;
use ironbird_rig::{Ctx, Result};

use crate::PRINCIPAL;

/// What is emitted, with the group's name, when the members of a group change.
pub(crate) const MEMBERS: &str = "resource-groups.members";

/// The ARNs of what belongs to a group and is no longer pending.
///
/// # Errors
/// Those of `ListGroupResources`.
pub(crate) fn members(ctx: &mut Ctx<'_>, group: &str) -> Result<Vec<String>> {
    let mut arns = Vec::new();
    let mut next_token = None;
    loop {
        let input = groups::ListGroupResourcesInput {
            group: Some(group.to_owned()),
            next_token,
            ..Default::default()
        };
        let answer = ctx.call::<groups::ListGroupResources>(PRINCIPAL, &input)?;
        let members = answer.resources.into_iter().flatten().filter(|member| member.status.is_none());
        arns.extend(members.filter_map(|member| member.identifier?.resource_arn));
        next_token = answer.next_token;
        if next_token.is_none() {
            return Ok(arns);
        }
    }
}

/// The ARNs of the groups whose configuration has an item of that type.
///
/// # Errors
/// Those of `ListGroups`.
pub(crate) fn configured(ctx: &mut Ctx<'_>, kind: &str) -> Result<Vec<String>> {
    let filter = groups::GroupFilter { name: "configuration-type".to_owned(), values: vec![kind.to_owned()] };
    let mut arns = Vec::new();
    let mut next_token = None;
    loop {
        let input =
            groups::ListGroupsInput { filters: Some(vec![filter.clone()]), next_token, ..Default::default() };
        let answer = ctx.call::<groups::ListGroups>(PRINCIPAL, &input)?;
        arns.extend(answer.group_identifiers.into_iter().flatten().filter_map(|group| group.group_arn));
        next_token = answer.next_token;
        if next_token.is_none() {
            return Ok(arns);
        }
    }
}

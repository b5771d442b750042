//! DescribeTargetGroups.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::{TargetGroup, TargetGroups};
use super::{find, named};
use crate::{error, load_balancer, page, uses};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<api::DescribeTargetGroups>(describe_target_groups)
}

fn describe_target_groups(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeTargetGroupsInput,
) -> Result<api::DescribeTargetGroupsOutput> {
    let window = page::window(input.page_size, input.marker.as_deref())?;
    let ctx: &Ctx<'_> = ctx;
    let page = match listed(ctx, input)? {
        None => window.scan::<TargetGroups, _>(ctx, &ctx.scope().prefix(), Some),
        Some(found) => window.list(found.into_iter(), |found| ctx.scope().key(&found.name)),
    };
    let views = page.items.iter().map(|group| group.view(ctx));
    Ok(api::DescribeTargetGroupsOutput { target_groups: Some(views.collect()), next_marker: page.next })
}

/// Those of a load balancer, of ARNs or of names, by name; none where all are asked for.
fn listed<'t>(
    ctx: &'t Ctx<'_>,
    input: &api::DescribeTargetGroupsInput,
) -> Result<Option<Vec<&'t TargetGroup>>> {
    let arns = input.target_group_arns.as_deref().unwrap_or_default();
    let names = input.names.as_deref().unwrap_or_default();
    let none = || error::none_of("TargetGroupNotFound", "target groups");
    let mut found = match (&input.load_balancer_arn, arns, names) {
        (None, [], []) => return Ok(None),
        (Some(arn), [], []) => {
            let user = load_balancer::find(ctx, arn)?;
            let groups = uses::groups_of(ctx, &user.name);
            groups.iter().filter_map(|name| named(ctx, name)).collect()
        }
        (None, arns, []) => {
            let mut found = Vec::with_capacity(arns.len());
            for arn in arns {
                found.push(find(ctx, arn).map_err(|refused| match refused.code() {
                    "TargetGroupNotFound" => none(),
                    _ => refused,
                })?);
            }
            found
        }
        (None, [], names) => {
            let found: Vec<_> = names.iter().filter_map(|name| named(ctx, name)).collect();
            if found.len() < names.len() {
                return Err(none());
            }
            found
        }
        _ => {
            let message = "Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time";
            return Err(error::validation(message));
        }
    };
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found.dedup_by(|one, other| one.name == other.name);
    Ok(Some(found))
}

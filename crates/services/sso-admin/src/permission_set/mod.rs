//! Permission sets: what whoever is assigned one may do in an account, as a role that is made of it there.

mod boundary;
mod inline;
mod policies;
pub(crate) mod record;

use ironbird_api::sso_admin as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::assignment::provision;
use crate::instance::record as instance;
use crate::{arn, duration, error, page, tag};
use record::{Names, PermissionSet, PermissionSets};

/// Permission sets of an instance (Identity Center quotas in its user guide).
const MOST: usize = 3_500;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<PermissionSets>()
        .table::<Names>()
        .write::<api::CreatePermissionSet>(create_permission_set)
        .records::<api::CreatePermissionSet>(&["RelayState"])
        .read::<api::DescribePermissionSet>(describe_permission_set)
        .read::<api::ListPermissionSets>(list_permission_sets)
        .write::<api::UpdatePermissionSet>(update_permission_set)
        .records::<api::UpdatePermissionSet>(&["RelayState"])
        .write::<api::DeletePermissionSet>(delete_permission_set);
    let definition = policies::register(definition);
    let definition = inline::register(definition);
    boundary::register(definition)
}

fn create_permission_set(
    ctx: &mut Ctx<'_>,
    input: &api::CreatePermissionSetRequest,
) -> Result<api::CreatePermissionSetResponse> {
    let instance = instance::organization(ctx, "CreatePermissionSet", &input.instance_arn)?.id.clone();
    let tags = tag::read(input.tags.as_deref().unwrap_or_default())?;
    let session_duration = duration(input.session_duration.as_deref())?.unwrap_or(duration::DEFAULT);
    let prefix = ctx.scope().key(&instance);
    let name = prefix.clone().text(&input.name.to_lowercase());
    if ctx.peek::<Names>(&name).is_some() {
        return Err(error::conflict(format!("PermissionSet with name {} already exists.", input.name)));
    }
    if ctx.scan::<PermissionSets>(&prefix).count() >= MOST {
        return Err(error::quota(format!("An instance can have at most {MOST} permission sets.")));
    }
    let set = PermissionSet {
        id: arn::fresh(ctx, "ps-", arn::DIGITS)?,
        name: input.name.clone(),
        description: input.description.clone(),
        session_duration: session_duration.to_owned(),
        relay_state: input.relay_state.clone(),
        created: ctx.now(),
        tags,
        managed: Vec::new(),
        customer_managed: Vec::new(),
        inline: None,
        boundary: None,
        version: 0,
    };
    let shown = view(ctx, &instance, &set);
    ctx.put::<Names>(name, set.id.clone())?;
    ctx.put::<PermissionSets>(prefix.text(&set.id), set)?;
    Ok(api::CreatePermissionSetResponse { permission_set: Some(shown) })
}

fn duration(given: Option<&str>) -> Result<Option<&str>> {
    match given {
        Some(text) if !duration::is_valid(text) => {
            let message =
                format!("Session duration {text} is not valid: it must be from PT1H to PT12H, in ISO 8601.");
            Err(error::validation(message))
        }
        _ => Ok(given),
    }
}

fn view(ctx: &Ctx<'_>, instance: &str, set: &PermissionSet) -> api::PermissionSet {
    api::PermissionSet {
        name: Some(set.name.clone()),
        permission_set_arn: Some(record::arn(ctx, instance, &set.id)),
        description: set.description.clone(),
        created_date: Some(set.created),
        session_duration: Some(set.session_duration.clone()),
        relay_state: set.relay_state.clone(),
    }
}

fn describe_permission_set(
    ctx: &mut Ctx<'_>,
    input: &api::DescribePermissionSetRequest,
) -> Result<api::DescribePermissionSetResponse> {
    let (place, set) =
        record::named(ctx, "DescribePermissionSet", &input.instance_arn, &input.permission_set_arn)?;
    Ok(api::DescribePermissionSetResponse { permission_set: Some(view(ctx, &place.instance, set)) })
}

fn list_permission_sets(
    ctx: &mut Ctx<'_>,
    input: &api::ListPermissionSetsRequest,
) -> Result<api::ListPermissionSetsResponse> {
    let instance = &instance::organization(ctx, "ListPermissionSets", &input.instance_arn)?.id;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.scan::<PermissionSets, _>(ctx, &ctx.scope().key(instance), |set| {
        Some(record::arn(ctx, instance, &set.id))
    });
    Ok(api::ListPermissionSetsResponse { permission_sets: Some(page.items), next_token: page.next })
}

fn update_permission_set(
    ctx: &mut Ctx<'_>,
    input: &api::UpdatePermissionSetRequest,
) -> Result<api::UpdatePermissionSetResponse> {
    let given = duration(input.session_duration.as_deref())?;
    let (instance, set) = (&input.instance_arn, &input.permission_set_arn);
    record::change(ctx, "UpdatePermissionSet", instance, set, |set| {
        if let Some(duration) = given {
            duration.clone_into(&mut set.session_duration);
        }
        if input.description.is_some() {
            set.description.clone_from(&input.description);
        }
        if input.relay_state.is_some() {
            set.relay_state.clone_from(&input.relay_state);
        }
        Ok(())
    })?;
    Ok(api::UpdatePermissionSetResponse {})
}

fn delete_permission_set(
    ctx: &mut Ctx<'_>,
    input: &api::DeletePermissionSetRequest,
) -> Result<api::DeletePermissionSetResponse> {
    let (place, set) =
        record::named(ctx, "DeletePermissionSet", &input.instance_arn, &input.permission_set_arn)?;
    if provision::is_anywhere(ctx, &place) {
        let message = "Could not delete because PermissionSet has ApplicationProfile associated with it";
        return Err(error::conflict(message));
    }
    let name = place.instance_key(ctx).text(&set.name.to_lowercase());
    ctx.delete::<Names>(&name)?;
    ctx.delete::<PermissionSets>(&place.key(ctx))?;
    Ok(api::DeletePermissionSetResponse {})
}

//! Managed permissions, and the kinds of resources that they are for: one of AWS's to a kind, its default.
//!
//! What such a permission allows is not among the facts at hand, so that GetPermission is not written; a consumer may do
//! what the service's own guide says. When each was made is not known either, and left out.

use ironbird_api::ram as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use crate::kind::{self, KINDS, Kind};
use crate::record::{self, Place, Side};
use crate::{error, listing, page};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::ListResourceTypes>(list_resource_types)
        .read::<api::ListPermissions>(list_permissions)
        .read::<api::ListPermissionVersions>(list_permission_versions)
        .read::<api::ListResourceSharePermissions>(list_resource_share_permissions)
}

/// The permission of that ARN.
///
/// # Errors
/// `MalformedArnException` and `UnknownResourceException`.
pub(crate) fn find(ctx: &Ctx<'_>, text: &str) -> Result<&'static Kind> {
    if ironbird_rig::arn::Arn::parse(text).is_none_or(|arn| arn.service != "ram") {
        return Err(error::malformed(text));
    }
    let found = KINDS.iter().find(|kind| arn(ctx, kind) == text);
    found.ok_or_else(|| error::unknown(&format!("Permission {text}")))
}

/// The kinds whose permissions a share has: those that it was given, and those of what it shares.
fn of_share(ctx: &Ctx<'_>, place: &Place) -> Vec<&'static Kind> {
    let given = place.share(ctx).map(|share| share.permissions.clone()).unwrap_or_default();
    let shared: Vec<&str> = place
        .associations(ctx, Side::Resource)
        .filter(|association| listing::is_listed(association))
        .filter_map(|association| Some(kind::of_arn(&association.entity)?.permission))
        .collect();
    KINDS.iter().filter(|kind| given.contains(kind.permission) || shared.contains(&kind.permission)).collect()
}

/// Whether a share has a permission.
pub(crate) fn has(ctx: &Ctx<'_>, place: &Place, kind: &Kind) -> bool {
    of_share(ctx, place).iter().any(|found| found.permission == kind.permission)
}

fn arn(ctx: &Ctx<'_>, kind: &Kind) -> String {
    format!("arn:{}:ram::aws:permission/{}", ctx.region().partition(), kind.permission)
}

fn view(ctx: &Ctx<'_>, kind: &Kind) -> api::ResourceSharePermissionSummary {
    api::ResourceSharePermissionSummary {
        arn: Some(arn(ctx, kind)),
        version: Some("1".to_owned()),
        default_version: Some(true),
        name: Some(kind.permission.to_owned()),
        resource_type: Some(kind.name.to_owned()),
        status: Some("ATTACHABLE".to_owned()),
        is_resource_type_default: Some(true),
        permission_type: Some("AWS_MANAGED".to_owned()),
        feature_set: Some("STANDARD".to_owned()),
        ..Default::default()
    }
}

fn key(kind: &&'static Kind) -> Key {
    Key::new().text(kind.name)
}

fn list_resource_types(
    _: &mut Ctx<'_>,
    input: &api::ListResourceTypesRequest,
) -> Result<api::ListResourceTypesResponse> {
    let all = KINDS.iter().filter(|_| listing::is_regional(input.resource_region_scope.as_deref()));
    let page = page::of(all, key, (input.max_results, input.next_token.as_deref()))?;
    let shown = |kind: &Kind| api::ServiceNameAndResourceType {
        resource_type: Some(kind.name.to_owned()),
        service_name: Some(kind.service.to_owned()),
        resource_region_scope: Some("REGIONAL".to_owned()),
    };
    Ok(api::ListResourceTypesResponse {
        resource_types: Some(page.items.into_iter().map(shown).collect()),
        next_token: page.next,
    })
}

fn list_permissions(
    ctx: &mut Ctx<'_>,
    input: &api::ListPermissionsRequest,
) -> Result<api::ListPermissionsResponse> {
    let wanted = input.resource_type.as_deref();
    if let Some(name) = wanted.filter(|name| kind::named(name).is_none()) {
        return Err(error::invalid(format!("Invalid resource type: {name}")));
    }
    let is_aws = input.permission_type.as_deref() != Some("CUSTOMER_MANAGED");
    let all =
        KINDS.iter().filter(|kind| is_aws && wanted.is_none_or(|name| kind.name.eq_ignore_ascii_case(name)));
    let page = page::of(all, key, (input.max_results, input.next_token.as_deref()))?;
    Ok(api::ListPermissionsResponse {
        permissions: Some(page.items.into_iter().map(|kind| view(ctx, kind)).collect()),
        next_token: page.next,
    })
}

fn list_permission_versions(
    ctx: &mut Ctx<'_>,
    input: &api::ListPermissionVersionsRequest,
) -> Result<api::ListPermissionVersionsResponse> {
    let kind = find(ctx, &input.permission_arn)?;
    let page = page::of([kind], key, (input.max_results, input.next_token.as_deref()))?;
    Ok(api::ListPermissionVersionsResponse {
        permissions: Some(page.items.into_iter().map(|kind| view(ctx, kind)).collect()),
        next_token: page.next,
    })
}

/// An account sees the permissions of its own shares, and of those that it has accepted.
fn list_resource_share_permissions(
    ctx: &mut Ctx<'_>,
    input: &api::ListResourceSharePermissionsRequest,
) -> Result<api::ListResourceSharePermissionsResponse> {
    let place = record::place(ctx, &input.resource_share_arn)?;
    if !place.is_for(ctx, ctx.scope().account) {
        record::own(ctx, &input.resource_share_arn)?;
    }
    let page = page::of(of_share(ctx, &place), key, (input.max_results, input.next_token.as_deref()))?;
    Ok(api::ListResourceSharePermissionsResponse {
        permissions: Some(page.items.into_iter().map(|kind| view(ctx, kind)).collect()),
        next_token: page.next,
    })
}

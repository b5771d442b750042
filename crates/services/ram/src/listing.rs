//! ListResources and ListPrincipals: what is shared, and with whom.

use ironbird_api::ram as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use crate::record::{self, Association, Place, Side, Status};
use crate::{kind, page};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<api::ListResources>(list_resources).read::<api::ListPrincipals>(list_principals)
}

/// Whether a filter on the scope of resources lets those of one Region pass, which all are that can be shared here.
pub(crate) fn is_regional(filter: Option<&str>) -> bool {
    filter != Some("GLOBAL")
}

/// Whether a resource is, or is about to be, in a share.
pub(crate) const fn is_listed(association: &Association) -> bool {
    !matches!(association.status, Status::Disassociated)
}

/// A resource of a share as the API shows it.
pub(crate) fn resource(place: &Place, association: &Association) -> api::Resource {
    let status = match association.status {
        Status::Associating => "PENDING",
        _ if association.ended => "UNAVAILABLE",
        _ => "AVAILABLE",
    };
    api::Resource {
        arn: Some(association.entity.clone()),
        r#type: kind::of_arn(&association.entity).map(|kind| kind.name.to_owned()),
        resource_share_arn: Some(place.arn()),
        status: Some(status.to_owned()),
        creation_time: Some(association.created),
        last_updated_time: Some(association.updated),
        resource_region_scope: Some("REGIONAL".to_owned()),
        ..Default::default()
    }
}

/// Of others' resources an account sees those that it may use now.
fn list_resources(
    ctx: &mut Ctx<'_>,
    input: &api::ListResourcesRequest,
) -> Result<api::ListResourcesResponse> {
    kind::check_filter(input.resource_type.as_deref())?;
    let mut places = record::asked(ctx, &input.resource_owner, input.resource_share_arns.as_deref())?;
    if let Some(principal) = &input.principal {
        places.retain(|place| place.associations(ctx, Side::Principal).any(|it| it.entity == *principal));
    }
    let is_own = input.resource_owner == "SELF";
    let regional = is_regional(input.resource_region_scope.as_deref());
    let passes = |association: &Association| {
        regional
            && if is_own { is_listed(association) } else { association.status.is_in_force() }
            && input.resource_arns.as_ref().is_none_or(|arns| arns.contains(&association.entity))
            && is_of(&association.entity, input.resource_type.as_deref())
    };
    let all = places.iter().flat_map(|place| {
        let passing = place.associations(ctx, Side::Resource).filter(|it| passes(it));
        passing.map(move |it| (place, it)).collect::<Vec<_>>()
    });
    let page = page::of(all, key, (input.max_results, input.next_token.as_deref()))?;
    Ok(api::ListResourcesResponse {
        resources: Some(page.items.into_iter().map(|(place, it)| resource(place, it)).collect()),
        next_token: page.next,
    })
}

/// Tells entries of lists apart, in their order.
fn key((place, association): &(&Place, &Association)) -> Key {
    Key::new().number(place.scope.account.number()).text(&place.id).text(&association.entity)
}

fn is_of(arn: &str, kind: Option<&str>) -> bool {
    kind.is_none_or(|name| kind::of_arn(arn).is_some_and(|kind| kind.name.eq_ignore_ascii_case(name)))
}

/// With whom the caller shares, or who shares with the caller.
fn list_principals(
    ctx: &mut Ctx<'_>,
    input: &api::ListPrincipalsRequest,
) -> Result<api::ListPrincipalsResponse> {
    kind::check_filter(input.resource_type.as_deref())?;
    let places = record::asked(ctx, &input.resource_owner, input.resource_share_arns.as_deref())?;
    let has = |place: &Place| {
        let mut resources = place.associations(ctx, Side::Resource).filter(|it| is_listed(it));
        let (arn, kind) = (input.resource_arn.as_ref(), input.resource_type.as_deref());
        arn.is_none() && kind.is_none()
            || resources.any(|it| arn.is_none_or(|arn| *arn == it.entity) && is_of(&it.entity, kind))
    };
    let is_own = input.resource_owner == "SELF";
    let me = ctx.scope().account.to_string();
    let all = places.iter().filter(|place| has(place)).flat_map(|place| {
        let in_force = place.associations(ctx, Side::Principal).filter(|it| it.status.is_in_force());
        let mine = in_force.filter(|it| is_own || it.entity == me);
        mine.map(move |it| (place, it)).collect::<Vec<_>>()
    });
    let shown = |place: &Place, association: &Association| {
        let id = if is_own { association.entity.clone() } else { place.scope.account.to_string() };
        let is_external = association.entity != place.scope.account.to_string();
        api::Principal {
            id: Some(id),
            resource_share_arn: Some(place.arn()),
            creation_time: Some(association.created),
            last_updated_time: Some(association.updated),
            external: Some(is_external),
        }
    };
    let wanted = |principal: &api::Principal| {
        let id = principal.id.as_ref();
        input.principals.as_ref().is_none_or(|wanted| id.is_some_and(|id| wanted.contains(id)))
    };
    let all = all.filter(|(place, it)| wanted(&shown(place, it)));
    let page = page::of(all, key, (input.max_results, input.next_token.as_deref()))?;
    Ok(api::ListPrincipalsResponse {
        principals: Some(page.items.into_iter().map(|(place, it)| shown(place, it)).collect()),
        next_token: page.next,
    })
}

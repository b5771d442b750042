//! GetResourceShareAssociations.

use ironbird_api::ram as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use super::view;
use crate::record::{self, Place, Side};
use crate::{error, page};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<api::GetResourceShareAssociations>(get_resource_share_associations)
}

fn get_resource_share_associations(
    ctx: &mut Ctx<'_>,
    input: &api::GetResourceShareAssociationsRequest,
) -> Result<api::GetResourceShareAssociationsResponse> {
    // Nothing has sources here, so that there are none to list.
    let Some(side) = side(input)? else { return Ok(Default::default()) };
    let places: Vec<Place> = record::asked(ctx, "SELF", input.resource_share_arns.as_deref())?;
    let entity = input.resource_arn.as_ref().or(input.principal.as_ref());
    let all = places.iter().flat_map(|place| {
        let status = input.association_status.as_deref();
        let passing = place.associations(ctx, side).filter(move |association| {
            entity.is_none_or(|entity| *entity == association.entity)
                && status.is_none_or(|status| status == association.status.name())
        });
        passing.map(move |association| (place, association)).collect::<Vec<_>>()
    });
    let key = |(place, association): &(&Place, &record::Association)| {
        Key::new().text(&place.id).text(&association.entity)
    };
    let page = page::of(all, key, (input.max_results, input.next_token.as_deref()))?;
    let shown = page.items.into_iter().map(|(place, association)| view(ctx, place, association)).collect();
    Ok(api::GetResourceShareAssociationsResponse {
        resource_share_associations: Some(shown),
        next_token: page.next,
    })
}

fn side(input: &api::GetResourceShareAssociationsRequest) -> Result<Option<Side>> {
    match input.association_type.as_str() {
        "PRINCIPAL" if input.resource_arn.is_some() => {
            Err(error::invalid("You cannot specify a resource ARN when the association type is PRINCIPAL."))
        }
        "RESOURCE" if input.principal.is_some() => {
            Err(error::invalid("You cannot specify a principal when the association type is RESOURCE."))
        }
        "PRINCIPAL" => Ok(Some(Side::Principal)),
        "RESOURCE" => Ok(Some(Side::Resource)),
        "SOURCE" => Ok(None),
        other => Err(error::invalid(format!(
            "{other} is not a valid association type. Specify either PRINCIPAL or RESOURCE and try again."
        ))),
    }
}

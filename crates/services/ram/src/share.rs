//! Shares themselves: made, shown, changed, deleted.

use std::collections::BTreeMap;

use ironbird_api::ram as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use crate::association::{self, Entities, SETTLING, later, settle};
use crate::record::{self, Place, Share, Shares, Side, State, Status};
use crate::{error, page, permission, tag, token};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Shares>()
        .write::<api::CreateResourceShare>(create_resource_share)
        .refuses::<api::CreateResourceShare>(&[
            ("sources", "service principals cannot be principals of shares yet"),
            ("resourceShareConfiguration", "there are no organizations yet"),
        ])
        .read::<api::GetResourceShares>(get_resource_shares)
        .write::<api::UpdateResourceShare>(update_resource_share)
        .write::<api::DeleteResourceShare>(delete_resource_share)
}

fn create_resource_share(
    ctx: &mut Ctx<'_>,
    input: &api::CreateResourceShareRequest,
) -> Result<api::CreateResourceShareResponse> {
    let id = token::once::<api::CreateResourceShare>(ctx, input.client_token.as_deref(), input, |ctx| {
        create(ctx, input)
    })?;
    let place = Place { scope: ctx.scope(), id };
    Ok(api::CreateResourceShareResponse {
        resource_share: place.share(ctx).map(|share| view(&place, share)),
        client_token: input.client_token.clone(),
    })
}

fn create(ctx: &mut Ctx<'_>, input: &api::CreateResourceShareRequest) -> Result<String> {
    check_name(&input.name)?;
    let entities = Entities::read(input.resource_arns.as_deref(), input.principals.as_deref())?;
    let mut tags = BTreeMap::new();
    tag::read(&mut tags, input.tags.as_deref().unwrap_or_default())?;
    let permissions = input.permission_arns.as_deref().unwrap_or_default();
    let permissions = permissions
        .iter()
        .map(|arn| Ok(permission::find(ctx, arn)?.permission.to_owned()))
        .collect::<Result<_>>()?;
    let id = ctx.fresh_uuid("ram.share")?;
    let now = ctx.now();
    let share = Share {
        id: id.clone(),
        name: input.name.clone(),
        external: input.allow_external_principals.unwrap_or(true),
        state: State::Active,
        due: None,
        tags,
        permissions,
        created: now,
        updated: now,
    };
    let place = Place { scope: ctx.scope(), id: id.clone() };
    ctx.put::<Shares>(place.key(), share)?;
    association::begin(ctx, &place, &entities)?;
    Ok(id)
}

fn check_name(name: &str) -> Result<()> {
    if name.trim().is_empty() {
        return Err(error::invalid("The name of a resource share cannot be empty."));
    }
    Ok(())
}

fn view(place: &Place, share: &Share) -> api::ResourceShare {
    api::ResourceShare {
        resource_share_arn: Some(place.arn()),
        name: Some(share.name.clone()),
        owning_account_id: Some(place.scope.account.to_string()),
        allow_external_principals: Some(share.external),
        status: Some(share.state.name().to_owned()),
        status_message: None,
        tags: tag::view(&share.tags),
        creation_time: Some(share.created),
        last_updated_time: Some(share.updated),
        feature_set: Some("STANDARD".to_owned()),
        resource_share_configuration: None,
    }
}

/// The tags of a share are its owner's own, and so nobody else sees or filters by them.
fn get_resource_shares(
    ctx: &mut Ctx<'_>,
    input: &api::GetResourceSharesRequest,
) -> Result<api::GetResourceSharesResponse> {
    let places = record::asked(ctx, &input.resource_owner, input.resource_share_arns.as_deref())?;
    let permission = input.permission_arn.as_deref().map(|arn| permission::find(ctx, arn)).transpose()?;
    let filters = input.tag_filters.as_deref().unwrap_or_default();
    let passes = |place: &Place, share: &Share| {
        input.resource_share_status.as_deref().is_none_or(|status| status == share.state.name())
            && input.name.as_ref().is_none_or(|name| *name == share.name)
            && permission.is_none_or(|kind| permission::has(ctx, place, kind))
            && input.permission_version.is_none_or(|version| version == 1)
            && filters.iter().all(|filter| place.scope == ctx.scope() && is_tagged(share, filter))
    };
    let all = places
        .iter()
        .filter_map(|place| Some((place, place.share(ctx)?)))
        .filter(|(place, share)| passes(place, share));
    let key = |(place, _): &(&Place, &Share)| Key::new().number(place.scope.account.number()).text(&place.id);
    let page = page::of(all, key, (input.max_results, input.next_token.as_deref()))?;
    let shown = |(place, share): (&Place, &Share)| {
        let shown = view(place, share);
        if place.scope == ctx.scope() { shown } else { api::ResourceShare { tags: None, ..shown } }
    };
    Ok(api::GetResourceSharesResponse {
        resource_shares: Some(page.items.into_iter().map(shown).collect()),
        next_token: page.next,
    })
}

fn is_tagged(share: &Share, filter: &api::TagFilter) -> bool {
    let value = filter.tag_key.as_ref().and_then(|key| share.tags.get(key));
    let wanted = filter.tag_values.as_deref().unwrap_or_default();
    value.is_some_and(|value| wanted.is_empty() || wanted.contains(value))
}

fn update_resource_share(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateResourceShareRequest,
) -> Result<api::UpdateResourceShareResponse> {
    let place = record::own(ctx, &input.resource_share_arn)?;
    token::once::<api::UpdateResourceShare>(ctx, input.client_token.as_deref(), input, |ctx| {
        update(ctx, &place, input)?;
        Ok(place.id.clone())
    })?;
    Ok(api::UpdateResourceShareResponse {
        resource_share: place.share(ctx).map(|share| view(&place, share)),
        client_token: input.client_token.clone(),
    })
}

fn update(ctx: &mut Ctx<'_>, place: &Place, input: &api::UpdateResourceShareRequest) -> Result<()> {
    if place.share(ctx).is_some_and(|share| share.state != State::Active) {
        return Err(error::wrong_state(format!("ResourceShare {} is being deleted.", place.arn())));
    }
    if input.name.is_none() && input.allow_external_principals.is_none() {
        let message = "You must specify name or allowExternalPrincipals.";
        return Err(ironbird_rig::Error::client("MissingRequiredParameterException", message));
    }
    input.name.as_deref().map_or(Ok(()), check_name)?;
    let own = place.scope.account.to_string();
    let is_used = [Side::Resource, Side::Principal].into_iter().any(|side| {
        place.associations(ctx, side).any(|it| it.status != Status::Disassociated && it.entity != own)
    });
    if input.allow_external_principals == Some(false) && is_used {
        return Err(error::only_within_organization());
    }
    let now = ctx.now();
    ctx.update::<Shares, _>(&place.key(), |share| {
        if let Some(name) = &input.name {
            share.name.clone_from(name);
        }
        share.external = input.allow_external_principals.unwrap_or(share.external);
        share.updated = now;
    })?;
    Ok(())
}

fn delete_resource_share(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteResourceShareRequest,
) -> Result<api::DeleteResourceShareResponse> {
    let place = record::own(ctx, &input.resource_share_arn)?;
    token::once::<api::DeleteResourceShare>(ctx, input.client_token.as_deref(), input, |ctx| {
        delete(ctx, &place)?;
        Ok(place.id.clone())
    })?;
    Ok(api::DeleteResourceShareResponse {
        return_value: Some(true),
        client_token: input.client_token.clone(),
    })
}

fn delete(ctx: &mut Ctx<'_>, place: &Place) -> Result<()> {
    if place.share(ctx).is_some_and(|share| share.state != State::Active) {
        return Err(error::wrong_state(format!("ResourceShare {} is being deleted already.", place.arn())));
    }
    let (now, due) = (ctx.now(), later(ctx, SETTLING));
    ctx.update::<Shares, _>(&place.key(), |share| {
        (share.state, share.due, share.updated) = (State::Deleting, Some(due), now);
    })?;
    association::end_all(ctx, place)?;
    settle(ctx, place)
}

//! Associations of shares with resources and principals: begun, ended, listed.

mod change;
mod list;
mod principal;
mod settle;

use ironbird_api::ram as api;
use ironbird_rig::{Ctx, Result, ServiceDef, Timestamp};

use crate::record::{self, Association, Associations, Place, Side, State};
use crate::{error, token};

pub(crate) use change::{begin, end, end_all};
pub(crate) use principal::accept;
pub(crate) use settle::{FORGETTING, SETTLING, later, settle};

/// What is emitted, in the scope of an account and with the number of another, when what the other shares with it changes.
pub(crate) const ACCESS: &str = "ram.access";

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    const SOURCES: (&str, &str) = ("sources", "service principals cannot be principals of shares yet");
    let definition = definition
        .table::<Associations>()
        .write::<api::AssociateResourceShare>(associate_resource_share)
        .refuses::<api::AssociateResourceShare>(&[SOURCES])
        .write::<api::DisassociateResourceShare>(disassociate_resource_share)
        .refuses::<api::DisassociateResourceShare>(&[SOURCES]);
    settle::register(list::register(definition))
}

fn associate_resource_share(
    ctx: &mut Ctx<'_>,
    input: &api::AssociateResourceShareRequest,
) -> Result<api::AssociateResourceShareResponse> {
    let place = record::own(ctx, &input.resource_share_arn)?;
    let entities = Entities::read(input.resource_arns.as_deref(), input.principals.as_deref())?;
    token::once::<api::AssociateResourceShare>(ctx, input.client_token.as_deref(), input, |ctx| {
        check_active(ctx, &place)?;
        begin(ctx, &place, &entities)?;
        Ok(place.id.clone())
    })?;
    Ok(api::AssociateResourceShareResponse {
        resource_share_associations: Some(entities.shown(ctx, &place)),
        client_token: input.client_token.clone(),
    })
}

/// An owner takes out resources and principals. A principal may take itself out, and so leave the share.
fn disassociate_resource_share(
    ctx: &mut Ctx<'_>,
    input: &api::DisassociateResourceShareRequest,
) -> Result<api::DisassociateResourceShareResponse> {
    let place = record::place(ctx, &input.resource_share_arn)?;
    let entities = Entities::read(input.resource_arns.as_deref(), input.principals.as_deref())?;
    let account = ctx.scope().account;
    if place.scope == ctx.scope() {
        record::own(ctx, &input.resource_share_arn)?;
    } else if !place.is_for(ctx, account) {
        return Err(record::missing(&input.resource_share_arn));
    } else if !entities.resources.is_empty() || entities.principals != [account.to_string()] {
        return Err(error::not_permitted(
            "An account that a resource is shared with can only leave the resource share.",
        ));
    }
    token::once::<api::DisassociateResourceShare>(ctx, input.client_token.as_deref(), input, |ctx| {
        ctx.within(place.scope, |ctx| {
            check_active(ctx, &place)?;
            end(ctx, &place, &entities)
        })?;
        Ok(place.id.clone())
    })?;
    Ok(api::DisassociateResourceShareResponse {
        resource_share_associations: Some(entities.shown(ctx, &place)),
        client_token: input.client_token.clone(),
    })
}

fn check_active(ctx: &Ctx<'_>, place: &Place) -> Result<()> {
    match place.share(ctx) {
        Some(share) if share.state == State::Active => Ok(()),
        Some(share) => {
            Err(error::wrong_state(format!("ResourceShare {} is {}.", place.arn(), share.state.name())))
        }
        None => Err(record::missing(&place.arn())),
    }
}

/// What a request associates with a share or takes out of it.
pub(crate) struct Entities {
    pub(crate) resources: Vec<String>,
    pub(crate) principals: Vec<String>,
}

impl Entities {
    /// Reads both lists.
    ///
    /// # Errors
    /// `ResourceShareLimitExceededException` for more than 100 of a kind, and `InvalidParameterException` where a principal
    /// is none.
    pub(crate) fn read(resources: Option<&[String]>, principals: Option<&[String]>) -> Result<Self> {
        let (resources, principals) = (resources.unwrap_or_default(), principals.unwrap_or_default());
        if resources.len().max(principals.len()) > MOST {
            let message = format!("You can associate up to {MOST} resources and {MOST} principals per call.");
            return Err(ironbird_rig::Error::client("ResourceShareLimitExceededException", message));
        }
        let principals = principals.iter().map(|given| principal::read(given)).collect::<Result<_>>()?;
        Ok(Self { resources: resources.to_vec(), principals })
    }

    fn each(&self) -> impl Iterator<Item = (Side, &String)> {
        let resources = self.resources.iter().map(|entity| (Side::Resource, entity));
        resources.chain(self.principals.iter().map(|entity| (Side::Principal, entity)))
    }

    fn shown(&self, ctx: &Ctx<'_>, place: &Place) -> Vec<api::ResourceShareAssociation> {
        let found = self
            .each()
            .filter_map(|(side, entity)| ctx.peek::<Associations>(&place.association(side, entity)));
        found.map(|association| view(ctx, place, association)).collect()
    }
}

/// Resources, and principals, that one call may name.
const MOST: usize = 100;

/// An association as the API shows it.
pub(crate) fn view(ctx: &Ctx<'_>, place: &Place, association: &Association) -> api::ResourceShareAssociation {
    let is_external =
        association.side == Side::Principal && association.entity != place.scope.account.to_string();
    api::ResourceShareAssociation {
        resource_share_arn: Some(place.arn()),
        resource_share_name: place.share(ctx).map(|share| share.name.clone()),
        associated_entity: Some(association.entity.clone()),
        association_type: Some(association.side.name().to_owned()),
        status: Some(association.status.name().to_owned()),
        status_message: None,
        creation_time: Some(association.created),
        last_updated_time: Some(association.updated),
        external: Some(is_external),
    }
}

/// An association that begins now.
fn fresh(place: &Place, side: Side, entity: &str, now: Timestamp) -> Association {
    Association {
        share: place.id.clone(),
        side,
        entity: entity.to_owned(),
        status: record::Status::Associating,
        due: None,
        ended: false,
        created: now,
        updated: now,
    }
}

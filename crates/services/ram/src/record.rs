//! What is kept of shares, of what they are associated with, and of invitations.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_rig::account::{Account, Scope};
use ironbird_rig::arn::Arn;
use ironbird_rig::{Ctx, Key, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error;

/// All shares: (account, Region, id).
pub(crate) struct Shares;

impl Table for Shares {
    const NAME: &'static str = "ram.shares";
    type Record = Share;
}

/// One share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Whether accounts of no common organization may be principals.
    pub(crate) external: bool,
    pub(crate) state: State,
    /// When it is deleted for good, or forgotten.
    pub(crate) due: Option<Timestamp>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Names of permissions that it was given; it has those of the kinds that it shares, too.
    pub(crate) permissions: BTreeSet<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

/// Where a share stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Active,
    Deleting,
    Deleted,
}

impl State {
    /// `ACTIVE`, `DELETING`, `DELETED`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Deleting => "DELETING",
            Self::Deleted => "DELETED",
        }
    }
}

/// All associations: (account, Region, share, side, entity).
pub(crate) struct Associations;

impl Table for Associations {
    const NAME: &'static str = "ram.associations";
    type Record = Association;
}

/// A share's tie to a resource or to a principal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Association {
    pub(crate) share: String,
    pub(crate) side: Side,
    /// ARN of a resource, or number of an account.
    pub(crate) entity: String,
    pub(crate) status: Status,
    /// When the status changes by itself.
    pub(crate) due: Option<Timestamp>,
    /// Whether the resource has come to its end.
    pub(crate) ended: bool,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

/// What an association is with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    Principal,
    Resource,
}

impl Side {
    /// `PRINCIPAL`, `RESOURCE`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Principal => "PRINCIPAL",
            Self::Resource => "RESOURCE",
        }
    }
}

/// Where an association stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Associating,
    Associated,
    Disassociating,
    Disassociated,
}

impl Status {
    /// `ASSOCIATING`, `ASSOCIATED`, `DISASSOCIATING`, `DISASSOCIATED`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Associating => "ASSOCIATING",
            Self::Associated => "ASSOCIATED",
            Self::Disassociating => "DISASSOCIATING",
            Self::Disassociated => "DISASSOCIATED",
        }
    }

    /// Whether it is in force; it is until it has ended.
    pub(crate) const fn is_in_force(self) -> bool {
        matches!(self, Self::Associated | Self::Disassociating)
    }
}

/// All invitations, where they were received: (account, Region, id).
pub(crate) struct Invitations;

impl Table for Invitations {
    const NAME: &'static str = "ram.invitations";
    type Record = Invitation;
}

/// One invitation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Invitation {
    pub(crate) id: String,
    pub(crate) sender: Account,
    pub(crate) share: String,
    pub(crate) share_name: String,
    pub(crate) sent: Timestamp,
    pub(crate) answer: Answer,
}

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answer {
    Pending,
    Accepted,
    Rejected,
    Expired,
}

impl Answer {
    /// `PENDING`, `ACCEPTED`, `REJECTED`, `EXPIRED`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Accepted => "ACCEPTED",
            Self::Rejected => "REJECTED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// A share and where it is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) scope: Scope,
    pub(crate) id: String,
}

impl Place {
    /// Where the share itself is.
    pub(crate) fn key(&self) -> Key {
        self.scope.key(&self.id)
    }

    /// Where one of its associations is.
    pub(crate) fn association(&self, side: Side, entity: &str) -> Key {
        self.key().text(side.name()).text(entity)
    }

    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        arn(self.scope, "resource-share", &self.id)
    }

    /// The share; none where it has been forgotten.
    pub(crate) fn share<'t>(&self, ctx: &'t Ctx<'_>) -> Option<&'t Share> {
        ctx.peek::<Shares>(&self.key())
    }

    /// Its associations with one side.
    pub(crate) fn associations<'t>(
        &self,
        ctx: &'t Ctx<'_>,
        side: Side,
    ) -> impl Iterator<Item = &'t Association> + use<'t> {
        let prefix = self.key().text(side.name());
        let all: Vec<_> = ctx.scan::<Associations>(&prefix).map(|(_, association)| association).collect();
        all.into_iter()
    }

    /// Whether an account that is not the owner is, for now, one of its principals.
    pub(crate) fn is_for(&self, ctx: &Ctx<'_>, account: Account) -> bool {
        let key = self.association(Side::Principal, &account.to_string());
        self.scope.account != account
            && ctx.peek::<Associations>(&key).is_some_and(|association| association.status.is_in_force())
    }
}

/// The ARN of something of RAM's.
pub(crate) fn arn(Scope { account, region }: Scope, kind: &str, id: &str) -> String {
    format!("arn:{}:ram:{region}:{account}:{kind}/{id}", region.partition())
}

/// Reads the ARN of a share of this Region, whosever.
///
/// # Errors
/// `MalformedArnException`.
pub(crate) fn place(ctx: &Ctx<'_>, text: &str) -> Result<Place> {
    let (account, id) = parts(ctx, text, "resource-share").ok_or_else(|| error::malformed(text))?;
    Ok(Place { scope: Scope { account, region: ctx.region() }, id: id.to_owned() })
}

/// Account and id in an ARN of RAM's in this Region.
pub(crate) fn parts<'a>(ctx: &Ctx<'_>, text: &'a str, kind: &str) -> Option<(Account, &'a str)> {
    let arn = Arn::parse(text)?;
    let here = arn.service == "ram"
        && arn.region == ctx.region().code()
        && arn.partition == ctx.region().partition();
    let id = arn.resource.strip_prefix(kind)?.strip_prefix('/')?;
    (here && !id.is_empty()).then_some((Account::parse(arn.account)?, id))
}

/// The caller's own share of that ARN.
///
/// # Errors
/// `MalformedArnException`, and `UnknownResourceException` where there is none, or it is another account's.
pub(crate) fn own(ctx: &Ctx<'_>, text: &str) -> Result<Place> {
    let place = place(ctx, text)?;
    if place.scope == ctx.scope() && place.share(ctx).is_some() { Ok(place) } else { Err(missing(text)) }
}

/// `UnknownResourceException` for a share.
pub(crate) fn missing(arn: &str) -> ironbird_rig::Error {
    error::unknown(&format!("ResourceShare {arn}"))
}

/// The caller's own shares.
pub(crate) fn all_own(ctx: &Ctx<'_>) -> Vec<Place> {
    let scope = ctx.scope();
    ctx.scan::<Shares>(&scope.prefix()).map(|(_, share)| Place { scope, id: share.id.clone() }).collect()
}

/// The shares that other accounts share with the caller. An invitation was accepted for each, once.
pub(crate) fn of_others(ctx: &Ctx<'_>) -> Vec<Place> {
    let scope = ctx.scope();
    let accepted = ctx
        .scan::<Invitations>(&scope.prefix())
        .filter(|(_, invitation)| invitation.answer == Answer::Accepted)
        .map(|(_, invitation)| Place {
            scope: Scope { account: invitation.sender, ..scope },
            id: invitation.share.clone(),
        });
    let places: BTreeSet<Place> = accepted.collect();
    places.into_iter().filter(|place| place.is_for(ctx, scope.account)).collect()
}

/// The shares that a request asks for by who owns them, and by their ARNs if it names any.
///
/// # Errors
/// `InvalidParameterException` for another owner, `MalformedArnException`, and `UnknownResourceException` for a share that is
/// not among them.
pub(crate) fn asked(ctx: &Ctx<'_>, owner: &str, arns: Option<&[String]>) -> Result<Vec<Place>> {
    let all = match owner {
        "SELF" => all_own(ctx),
        "OTHER-ACCOUNTS" => of_others(ctx),
        _ => {
            let message = format!(
                "{owner} is not a valid resource owner. Specify either SELF or OTHER-ACCOUNTS and try again."
            );
            return Err(error::invalid(message));
        }
    };
    let Some(arns) = arns.filter(|arns| !arns.is_empty()) else { return Ok(all) };
    let mut named = BTreeSet::new();
    for arn in arns {
        let place = place(ctx, arn)?;
        if !all.contains(&place) {
            return Err(missing(arn));
        }
        named.insert(place);
    }
    Ok(named.into_iter().collect())
}

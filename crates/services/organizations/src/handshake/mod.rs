//! Handshakes: an organization invites an account, which accepts or declines. They expire after fifteen days, and are shown for
//! thirty more once they have ended.

mod answer;
mod invite;
mod listing;

use ironbird_api::organizations as api;
use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::organization::Organization;
use crate::{error, id};

pub(crate) use answer::forget_all;
pub(crate) use invite::open_invitations;

/// All handshakes: (id).
struct Handshakes;

impl Table for Handshakes {
    const NAME: &'static str = "organizations.handshakes";
    type Record = Handshake;
}

/// Those that accounts received: (account, id) → id.
struct Received;

impl Table for Received {
    const NAME: &'static str = "organizations.handshakes-received";
    type Record = String;
}

/// Those that organizations sent: (organization, id) → id.
struct Sent;

impl Table for Sent {
    const NAME: &'static str = "organizations.handshakes-sent";
    type Record = String;
}

/// One handshake: an invitation, which is the only kind there is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Handshake {
    id: String,
    organization: Organization,
    to: Account,
    /// How the request named the account: `ACCOUNT` or `EMAIL`, and what followed.
    named: (String, String),
    /// Address and name of the management account when it was sent.
    sender: (String, String),
    notes: Option<String>,
    tags: std::collections::BTreeMap<String, String>,
    requested: Timestamp,
    expires: Timestamp,
    state: State,
    /// When it came to its state, once it is no longer open.
    ended: Option<Timestamp>,
}

/// Where a handshake stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Requested,
    Canceled,
    Accepted,
    Declined,
    Expired,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Requested => "REQUESTED",
            Self::Canceled => "CANCELED",
            Self::Accepted => "ACCEPTED",
            Self::Declined => "DECLINED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// What an invitation's action is in the API's words.
const INVITE: &str = "INVITE";

/// The timer handler's name.
const TIMER: &str = "organizations.handshake";

const DAY: i64 = 24 * 3600 * 1_000_000_000;
/// How long an invitation stands, and how long it is shown after it has ended (quotas in the user guide, API reference).
const OPEN: i64 = 15 * DAY;
const SHOWN: i64 = 30 * DAY;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<Handshakes>()
        .table::<Received>()
        .table::<Sent>()
        .timer(TIMER, step)
        .read::<api::DescribeHandshake>(describe_handshake);
    let definition = invite::register(definition);
    let definition = answer::register(definition);
    listing::register(definition)
}

fn received_key(account: Account, id: &str) -> Key {
    Key::new().number(account.number()).text(id)
}

/// The handshake that a request names, if the caller is a party of it.
///
/// # Errors
/// `InvalidInputException` for what is no id of one, `HandshakeNotFoundException` where there is none or it is between others.
fn find(ctx: &Ctx<'_>, id: &str) -> Result<Handshake> {
    if !id::is_numbered(id, "h-") {
        return Err(error::pattern());
    }
    let caller = ctx.scope().account;
    let is_party = |it: &&Handshake| it.to == caller || it.organization.management == caller;
    ctx.peek::<Handshakes>(&Key::new().text(id)).filter(is_party).cloned().ok_or_else(|| {
        error::client("HandshakeNotFoundException", "You specified a handshake that doesn't exist.")
    })
}

/// Keeps a handshake that has come to its end, until it is shown no more.
fn end(ctx: &mut Ctx<'_>, mut handshake: Handshake, state: State) -> Result<Handshake> {
    let now = ctx.now();
    handshake.state = state;
    handshake.ended = Some(now);
    let gone = Timestamp::from_nanos(now.nanos().saturating_add(SHOWN));
    ctx.wake_at(gone, TIMER, &handshake.id)?;
    ctx.put::<Handshakes>(Key::new().text(&handshake.id), handshake.clone())?;
    Ok(handshake)
}

/// The timer handler: an open handshake expires, one that has long ended is forgotten.
fn step(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = Key::new().text(id);
    let Some(handshake) = ctx.peek::<Handshakes>(&key).cloned() else { return Ok(()) };
    let now = ctx.now();
    match handshake.ended {
        None if now >= handshake.expires => end(ctx, handshake, State::Expired).map(|_| ()),
        Some(ended) if now.nanos() >= ended.nanos().saturating_add(SHOWN) => {
            ctx.delete::<Received>(&received_key(handshake.to, id))?;
            ctx.delete::<Sent>(&handshake.organization.key(id))?;
            ctx.delete::<Handshakes>(&key)?;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn describe_handshake(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeHandshakeRequest,
) -> Result<api::DescribeHandshakeResponse> {
    let handshake = find(ctx, &input.handshake_id)?;
    Ok(api::DescribeHandshakeResponse { handshake: Some(view(&handshake)) })
}

fn view(handshake: &Handshake) -> api::Handshake {
    let party = |id: &str, kind: &str| api::HandshakeParty { id: id.to_owned(), r#type: kind.to_owned() };
    let resource = |kind: &str, value: &str| api::HandshakeResource {
        r#type: Some(kind.to_owned()),
        value: Some(value.to_owned()),
        resources: None,
    };
    let Handshake { organization, named: (kind, value), sender: (email, name), .. } = handshake;
    let features = if organization.all_features { "ALL" } else { "CONSOLIDATED_BILLING" };
    let mut resources = vec![
        api::HandshakeResource {
            resources: Some(vec![
                resource("MASTER_EMAIL", email),
                resource("MASTER_NAME", name),
                resource("ORGANIZATION_FEATURE_SET", features),
            ]),
            ..resource("ORGANIZATION", &organization.id)
        },
        resource(kind, value),
    ];
    resources.extend(handshake.notes.as_deref().map(|notes| resource("NOTES", notes)));
    api::Handshake {
        id: Some(handshake.id.clone()),
        arn: Some(organization.arn("handshake", &format!("invite/{}", handshake.id))),
        parties: Some(vec![party(&organization.id, "ORGANIZATION"), party(value, kind)]),
        state: Some(handshake.state.name().to_owned()),
        requested_timestamp: Some(handshake.requested),
        expiration_timestamp: Some(handshake.expires),
        action: Some(INVITE.to_owned()),
        resources: Some(resources),
    }
}

//! Accounts as members of an organization: shown, listed, moved.

mod close;
mod create;
mod leave;
mod role;

use ironbird_api::{Empty, organizations as api};
use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::Kind;
use crate::organization::{self, Organization};
use crate::{caller, delegation, error, id, page, policy, profile, tag, tree};

pub(crate) use create::{MOST, forget as forget_requests};

/// Which organization an account is in: (account) → id.
pub(crate) struct Memberships;

impl Table for Memberships {
    const NAME: &'static str = "organizations.memberships";
    type Record = String;
}

/// The members: (organization, account).
pub(crate) struct Members;

impl Table for Members {
    const NAME: &'static str = "organizations.members";
    type Record = Member;
}

/// An account in an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) account: Account,
    pub(crate) joined: Joined,
    pub(crate) since: Timestamp,
    /// A root or unit.
    pub(crate) parent: String,
    pub(crate) state: State,
}

/// How an account came to be in the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Joined {
    Invited,
    Created,
}

/// Whether the account is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Active,
    /// Its closure was asked for.
    Closing {
        /// When.
        asked: Timestamp,
    },
    /// It is closed, and goes for good in a while.
    Closed {
        /// When it was asked for.
        asked: Timestamp,
    },
}

impl State {
    /// As the API's `Status` shows it, which knows no closed accounts.
    const fn status(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Closing { .. } => "PENDING_CLOSURE",
            Self::Closed { .. } => "SUSPENDED",
        }
    }

    /// As the API's `State` shows it.
    const fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Closing { .. } => "PENDING_CLOSURE",
            Self::Closed { .. } => "CLOSED",
        }
    }
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<Memberships>()
        .table::<Members>()
        .read::<api::DescribeAccount>(describe_account)
        .read::<api::ListAccounts>(list_accounts)
        .read::<api::ListAccountsForParent>(list_accounts_for_parent)
        .write::<api::MoveAccount>(move_account);
    let definition = create::register(definition);
    let definition = close::register(definition);
    leave::register(definition)
}

/// Key of a member.
pub(crate) fn key(organization: &Organization, account: Account) -> Key {
    organization.prefix().number(account.number())
}

/// Makes an account a member, below the root.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn join(
    ctx: &mut Ctx<'_>,
    organization: &Organization,
    account: Account,
    joined: Joined,
) -> Result<()> {
    let member =
        Member { account, joined, since: ctx.now(), parent: organization.root.clone(), state: State::Active };
    tree::link(ctx, organization, &member.parent, tree::ACCOUNT, &account.to_string())?;
    ctx.put::<Memberships>(Key::new().number(account.number()), organization.id.clone())?;
    ctx.put::<Members>(key(organization, account), member)?;
    policy::target_added(ctx, organization, &account.to_string())?;
    role::link(ctx, account)
}

/// Takes a member out of the organization, with its tags.
///
/// # Errors
/// `AccountNotFoundException` where it is not in it.
pub(crate) fn depart(ctx: &mut Ctx<'_>, organization: &Organization, account: Account) -> Result<()> {
    let parent = organization::member(ctx, organization, account)?.parent.clone();
    let id = account.to_string();
    tree::unlink(ctx, organization, &parent, tree::ACCOUNT, &id)?;
    tag::forget(ctx, organization, &id)?;
    policy::detach_all(ctx, organization, &id)?;
    delegation::forget_account(ctx, organization, account)?;
    ctx.delete::<Memberships>(&Key::new().number(account.number()))?;
    ctx.delete::<Members>(&key(organization, account))?;
    Ok(())
}

fn describe_account(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeAccountRequest,
) -> Result<api::DescribeAccountResponse> {
    let organization = caller::reader(ctx)?;
    let member = organization::member(ctx, &organization, id::account(&input.account_id)?)?;
    Ok(api::DescribeAccountResponse { account: Some(view(ctx, &organization, member)) })
}

fn list_accounts(ctx: &mut Ctx<'_>, input: &api::ListAccountsRequest) -> Result<api::ListAccountsResponse> {
    let organization = caller::reader(ctx)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window
        .scan::<Members, _>(ctx, &organization.prefix(), |member| Some(view(ctx, &organization, member)));
    Ok(api::ListAccountsResponse { accounts: Some(page.items), next_token: page.next })
}

fn list_accounts_for_parent(
    ctx: &mut Ctx<'_>,
    input: &api::ListAccountsForParentRequest,
) -> Result<api::ListAccountsForParentResponse> {
    let organization = caller::reader(ctx)?;
    tree::check_parent(ctx, &organization, &input.parent_id)?;
    let prefix = tree::children(&organization, &input.parent_id, tree::ACCOUNT);
    let found = tree::page(ctx, &prefix, (input.max_results, input.next_token.as_deref()), |id| {
        let member = ctx.peek::<Members>(&key(&organization, Account::parse(id)?))?;
        Some(view(ctx, &organization, member))
    })?;
    Ok(api::ListAccountsForParentResponse { accounts: Some(found.items), next_token: found.next })
}

fn move_account(ctx: &mut Ctx<'_>, input: &api::MoveAccountRequest) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    let account = id::account(&input.account_id)?;
    let (from, to) = (&input.source_parent_id, &input.destination_parent_id);
    for parent in [from, to] {
        id::checked(parent, |kind| matches!(kind, Kind::Root | Kind::Unit))?;
    }
    let parent = organization::member(ctx, &organization, account)?.parent.clone();
    if !tree::has_parent(ctx, &organization, to) {
        let message = "You specified a destination parent that doesn't exist.";
        return Err(error::client("DestinationParentNotFoundException", message));
    }
    if parent == *to {
        let message = "The specified account is already present in the specified destination.";
        return Err(error::client("DuplicateAccountException", message));
    }
    if parent != *from {
        let message = "You specified a source parent that doesn't exist.";
        return Err(error::client("SourceParentNotFoundException", message));
    }
    tree::unlink(ctx, &organization, from, tree::ACCOUNT, &input.account_id)?;
    tree::link(ctx, &organization, to, tree::ACCOUNT, &input.account_id)?;
    ctx.update::<Members, _>(&key(&organization, account), |member| member.parent.clone_from(to))?;
    Ok(Empty {})
}

/// The account as the API shows it.
pub(crate) fn view(ctx: &Ctx<'_>, organization: &Organization, member: &Member) -> api::Account {
    let id = member.account.to_string();
    let profile = profile::of(ctx, member.account);
    let joined = match member.joined {
        Joined::Invited => "INVITED",
        Joined::Created => "CREATED",
    };
    api::Account {
        arn: Some(organization.arn("account", &id)),
        email: Some(profile.email),
        name: Some(profile.name),
        status: Some(member.state.status().to_owned()),
        state: Some(member.state.name().to_owned()),
        paths: Some(vec![tree::path(ctx, organization, &id)]),
        joined_method: Some(joined.to_owned()),
        joined_timestamp: Some(member.since),
        id: Some(id),
    }
}

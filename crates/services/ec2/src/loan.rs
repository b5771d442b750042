//! What other accounts share with this one: their owners do so with AWS Resource Access Manager.
//!
//! A consumer sees what is shared and launches into it as if it were its own, but cannot change it. RAM is asked what is
//! shared when it says that something changed, so that a launch asks nobody.

use std::collections::BTreeMap;

use ironbird_api::ram;
use ironbird_rig::account::{Account, Scope};
use ironbird_rig::arn::Arn;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::PRINCIPAL;
use crate::filter::{Filters, Test};
use crate::host::Hosts;
use crate::page::{Page, Window};
use crate::reservation::Reservations;
use crate::resource::{self, Ask, Resource};

/// What RAM emits when what is shared with an account changes.
const ACCESS: &str = "ram.access";
/// The timer handler's name: RAM is asked what is shared now.
const SYNC: &str = "ec2.loans";

/// Adds what listens to RAM.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Loans>().timer(SYNC, sync).listen(ACCESS, SYNC)
}

/// What is shared with accounts: (account, Region, id).
pub(crate) struct Loans;

impl Table for Loans {
    const NAME: &'static str = "ec2.loans";
    type Record = Loan;
}

/// A resource that another account shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Loan {
    id: String,
    owner: Account,
    /// Whether it is shared no longer, and only the caller's instances that are still there know it.
    lapsed: bool,
}

/// A kind of resource that can be shared.
pub(crate) trait Lent: Resource {
    /// RAM's name for it: `ec2:CapacityReservation`.
    const SHARED_AS: &'static str;

    /// One is shared with this account from now on.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    fn gain(ctx: &mut Ctx<'_>, id: &str, owner: Account) -> Result<()>;

    /// One is no longer shared with this account; whether instances of the account are still there.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    fn lose(ctx: &mut Ctx<'_>, id: &str, owner: Account) -> Result<bool>;
}

/// Where the resource of that id is kept: with the caller, or with the account that shares it, or has shared it until
/// instances of the caller's were there.
pub(crate) fn home(ctx: &Ctx<'_>, id: &str) -> Scope {
    let here = ctx.scope();
    match ctx.peek::<Loans>(&here.key(id)) {
        Some(loan) => Scope { account: loan.owner, ..here },
        None => here,
    }
}

/// Who shares the resource of that id with the caller.
pub(crate) fn lender(ctx: &Ctx<'_>, id: &str) -> Option<Account> {
    ctx.peek::<Loans>(&ctx.scope().key(id)).filter(|loan| !loan.lapsed).map(|loan| loan.owner)
}

/// The resource of that id, if the caller has it or may use it.
pub(crate) fn peek<'t, R: Lent>(ctx: &'t Ctx<'_>, id: &str) -> Option<&'t R::Record> {
    let here = ctx.scope();
    let account = lender(ctx, id).unwrap_or(here.account);
    ctx.peek::<R>(&Scope { account, ..here }.key(id))
}

/// The same, where it must be there.
///
/// # Errors
/// As [`resource::find`].
pub(crate) fn find<'t, R: Lent>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t R::Record> {
    match peek::<R>(ctx, id) {
        Some(record) => Ok(record),
        None => resource::find::<R>(ctx, id),
    }
}

/// The caller's own resource, to be changed. Which code AWS has for others' is not documented.
///
/// # Errors
/// As [`resource::find`], and `OperationNotPermitted` for one that another account shares.
pub(crate) fn owned<'t, R: Lent>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t R::Record> {
    match lender(ctx, id) {
        Some(owner) => Err(Error::client("OperationNotPermitted", belongs::<R>(id, owner))),
        None => resource::find::<R>(ctx, id),
    }
}

/// Why the caller cannot change what another account shares.
pub(crate) fn belongs<R: Lent>(id: &str, owner: Account) -> String {
    let kind = R::KIND.resource_type.replace('-', " ");
    format!("The {kind} '{id}' belongs to account {owner}, which alone can change it")
}

/// What other accounts share with the caller, by id, with the owner.
pub(crate) fn shared<'t, R: Lent>(
    ctx: &'t Ctx<'_>,
) -> impl Iterator<Item = (Account, &'t R::Record)> + use<'t, R> {
    let here = ctx.scope();
    let loans = ctx.scan::<Loans>(&here.prefix()).filter(|(_, loan)| is_of::<R>(loan));
    let found = loans.filter_map(move |(_, loan)| {
        let key = Scope { account: loan.owner, ..here }.key(&loan.id);
        Some((loan.owner, ctx.peek::<R>(&key)?))
    });
    found.collect::<Vec<_>>().into_iter()
}

/// Whether it is of that kind, and shared now.
fn is_of<R: Lent>(loan: &Loan) -> bool {
    !loan.lapsed && R::KIND.is_well_formed(&loan.id)
}

/// Answers a Describe request: the caller's own resources, and those that other accounts share with it. What is the owner's is
/// said with each.
///
/// # Errors
/// As [`resource::describe`].
pub(crate) fn describe<R: Lent>(
    ctx: &Ctx<'_>,
    ask: &Ask<'_>,
    has: impl Fn(Account, &R::Record, &str, Test<'_>) -> bool,
    view: impl Fn(Account, &R::Record) -> R::View,
) -> Result<Page<R::View>> {
    if shared::<R>(ctx).next().is_none() {
        return resource::describe::<R>(ctx, ask);
    }
    let window = Window::read(ask.max_results, ask.next_token, R::PAGES)?;
    let filters = Filters::read(ask.filters, R::FILTERS, true)?;
    let own = ctx.scope().account;
    let all = || resource::all::<R>(ctx).map(|record| (own, record)).chain(shared::<R>(ctx));
    let mut found: Vec<(Account, &R::Record)> = match ask.ids.filter(|ids| !ids.is_empty()) {
        None => all().collect(),
        Some(ids) => {
            let is_named = |record: &R::Record| ids.iter().any(|id| id == R::id(record));
            let named: Vec<_> = all().filter(|(_, record)| is_named(record)).collect();
            let is_found = |id: &String| named.iter().any(|(_, record)| R::id(record) == id);
            let missing: Vec<String> = ids.iter().filter(|id| !is_found(id)).cloned().collect();
            resource::named::<R>(ctx, &missing)?;
            named
        }
    };
    found.sort_unstable_by(|(_, left), (_, right)| R::id(left).cmp(R::id(right)));
    let passing = found.into_iter().filter(|(owner, record)| {
        filters.pass(ctx, R::id(record), |name, test| has(*owner, record, name, test))
    });
    let page = window.list(passing, |(_, record)| R::id(record));
    let items = page.items.into_iter().map(|(owner, record)| view(owner, record)).collect();
    Ok(Page { items, next: page.next })
}

/// Instances of this account are, or were, where another account's resource is now: it is found from here on, though it may not
/// be shared.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn remember(ctx: &mut Ctx<'_>, id: &str, owner: Account) -> Result<()> {
    let key = ctx.scope().key(id);
    if owner == ctx.scope().account || ctx.peek::<Loans>(&key).is_some() {
        return Ok(());
    }
    ctx.put::<Loans>(key, Loan { id: id.to_owned(), owner, lapsed: true })
}

/// The last of this account's instances has left a resource: one that is shared no longer is forgotten.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_lapsed(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    if ctx.peek::<Loans>(&key).is_some_and(|loan| loan.lapsed) {
        ctx.delete::<Loans>(&key)?;
    }
    Ok(())
}

/// The timer handler: what is shared with this account is what RAM says now.
fn sync(ctx: &mut Ctx<'_>, _: &str) -> Result<()> {
    sync_kind::<Reservations>(ctx)?;
    sync_kind::<Hosts>(ctx)
}

fn sync_kind<R: Lent>(ctx: &mut Ctx<'_>) -> Result<()> {
    let now = listed::<R>(ctx)?;
    let here = ctx.scope();
    let loans = ctx.scan::<Loans>(&here.prefix()).filter(|(_, loan)| is_of::<R>(loan));
    let before: BTreeMap<String, Account> = loans.map(|(_, loan)| (loan.id.clone(), loan.owner)).collect();
    for (id, owner) in before.iter().filter(|(id, _)| !now.contains_key(*id)) {
        if R::lose(ctx, id, *owner)? {
            ctx.update::<Loans, _>(&here.key(id), |loan| loan.lapsed = true)?;
        } else {
            ctx.delete::<Loans>(&here.key(id))?;
        }
    }
    for (id, owner) in now.into_iter().filter(|(id, _)| !before.contains_key(id)) {
        ctx.put::<Loans>(here.key(&id), Loan { id: id.clone(), owner, lapsed: false })?;
        R::gain(ctx, &id, owner)?;
    }
    Ok(())
}

/// The ids of what others share with this account, with their owners.
fn listed<R: Lent>(ctx: &mut Ctx<'_>) -> Result<BTreeMap<String, Account>> {
    let mut found = BTreeMap::new();
    let mut next_token = None;
    loop {
        let input = ram::ListResourcesRequest {
            resource_owner: "OTHER-ACCOUNTS".to_owned(),
            resource_type: Some(R::SHARED_AS.to_owned()),
            next_token,
            ..Default::default()
        };
        let answer = ctx.call::<ram::ListResources>(PRINCIPAL, &input)?;
        let arns = answer.resources.into_iter().flatten().filter_map(|resource| resource.arn);
        found.extend(arns.filter_map(|arn| {
            let arn = Arn::parse(&arn)?;
            let id = arn.resource.strip_prefix(R::KIND.resource_type)?.strip_prefix('/')?;
            Some((id.to_owned(), Account::parse(arn.account)?))
        }));
        next_token = answer.next_token;
        if next_token.is_none() {
            return Ok(found);
        }
    }
}

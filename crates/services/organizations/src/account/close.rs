//! Accounts that are closed: pending for some minutes, then closed, and gone for good after 90 days. Nobody uses them from the start
//! of it on.

use ironbird_api::{Empty, organizations as api};
use ironbird_rig::world::Transitions;
use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef, Timestamp, closure};

use super::{Member, Members, State};
use crate::organization::{self, Organization, Organizations};
use crate::{caller, error, id, service};

/// The timer handler's name.
const TIMER: &str = "organizations.close-account";

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 24 * 3600 * SECOND;

/// How long a closure takes. The API reference says a few minutes.
const CLOSING: i64 = 180 * SECOND;

/// How long a closed account can still be reopened, and is shown (API reference, `CloseAccount`).
const KEPT: i64 = 90 * DAY;

/// The span for which closures are counted, and how many members may be closed in it: so many or so many percent, whichever is
/// more, but never more than the last (API reference, `CloseAccount`).
const SPAN: i64 = 30 * DAY;
const MOST: usize = 250;
const MOST_PERCENT: usize = 20;
const MOST_EVER: usize = 1000;

/// Closures that may be under way at a time (quotas in the user guide).
const MOST_AT_ONCE: usize = 3;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.timer(TIMER, step).write::<api::CloseAccount>(close_account)
}

fn close_account(ctx: &mut Ctx<'_>, input: &api::CloseAccountRequest) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    let account = id::account(&input.account_id)?;
    service::check_features(&organization)?;
    let member = organization::member(ctx, &organization, account)?.clone();
    if account == organization.management {
        let message = "You cannot close the management account of the organization.";
        return Err(error::constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", message));
    }
    match member.state {
        State::Active => {}
        State::Closing { .. } => {
            let message = "The provided account is already pending closure.";
            return Err(error::client("ConflictException", message));
        }
        State::Closed { .. } => {
            let message = "The provided account is already closed.";
            return Err(error::client("AccountAlreadyClosedException", message));
        }
    }
    check_quotas(ctx, &organization)?;
    let asked = ctx.now();
    let takes = if ctx.settings().transitions == Transitions::Instant { 0 } else { CLOSING };
    let done = Timestamp::from_nanos(asked.nanos().saturating_add(takes));
    ctx.wake_at(done, TIMER, &format!("{} {account}", organization.id))?;
    closure::close(ctx, account)?;
    ctx.put::<Members>(
        super::key(&organization, account),
        Member { state: State::Closing { asked }, ..member },
    )?;
    Ok(Empty {})
}

fn check_quotas(ctx: &Ctx<'_>, organization: &Organization) -> Result<()> {
    let since = ctx.now().nanos().saturating_sub(SPAN);
    let (mut members, mut closing, mut closed) = (0, 0, 0);
    for (_, member) in ctx.scan::<Members>(&organization.prefix()) {
        members += 1;
        match member.state {
            State::Active => {}
            State::Closing { .. } => closing += 1,
            State::Closed { asked } => closed += usize::from(asked.nanos() > since),
        }
    }
    if closing >= MOST_AT_ONCE {
        let message = "You have exceeded the number of accounts that you can close at a time.";
        return Err(error::constraint("CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED", message));
    }
    if closing + closed >= most(members) {
        let message = "You have exceeded close account quota for the past 30 days.";
        return Err(error::constraint("CLOSE_ACCOUNT_QUOTA_EXCEEDED", message));
    }
    Ok(())
}

/// How many of so many members may be closed within the span.
fn most(members: usize) -> usize {
    (members * MOST_PERCENT / 100).clamp(MOST, MOST_EVER)
}

/// The timer handler: an account that is being closed is closed, one that has long been closed goes.
fn step(ctx: &mut Ctx<'_>, resource: &str) -> Result<()> {
    let Some((organization, account)) = resource.split_once(' ') else { return Ok(()) };
    let Some(organization) = ctx.get::<Organizations>(&Key::new().text(organization)) else { return Ok(()) };
    let Some(account) = Account::parse(account) else { return Ok(()) };
    let key = super::key(&organization, account);
    let Some(member) = ctx.peek::<Members>(&key).cloned() else { return Ok(()) };
    match member.state {
        State::Active => Ok(()),
        State::Closing { asked } => {
            let gone = Timestamp::from_nanos(asked.nanos().saturating_add(KEPT));
            ctx.wake_at(gone, TIMER, resource)?;
            ctx.put::<Members>(key, Member { state: State::Closed { asked }, ..member })
        }
        State::Closed { asked } if ctx.now().nanos() >= asked.nanos().saturating_add(KEPT) => {
            super::depart(ctx, &organization, account)
        }
        State::Closed { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_fifth_may_be_closed_but_no_fewer_than_250_and_no_more_than_1000() {
        assert_eq!([10, 1250, 2000, 9000].map(super::most), [250, 250, 400, 1000]);
    }
}

//! Backfills: what is active now is made so for months that are over.

use ironbird_api::ce as api;
use ironbird_rig::page::Window;
use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use super::{AllocationTags, paying, prefix};
use crate::period::first_of_month;
use crate::{invalid_token, validation};

/// All backfills: (payer, when it was asked for, from the newest) → [`Backfill`].
struct Backfills;

impl Table for Backfills {
    const NAME: &'static str = "ce.backfills";
    type Record = Backfill;
}

/// A backfill that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Backfill {
    from: Timestamp,
    requested: Timestamp,
    completed: Option<Timestamp>,
}

/// The timer handler's name.
const TIMER: &str = "ce.backfill";

/// One may be asked for once in so many seconds, and takes as long: Cost Explorer refreshes its data once in 24 hours. Source:
/// "Backfill cost allocation tags" in the Billing user guide.
const DAY: i64 = 86_400;

/// How far back the longest goes: twelve months, of at most 31 days.
const LONGEST: i64 = 12 * 31 * DAY;

const MOST: usize = 1000;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Backfills>()
        .write::<api::StartCostAllocationTagBackfill>(start_cost_allocation_tag_backfill)
        .read::<api::ListCostAllocationTagBackfillHistory>(list_cost_allocation_tag_backfill_history)
        .timer(TIMER, complete)
}

fn start_cost_allocation_tag_backfill(
    ctx: &mut Ctx<'_>,
    input: &api::StartCostAllocationTagBackfillRequest,
) -> Result<api::StartCostAllocationTagBackfillResponse> {
    let payer = paying(ctx, "backfill Cost Allocation Tag")?;
    let now = ctx.now();
    let from = Timestamp::parse_iso8601(&input.backfill_from).filter(|from| {
        let earliest = first_of_month(Timestamp::from_secs(first_of_month(now).secs() - LONGEST + 20 * DAY));
        *from == first_of_month(*from) && earliest <= *from && *from <= now
    });
    let Some(from) = from else {
        return Err(validation("BackfillFrom has to be the first day of one of the last twelve months."));
    };
    let last = ctx.scan::<Backfills>(&prefix(payer)).next().map(|(_, last)| last.requested);
    if last.is_some_and(|last| now.secs() < last.secs() + DAY) {
        let message = "A backfill was requested in the last 24 hours.";
        return Err(Error::client("BackfillLimitExceededException", message));
    }
    let asked = Backfill { from, requested: now, completed: None };
    ctx.put::<Backfills>(key(&prefix(payer), now), asked.clone())?;
    let due = match ctx.settings().transitions {
        Transitions::Instant => now,
        Transitions::Realistic => Timestamp::from_secs(now.secs() + DAY),
    };
    ctx.wake_at(due, TIMER, &now.nanos().to_string())?;
    Ok(api::StartCostAllocationTagBackfillResponse { backfill_request: Some(asked.shown()) })
}

/// The timer handler: the backfill that was asked for at `requested` is done.
fn complete(ctx: &mut Ctx<'_>, requested: &str) -> Result<()> {
    let payer = prefix(ctx.scope().account);
    let Ok(requested) = requested.parse().map(Timestamp::from_nanos) else { return Ok(()) };
    let Some(asked) = ctx.peek::<Backfills>(&key(&payer, requested)).cloned() else { return Ok(()) };
    let keys: Vec<Key> = ctx.scan::<AllocationTags>(&payer).map(|(key, _)| key.clone()).collect();
    for at in keys {
        ctx.update::<AllocationTags, _>(&at, |tag| tag.backfill(asked.from, asked.requested))?;
    }
    let completed = Some(ctx.now());
    ctx.put::<Backfills>(key(&payer, requested), Backfill { completed, ..asked })
}

fn list_cost_allocation_tag_backfill_history(
    ctx: &mut Ctx<'_>,
    input: &api::ListCostAllocationTagBackfillHistoryRequest,
) -> Result<api::ListCostAllocationTagBackfillHistoryResponse> {
    let payer = paying(ctx, "list Cost Allocation Tag backfill history")?;
    let window =
        Window::asked(input.max_results, MOST, input.next_token.as_deref()).ok_or_else(invalid_token)?;
    let page = window.scan::<Backfills, _>(ctx, &prefix(payer), |asked| Some(asked.shown()));
    Ok(api::ListCostAllocationTagBackfillHistoryResponse {
        backfill_requests: Some(page.items),
        next_token: page.next,
    })
}

/// Where one that was asked for at `requested` is: before older ones.
fn key(payer: &Key, requested: Timestamp) -> Key {
    payer.clone().signed(requested.nanos().saturating_neg())
}

impl Backfill {
    fn shown(&self) -> api::CostAllocationTagBackfillRequest {
        api::CostAllocationTagBackfillRequest {
            backfill_from: Some(self.from.iso8601()),
            requested_at: Some(self.requested.iso8601()),
            completed_at: self.completed.map(Timestamp::iso8601),
            backfill_status: Some(
                if self.completed.is_some() { "SUCCEEDED" } else { "PROCESSING" }.to_owned(),
            ),
            last_updated_at: Some(self.completed.unwrap_or(self.requested).iso8601()),
        }
    }
}

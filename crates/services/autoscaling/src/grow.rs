//! Launching: where, of what, how many, and what is told of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use ironbird_api::{Shared, ec2};
use ironbird_rig::error::ServiceError;
use ironbird_rig::{Ctx, Error, Result};

use crate::activity::{self, Draft, Status, What, cause};
use crate::balance::{lacks, spread};
use crate::clock::instant;
use crate::group::record::{Group, Launch, Zone};
use crate::health;
use crate::launch::choice::{Choice, Market, Offer, Source};
use crate::launch::request::{self, BATCH, Spot};
use crate::member::{self, Health, Member, State};
use crate::reconcile::{Replacing, Work, because};
use crate::tally::Tally;
use crate::warm_pool;

/// A group may be above its maximum by this share while zones are balanced, and by one instance at least (user guide,
/// "Availability Zone rebalancing").
const MARGIN_PERCENT: u64 = 10;

/// A launch under way: what for, and what has come of it.
struct Launching<'a> {
    group: &'a Group,
    choice: &'a Choice,
    work: &'a mut Work,
    cause: Arc<str>,
    /// Whether it is beyond the desired capacity, to balance zones.
    balancing: bool,
    /// Whether it is for the warm pool.
    warm: bool,
    launched: Vec<String>,
}

/// Launches `missing` units of capacity; whether any were.
///
/// # Errors
/// Faults of ours only: what EC2 refuses becomes a failed activity.
pub(crate) fn scale_out(
    ctx: &mut Ctx<'_>,
    group: &Group,
    work: &mut Work,
    tally: &Tally,
    missing: u64,
    why: Option<&str>,
) -> Result<bool> {
    let desired = u64::try_from(group.size.desired).unwrap_or(0);
    let cause: Arc<str> = match (why, work.replacing) {
        (None, Some(Replacing::Unhealthy)) => cause::healed(ctx).into(),
        (None, Some(Replacing::Refresh)) => cause::refreshed(ctx).into(),
        _ => because(why, cause::growth(ctx, tally.total, desired)).into(),
    };
    let now = ctx.now();
    let choice = match Choice::of(ctx, group) {
        Ok(choice) => choice,
        Err(Error::Service(error)) => {
            if group.zones.iter().any(|zone| !work.is_blocked(&zone.name, Market::OnDemand, now)) {
                tell_failure(ctx, group, &cause, None, &error, None)?;
                group.zones.iter().for_each(|zone| work.block(&zone.name, Market::OnDemand, now));
            }
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    let goal = choice.distribution.on_demand_of(desired.max(tally.total));
    let on_demand = goal.saturating_sub(tally.on_demand).min(missing);
    let mut counts: Vec<u64> = group.zones.iter().map(|zone| tally.in_zone(&zone.name)).collect();
    let drawn = warm_pool::draw(ctx, group, missing, &cause)?;
    let missing = missing.saturating_sub(drawn);
    let on_demand = on_demand.min(missing);
    let mut launching = Launching::new(group, &choice, work, cause);
    for (market, need) in [(Market::OnDemand, on_demand), (Market::Spot, missing - on_demand)] {
        launching.fill(ctx, market, &mut counts, need)?;
    }
    Ok(launching.settle(ctx)? || drawn > 0)
}

/// Launches `missing` units into the group's warm pool.
///
/// # Errors
/// Faults of ours only: what EC2 refuses becomes a failed activity.
pub(crate) fn warm_up(ctx: &mut Ctx<'_>, group: &Group, work: &mut Work, missing: u64) -> Result<()> {
    let choice = match Choice::of(ctx, group) {
        Ok(choice) => choice,
        Err(Error::Service(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let cause: Arc<str> = cause::warm_growth(ctx, missing).into();
    let mut counts = vec![0; group.zones.len()];
    for member in member::of(ctx, &group.name).filter(|member| member.warm) {
        if let Some(at) = group.zones.iter().position(|zone| *zone.name == *member.zone) {
            counts[at] += u64::from(member.weight);
        }
    }
    let mut launching = Launching { warm: true, ..Launching::new(group, &choice, work, cause) };
    launching.fill(ctx, Market::OnDemand, &mut counts, missing)?;
    launching.settle(ctx).map(drop)
}

/// Launches in zones that have too little while others have too much; whether there was nothing to balance.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn balance(ctx: &mut Ctx<'_>, group: &Group, work: &mut Work, tally: &Tally) -> Result<bool> {
    let may = group.runs("AZRebalance") && group.runs("Launch");
    if !may || tally.balancing > 0 {
        return Ok(true);
    }
    let counts: Vec<u64> = group.zones.iter().map(|zone| tally.in_zone(&zone.name)).collect();
    let enabled: u64 = counts.iter().sum();
    let stray = tally.total - enabled;
    let gap = counts.iter().max().unwrap_or(&0) - counts.iter().min().unwrap_or(&0);
    if stray == 0 && gap <= tally.heaviest {
        return Ok(true);
    }
    let mut wanted = lacks(&counts);
    for (want, more) in wanted.iter_mut().zip(spread(&counts, stray)) {
        *want = (*want).max(more);
    }
    let now = ctx.now();
    let choice = match Choice::of(ctx, group) {
        Ok(choice) => choice,
        Err(Error::Service(_)) => return Ok(true),
        Err(error) => return Err(error),
    };
    let max = u64::try_from(group.size.max).unwrap_or(0);
    let ceiling = max + (max * MARGIN_PERCENT / 100).max(tally.heaviest);
    let mut room = ceiling.saturating_sub(tally.total);
    let market = market_to_balance(&choice, tally);
    let fullest: Vec<(String, u64)> = tally
        .zones
        .iter()
        .map(|(zone, count)| (zone.to_string(), *count))
        .filter(|(_, count)| *count > 0)
        .collect();
    let cause: Arc<str> = cause::balance(ctx, &fullest).into();
    let mut launching = Launching { balancing: true, ..Launching::new(group, &choice, work, cause) };
    for (zone, want) in group.zones.iter().zip(wanted) {
        let want = want.min(room);
        if want == 0 || launching.work.is_blocked(&zone.name, market, now) {
            continue;
        }
        let whole = tally.heaviest > 1;
        let got = launching.in_zone(ctx, market, zone, want, whole)?;
        room = room.saturating_sub(got);
    }
    launching.settle(ctx)?;
    Ok(false)
}

/// Launches as much as there is at risk and not yet replaced, beyond the desired capacity; whether anything was.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn replace_risky(
    ctx: &mut Ctx<'_>,
    group: &Group,
    work: &mut Work,
    tally: &Tally,
) -> Result<bool> {
    let missing = tally.at_risk.saturating_sub(tally.balancing);
    if missing == 0 || !group.runs("Launch") {
        return Ok(false);
    }
    let choice = match Choice::of(ctx, group) {
        Ok(choice) => choice,
        Err(Error::Service(_)) => return Ok(false),
        Err(error) => return Err(error),
    };
    let cause: Arc<str> = match work.replacing {
        Some(Replacing::Refresh) => cause::refreshed(ctx).into(),
        _ => cause::at_risk(ctx).into(),
    };
    let mut counts: Vec<u64> = group.zones.iter().map(|zone| tally.in_zone(&zone.name)).collect();
    let market = market_to_balance(&choice, tally);
    let mut launching = Launching { balancing: true, ..Launching::new(group, &choice, work, cause) };
    launching.fill(ctx, market, &mut counts, missing)?;
    launching.settle(ctx)
}

fn market_to_balance(choice: &Choice, tally: &Tally) -> Market {
    if tally.on_demand > choice.distribution.on_demand_of(tally.total) || tally.on_demand == tally.total {
        return Market::OnDemand;
    }
    Market::Spot
}

impl<'a> Launching<'a> {
    const fn new(group: &'a Group, choice: &'a Choice, work: &'a mut Work, cause: Arc<str>) -> Self {
        Self { group, choice, work, cause, balancing: false, warm: false, launched: Vec::new() }
    }

    /// Launches `need` units over the zones, going elsewhere where a zone cannot serve.
    fn fill(&mut self, ctx: &mut Ctx<'_>, market: Market, counts: &mut [u64], need: u64) -> Result<()> {
        let (group, now) = (self.group, ctx.now());
        let stays = group.balanced_only();
        let mut open: Vec<usize> = (0..group.zones.len()).collect();
        if !stays {
            open.retain(|&at| !self.work.is_blocked(&group.zones[at].name, market, now));
        }
        let mut left = need;
        while left > 0 && !open.is_empty() {
            let have: Vec<u64> = open.iter().map(|&at| counts[at]).collect();
            let shares = spread(&have, left);
            let mut served = open.clone();
            let mut got = 0;
            for (&at, share) in open.iter().zip(shares) {
                let zone = &group.zones[at];
                if share == 0 || self.work.is_blocked(&zone.name, market, now) {
                    continue;
                }
                // A group that stays in its zones has no second round in which to round up.
                let here = self.in_zone(ctx, market, zone, share, stays)?;
                counts[at] += here;
                got += here;
                if self.work.is_blocked(&zone.name, market, now) {
                    served.retain(|&other| other != at);
                }
            }
            left = left.saturating_sub(got);
            if stays {
                break;
            }
            if got == 0 && served.len() == open.len() {
                // Less than one instance a zone is left: one more in the emptiest.
                let Some(&at) = open.iter().min_by_key(|&&at| (counts[at], at)) else { break };
                let here = self.in_zone(ctx, market, &group.zones[at], left, true)?;
                counts[at] += here;
                left = left.saturating_sub(here);
                if here == 0 {
                    served.retain(|&other| other != at);
                }
            }
            open = served;
        }
        Ok(())
    }

    /// Launches up to `want` units in a zone; `whole` rounds up to an instance. A zone that cannot serve it all is
    /// blocked for a while, and a failed activity tells so.
    fn in_zone(
        &mut self,
        ctx: &mut Ctx<'_>,
        market: Market,
        zone: &Zone,
        want: u64,
        whole: bool,
    ) -> Result<u64> {
        let choice = self.choice;
        let offers = choice.in_zone(ctx, market, &zone.name);
        let pools = choice.pools(market).min(offers.len()).max(1);
        let mut left = want;
        let mut failure = None;
        let mut dry: BTreeSet<usize> = BTreeSet::new();
        // At first evenly over so many pools as asked for, then wherever there is some.
        let even = want.div_ceil(pools as u64);
        for (count, most) in [(pools, even), (offers.len(), u64::MAX)] {
            for (at, offer) in offers.iter().enumerate().take(count) {
                if left == 0 || dry.contains(&at) {
                    continue;
                }
                let asked = left.min(most);
                let round_up = whole && asked == left;
                let (got, error) = self.of_offer(ctx, market, zone, offer, asked, round_up)?;
                left = left.saturating_sub(got);
                let Some(error) = error else { continue };
                dry.insert(at);
                let hopeless = !request::is_about_the_pool(&error.code);
                failure.get_or_insert(error);
                if hopeless {
                    return self.stop(ctx, market, zone, want - left, failure);
                }
            }
        }
        let short = left > 0 && dry.len() == offers.len();
        self.stop(ctx, market, zone, want.saturating_sub(left), failure.filter(|_| short))
    }

    /// Ends the work in a zone: it served, or it is blocked for a while.
    fn stop(
        &mut self,
        ctx: &mut Ctx<'_>,
        market: Market,
        zone: &Zone,
        got: u64,
        failure: Option<Box<ServiceError>>,
    ) -> Result<u64> {
        let Some(error) = failure else {
            if got > 0 {
                self.work.unblock(&zone.name, market);
            }
            return Ok(got);
        };
        let mixed = self.group.is_mixed().then_some(market);
        tell_failure(ctx, self.group, &self.cause, Some(zone), &error, mixed)?;
        self.work.block(&zone.name, market, ctx.now());
        Ok(got)
    }

    /// Launches up to `want` units of one type in a zone, subnet by subnet; how many, and why not more.
    fn of_offer(
        &mut self,
        ctx: &mut Ctx<'_>,
        market: Market,
        zone: &Zone,
        offer: &Offer,
        want: u64,
        whole: bool,
    ) -> Result<(u64, Option<Box<ServiceError>>)> {
        let weight = u64::from(offer.weight);
        let mut instances = if whole { want.div_ceil(weight) } else { want / weight };
        let mut subnets: Vec<Option<&str>> =
            zone.subnets.iter().map(|subnet| Some(subnet.as_str())).collect();
        if subnets.is_empty() {
            subnets.push(None);
        }
        let mut subnets = subnets.into_iter();
        let mut subnet = subnets.next().flatten();
        let mut got = 0;
        while instances > 0 {
            let spot = Spot { zone: &zone.name, subnet };
            let asked = instances.min(BATCH);
            match request::run(ctx, self.group, self.choice, offer, market, spot, asked) {
                Ok(launched) if launched.is_empty() => break,
                Ok(launched) => {
                    let count = launched.len() as u64;
                    instances = instances.saturating_sub(count);
                    got += count * weight;
                    let lot = Lot::of(offer, zone, subnet, market, &launched);
                    for instance in launched {
                        self.welcome(ctx, &lot, &instance)?;
                    }
                }
                Err(Error::Service(error)) if error.code == "InsufficientFreeAddressesInSubnet" => {
                    match subnets.next() {
                        Some(next) => subnet = next,
                        None => return Ok((got, Some(error))),
                    }
                }
                Err(Error::Service(error)) => return Ok((got, Some(error))),
                Err(error) => return Err(error),
            }
        }
        Ok((got, None))
    }

    /// Takes a fresh instance into the group.
    fn welcome(&mut self, ctx: &mut Ctx<'_>, lot: &Lot, instance: &ec2::Instance) -> Result<()> {
        let Some(id) = instance.instance_id.clone() else { return Ok(()) };
        let draft = Draft {
            what: match self.warm {
                true => What::IntoPool(id.clone()),
                false => What::Launching(id.clone()),
            },
            cause: Arc::clone(&self.cause),
            status: Status::PreInService,
            message: None,
            zone: Some(Arc::clone(&lot.zone)),
            subnet: lot.subnet.clone(),
        };
        let number = activity::begin(ctx, self.group, draft)?;
        let new = Member {
            id: id.clone(),
            group: Arc::clone(&self.group.name),
            zone: Arc::clone(&lot.zone),
            subnet: lot.subnet.clone(),
            instance_type: Arc::clone(&lot.instance_type),
            image_id: lot.image_id.clone(),
            state: State::Pending,
            health: Health::Good,
            not_before: None,
            protected: self.group.settings.protect_new,
            weight: lot.weight,
            weighted: lot.weighted,
            spot: lot.spot,
            from: Some(Arc::clone(&lot.from)),
            launched: ctx.now(),
            in_service: None,
            activity: Some(number),
            balancing: self.balancing,
            at_risk: false,
            warm: self.warm,
        };
        member::join(ctx, new)?;
        self.launched.push(id);
        Ok(())
    }

    /// Where transitions are instant, fresh instances are in service at once.
    fn settle(self, ctx: &mut Ctx<'_>) -> Result<bool> {
        if instant(ctx) {
            health::observe(ctx, &self.launched)?;
        }
        Ok(!self.launched.is_empty())
    }
}

/// What the instances of one request to EC2 have in common.
struct Lot {
    zone: Arc<str>,
    subnet: Option<Arc<str>>,
    instance_type: Arc<str>,
    image_id: Option<Arc<str>>,
    weight: u32,
    weighted: bool,
    spot: bool,
    from: Arc<Launch>,
}

impl Lot {
    fn of(
        offer: &Offer,
        zone: &Zone,
        subnet: Option<&str>,
        market: Market,
        launched: &[Shared<ec2::Instance>],
    ) -> Self {
        let first = launched.first();
        let own = first.and_then(|instance| instance.subnet_id.as_deref());
        let lifecycle = first.and_then(|instance| instance.instance_lifecycle.as_deref());
        let from = match &offer.source {
            Source::Template(template) => Launch::Template(template.named.clone()),
            Source::Configuration(configuration) => Launch::Configuration(configuration.name.clone()),
        };
        Self {
            zone: zone.name.as_str().into(),
            subnet: own.or(subnet).map(Arc::from),
            instance_type: offer.instance_type.as_str().into(),
            image_id: first.and_then(|instance| instance.image_id.as_deref()).map(Arc::from),
            weight: offer.weight,
            weighted: offer.weighted,
            spot: market == Market::Spot || lifecycle == Some("spot"),
            from: Arc::new(from),
        }
    }
}

/// Keeps a failed launch. `mixed` is the market, where the group has a mixed instances policy.
fn tell_failure(
    ctx: &mut Ctx<'_>,
    group: &Group,
    cause: &Arc<str>,
    zone: Option<&Zone>,
    error: &ServiceError,
    mixed: Option<Market>,
) -> Result<()> {
    let prefix = match mixed {
        Some(Market::OnDemand) => format!("Could not launch On-Demand Instances. {} - ", error.code),
        Some(Market::Spot) => format!("Could not launch Spot Instances. {} - ", error.code),
        None => String::new(),
    };
    let message = format!("{prefix}{} Launching EC2 instance failed.", error.message);
    let draft = Draft {
        what: What::NotLaunched,
        cause: Arc::clone(cause),
        status: Status::Failed,
        message: Some(message),
        zone: zone.map(|zone| zone.name.as_str().into()),
        subnet: zone.and_then(|zone| zone.subnets.first()).map(|subnet| subnet.as_str().into()),
    };
    activity::begin(ctx, group, draft)?;
    Ok(())
}

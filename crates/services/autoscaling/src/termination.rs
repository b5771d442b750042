//! Which instances go when there are too many.
//!
//! First the zone with most capacity (zones that are not enabled before all others), then the market that the group has
//! too much of, then the group's termination policies, one after another. Of equal instances AWS takes any; here ids,
//! which are drawn from the seed, decide. Source: "Configure termination policies" in the user guide.

use std::collections::BTreeMap;

use ironbird_rig::{Ctx, Error, Result};

use crate::clock::seconds_between;
use crate::error;
use crate::group::record::{Group, Launch};
use crate::launch::choice::{Choice, Market};
use crate::launch::policy;
use crate::launch_configuration::record::Configurations;
use crate::member::{self, Member};
use crate::tally::Tally;

/// The policies that have names.
pub(crate) const POLICIES: [&str; 7] = [
    "AllocationStrategy",
    "ClosestToNextInstanceHour",
    "Default",
    "NewestInstance",
    "OldestInstance",
    "OldestLaunchConfiguration",
    "OldestLaunchTemplate",
];

/// Checks the policies of a request.
///
/// # Errors
/// `ValidationError` for a name that is no policy; custom policies need a function service that is not there.
pub(crate) fn check(policies: &[String]) -> Result<()> {
    for (at, policy) in policies.iter().enumerate() {
        if policy.starts_with("arn:") {
            return Err(Ctx::unsupported(
                "TerminationPolicies",
                "custom policies call a function, and there is no Lambda",
            ));
        }
        if !POLICIES.contains(&policy.as_str()) {
            return Err(error::validation(format!("Termination policy {policy} is not valid.")));
        }
        if policy == "Default" && at + 1 < policies.len() {
            return Err(error::validation("Default termination policy must be the last in the list."));
        }
    }
    Ok(())
}

/// An instance that may go. The smallest key goes first.
struct Candidate<'t> {
    key: Vec<i64>,
    member: &'t Member,
}

/// The instances to terminate for `excess` units less; together they are never more than that.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn choose(ctx: &mut Ctx<'_>, group: &Group, tally: &Tally, excess: u64) -> Result<Vec<Member>> {
    let mixed = group.is_mixed();
    let by_allocation =
        mixed || group.settings.termination_policies.iter().any(|p| p == "AllocationStrategy");
    let choice = match by_allocation.then(|| Choice::of(ctx, group)) {
        Some(Ok(choice)) => Some(choice),
        // A template that is gone says nothing about strategies.
        None | Some(Err(Error::Service(_))) => None,
        Some(Err(error)) => return Err(error),
    };
    let facts = Facts::of(ctx, group, choice.as_ref());
    let mut pools: BTreeMap<(&str, bool), Vec<Candidate<'_>>> = BTreeMap::new();
    let may_go = |member: &&Member| member.counts() && (!member.protected || member.at_risk);
    for member in member::of(ctx, &group.name).filter(may_go) {
        let candidate = Candidate { key: facts.key(ctx, group, member), member };
        pools.entry((&member.zone, member.spot)).or_default().push(candidate);
    }
    let most = usize::try_from(excess).unwrap_or(usize::MAX);
    for pool in pools.values_mut() {
        put_in_order(pool, most);
    }
    let enabled = |zone: &str| group.zones.iter().any(|other| other.name == zone);
    let mut zones: BTreeMap<&str, u64> = tally.zones.iter().map(|(zone, count)| (&**zone, *count)).collect();
    let mut on_demand = tally.on_demand;
    let mut total = tally.total;
    let mut left = excess;
    let mut chosen = Vec::new();
    while left > 0 {
        let goal = match &choice {
            Some(choice) if mixed => choice.distribution.on_demand_of(total - left),
            _ => 0,
        };
        let prefers_spot = mixed && on_demand <= goal;
        let next = pools
            .iter()
            .filter_map(|((zone, spot), pool)| {
                let candidate = pool.iter().rev().find(|one| u64::from(one.member.weight) <= left)?;
                let count = zones.get(zone).copied().unwrap_or(0);
                let wrong_market = mixed && *spot != prefers_spot;
                let safe = !candidate.member.at_risk;
                Some(((safe, enabled(zone), std::cmp::Reverse(count), wrong_market), candidate))
            })
            .min_by(|(a, one), (b, other)| {
                (a, &one.key, &one.member.id).cmp(&(b, &other.key, &other.member.id))
            });
        let Some((_, candidate)) = next else { break };
        let member = candidate.member;
        let weight = u64::from(member.weight);
        if let Some(pool) = pools.get_mut(&(&*member.zone, member.spot))
            && let Some(at) = pool.iter().rposition(|one| one.member.id == member.id)
        {
            pool.remove(at);
        }
        if let Some(count) = zones.get_mut(&*member.zone) {
            *count = count.saturating_sub(weight);
        }
        if !member.spot {
            on_demand = on_demand.saturating_sub(weight);
        }
        total -= weight;
        left -= weight;
        chosen.push(member.clone());
    }
    Ok(chosen)
}

/// Puts the next to go last. No more than `most` can go, so that of a large pool only so many are put in order; with
/// weights, one that is too heavy may be passed over, and all of them are needed.
fn put_in_order(pool: &mut Vec<Candidate<'_>>, most: usize) {
    let last_first =
        |a: &Candidate<'_>, b: &Candidate<'_>| (&b.key, &b.member.id).cmp(&(&a.key, &a.member.id));
    let stay = pool.len().saturating_sub(most);
    if stay > 0 && pool.iter().all(|one| one.member.weight == 1) {
        pool.select_nth_unstable_by(stay, last_first);
        pool.drain(..stay);
    }
    pool.sort_unstable_by(last_first);
}

/// What policies look at beside the instance itself.
struct Facts {
    /// Places of types in the order in which they are launched, On-Demand and Spot.
    on_demand: BTreeMap<String, i64>,
    spot: BTreeMap<String, i64>,
    /// The group's current template.
    template: Option<String>,
}

impl Facts {
    fn of(ctx: &Ctx<'_>, group: &Group, choice: Option<&Choice>) -> Self {
        let zone = group.zones.first().map(|zone| zone.name.as_str()).unwrap_or_default();
        let ranks = |market: Market| {
            let offers = choice.map(|choice| choice.in_zone(ctx, market, zone)).unwrap_or_default();
            offers.into_iter().map(|offer| offer.instance_type.clone()).zip(0_i64..).collect()
        };
        let template = match &group.launch {
            Launch::Template(template) => Some(template.id.clone()),
            Launch::Mixed(kept) => policy::read(kept)
                .ok()
                .and_then(|policy| policy.launch_template?.launch_template_specification?.launch_template_id),
            Launch::Configuration(_) => None,
        };
        Self { on_demand: ranks(Market::OnDemand), spot: ranks(Market::Spot), template }
    }

    fn key(&self, ctx: &Ctx<'_>, group: &Group, member: &Member) -> Vec<i64> {
        // What is at risk has been replaced already.
        let mut key = vec![i64::from(!member.at_risk)];
        for policy in &group.settings.termination_policies {
            self.extend(ctx, group, member, policy, &mut key);
        }
        key
    }

    fn extend(&self, ctx: &Ctx<'_>, group: &Group, member: &Member, policy: &str, key: &mut Vec<i64>) {
        match policy {
            "OldestInstance" => key.push(member.launched.nanos()),
            "NewestInstance" => key.push(-member.launched.nanos()),
            "OldestLaunchConfiguration" => key.push(configuration_age(ctx, member)),
            "OldestLaunchTemplate" => key.extend(self.template_age(member)),
            "ClosestToNextInstanceHour" => key.push(to_next_hour(ctx, member)),
            "AllocationStrategy" => key.push(-self.rank(member)),
            _ => {
                if group.is_mixed() {
                    key.push(-self.rank(member));
                }
                key.extend(self.template_age(member));
                key.push(configuration_age(ctx, member));
                key.push(to_next_hour(ctx, member));
            }
        }
    }

    /// The further back, the further from what the strategy would launch now.
    fn rank(&self, member: &Member) -> i64 {
        let ranks = if member.spot { &self.spot } else { &self.on_demand };
        ranks.get(&*member.instance_type).copied().unwrap_or(i64::MAX)
    }

    /// First what came from a launch configuration, then from another template, then the oldest versions.
    fn template_age(&self, member: &Member) -> [i64; 2] {
        match member.from.as_deref() {
            Some(Launch::Template(template)) if Some(&template.id) == self.template.as_ref() => {
                [2, template.version.parse().unwrap_or(0)]
            }
            Some(Launch::Template(_)) => [1, 0],
            _ => [0, 0],
        }
    }
}

/// When the instance's launch configuration was made; long ago where it is gone, now where it has none.
fn configuration_age(ctx: &Ctx<'_>, member: &Member) -> i64 {
    match member.from.as_deref() {
        Some(Launch::Configuration(name)) => {
            let found = ctx.peek::<Configurations>(&ctx.scope().key(name));
            found.map_or(i64::MIN, |configuration| configuration.created.nanos())
        }
        _ => i64::MAX,
    }
}

/// Seconds to the end of the instance's current hour.
fn to_next_hour(ctx: &Ctx<'_>, member: &Member) -> i64 {
    3600 - seconds_between(member.launched, ctx.now()) % 3600
}

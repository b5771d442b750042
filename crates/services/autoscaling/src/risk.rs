//! Instances that are to go: Spot Instances at risk of interruption, and instances that have reached the group's maximum
//! lifetime.
//!
//! With capacity rebalancing, another instance is launched when EC2 recommends so, and the one at risk goes when that is in
//! service. Old instances are terminated and replaced, a tenth of the group at a time at most (user guide, "Replace instances
//! based on maximum instance lifetime").

use ironbird_rig::{Ctx, Result, ServiceDef, Timestamp};

use crate::activity::cause;
use crate::clock::after;
use crate::group::record::{self, Group};
use crate::member::{self, Member, State};
use crate::reconcile;
use crate::shrink::{self, Victim};

/// Timer that hears of a Spot Instance at risk.
const WAKE: &str = "autoscaling.spot";

/// Seconds until the next old instances go, where not all may go at once. The figure is ours.
const PAUSE_SECONDS: i64 = 300;

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service.timer(WAKE, wake).listen("ec2.spot-rebalance", WAKE).listen("ec2.spot-interruption", WAKE)
}

fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let Some(mut member) = member::find(ctx, id) else { return Ok(()) };
    let rebalances = record::peek(ctx, &member.group)
        .is_some_and(|group| group.settings.capacity_rebalance == Some(true) && !group.deleting);
    if !rebalances || member.at_risk || member.state != State::InService || member.warm {
        return Ok(());
    }
    member.at_risk = true;
    let group = member.group.clone();
    member::save(ctx, member)?;
    reconcile::soon(ctx, &group, None)
}

/// Terminates instances that have lived too long; when the next one has.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn replace_aged(ctx: &mut Ctx<'_>, group: &Group) -> Result<Option<Timestamp>> {
    let Some(lifetime) = group.settings.max_instance_lifetime.filter(|_| group.runs("Terminate")) else {
        return Ok(None);
    };
    let now = ctx.now();
    let end = |member: &Member| after(member.launched, i64::from(lifetime));
    let members = || member::of(ctx, &group.name).filter(|member| member.counts());
    let mut old: Vec<&Member> = members().filter(|member| end(member) <= now && !member.protected).collect();
    let next = members().map(end).filter(|instant| *instant > now).min();
    let busy = members().any(|member| member.state.is_coming());
    let most = (members().count() / 10).max(1);
    if old.is_empty() {
        return Ok(next);
    }
    if busy {
        return Ok(Some(after(now, PAUSE_SECONDS)));
    }
    old.sort_by(|one, other| (one.launched, &one.id).cmp(&(other.launched, &other.id)));
    let more = old.len() > most;
    let old: Vec<Member> = old.into_iter().take(most).cloned().collect();
    let victims = old.into_iter().map(|member| Victim { cause: cause::aged(ctx).into(), member });
    let victims: Vec<Victim> = victims.collect();
    shrink::terminate(ctx, group, victims)?;
    reconcile::again(ctx, &group.name)?;
    Ok(if more { Some(after(now, PAUSE_SECONDS)) } else { next })
}

//! Instances that warm up: in service, but not for long enough to count.

use ironbird_rig::Ctx;

use crate::clock::seconds_between;
use crate::group::record::Group;
use crate::member::{self, Member, State};

/// Seconds that instances of the group need to warm up; `own` is the policy's word, then comes the group's, then its
/// cooldown (API reference, PutScalingPolicy).
pub(super) fn seconds(group: &Group, own: Option<i32>) -> i64 {
    let settings = &group.settings;
    i64::from(own.or(settings.default_instance_warmup).unwrap_or(settings.default_cooldown))
}

/// Units of capacity that are on their way or warm up.
pub(super) fn units(ctx: &Ctx<'_>, group: &Group, own: Option<i32>) -> i32 {
    let needed = seconds(group, own);
    let warms_up = |member: &&Member| match (member.state, member.in_service) {
        (State::InService, Some(since)) => seconds_between(since, ctx.now()) < needed,
        (State::InService, None) => false,
        _ => member.counts(),
    };
    let units: u64 =
        member::of(ctx, &group.name).filter(warms_up).map(|member| u64::from(member.weight)).sum();
    i32::try_from(units).unwrap_or(i32::MAX)
}

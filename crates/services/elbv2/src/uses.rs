//! Which target groups listeners and rules send to: what makes targets be checked, and groups not be deleted.

use std::collections::BTreeSet;

use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::{listener, rule, target};

/// Uses of target groups: (account, Region, target group, load balancer, listener, rule).
struct Uses;

impl Table for Uses {
    const NAME: &'static str = "elbv2.uses";
    type Record = Use;
}

/// One use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Use {
    load_balancer: String,
}

/// What sends to target groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender<'a> {
    /// Name of the load balancer.
    pub(crate) load_balancer: &'a str,
    /// The last part of the listener's ARN.
    pub(crate) listener: &'a str,
    /// The last part of the rule's ARN; empty for what the listener does by default.
    pub(crate) rule: &'a str,
}

impl Sender<'_> {
    fn key(&self, ctx: &Ctx<'_>, group: &str) -> Key {
        ctx.scope().key(group).text(self.load_balancer).text(self.listener).text(self.rule)
    }
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Uses>()
}

/// Notes to which groups something sends, instead of those it sent to before, and looks at their targets.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn replace(
    ctx: &mut Ctx<'_>,
    sender: Sender<'_>,
    before: &[String],
    after: &[String],
) -> Result<()> {
    for group in before.iter().filter(|group| !after.contains(group)) {
        let key = sender.key(ctx, group);
        ctx.delete::<Uses>(&key)?;
        target::reconsider(ctx, group)?;
    }
    for group in after.iter().filter(|group| !before.contains(group)) {
        let record = Use { load_balancer: sender.load_balancer.to_owned() };
        ctx.put::<Uses>(sender.key(ctx, group), record)?;
        target::reconsider(ctx, group)?;
    }
    Ok(())
}

/// The names of the load balancers that send to a group.
pub(crate) fn load_balancers(ctx: &Ctx<'_>, group: &str) -> BTreeSet<String> {
    ctx.scan::<Uses>(&ctx.scope().key(group)).map(|(_, used)| used.load_balancer.clone()).collect()
}

/// Whether anything sends to a group.
pub(crate) fn any(ctx: &Ctx<'_>, group: &str) -> bool {
    ctx.scan::<Uses>(&ctx.scope().key(group)).next().is_some()
}

/// The groups that a load balancer sends to.
pub(crate) fn groups_of(ctx: &Ctx<'_>, load_balancer: &str) -> BTreeSet<String> {
    let by_default = listener::of(ctx, load_balancer).flat_map(|listener| listener.groups.iter());
    let by_rule = rule::of_load_balancer(ctx, load_balancer).flat_map(|rule| rule.groups.iter());
    by_default.chain(by_rule).cloned().collect()
}

/// Looks at all targets of a load balancer that has become active, or has other zones.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn load_balancer_changed(ctx: &mut Ctx<'_>, load_balancer: &str) -> Result<()> {
    for group in groups_of(ctx, load_balancer) {
        target::reconsider(ctx, &group)?;
    }
    Ok(())
}

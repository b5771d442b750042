//! What is kept of a target.

use ironbird_rig::timer::TimerId;
use ironbird_rig::{Ctx, Key, Table, Timestamp};
use serde::{Deserialize, Serialize};

/// All targets: (account, Region, group, id, port).
pub(super) struct Targets;

impl Table for Targets {
    const NAME: &'static str = "elbv2.targets";
    type Record = Target;
}

/// Targets by the instance behind them: (account, Region, instance, group, id, port).
pub(super) struct Watches;

impl Table for Watches {
    const NAME: &'static str = "elbv2.watches";
    type Record = Watch;
}

/// Which target to look at when something happens to an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Watch {
    pub(super) group: String,
    pub(super) id: String,
    pub(super) port: i32,
}

impl Watch {
    pub(super) fn key(&self, ctx: &Ctx<'_>, instance: &str) -> Key {
        ctx.scope().key(instance).text(&self.group).text(&self.id).signed(self.port.into())
    }

    /// The target's key.
    pub(super) fn target(&self, ctx: &Ctx<'_>) -> Key {
        key(ctx, &self.group, &self.id, self.port)
    }
}

/// The key of a target.
pub(super) fn key(ctx: &Ctx<'_>, group: &str, id: &str, port: i32) -> Key {
    ctx.scope().key(group).text(id).signed(port.into())
}

/// One target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) group: String,
    /// An instance, or an address.
    pub(super) id: String,
    pub(super) port: i32,
    /// The zone that addresses are shown with; `all` of those outside of the VPC.
    pub(super) zone: Option<String>,
    /// The zone in which it stands, where it is in the VPC.
    pub(super) home: Option<String>,
    /// Its subnet and address, where it is in the VPC.
    pub(super) subnet: Option<String>,
    pub(super) address: Option<String>,
    /// The instance that answers; none where nobody knows who does.
    pub(super) instance: Option<String>,
    /// Whether nothing is behind an address of the VPC.
    pub(super) deserted: bool,
    pub(super) state: State,
    /// When its first check is made; checks follow at the group's interval.
    pub(super) first_check: Timestamp,
    /// What comes next, unless something happens before.
    pub(super) next: Option<Next>,
}

/// Where a target stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    Unused(Idle),
    Initial,
    Healthy,
    Unhealthy(Failure),
    /// It is being deregistered.
    Draining,
}

/// Why a target is not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Idle {
    /// Nobody sends to its group.
    NotInUse,
    /// Its zone is not one of the load balancer's.
    ZoneOff,
    /// Its instance is stopped.
    Stopped,
    /// Its address is a load balancer's own.
    Unusable,
}

/// How a target fails its check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Failure {
    /// It answers with a code that is not a success.
    Code(u16),
    /// It does not answer.
    Timeout,
    /// It refuses the connection.
    Refused,
}

/// A state that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Next {
    pub(super) step: Step,
    pub(super) timer: TimerId,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    /// Enough checks have passed.
    Heal,
    /// Enough checks have failed.
    Fail(Failure),
    /// It has drained.
    Leave,
}

impl Target {
    pub(super) fn key(&self, ctx: &Ctx<'_>) -> Key {
        key(ctx, &self.group, &self.id, self.port)
    }

    /// The timer that is set for it.
    pub(super) fn timer(&self) -> Option<TimerId> {
        self.next.map(|next| next.timer)
    }
}

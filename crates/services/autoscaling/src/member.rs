//! The instances of groups, one record each, and in which group an instance is.
//!
//! What many instances have in common is shared between their records, and every change of a record is counted in the
//! group's [`crate::tally::Counts`] at once, so that nobody has to look through all instances to decide something.

use std::sync::Arc;

use ironbird_api::autoscaling as api;
use ironbird_rig::{Ctx, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::group::record::{Launch, TemplateRef};
use crate::{tally, traffic};

/// All instances of groups: (account, Region, group, instance).
pub(crate) struct Members;

impl Table for Members {
    const NAME: &'static str = "autoscaling.members";
    type Record = Member;
}

/// The group of an instance: (account, Region, instance).
pub(crate) struct Memberships;

impl Table for Memberships {
    const NAME: &'static str = "autoscaling.memberships";
    type Record = Membership;
}

/// Where to find a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) id: String,
    pub(crate) group: Arc<str>,
}

impl Membership {
    /// The member.
    pub(crate) fn member<'t>(&self, ctx: &'t Ctx<'_>) -> Option<&'t Member> {
        ctx.peek::<Members>(&ctx.scope().key(&self.group).text(&self.id))
    }
}

/// An instance of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) group: Arc<str>,
    pub(crate) zone: Arc<str>,
    pub(crate) subnet: Option<Arc<str>>,
    pub(crate) instance_type: Arc<str>,
    pub(crate) image_id: Option<Arc<str>>,
    pub(crate) state: State,
    pub(crate) health: Health,
    /// An unhealthy instance is not replaced before this instant.
    pub(crate) not_before: Option<Timestamp>,
    /// Whether scale-in spares it.
    pub(crate) protected: bool,
    /// Units of capacity that it is.
    pub(crate) weight: u32,
    /// Whether the units come from a `WeightedCapacity`.
    pub(crate) weighted: bool,
    pub(crate) spot: bool,
    /// What it was launched from; a template with the number of its version.
    pub(crate) from: Option<Arc<Launch>>,
    pub(crate) launched: Timestamp,
    pub(crate) in_service: Option<Timestamp>,
    /// Number of its last activity, while that goes on.
    pub(crate) activity: Option<u64>,
    /// Whether it was launched to balance zones, beyond the desired capacity, and is not in service yet.
    pub(crate) balancing: bool,
    /// Whether it is to go once another one is in service in its place.
    pub(crate) at_risk: bool,
    /// Whether it is in the warm pool rather than in the group itself.
    pub(crate) warm: bool,
}

/// Where an instance stands in its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum State {
    Pending,
    /// It waits for launching hooks.
    PendingWait,
    /// It has been let go on, and stops to rest in the warm pool.
    PendingProceed,
    /// The same, but it hibernates.
    Hibernating,
    InService,
    Standby,
    Terminating,
    /// It waits for terminating hooks.
    TerminatingWait,
    TerminatingProceed,
    /// It rests in the warm pool.
    Stopped,
    /// It runs in the warm pool.
    Running,
    /// It sleeps in the warm pool.
    Hibernated,
}

impl State {
    /// `InService`, …
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::PendingWait => "Pending:Wait",
            Self::PendingProceed | Self::Hibernating => "Pending:Proceed",
            Self::InService => "InService",
            Self::Standby => "Standby",
            Self::Terminating => "Terminating",
            Self::TerminatingWait => "Terminating:Wait",
            Self::TerminatingProceed => "Terminating:Proceed",
            Self::Stopped => "Stopped",
            Self::Running => "Running",
            Self::Hibernated => "Hibernated",
        }
    }

    /// Whether it is on its way into service.
    pub(crate) const fn is_coming(self) -> bool {
        matches!(self, Self::Pending | Self::PendingWait | Self::PendingProceed | Self::Hibernating)
    }

    /// Whether it is ready in the warm pool.
    pub(crate) const fn is_warmed(self) -> bool {
        matches!(self, Self::Stopped | Self::Running | Self::Hibernated)
    }

    /// Whether it is on its way out.
    pub(crate) const fn is_leaving(self) -> bool {
        matches!(self, Self::Terminating | Self::TerminatingWait | Self::TerminatingProceed)
    }

    /// Whether it waits for hooks.
    pub(crate) const fn waits(self) -> bool {
        matches!(self, Self::PendingWait | Self::TerminatingWait)
    }
}

/// What is wrong with an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Health {
    /// Nothing.
    Good,
    /// It does not run any more.
    Stopped,
    /// Its status checks fail.
    Impaired,
    /// The check of its volumes fails.
    Stalled,
    /// A load balancer finds that it does not answer.
    Unbalanced,
    /// Somebody said so.
    Reported,
}

impl Health {
    /// `Healthy` or `Unhealthy`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Good => "Healthy",
            _ => "Unhealthy",
        }
    }
}

/// The member that the instance is.
pub(crate) fn find(ctx: &Ctx<'_>, id: &str) -> Option<Member> {
    ctx.peek::<Memberships>(&ctx.scope().key(id))?.member(ctx).cloned()
}

/// The group that the instance is in.
pub(crate) fn group_of(ctx: &Ctx<'_>, id: &str) -> Option<Arc<str>> {
    ctx.peek::<Memberships>(&ctx.scope().key(id)).map(|membership| Arc::clone(&membership.group))
}

/// The instances of a group, by id.
pub(crate) fn of<'t>(ctx: &'t Ctx<'_>, group: &str) -> impl Iterator<Item = &'t Member> {
    ctx.scan::<Members>(&ctx.scope().key(group)).map(|(_, member)| member)
}

/// Keeps the member.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn save(ctx: &mut Ctx<'_>, member: Member) -> Result<()> {
    let key = ctx.scope().key(&member.group).text(&member.id);
    let before = ctx.get::<Members>(&key);
    tally::note(ctx, before.as_deref(), Some(&member))?;
    ctx.put::<Members>(key, member.clone())?;
    traffic::attachment::note(ctx, before.as_deref(), Some(&member))
}

/// Adds a member to its group.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn join(ctx: &mut Ctx<'_>, member: Member) -> Result<()> {
    let key = ctx.scope().key(&member.id);
    ctx.put::<Memberships>(key, Membership { id: member.id.clone(), group: Arc::clone(&member.group) })?;
    save(ctx, member)
}

/// Takes a member out of its group.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn leave(ctx: &mut Ctx<'_>, member: &Member) -> Result<()> {
    let scope = ctx.scope();
    ctx.delete::<Memberships>(&scope.key(&member.id))?;
    let key = scope.key(&member.group).text(&member.id);
    let before = ctx.get::<Members>(&key);
    tally::note(ctx, before.as_deref(), None)?;
    ctx.delete::<Members>(&key)?;
    traffic::attachment::note(ctx, before.as_deref(), None)
}

/// The template as the API has it.
pub(crate) fn template_spec(template: &TemplateRef) -> api::LaunchTemplateSpecification {
    api::LaunchTemplateSpecification {
        launch_template_id: Some(template.id.clone()),
        launch_template_name: Some(template.name.clone()),
        version: Some(template.version.clone()).filter(|version| !version.is_empty()),
    }
}

impl Member {
    /// Whether it counts towards the desired capacity.
    pub(crate) const fn counts(&self) -> bool {
        !self.warm && (self.state.is_coming() || matches!(self.state, State::InService))
    }

    /// `InService`, `Warmed:Stopped`, …
    pub(crate) fn lifecycle(&self) -> String {
        if self.warm { format!("Warmed:{}", self.state.name()) } else { self.state.name().to_owned() }
    }

    fn template(&self) -> Option<api::LaunchTemplateSpecification> {
        match self.from.as_deref() {
            Some(Launch::Template(template)) => Some(template_spec(template)),
            _ => None,
        }
    }

    fn configuration(&self) -> Option<String> {
        match self.from.as_deref() {
            Some(Launch::Configuration(name)) => Some(name.clone()),
            _ => None,
        }
    }

    fn zone_id(&self, ctx: &Ctx<'_>) -> Option<String> {
        ctx.region().facts().zone(&self.zone).map(|zone| zone.id.to_owned())
    }

    /// As `DescribeAutoScalingGroups` gives it.
    pub(crate) fn in_group(&self, ctx: &Ctx<'_>) -> api::Instance {
        api::Instance {
            instance_id: self.id.clone(),
            instance_type: Some(self.instance_type.to_string()),
            availability_zone: self.zone.to_string(),
            availability_zone_id: self.zone_id(ctx),
            lifecycle_state: self.lifecycle(),
            health_status: self.health.name().to_owned(),
            launch_configuration_name: self.configuration(),
            launch_template: self.template(),
            image_id: self.image_id.as_deref().map(str::to_owned),
            protected_from_scale_in: self.protected,
            weighted_capacity: self.weighted.then(|| self.weight.to_string()),
        }
    }

    /// As `DescribeAutoScalingInstances` gives it, which writes its health in capitals.
    pub(crate) fn details(&self, ctx: &Ctx<'_>) -> api::AutoScalingInstanceDetails {
        api::AutoScalingInstanceDetails {
            instance_id: self.id.clone(),
            instance_type: Some(self.instance_type.to_string()),
            auto_scaling_group_name: self.group.to_string(),
            availability_zone: self.zone.to_string(),
            availability_zone_id: self.zone_id(ctx),
            lifecycle_state: self.lifecycle(),
            health_status: self.health.name().to_uppercase(),
            launch_configuration_name: self.configuration(),
            launch_template: self.template(),
            image_id: self.image_id.as_deref().map(str::to_owned),
            protected_from_scale_in: self.protected,
            weighted_capacity: self.weighted.then(|| self.weight.to_string()),
        }
    }
}

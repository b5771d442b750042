//! What is kept of a group. Its instances are in a table of their own ([`crate::member`]): groups have thousands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ironbird_rig::{Ctx, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error;
use crate::traffic::Source;

/// All groups: (account, Region, name).
pub(crate) struct Groups;

impl Table for Groups {
    const NAME: &'static str = "autoscaling.groups";
    type Record = Group;
}

/// A group as its owner wants it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) name: Arc<str>,
    /// Tells it from earlier groups of the same name; part of its ARN.
    pub(crate) uuid: Arc<str>,
    pub(crate) created: Timestamp,
    pub(crate) launch: Launch,
    pub(crate) size: Size,
    /// Enabled zones, by name.
    pub(crate) zones: Vec<Zone>,
    /// As it came; none for a group that was given zones only.
    pub(crate) vpc_zone_identifier: Option<String>,
    pub(crate) settings: Settings,
    pub(crate) tags: BTreeMap<String, GroupTag>,
    /// Suspended processes, each with the reason.
    pub(crate) suspended: BTreeMap<String, String>,
    /// Metrics that were asked for, and when they are next told.
    pub(crate) metrics: BTreeSet<String>,
    pub(crate) metrics_due: Option<Timestamp>,
    /// Load balancers and the like, sorted.
    pub(crate) traffic: Vec<Source>,
    /// Whether it goes once its instances are gone.
    pub(crate) deleting: bool,
    /// When capacity last changed, for cooldowns.
    pub(crate) last_scaled: Option<Timestamp>,
}

/// Bounds and goal, in units of capacity: instances unless weighted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Size {
    pub(crate) min: i32,
    pub(crate) max: i32,
    pub(crate) desired: i32,
}

/// Where instances come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Launch {
    /// A launch configuration, by name.
    Configuration(String),
    /// A launch template.
    Template(TemplateRef),
    /// A mixed instances policy as the API has it, completed with ids and defaults.
    Mixed(Value),
}

/// A launch template as a group names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TemplateRef {
    pub(crate) id: String,
    pub(crate) name: String,
    /// A number, `$Latest` or `$Default`; empty where none was given.
    pub(crate) version: String,
}

/// A zone that the group may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Zone {
    /// `eu-west-1a`
    pub(crate) name: String,
    /// Subnets to launch in, in the order they came; empty for the zone's default subnet.
    pub(crate) subnets: Vec<String>,
}

/// A tag of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupTag {
    pub(crate) value: String,
    /// Whether instances get it when they are launched.
    pub(crate) propagate: bool,
}

/// What `CreateAutoScalingGroup` and `UpdateAutoScalingGroup` both set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Seconds.
    pub(crate) default_cooldown: i32,
    /// `EC2`, and others after commas.
    pub(crate) health_check_type: String,
    /// Seconds.
    pub(crate) health_check_grace_period: i32,
    pub(crate) placement_group: Option<String>,
    pub(crate) termination_policies: Vec<String>,
    pub(crate) protect_new: bool,
    pub(crate) capacity_rebalance: Option<bool>,
    pub(crate) service_linked_role: Option<String>,
    pub(crate) max_instance_lifetime: Option<i32>,
    pub(crate) context: Option<String>,
    /// `units`, `vcpu` or `memory-mib`
    pub(crate) desired_capacity_type: Option<String>,
    pub(crate) default_instance_warmup: Option<i32>,
    pub(crate) maintenance_policy: Option<(Option<i32>, Option<i32>)>,
    /// `balanced-best-effort` or `balanced-only`
    pub(crate) distribution_strategy: Option<String>,
    /// As the API has it.
    pub(crate) impairment_policy: Option<Value>,
    /// `default`, `none`, `capacity-reservations-only` or `capacity-reservations-first`
    pub(crate) reservation_preference: Option<String>,
    /// ARN of the group of Capacity Reservations that instances aim at.
    #[serde(default)]
    pub(crate) reservation_group: Option<String>,
    /// As the API has it.
    pub(crate) lifecycle_policy: Option<Value>,
    /// `none`, `prevent-force-deletion` or `prevent-all-deletion`
    pub(crate) deletion_protection: Option<String>,
}

impl Group {
    /// `arn:aws:autoscaling:…:autoScalingGroup:UUID:autoScalingGroupName/NAME`
    pub(crate) fn arn(&self, ctx: &Ctx<'_>) -> String {
        arn(ctx, &self.uuid, &self.name)
    }

    /// Whether the process of that name may run.
    pub(crate) fn runs(&self, process: &str) -> bool {
        !self.suspended.contains_key(process)
    }

    /// Whether launches that fail in a zone may not go to others.
    pub(crate) fn balanced_only(&self) -> bool {
        self.settings.distribution_strategy.as_deref() == Some("balanced-only")
    }

    /// Whether it has a mixed instances policy.
    pub(crate) const fn is_mixed(&self) -> bool {
        matches!(self.launch, Launch::Mixed(_))
    }
}

/// ARN of the group of that UUID and name.
pub(crate) fn arn(ctx: &Ctx<'_>, uuid: &str, name: &str) -> String {
    ctx.arn("autoscaling", &format!("autoScalingGroup:{uuid}:autoScalingGroupName/{name}"))
}

/// The group of that name. AWS takes its ARN in the place of the name everywhere.
pub(crate) fn find(ctx: &Ctx<'_>, name: &str) -> Option<Group> {
    ctx.peek::<Groups>(&ctx.scope().key(plain_name(name))).cloned()
}

/// The same, to look at.
pub(crate) fn peek<'t>(ctx: &'t Ctx<'_>, name: &str) -> Option<&'t Group> {
    ctx.peek::<Groups>(&ctx.scope().key(plain_name(name)))
}

/// The name, where `name` is a group's ARN.
pub(crate) fn plain_name(name: &str) -> &str {
    match name.split_once(":autoScalingGroupName/") {
        Some((_, plain)) if name.starts_with("arn:") => plain,
        _ => name,
    }
}

/// The group of that name, which is not on its way out.
///
/// # Errors
/// `ValidationError` where there is none, `ResourceContention` where it is being deleted.
pub(crate) fn get(ctx: &Ctx<'_>, name: &str) -> Result<Group> {
    let group = find(ctx, name).ok_or_else(|| error::no_group(name))?;
    if group.deleting {
        return Err(error::pending_delete(name));
    }
    Ok(group)
}

/// Keeps the group.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn save(ctx: &mut Ctx<'_>, group: Group) -> Result<()> {
    let key = ctx.scope().key(&group.name);
    ctx.put::<Groups>(key, group)
}

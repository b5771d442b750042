//! The settings that create and update share: read from either request, checked, applied.

use ironbird_api::autoscaling as api;
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Result};

use super::record::Settings;
use crate::{error, termination};

pub(crate) const IMPAIRMENT: Place =
    Place::input("autoscaling", "CreateAutoScalingGroup", &["AvailabilityZoneImpairmentPolicy"]);
pub(crate) const LIFECYCLE: Place =
    Place::input("autoscaling", "CreateAutoScalingGroup", &["InstanceLifecyclePolicy"]);

/// Seconds between simple scaling activities unless asked otherwise (API reference, `DefaultCooldown`).
const DEFAULT_COOLDOWN: i32 = 300;

/// Bounds of `MaxInstanceLifetime` in seconds: a day to a year (API reference); 0 clears it.
const LIFETIMES: std::ops::RangeInclusive<i32> = 86_400..=31_536_000;

/// What a request changes; none leaves a setting as it is.
pub(crate) struct Changes<'a> {
    operation: &'static str,
    default_cooldown: Option<i32>,
    health_check_type: Option<&'a str>,
    health_check_grace_period: Option<i32>,
    placement_group: Option<&'a str>,
    termination_policies: Option<&'a [String]>,
    protect_new: Option<bool>,
    capacity_rebalance: Option<bool>,
    service_linked_role: Option<&'a str>,
    max_instance_lifetime: Option<i32>,
    context: Option<&'a str>,
    desired_capacity_type: Option<&'a str>,
    default_instance_warmup: Option<i32>,
    maintenance_policy: Option<&'a api::InstanceMaintenancePolicy>,
    distribution: Option<&'a api::AvailabilityZoneDistribution>,
    impairment_policy: Option<&'a api::AvailabilityZoneImpairmentPolicy>,
    reservations: Option<&'a api::CapacityReservationSpecification>,
    lifecycle_policy: Option<&'a api::InstanceLifecyclePolicy>,
    deletion_protection: Option<&'a str>,
}

/// Both requests have these members under the same names.
macro_rules! changes_of {
    ($operation:literal, $input:expr) => {
        Changes {
            operation: $operation,
            default_cooldown: $input.default_cooldown,
            health_check_type: $input.health_check_type.as_deref(),
            health_check_grace_period: $input.health_check_grace_period,
            placement_group: $input.placement_group.as_deref(),
            termination_policies: $input.termination_policies.as_deref(),
            protect_new: $input.new_instances_protected_from_scale_in,
            capacity_rebalance: $input.capacity_rebalance,
            service_linked_role: $input.service_linked_role_arn.as_deref(),
            max_instance_lifetime: $input.max_instance_lifetime,
            context: $input.context.as_deref(),
            desired_capacity_type: $input.desired_capacity_type.as_deref(),
            default_instance_warmup: $input.default_instance_warmup,
            maintenance_policy: $input.instance_maintenance_policy.as_ref(),
            distribution: $input.availability_zone_distribution.as_ref(),
            impairment_policy: $input.availability_zone_impairment_policy.as_ref(),
            reservations: $input.capacity_reservation_specification.as_ref(),
            lifecycle_policy: $input.instance_lifecycle_policy.as_ref(),
            deletion_protection: $input.deletion_protection.as_deref(),
        }
    };
}

impl<'a> From<&'a api::CreateAutoScalingGroupType> for Changes<'a> {
    fn from(input: &'a api::CreateAutoScalingGroupType) -> Self {
        changes_of!("CreateAutoScalingGroup", input)
    }
}

impl<'a> From<&'a api::UpdateAutoScalingGroupType> for Changes<'a> {
    fn from(input: &'a api::UpdateAutoScalingGroupType) -> Self {
        changes_of!("UpdateAutoScalingGroup", input)
    }
}

impl Settings {
    /// The settings of a group that was told nothing.
    pub(crate) fn usual() -> Self {
        Self {
            default_cooldown: DEFAULT_COOLDOWN,
            health_check_type: "EC2".to_owned(),
            termination_policies: vec!["Default".to_owned()],
            ..Self::default()
        }
    }
}

impl Changes<'_> {
    /// Applies the changes.
    ///
    /// # Errors
    /// `ValidationError` for values that AWS refuses.
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_>, settings: &mut Settings) -> Result<()> {
        self.apply_health(ctx, settings)?;
        self.apply_capacity(settings)?;
        set(&mut settings.default_cooldown, not_negative("DefaultCooldown", self.default_cooldown)?);
        if let Some(name) = self.placement_group {
            settings.placement_group = filled(name);
        }
        if let Some(policies) = self.termination_policies {
            termination::check(policies)?;
            settings.termination_policies = match policies {
                [] => vec!["Default".to_owned()],
                _ => policies.to_vec(),
            };
        }
        set(&mut settings.protect_new, self.protect_new);
        if let Some(arn) = self.service_linked_role {
            settings.service_linked_role = filled(arn);
        }
        match self.max_instance_lifetime {
            None => {}
            Some(0) => settings.max_instance_lifetime = None,
            Some(seconds) if LIFETIMES.contains(&seconds) => settings.max_instance_lifetime = Some(seconds),
            Some(seconds) => {
                return Err(error::validation(format!(
                    "MaxInstanceLifetime must be between 86400 and 31536000 seconds, it is {seconds}."
                )));
            }
        }
        if let Some(context) = self.context {
            settings.context = filled(context);
        }
        match self.default_instance_warmup {
            None => {}
            Some(-1) => settings.default_instance_warmup = None,
            Some(seconds) => {
                settings.default_instance_warmup = not_negative("DefaultInstanceWarmup", Some(seconds))?;
            }
        }
        if let Some(policy) = self.impairment_policy {
            settings.impairment_policy = Some(document::write(IMPAIRMENT, policy)?);
        }
        if let Some(policy) = self.lifecycle_policy {
            settings.lifecycle_policy = Some(document::write(LIFECYCLE, policy)?);
        }
        const PROTECTIONS: [&str; 3] = ["none", "prevent-force-deletion", "prevent-all-deletion"];
        if let Some(word) = one_of("DeletionProtection", self.deletion_protection, &PROTECTIONS)? {
            settings.deletion_protection = Some(word);
        }
        Ok(())
    }

    fn apply_health(&self, ctx: &mut Ctx<'_>, settings: &mut Settings) -> Result<()> {
        if let Some(kinds) = self.health_check_type {
            for kind in kinds.split(',') {
                if !["EC2", "ELB", "EBS", "VPC_LATTICE"].contains(&kind) {
                    return Err(error::validation(format!("Invalid health check type: {kind}")));
                }
            }
            if kinds.split(',').any(|kind| kind == "VPC_LATTICE") {
                // There is no VPC Lattice.
                ctx.without_effect(&format!("{}.HealthCheckType", self.operation));
            }
            kinds.clone_into(&mut settings.health_check_type);
        }
        let grace = not_negative("HealthCheckGracePeriod", self.health_check_grace_period)?;
        set(&mut settings.health_check_grace_period, grace);
        Ok(())
    }

    fn apply_capacity(&self, settings: &mut Settings) -> Result<()> {
        if self.capacity_rebalance.is_some() {
            settings.capacity_rebalance = self.capacity_rebalance;
        }
        const TYPES: [&str; 3] = ["units", "vcpu", "memory-mib"];
        if let Some(word) = one_of("DesiredCapacityType", self.desired_capacity_type, &TYPES)? {
            settings.desired_capacity_type = Some(word);
        }
        if let Some(policy) = self.maintenance_policy {
            let (least, most) = (policy.min_healthy_percentage, policy.max_healthy_percentage);
            let cleared = least == Some(-1) && most == Some(-1);
            settings.maintenance_policy = (!cleared).then_some((least, most));
        }
        const STRATEGIES: [&str; 2] = ["balanced-best-effort", "balanced-only"];
        let strategy = self.distribution.and_then(|given| given.capacity_distribution_strategy.as_deref());
        if let Some(word) = one_of("CapacityDistributionStrategy", strategy, &STRATEGIES)? {
            settings.distribution_strategy = Some(word);
        }
        const PREFERENCES: [&str; 4] =
            ["default", "none", "capacity-reservations-only", "capacity-reservations-first"];
        let preference = self.reservations.and_then(|given| given.capacity_reservation_preference.as_deref());
        if let Some(word) = one_of("CapacityReservationPreference", preference, &PREFERENCES)? {
            settings.reservation_preference = Some(word);
        }
        if let Some(given) = self.reservations {
            settings.reservation_group = reservation_group(given)?;
        }
        Ok(())
    }
}

/// The group of Capacity Reservations that a specification names.
fn reservation_group(given: &api::CapacityReservationSpecification) -> Result<Option<String>> {
    let target = given.capacity_reservation_target.as_ref();
    let arns = target.and_then(|target| target.capacity_reservation_resource_group_arns.as_deref());
    let arn = match arns.unwrap_or_default() {
        [] => return Ok(None),
        [arn] => arn.clone(),
        _ => {
            let parameter = "CapacityReservationTarget with several CapacityReservationResourceGroupArns";
            return Err(Ctx::unsupported(parameter, "an instance aims at one group"));
        }
    };
    match given.capacity_reservation_preference.as_deref() {
        Some("capacity-reservations-only" | "capacity-reservations-first") => Ok(Some(arn)),
        _ => Err(error::validation(
            "A CapacityReservationTarget needs a CapacityReservationPreference of capacity-reservations-only or \
             capacity-reservations-first.",
        )),
    }
}

fn set<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn not_negative(what: &str, value: Option<i32>) -> Result<Option<i32>> {
    match value {
        Some(number) if number < 0 => {
            Err(error::validation(format!("{what} must not be negative, it is {number}.")))
        }
        _ => Ok(value),
    }
}

fn one_of(what: &str, value: Option<&str>, known: &[&str]) -> Result<Option<String>> {
    match value {
        Some(word) if !known.contains(&word) => {
            Err(error::validation(format!("{what} must be one of {}, it is {word}.", known.join(", "))))
        }
        _ => Ok(value.map(str::to_owned)),
    }
}

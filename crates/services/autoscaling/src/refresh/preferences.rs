//! How a refresh is to go.

use ironbird_api::autoscaling as api;
use ironbird_rig::Result;

use crate::error;
use crate::group::record::Group;

/// Percent of the desired capacity that stays healthy, unless asked otherwise (API reference, `RefreshPreferences`).
const MIN_HEALTHY: i32 = 90;
const MAX_HEALTHY: i32 = 100;

/// Seconds that a checkpoint lasts, unless asked otherwise.
const CHECKPOINT_DELAY: i32 = 3600;

/// What becomes of instances that are protected or in standby.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aside {
    /// They are replaced too.
    Replace,
    Ignore,
    Wait,
}

/// The preferences of a refresh, settled.
pub(super) struct Preferences {
    pub(super) min_healthy: i64,
    pub(super) max_healthy: i64,
    /// Seconds.
    pub(super) warmup: i64,
    pub(super) checkpoints: Vec<i32>,
    pub(super) checkpoint_delay: i64,
    pub(super) skip_matching: bool,
    pub(super) auto_rollback: bool,
    pub(super) protected: Aside,
    pub(super) standby: Aside,
    pub(super) bake: i64,
    /// Alarms that fail the refresh when they go off.
    pub(super) alarms: Vec<String>,
}

impl Preferences {
    /// What a request gives, with defaults: the group's own maintenance policy and warm-up come before AWS's.
    pub(super) fn completed(
        given: Option<&api::RefreshPreferences>,
        group: &Group,
    ) -> api::RefreshPreferences {
        let mut preferences = given.cloned().unwrap_or_default();
        let (least, most) = group.settings.maintenance_policy.unwrap_or_default();
        let settings = &group.settings;
        let warmup = settings.default_instance_warmup.unwrap_or(settings.health_check_grace_period);
        preferences.min_healthy_percentage.get_or_insert(least.unwrap_or(MIN_HEALTHY));
        preferences.max_healthy_percentage.get_or_insert(most.unwrap_or(MAX_HEALTHY));
        preferences.instance_warmup.get_or_insert(warmup);
        preferences.skip_matching.get_or_insert(false);
        preferences.auto_rollback.get_or_insert(false);
        preferences.scale_in_protected_instances.get_or_insert_with(|| "Wait".to_owned());
        preferences.standby_instances.get_or_insert_with(|| "Wait".to_owned());
        if preferences.checkpoint_percentages.is_some() {
            preferences.checkpoint_delay.get_or_insert(CHECKPOINT_DELAY);
        }
        preferences
    }

    /// Settles completed preferences.
    ///
    /// # Errors
    /// `ValidationError` for what makes no sense.
    pub(super) fn of(given: &api::RefreshPreferences) -> Result<Self> {
        let min_healthy = given.min_healthy_percentage.unwrap_or(MIN_HEALTHY);
        let max_healthy = given.max_healthy_percentage.unwrap_or(MAX_HEALTHY);
        if !(0..=100).contains(&min_healthy) || !(100..=200).contains(&max_healthy) {
            return Err(error::validation(
                "MinHealthyPercentage must be between 0 and 100, and MaxHealthyPercentage between 100 and 200.",
            ));
        }
        if max_healthy - min_healthy > 100 {
            return Err(error::validation(
                "The difference between MinHealthyPercentage and MaxHealthyPercentage cannot be greater than 100.",
            ));
        }
        let checkpoints = given.checkpoint_percentages.clone().unwrap_or_default();
        let rises = checkpoints.is_sorted_by(|one, next| one < next);
        if !rises || checkpoints.iter().any(|percent| !(1..=100).contains(percent)) {
            return Err(error::validation(
                "CheckpointPercentages must be unique, in ascending order, and between 1 and 100.",
            ));
        }
        let not_negative = |what: &str, value: Option<i32>| match value {
            Some(number) if number < 0 => Err(error::validation(format!("{what} must not be negative."))),
            other => Ok(i64::from(other.unwrap_or(0))),
        };
        Ok(Self {
            min_healthy: min_healthy.into(),
            max_healthy: max_healthy.into(),
            warmup: not_negative("InstanceWarmup", given.instance_warmup)?,
            checkpoint_delay: not_negative("CheckpointDelay", given.checkpoint_delay)?,
            checkpoints,
            skip_matching: given.skip_matching == Some(true),
            auto_rollback: given.auto_rollback == Some(true),
            protected: aside(given.scale_in_protected_instances.as_deref(), "Refresh")?,
            standby: aside(given.standby_instances.as_deref(), "Terminate")?,
            bake: not_negative("BakeTime", given.bake_time)?,
            alarms: given.alarm_specification.as_ref().and_then(|one| one.alarms.clone()).unwrap_or_default(),
        })
    }
}

/// `Refresh` or `Terminate`, `Ignore`, `Wait`.
fn aside(word: Option<&str>, replace: &str) -> Result<Aside> {
    match word {
        None | Some("Wait") => Ok(Aside::Wait),
        Some("Ignore") => Ok(Aside::Ignore),
        Some(other) if other == replace => Ok(Aside::Replace),
        Some(other) => Err(error::validation(format!("{other} must be one of {replace}, Ignore or Wait."))),
    }
}

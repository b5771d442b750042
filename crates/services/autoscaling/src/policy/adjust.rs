//! How much a policy changes.

use ironbird_api::autoscaling as api;

use crate::group::record::Size;

/// The step that a breach of `breach` above the threshold falls in. Above the threshold, the lower bound belongs to the
/// step; below, the upper one does (user guide, "Step adjustments").
pub(super) fn step(steps: &[api::StepAdjustment], breach: f64) -> Option<i32> {
    let falls_in = |step: &&api::StepAdjustment| {
        let lower = step.metric_interval_lower_bound.unwrap_or(f64::NEG_INFINITY);
        let upper = step.metric_interval_upper_bound.unwrap_or(f64::INFINITY);
        if breach >= 0.0 { lower <= breach && breach < upper } else { lower < breach && breach <= upper }
    };
    steps.iter().find(falls_in).map(|step| step.scaling_adjustment)
}

/// The goal after an adjustment, within the bounds. Percentages are rounded towards zero, but never to it (user guide,
/// "Scaling adjustment types").
pub(super) fn adjusted(size: Size, adjustment: &str, change: i32, magnitude: Option<i32>) -> i32 {
    let now = i64::from(size.desired);
    let change = i64::from(change);
    let goal = match adjustment {
        "ExactCapacity" => change,
        "PercentChangeInCapacity" => {
            let exact = now * change;
            let rounded = if exact != 0 && exact.abs() < 100 { exact.signum() } else { exact / 100 };
            let least = i64::from(magnitude.unwrap_or(0)).abs();
            now + if rounded.abs() < least { least * change.signum() } else { rounded }
        }
        _ => now + change,
    };
    let bounded = goal.clamp(i64::from(size.min), i64::from(size.max));
    i32::try_from(bounded).unwrap_or(size.max)
}

#[cfg(test)]
mod tests {
    use ironbird_api::autoscaling::StepAdjustment;

    use super::{adjusted, step};
    use crate::group::record::Size;

    #[test]
    fn adjustments_round_and_stay_in_bounds() {
        let size = |desired| Size { min: 1, max: 20, desired };
        assert_eq!(adjusted(size(10), "ChangeInCapacity", -3, None), 7);
        assert_eq!(adjusted(size(10), "ChangeInCapacity", 30, None), 20);
        assert_eq!(adjusted(size(10), "ExactCapacity", 0, None), 1);
        assert_eq!(adjusted(size(10), "PercentChangeInCapacity", 25, None), 12);
        assert_eq!(adjusted(size(10), "PercentChangeInCapacity", -25, None), 8);
        assert_eq!(adjusted(size(4), "PercentChangeInCapacity", 5, None), 5);
        assert_eq!(adjusted(size(4), "PercentChangeInCapacity", 5, Some(2)), 6);
        assert_eq!(adjusted(size(4), "PercentChangeInCapacity", -5, None), 3);
    }

    #[test]
    fn steps_have_one_open_end() {
        let bounds = [
            (None, Some(-10.0), -2),
            (Some(-10.0), Some(0.0), -1),
            (Some(0.0), Some(10.0), 1),
            (Some(10.0), None, 2),
        ];
        let steps = bounds.map(|(lower, upper, scaling_adjustment)| StepAdjustment {
            metric_interval_lower_bound: lower,
            metric_interval_upper_bound: upper,
            scaling_adjustment,
        });
        let found = [-11.0, -10.0, -1.0, 0.0, 9.9, 10.0].map(|breach| step(&steps, breach));
        assert_eq!(found, [-2, -2, -1, 1, 1, 2].map(Some));
    }
}

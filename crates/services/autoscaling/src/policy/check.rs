//! What a policy may ask for. Messages are AWS's, as users have published them.

use ironbird_api::autoscaling as api;
use ironbird_rig::Result;

use super::ADJUSTMENTS;
use crate::error;

/// Steps that a policy may have (user guide, "Quotas").
const MAX_STEPS: usize = 20;

/// Looks a request for a policy of that kind over.
///
/// # Errors
/// `ValidationError` where something is missing, belongs to another kind of policy, or makes no sense.
pub(super) fn check(kind: &str, request: &api::PutScalingPolicyType) -> Result<()> {
    let steps = request.step_adjustments.as_deref().unwrap_or_default();
    let tracks = request.target_tracking_configuration.is_some();
    match kind {
        "SimpleScaling" => {
            foreign(kind, "MetricAggregationType", request.metric_aggregation_type.is_some())?;
            foreign(kind, "EstimatedInstanceWarmup", request.estimated_instance_warmup.is_some())?;
            foreign(kind, "StepAdjustments", !steps.is_empty())?;
            foreign(kind, "TargetTrackingConfiguration", tracks)?;
            if request.scaling_adjustment.is_none() {
                return refuse("Scaling increment must be specified for a SimpleScaling policy");
            }
        }
        "StepScaling" => {
            foreign(kind, "ScalingAdjustment", request.scaling_adjustment.is_some())?;
            foreign(kind, "TargetTrackingConfiguration", tracks)?;
            if steps.is_empty() {
                return refuse("You should specify at least one StepAdjustment with a StepScaling policy");
            }
            if steps.len() > MAX_STEPS {
                return refuse(format!("Your policies can have at most {MAX_STEPS} StepAdjustments."));
            }
            check_steps(steps)?;
        }
        "TargetTrackingScaling" => return needs(kind, "TargetTrackingConfiguration", tracks),
        "PredictiveScaling" => {
            let predicts = request.predictive_scaling_configuration.is_some();
            return needs(kind, "PredictiveScalingConfiguration", predicts);
        }
        other => return refuse(format!("Invalid policy type: {other}")),
    }
    check_adjustment(kind, request)
}

fn check_adjustment(kind: &str, request: &api::PutScalingPolicyType) -> Result<()> {
    let Some(adjustment) = request.adjustment_type.as_deref() else {
        return refuse(format!("You must specify an AdjustmentType for policy type: {kind}"));
    };
    if !ADJUSTMENTS.contains(&adjustment) {
        return refuse(format!("{adjustment} is not a valid AdjustmentType."));
    }
    let Some(magnitude) = request.min_adjustment_magnitude.or(request.min_adjustment_step) else {
        return Ok(());
    };
    if adjustment != "PercentChangeInCapacity" {
        return refuse("MinAdjustmentMagnitude is not supported by the specified adjustment type");
    }
    if magnitude <= 0 {
        return refuse("If specified, MinAdjustmentMagnitude must be greater than zero");
    }
    Ok(())
}

/// Steps cover one range without gaps, which begins or ends at the threshold or goes on beyond it (user guide, "Step
/// adjustments").
fn check_steps(steps: &[api::StepAdjustment]) -> Result<()> {
    let mut ranges = Vec::with_capacity(steps.len());
    for step in steps {
        let (lower, upper) = (step.metric_interval_lower_bound, step.metric_interval_upper_bound);
        if lower.is_none() && upper.is_none() {
            return refuse("Both lower and upper bounds of a StepAdjustment cannot be left unspecified");
        }
        let range = (lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY));
        if range.0 >= range.1 {
            return refuse("LowerBound must be less than the UpperBound for StepAdjustment");
        }
        ranges.push(range);
    }
    let bottoms = ranges.iter().filter(|(lower, _)| lower.is_infinite()).count();
    let tops = ranges.iter().filter(|(_, upper)| upper.is_infinite()).count();
    if bottoms > 1 {
        return refuse("At most one StepAdjustment may have an unspecified lower bound");
    }
    if tops > 1 {
        return refuse("At most one StepAdjustment may have an unspecified upper bound");
    }
    if bottoms == 0 && ranges.iter().any(|(lower, _)| *lower < 0.0) {
        return refuse(
            "There must be a StepAdjustment with an unspecified lower bound (i.e., lower bound is null) when one \
             StepAdjustment has a negative lower bound",
        );
    }
    if tops == 0 && ranges.iter().any(|(_, upper)| *upper > 0.0) {
        return refuse(
            "There must be a StepAdjustment with an unspecified upper bound (i.e., upper bound is null) when one \
             StepAdjustment has a positive upper bound",
        );
    }
    ranges.sort_by(|one, other| one.0.total_cmp(&other.0));
    for pair in ranges.windows(2) {
        if pair[0].1 > pair[1].0 {
            return refuse("StepAdjustment intervals cannot overlap");
        }
        if pair[0].1 < pair[1].0 {
            return refuse("StepAdjustment intervals cannot have gaps between them");
        }
    }
    Ok(())
}

fn needs(kind: &str, what: &str, given: bool) -> Result<()> {
    if given { Ok(()) } else { refuse(format!("{what} is required for a policy of type {kind}.")) }
}

/// Something that belongs to policies of other kinds.
fn foreign(kind: &str, what: &str, given: bool) -> Result<()> {
    if given { refuse(format!("{what} is not supported for a {kind} policy")) } else { Ok(()) }
}

fn refuse(message: impl Into<String>) -> Result<()> {
    Err(error::validation(message))
}

#[cfg(test)]
mod tests {
    use ironbird_api::autoscaling::StepAdjustment;

    use super::check_steps;

    /// Why steps with these bounds are refused; nothing where they are not.
    fn refusal(bounds: &[(Option<f64>, Option<f64>)]) -> String {
        let steps: Vec<StepAdjustment> = bounds
            .iter()
            .map(|&(lower, upper)| StepAdjustment {
                metric_interval_lower_bound: lower,
                metric_interval_upper_bound: upper,
                scaling_adjustment: 1,
            })
            .collect();
        check_steps(&steps).err().map(|error| error.message().to_owned()).unwrap_or_default()
    }

    #[test]
    fn steps_cover_one_range_around_the_threshold() {
        let at = Some;
        assert_eq!(refusal(&[(None, at(-10.0)), (at(-10.0), at(0.0)), (at(0.0), None)]), "");
        assert_eq!(refusal(&[(at(10.0), None), (at(0.0), at(10.0))]), "");
        assert_eq!(refusal(&[(None, at(0.0))]), "");
        assert_eq!(refusal(&[(None, at(-10.0))]), "");
    }

    #[test]
    fn steps_without_sense_are_refused() {
        let at = Some;
        let begins = |bounds: &[_], words: &str| {
            let message = refusal(bounds);
            assert!(message.starts_with(words), "{bounds:?}: {message:?}");
        };
        begins(&[(None, None)], "Both lower and upper bounds");
        begins(&[(at(5.0), at(5.0)), (at(5.0), None)], "LowerBound must be less");
        begins(
            &[(None, at(0.0)), (None, at(-5.0))],
            "At most one StepAdjustment may have an unspecified lower",
        );
        begins(
            &[(at(0.0), None), (at(9.0), None)],
            "At most one StepAdjustment may have an unspecified upper",
        );
        begins(&[(at(-20.0), at(-10.0))], "There must be a StepAdjustment with an unspecified lower bound");
        begins(&[(at(0.0), at(10.0))], "There must be a StepAdjustment with an unspecified upper bound");
        begins(&[(at(0.0), at(10.0)), (at(20.0), None)], "StepAdjustment intervals cannot have gaps");
        begins(&[(at(0.0), at(10.0)), (at(5.0), None)], "StepAdjustment intervals cannot overlap");
    }
}

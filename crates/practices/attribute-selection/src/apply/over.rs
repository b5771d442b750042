//! One override of a group or a fleet, or one launch specification of a Spot Fleet, as far as types and attributes concern
//! it.

use ironbird_api::autoscaling::LaunchTemplateOverrides;
use ironbird_api::ec2::{self, FleetLaunchTemplateOverridesRequest, InstanceRequirementsRequest};

use crate::words;

/// One override.
pub trait Over: Clone + Default + PartialEq {
    /// All that it says beside the type and what goes with one: its weight and its place in an order.
    fn rest(&self) -> Self;

    /// The same, asking for attributes.
    fn asking(self, request: &InstanceRequirementsRequest) -> Self;
}

impl Over for LaunchTemplateOverrides {
    fn rest(&self) -> Self {
        Self { instance_type: None, weighted_capacity: None, ..self.clone() }
    }

    fn asking(self, request: &InstanceRequirementsRequest) -> Self {
        Self { instance_requirements: words::for_group(request), ..self }
    }
}

impl Over for FleetLaunchTemplateOverridesRequest {
    fn rest(&self) -> Self {
        Self { instance_type: None, weighted_capacity: None, priority: None, ..self.clone() }
    }

    fn asking(self, request: &InstanceRequirementsRequest) -> Self {
        Self { instance_requirements: Some(request.clone()), ..self }
    }
}

impl Over for ec2::LaunchTemplateOverrides {
    fn rest(&self) -> Self {
        Self { instance_type: None, weighted_capacity: None, priority: None, ..self.clone() }
    }

    fn asking(self, request: &InstanceRequirementsRequest) -> Self {
        Self { instance_requirements: words::as_shown(request), ..self }
    }
}

impl Over for ec2::SpotFleetLaunchSpecification {
    fn rest(&self) -> Self {
        Self { instance_type: None, weighted_capacity: None, ..self.clone() }
    }

    fn asking(self, request: &InstanceRequirementsRequest) -> Self {
        Self { instance_requirements: words::as_shown(request), ..self }
    }
}

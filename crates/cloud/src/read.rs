//! Reading whole lists, page by page.

use ironbird_api::{autoscaling, cloudtrail, ec2, sts};
use ironbird_client::CallError;

use crate::Cloud;

/// No list is followed over more pages than this: an endpoint that always gives another token must not hold us forever.
const MOST_PAGES: usize = 20_000;

/// Makes a function that reads every page of a list. The token of the last page is absent or empty. It is called `next_token`
/// unless `by` names another.
macro_rules! whole_list {
    ($(#[$doc:meta])* $name:ident, $operation:ty, $input:ty, $items:ident, $item:ty) => {
        whole_list!($(#[$doc])* $name, $operation, $input, $items, $item, by next_token);
    };
    ($(#[$doc:meta])* $name:ident, $operation:ty, $input:ty, $items:ident, $item:ty, by $token:ident) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// What the service answers; `Answer` where the list does not end.
        pub async fn $name<C: Cloud>(cloud: &C, mut input: $input) -> Result<Vec<$item>, CallError> {
            let mut items = Vec::new();
            for _ in 0..MOST_PAGES {
                let page = cloud.call::<$operation>(&input).await?;
                items.extend(page.$items.list());
                match page.$token.filter(|token| !token.is_empty()) {
                    Some(token) => input.$token = Some(token),
                    None => return Ok(items),
                }
            }
            Err(endless(stringify!($operation)))
        }
    };
}

fn endless(operation: &'static str) -> CallError {
    CallError::Answer { operation, cause: format!("the list goes on after {MOST_PAGES} pages") }
}

/// A list that may be absent.
trait List<T> {
    fn list(self) -> Vec<T>;
}

impl<T> List<T> for Vec<T> {
    fn list(self) -> Vec<T> {
        self
    }
}

impl<T> List<T> for Option<Vec<T>> {
    fn list(self) -> Vec<T> {
        self.unwrap_or_default()
    }
}

pub mod identity;

whole_list!(
    /// Auto Scaling groups.
    groups,
    autoscaling::DescribeAutoScalingGroups,
    autoscaling::AutoScalingGroupNamesType,
    auto_scaling_groups,
    autoscaling::AutoScalingGroup
);
whole_list!(
    /// Scaling activities, newest first.
    activities,
    autoscaling::DescribeScalingActivities,
    autoscaling::DescribeScalingActivitiesType,
    activities,
    autoscaling::Activity
);
whole_list!(
    /// Scaling policies.
    policies,
    autoscaling::DescribePolicies,
    autoscaling::DescribePoliciesType,
    scaling_policies,
    autoscaling::ScalingPolicy
);
whole_list!(
    /// Launch configurations.
    launch_configurations,
    autoscaling::DescribeLaunchConfigurations,
    autoscaling::LaunchConfigurationNamesType,
    launch_configurations,
    autoscaling::LaunchConfiguration
);
whole_list!(
    /// Launch templates.
    launch_templates,
    ec2::DescribeLaunchTemplates,
    ec2::DescribeLaunchTemplatesRequest,
    launch_templates,
    ec2::LaunchTemplate
);
whole_list!(
    /// Versions of a launch template.
    launch_template_versions,
    ec2::DescribeLaunchTemplateVersions,
    ec2::DescribeLaunchTemplateVersionsRequest,
    launch_template_versions,
    ec2::LaunchTemplateVersion
);
whole_list!(
    /// Types that have attributes, in the preview's sense: without price protection.
    types_with_attributes,
    ec2::GetInstanceTypesFromInstanceRequirements,
    ec2::GetInstanceTypesFromInstanceRequirementsRequest,
    instance_types,
    ec2::InstanceTypeInfoFromInstanceRequirements
);
whole_list!(
    /// Types with their figures.
    instance_types,
    ec2::DescribeInstanceTypes,
    ec2::DescribeInstanceTypesRequest,
    instance_types,
    ec2::InstanceTypeInfo
);
whole_list!(
    /// Which types are offered where.
    offerings,
    ec2::DescribeInstanceTypeOfferings,
    ec2::DescribeInstanceTypeOfferingsRequest,
    instance_type_offerings,
    ec2::InstanceTypeOffering
);
whole_list!(
    /// Subnets.
    subnets,
    ec2::DescribeSubnets,
    ec2::DescribeSubnetsRequest,
    subnets,
    ec2::Subnet
);
whole_list!(
    /// Dedicated Hosts.
    hosts,
    ec2::DescribeHosts,
    ec2::DescribeHostsRequest,
    hosts,
    ec2::Host
);
whole_list!(
    /// Instances, as launched together.
    launches,
    ec2::DescribeInstances,
    ec2::DescribeInstancesRequest,
    reservations,
    ec2::Reservation
);
whole_list!(
    /// Health of instances.
    statuses,
    ec2::DescribeInstanceStatus,
    ec2::DescribeInstanceStatusRequest,
    instance_statuses,
    ec2::InstanceStatus
);
whole_list!(
    /// Capacity Reservations.
    reservations,
    ec2::DescribeCapacityReservations,
    ec2::DescribeCapacityReservationsRequest,
    capacity_reservations,
    ec2::CapacityReservation
);
whole_list!(
    /// Capacity Reservation Fleets.
    reservation_fleets,
    ec2::DescribeCapacityReservationFleets,
    ec2::DescribeCapacityReservationFleetsRequest,
    capacity_reservation_fleets,
    ec2::CapacityReservationFleet
);
whole_list!(
    /// EC2 Fleets.
    fleets,
    ec2::DescribeFleets,
    ec2::DescribeFleetsRequest,
    fleets,
    ec2::FleetData
);
whole_list!(
    /// Instances of one fleet that are up.
    fleet_instances,
    ec2::DescribeFleetInstances,
    ec2::DescribeFleetInstancesRequest,
    active_instances,
    ec2::ActiveInstance
);
whole_list!(
    /// Spot Fleets.
    spot_fleets,
    ec2::DescribeSpotFleetRequests,
    ec2::DescribeSpotFleetRequestsRequest,
    spot_fleet_request_configs,
    ec2::SpotFleetRequestConfig
);
whole_list!(
    /// Instances of one Spot Fleet that are up.
    spot_fleet_instances,
    ec2::DescribeSpotFleetInstances,
    ec2::DescribeSpotFleetInstancesRequest,
    active_instances,
    ec2::ActiveInstance
);
whole_list!(
    /// Events of the audit log, newest first.
    events,
    cloudtrail::LookupEvents,
    cloudtrail::LookupEventsRequest,
    events,
    cloudtrail::Event
);

/// Zones of the Region that are in use without asking: available, ordinary (no Local or Wavelength Zones), and not
/// behind an opt-in.
///
/// # Errors
/// What the service answers.
pub async fn zones<C: Cloud>(cloud: &C) -> Result<Vec<String>, CallError> {
    let answer = cloud.call::<ec2::DescribeAvailabilityZones>(&Default::default()).await?;
    let zones = answer.availability_zones.unwrap_or_default().into_iter().filter(|zone| {
        zone.zone_type.as_deref().unwrap_or("availability-zone") == "availability-zone"
            && zone.opt_in_status.as_deref() != Some("not-opted-in")
            && zone.state.as_deref().unwrap_or("available") == "available"
    });
    let mut names: Vec<String> = zones.filter_map(|zone| zone.zone_name).collect();
    names.sort();
    Ok(names)
}

/// Twelve-digit id of the account.
///
/// # Errors
/// What the service answers; `Answer` where it names no account.
pub async fn account<C: Cloud>(cloud: &C) -> Result<String, CallError> {
    let answer = cloud.call::<sts::GetCallerIdentity>(&Default::default()).await?;
    let nameless =
        || CallError::Answer { operation: "GetCallerIdentity", cause: "it names no account".to_owned() };
    answer.account.ok_or_else(nameless)
}

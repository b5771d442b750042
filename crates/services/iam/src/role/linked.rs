//! Service-linked roles: made for a service, which alone may assume and change them.
//!
//! AWS gives every service's role a name and a policy of its own. Names of the services that this rig has are known, others
//! follow from the service's host name; the policy is the one of AWS's that bears the service's name, where there is one.

use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Result, ServiceDef};
use serde_json::json;

use super::record::Role;
use super::{USUAL_SESSION, whole};
use crate::error;
use crate::holder::{self, Holdings};
use crate::named::{self, Head, Named as _};
use crate::policy::find;
use crate::tag::Tags;

/// Host names of services, the names and the policies of their roles, and whether a suffix may be added. Source: the
/// services' pages on service-linked roles.
const KNOWN: &[(&str, &str, Option<&str>, bool)] = &[
    ("autoscaling.amazonaws.com", "AutoScaling", Some("AutoScalingServiceRolePolicy"), true),
    ("ec2.amazonaws.com", "EC2", None, false),
    ("ec2fleet.amazonaws.com", "EC2Fleet", Some("AWSEC2FleetServiceRolePolicy"), false),
    ("spot.amazonaws.com", "EC2Spot", Some("AWSEC2SpotServiceRolePolicy"), false),
    ("spotfleet.amazonaws.com", "EC2SpotFleet", Some("AWSEC2SpotFleetServiceRolePolicy"), false),
    ("ec2scheduled.amazonaws.com", "EC2ScheduledInstances", None, false),
    (
        "ec2.capacity-reservation-fleet.amazonaws.com",
        "EC2CapacityReservationFleet",
        Some("AWSEC2CapacityReservationFleetRolePolicy"),
        false,
    ),
    ("fis.amazonaws.com", "FIS", Some("AmazonFISServiceRolePolicy"), false),
    (
        "elasticloadbalancing.amazonaws.com",
        "ElasticLoadBalancing",
        Some("AWSElasticLoadBalancingServiceRolePolicy"),
        false,
    ),
    ("ecs.amazonaws.com", "ECS", Some("AmazonECSServiceRolePolicy"), false),
    ("eks.amazonaws.com", "AmazonEKS", Some("AmazonEKSServiceRolePolicy"), false),
    ("organizations.amazonaws.com", "Organizations", Some("AWSOrganizationsServiceTrustPolicy"), false),
    ("sso.amazonaws.com", "SSO", Some("AWSSSOServiceRolePolicy"), false),
    ("cloudtrail.amazonaws.com", "CloudTrail", Some("CloudTrailServiceRolePolicy"), false),
    ("events.amazonaws.com", "CloudWatchEvents", Some("CloudWatchEventsServiceRolePolicy"), false),
];

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::CreateServiceLinkedRole>(create_service_linked_role)
        .write::<api::DeleteServiceLinkedRole>(delete_service_linked_role)
        .read::<api::GetServiceLinkedRoleDeletionStatus>(get_service_linked_role_deletion_status)
}

fn create_service_linked_role(
    ctx: &mut Ctx<'_>,
    input: &api::CreateServiceLinkedRoleRequest,
) -> Result<api::CreateServiceLinkedRoleResponse> {
    let service = &input.aws_service_name;
    let Some((_, name, policy, takes_suffix)) = KNOWN.iter().find(|(host, ..)| host == service) else {
        let message = format!(
            "Service-linked roles of {service} are not among those that this rig knows, or it has none."
        );
        return Err(error::invalid_input(message));
    };
    let suffix = input.custom_suffix.as_deref().filter(|suffix| !suffix.is_empty());
    if suffix.is_some() && !takes_suffix {
        return Err(error::invalid_input(format!("Custom suffix is not allowed for {service}")));
    }
    let suffix = suffix.map(|suffix| format!("_{suffix}")).unwrap_or_default();
    let name = format!("AWSServiceRoleFor{name}{suffix}");
    if named::look::<Role>(ctx, &name).is_some() {
        let message = format!(
            "Service role name {name} has been taken in this account, please try a different suffix."
        );
        return Err(error::invalid_input(message));
    }
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }],
    });
    let role = Role {
        head: Head::fresh::<Role>(ctx, &name, Some(&format!("/aws-service-role/{service}/")))?,
        trust: trust.to_string(),
        description: input.description.clone(),
        max_session: USUAL_SESSION,
        tags: Tags::default(),
        holdings: Holdings::default(),
        service: Some(service.clone()),
    };
    let mut role = role;
    let arn = policy
        .map(|policy| format!("arn:{}:iam::aws:policy/aws-service-role/{policy}", ctx.region().partition()));
    if let Some(arn) = arn
        && find::find(ctx, &arn)?.is_some()
    {
        role.holdings.attached.insert(arn);
    }
    holder::remember(ctx, &role)?;
    let shown = whole(ctx, &role);
    named::add(ctx, role)?;
    Ok(api::CreateServiceLinkedRoleResponse { role: Some(shown) })
}

fn delete_service_linked_role(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteServiceLinkedRoleRequest,
) -> Result<api::DeleteServiceLinkedRoleResponse> {
    let name = &input.role_name;
    let role = named::find::<Role>(ctx, name)?.clone();
    let Some(service) = role.service.as_ref().filter(|_| role.is_linked()) else {
        return Err(Role::missing(name));
    };
    let task = ctx.fresh_uuid("iam.deletion")?;
    holder::forget(ctx, &role)?;
    ctx.delete::<Role>(&named::key(ctx, name))?;
    Ok(api::DeleteServiceLinkedRoleResponse {
        deletion_task_id: format!("task/aws-service-role/{service}/{name}/{task}"),
    })
}

/// Deletion is done when it is asked for: nothing tells whether the service still uses the role.
fn get_service_linked_role_deletion_status(
    _ctx: &mut Ctx<'_>,
    input: &api::GetServiceLinkedRoleDeletionStatusRequest,
) -> Result<api::GetServiceLinkedRoleDeletionStatusResponse> {
    if !input.deletion_task_id.starts_with("task/aws-service-role/") {
        return Err(error::no_such_entity(format!(
            "Deletion task {} cannot be found.",
            input.deletion_task_id
        )));
    }
    Ok(api::GetServiceLinkedRoleDeletionStatusResponse { status: "SUCCEEDED".to_owned(), reason: None })
}

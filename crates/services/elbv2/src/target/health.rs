//! DescribeTargetHealth. States, reasons and descriptions are those of "Target health status" and "Health check reason codes" in
//! the user guides.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::{self, Failure, Idle, State, Target, Targets};
use crate::load_balancer::record::Kind;
use crate::target_group;
use crate::target_group::record::TargetGroup;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::DescribeTargetHealth>(describe_target_health)
        .refuses::<api::DescribeTargetHealth>(&[("Include", "there is no traffic that could be anomalous")])
}

/// State, reason code and description; a healthy target has neither reason nor description.
type Shown = (&'static str, Option<(&'static str, String)>);

fn describe_target_health(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeTargetHealthInput,
) -> Result<api::DescribeTargetHealthOutput> {
    let group = target_group::find(ctx, &input.target_group_arn)?;
    let asked = input.targets.as_deref().unwrap_or_default();
    let descriptions = match asked {
        [] => super::of(ctx, &group.name).map(|(_, target)| registered(ctx, group, target)).collect(),
        asked => asked.iter().map(|one| of_one(ctx, group, one)).collect(),
    };
    Ok(api::DescribeTargetHealthOutput { target_health_descriptions: Some(descriptions) })
}

fn of_one(
    ctx: &Ctx<'_>,
    group: &TargetGroup,
    asked: &api::TargetDescription,
) -> api::TargetHealthDescription {
    let port = asked.port.unwrap_or(group.port);
    match ctx.peek::<Targets>(&record::key(ctx, &group.name, &asked.id, port)) {
        Some(target) => registered(ctx, group, target),
        None => {
            let why = ("Target.NotRegistered", "Target is not registered to the target group".to_owned());
            described(group, (&asked.id, port, None), ("unused", Some(why)))
        }
    }
}

fn registered(ctx: &Ctx<'_>, group: &TargetGroup, target: &Target) -> api::TargetHealthDescription {
    let known = (target.id.as_str(), target.port, target.zone.as_ref());
    described(group, known, shown(ctx, group, target))
}

fn described(
    group: &TargetGroup,
    (id, port, zone): (&str, i32, Option<&String>),
    (state, why): Shown,
) -> api::TargetHealthDescription {
    let (reason, description) = why.unzip();
    api::TargetHealthDescription {
        target: Some(api::TargetDescription {
            id: id.to_owned(),
            port: Some(port),
            availability_zone: zone.cloned(),
            quic_server_id: None,
        }),
        health_check_port: Some(group.check.port_of(port).to_string()),
        target_health: Some(api::TargetHealth {
            state: Some(state.to_owned()),
            reason: reason.map(str::to_owned),
            description,
        }),
        ..Default::default()
    }
}

fn shown(ctx: &Ctx<'_>, group: &TargetGroup, target: &Target) -> Shown {
    let (state, reason, description) = match target.state {
        State::Healthy => return ("healthy", None),
        State::Initial if ctx.now() < target.first_check => {
            ("initial", "Elb.RegistrationInProgress", "Target registration is in progress".to_owned())
        }
        State::Initial => {
            ("initial", "Elb.InitialHealthChecking", "Initial health checks in progress".to_owned())
        }
        State::Unhealthy(failure) => {
            let (reason, description) = failed(group.kind(), failure);
            ("unhealthy", reason, description)
        }
        State::Unused(idle) => {
            let (reason, description) = unused(group.kind(), idle);
            ("unused", reason, description)
        }
        State::Draining => {
            ("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress".to_owned())
        }
    };
    (state, Some((reason, description)))
}

fn failed(kind: Kind, failure: Failure) -> (&'static str, String) {
    match (kind, failure) {
        (Kind::Application, Failure::Code(code)) => {
            ("Target.ResponseCodeMismatch", format!("Health checks failed with these codes: [{code}]"))
        }
        (Kind::Application, Failure::Timeout) => ("Target.Timeout", "Request timed out".to_owned()),
        // The others say no more than that it failed.
        _ => ("Target.FailedHealthChecks", "Health checks failed".to_owned()),
    }
}

fn unused(kind: Kind, idle: Idle) -> (&'static str, String) {
    let user = if kind == Kind::Gateway { "Gateway Load Balancer" } else { "load balancer" };
    match idle {
        Idle::NotInUse => {
            ("Target.NotInUse", format!("Target group is not configured to receive traffic from the {user}"))
        }
        Idle::ZoneOff => (
            "Target.NotInUse",
            format!("Target is in an Availability Zone that is not enabled for the {user}"),
        ),
        Idle::Stopped => ("Target.InvalidState", "Target is in the stopped state".to_owned()),
        Idle::Unusable => (
            "Target.IpUnusable",
            "The IP address cannot be used as a target, as it is in use by a load balancer".to_owned(),
        ),
    }
}

//! CreateTargetGroup.

use ironbird_api::{ec2, elbv2 as api};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::check::{self, Asked, Of};
use super::record::{TargetGroup, TargetGroups, kind_of};
use super::{attributes, named, save};
use crate::load_balancer::record::Kind;
use crate::{PRINCIPAL, arn, error, limits, load_balancer, tag};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::CreateTargetGroup>(create_target_group)
        .refuses::<api::CreateTargetGroup>(&[("TargetControlPort", "there are no control agents on targets")])
}

fn create_target_group(
    ctx: &mut Ctx<'_>,
    input: &api::CreateTargetGroupInput,
) -> Result<api::CreateTargetGroupOutput> {
    load_balancer::check_name("Target group", &input.name)?;
    let by_ip = match input.target_type.as_deref() {
        None | Some("instance") => false,
        Some("ip") => true,
        Some(other) => {
            let reason = "targets are instances or addresses";
            return Err(Ctx::unsupported(&format!("TargetType={other}"), reason));
        }
    };
    if input.ip_address_type.as_deref() == Some("ipv6") {
        return Err(Ctx::unsupported("IpAddressType=ipv6", "targets have IPv4 addresses"));
    }
    let required = |given: Option<&str>, what| {
        given.map(str::to_owned).ok_or_else(|| error::validation(format!("A {what} must be specified")))
    };
    let protocol = required(input.protocol.as_deref(), "protocol")?;
    if protocol.contains("QUIC") {
        return Err(Ctx::unsupported(&format!("Protocol={protocol}"), "QUIC is not modeled"));
    }
    let kind = kind_of(&protocol);
    let port = input.port.ok_or_else(|| error::validation("A port must be specified"))?;
    if kind == Kind::Gateway && port != 6081 {
        return Err(error::validation("The port of a target group with the GENEVE protocol must be 6081"));
    }
    let vpc_id = required(input.vpc_id.as_deref(), "VPC ID")?;
    check_vpc(ctx, &vpc_id)?;
    // Terraform sends an empty one for none.
    let asked_version = input.protocol_version.as_deref().filter(|version| !version.is_empty());
    let version = version(kind, &protocol, asked_version)?;
    let grpc = version.as_deref() == Some("GRPC");
    let check = check::settle(Of { kind, protocol: &protocol, grpc }, asked(input), None)?;
    let tags = tag::read(input.tags.as_deref())?;
    let mut made = TargetGroup {
        name: input.name.clone(),
        arn: String::new(),
        attributes: attributes::initial(&protocol, by_ip),
        protocol,
        version,
        port,
        vpc_id,
        by_ip,
        check,
        tags,
    };
    if let Some(same) = named(ctx, &input.name) {
        made.arn.clone_from(&same.arn);
        made.attributes.clone_from(&same.attributes);
        return if made == *same { Ok(shown(ctx, same)) } else { Err(duplicate(&input.name)) };
    }
    if ctx.scan::<TargetGroups>(&ctx.scope().prefix()).count() >= limits::TARGET_GROUPS {
        let message =
            format!("The maximum number of target groups has been reached: {}", limits::TARGET_GROUPS);
        return Err(Error::client("TooManyTargetGroups", message));
    }
    let suffix = arn::fresh_suffix(ctx)?;
    made.arn = arn::of(ctx, arn::What::TargetGroup, &format!("{}/{suffix}", made.name));
    let answer = shown(ctx, &made);
    save(ctx, made)?;
    Ok(answer)
}

fn asked(input: &api::CreateTargetGroupInput) -> Asked<'_> {
    Asked {
        protocol: input.health_check_protocol.as_deref(),
        port: input.health_check_port.as_deref(),
        path: input.health_check_path.as_deref(),
        enabled: input.health_check_enabled,
        interval: input.health_check_interval_seconds,
        timeout: input.health_check_timeout_seconds,
        healthy: input.healthy_threshold_count,
        unhealthy: input.unhealthy_threshold_count,
        matcher: input.matcher.as_ref(),
    }
}

fn shown(ctx: &Ctx<'_>, group: &TargetGroup) -> api::CreateTargetGroupOutput {
    api::CreateTargetGroupOutput { target_groups: Some(vec![group.view(ctx)]) }
}

fn duplicate(name: &str) -> Error {
    let message = format!("A target group with the same name '{name}' exists, but with different settings");
    Error::client("DuplicateTargetGroupName", message)
}

fn check_vpc(ctx: &mut Ctx<'_>, vpc_id: &str) -> Result<()> {
    let input = ec2::DescribeVpcsRequest { vpc_ids: Some(vec![vpc_id.to_owned()]), ..Default::default() };
    match ctx.call::<ec2::DescribeVpcs>(PRINCIPAL, &input) {
        Err(refused) if refused.code().starts_with("InvalidVpcID") => {
            Err(error::validation(format!("The VPC ID '{vpc_id}' is not found")))
        }
        answer => answer.map(drop),
    }
}

fn version(kind: Kind, protocol: &str, asked: Option<&str>) -> Result<Option<String>> {
    match (kind, asked) {
        (Kind::Application, asked @ (None | Some("HTTP1" | "HTTP2" | "GRPC"))) => {
            Ok(Some(asked.unwrap_or("HTTP1").to_owned()))
        }
        (Kind::Application, Some(other)) => {
            let message = format!("Protocol version '{other}' must be one of [GRPC, HTTP1, HTTP2]");
            Err(error::validation(message))
        }
        (_, None) => Ok(None),
        (_, Some(_)) => {
            let message = format!(
                "A protocol version cannot be specified for target groups with the {protocol} protocol"
            );
            Err(error::validation(message))
        }
    }
}

//! ModifyTargetGroup: settings of health checks.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::check::{self, Asked, Of};
use super::{find, save};
use crate::target;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.write::<api::ModifyTargetGroup>(modify_target_group)
}

fn modify_target_group(
    ctx: &mut Ctx<'_>,
    input: &api::ModifyTargetGroupInput,
) -> Result<api::ModifyTargetGroupOutput> {
    let mut changed = find(ctx, &input.target_group_arn)?.clone();
    let asked = Asked {
        protocol: input.health_check_protocol.as_deref(),
        port: input.health_check_port.as_deref(),
        path: input.health_check_path.as_deref(),
        enabled: input.health_check_enabled,
        interval: input.health_check_interval_seconds,
        timeout: input.health_check_timeout_seconds,
        healthy: input.healthy_threshold_count,
        unhealthy: input.unhealthy_threshold_count,
        matcher: input.matcher.as_ref(),
    };
    let grpc = changed.version.as_deref() == Some("GRPC");
    let of = Of { kind: changed.kind(), protocol: &changed.protocol, grpc };
    changed.check = check::settle(of, asked, Some(&changed.check))?;
    let name = changed.name.clone();
    let view = changed.view(ctx);
    save(ctx, changed)?;
    target::reconsider(ctx, &name)?;
    Ok(api::ModifyTargetGroupOutput { target_groups: Some(vec![view]) })
}

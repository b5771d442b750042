//! What load balancers say of the health of a group's instances. Elastic Load Balancing tells when a target's health changes, and
//! it is then looked up.
//!
//! An instance is replaced for it only where the group's health checks include `ELB`, and only by a target group in which one of the
//! group's instances has passed a check before: a check that nobody passes says more of the check than of the instances.

use ironbird_rig::{Ctx, Result, ServiceDef};

use super::attachment::{self, Attachment};
use crate::group::record::{self, Group};
use crate::health;
use crate::member::{self, Health, State};

/// Timer that hears of a target.
const WAKE: &str = "autoscaling.target";

pub(super) fn register(service: ServiceDef) -> ServiceDef {
    service.timer(WAKE, wake).listen("elbv2.target-health", WAKE)
}

/// A target's health has changed: of a group's name, a slash and the target's id.
fn wake(ctx: &mut Ctx<'_>, target: &str) -> Result<()> {
    let Some((name, id)) = target.split_once('/') else { return Ok(()) };
    for attachment in attachment::of_target_group(ctx, name) {
        if attachment.leaving {
            attachment::finish(ctx, &attachment.arn, &attachment.group)?;
        } else if member::group_of(ctx, id).is_some_and(|of| of == attachment.group) {
            look(ctx, &attachment, Some(&[id.to_owned()]))?;
        }
    }
    Ok(())
}

/// Looks at all instances of a group in all of its target groups.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn examine(ctx: &mut Ctx<'_>, group: &Group) -> Result<()> {
    for source in &group.traffic {
        if let Some(attachment) = attachment::find(ctx, &source.id, &group.name) {
            look(ctx, &attachment, None)?;
        }
    }
    Ok(())
}

fn look(ctx: &mut Ctx<'_>, attachment: &Attachment, ids: Option<&[String]>) -> Result<()> {
    let Some(group) = record::find(ctx, &attachment.group) else { return Ok(()) };
    let matters = group.settings.health_check_type.split(',').any(|kind| kind == "ELB");
    let targets = attachment::health(ctx, &attachment.arn, ids)?;
    let mut served = attachment.served;
    if !served && targets.iter().any(|target| attachment::state_of(target) == "healthy") {
        served = true;
        attachment::save(ctx, Attachment { served, ..attachment.clone() })?;
        // Others may have been found wanting before it was known that the check can be passed.
        if ids.is_some() {
            return look(ctx, &Attachment { served, ..attachment.clone() }, None);
        }
    }
    for target in &targets {
        let id = target.target.as_ref().map(|target| target.id.as_str()).unwrap_or_default();
        let Some(member) = member::find(ctx, id).filter(|member| member.group == attachment.group) else {
            continue;
        };
        match (attachment::state_of(target), member.health) {
            ("unhealthy", Health::Good) if matters && served && member.state == State::InService => {
                health::sicken(ctx, member, Health::Unbalanced, true)?;
            }
            ("healthy", Health::Unbalanced) => health::recover(ctx, member)?,
            _ => {}
        }
    }
    Ok(())
}

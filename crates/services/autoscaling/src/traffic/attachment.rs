//! Target groups of a group: its instances are registered when they enter service, and deregistered when they leave it. Target
//! groups are Elastic Load Balancing's, and are looked up and told through its operations.

use std::collections::BTreeSet;
use std::sync::Arc;

use ironbird_api::elbv2;
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use super::{Kind, Source};
use crate::error;
use crate::group::record::{self, Group};
use crate::launch::PRINCIPAL;
use crate::member::{self, Member, State};

/// Attached target groups: (account, Region, target group, group).
struct Attachments;

impl Table for Attachments {
    const NAME: &'static str = "autoscaling.attachments";
    type Record = Attachment;
}

/// A target group that is attached, or was and still has instances of the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attachment {
    pub(super) group: Arc<str>,
    pub(super) arn: String,
    /// Whether an instance of the group has ever passed a check. None is replaced before.
    pub(super) served: bool,
    /// Whether it has been detached.
    pub(super) leaving: bool,
}

pub(super) fn register(service: ServiceDef) -> ServiceDef {
    service.table::<Attachments>()
}

/// The name of a target group, out of its ARN.
fn name_of(arn: &str) -> &str {
    arn.split_once(":targetgroup/").and_then(|(_, path)| path.split('/').next()).unwrap_or(arn)
}

fn key(ctx: &Ctx<'_>, arn: &str, group: &str) -> Key {
    ctx.scope().key(name_of(arn)).text(group)
}

/// The attachments of the target group of that name.
pub(super) fn of_target_group(ctx: &Ctx<'_>, name: &str) -> Vec<Attachment> {
    ctx.scan::<Attachments>(&ctx.scope().key(name)).map(|(_, attachment)| attachment.clone()).collect()
}

/// The attachment of a target group to a group.
pub(super) fn find(ctx: &Ctx<'_>, arn: &str, group: &str) -> Option<Attachment> {
    ctx.peek::<Attachments>(&key(ctx, arn, group)).filter(|found| found.arn == arn).cloned()
}

/// Target groups that a group is being detached from.
pub(super) fn leaving(ctx: &Ctx<'_>, group: &str) -> Vec<Attachment> {
    let all = ctx.scan::<Attachments>(&ctx.scope().prefix()).map(|(_, attachment)| attachment);
    all.filter(|attachment| attachment.leaving && *attachment.group == *group).cloned().collect()
}

/// Keeps an attachment.
pub(super) fn save(ctx: &mut Ctx<'_>, attachment: Attachment) -> Result<()> {
    let key = key(ctx, &attachment.arn, &attachment.group);
    ctx.put::<Attachments>(key, attachment)
}

/// Lets go of an attachment.
pub(super) fn forget(ctx: &mut Ctx<'_>, attachment: &Attachment) -> Result<()> {
    let key = key(ctx, &attachment.arn, &attachment.group);
    ctx.delete::<Attachments>(&key).map(drop)
}

fn arns<'a>(sources: impl IntoIterator<Item = &'a Source>) -> Vec<String> {
    let groups = sources.into_iter().filter(|source| source.kind == Kind::TargetGroup);
    groups.map(|source| source.id.clone()).collect()
}

/// Checks that target groups exist.
///
/// # Errors
/// `ValidationError` where one does not.
pub(super) fn check(ctx: &mut Ctx<'_>, sources: &[Source]) -> Result<()> {
    let arns = arns(sources);
    if arns.is_empty() {
        return Ok(());
    }
    let input = elbv2::DescribeTargetGroupsInput { target_group_arns: Some(arns), ..Default::default() };
    match ctx.call::<elbv2::DescribeTargetGroups>(PRINCIPAL, &input) {
        Ok(_) => Ok(()),
        Err(Error::Service(_)) => {
            let message = "Provided Target Groups may not be valid. Please ensure they exist and try again.";
            Err(error::validation(message))
        }
        Err(error) => Err(error),
    }
}

/// Attaches target groups: the instances that are in service are registered.
///
/// # Errors
/// Faults of ours only.
pub(super) fn attach(ctx: &mut Ctx<'_>, group: &Group, sources: &[Source]) -> Result<()> {
    let ids = serving(ctx, &group.name);
    for arn in arns(sources) {
        let attachment =
            Attachment { group: Arc::clone(&group.name), arn: arn.clone(), served: false, leaving: false };
        save(ctx, attachment)?;
        enlist(ctx, &arn, &ids)?;
    }
    Ok(())
}

/// Detaches target groups: the group's instances are deregistered, and go on.
///
/// # Errors
/// Faults of ours only.
pub(super) fn detach(ctx: &mut Ctx<'_>, group: &str, sources: &[Source]) -> Result<()> {
    let ids = serving(ctx, group);
    for arn in arns(sources) {
        if let Some(attachment) = find(ctx, &arn, group) {
            save(ctx, Attachment { leaving: true, ..attachment })?;
        }
        discharge(ctx, &arn, &ids)?;
        finish(ctx, &arn, group)?;
    }
    Ok(())
}

/// Lets go of a detached target group once none of the group's instances drains in it.
///
/// # Errors
/// Faults of ours only.
pub(super) fn finish(ctx: &mut Ctx<'_>, arn: &str, group: &str) -> Result<()> {
    let Some(attachment) = find(ctx, arn, group).filter(|attachment| attachment.leaving) else {
        return Ok(());
    };
    let targets = health(ctx, arn, None)?;
    let ours = |target: &&elbv2::TargetHealthDescription| {
        let id = target.target.as_ref().map(|target| target.id.as_str()).unwrap_or_default();
        member::group_of(ctx, id).is_some_and(|of| *of == *group)
    };
    match targets.iter().any(|target| ours(&target)) {
        true => Ok(()),
        false => forget(ctx, &attachment),
    }
}

/// Forgets the target groups of a group that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_all(ctx: &mut Ctx<'_>, group: &Group) -> Result<()> {
    let attached = arns(&group.traffic).into_iter().filter_map(|arn| find(ctx, &arn, &group.name));
    let all: Vec<Attachment> = attached.chain(leaving(ctx, &group.name)).collect();
    all.iter().try_for_each(|attachment| forget(ctx, attachment))
}

fn serves(member: &Member) -> bool {
    !member.warm && member.state == State::InService
}

/// The instances of a group that are in service.
pub(super) fn serving(ctx: &Ctx<'_>, group: &str) -> Vec<String> {
    member::of(ctx, group).filter(|member| serves(member)).map(|member| member.id.clone()).collect()
}

/// Notes a change of an instance's record, from `before` to `after`: one that enters service is registered, one that leaves it is
/// deregistered.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn note(ctx: &mut Ctx<'_>, before: Option<&Member>, after: Option<&Member>) -> Result<()> {
    let enters = after.is_some_and(serves);
    let Some(member) = after.or(before).filter(|_| before.is_some_and(serves) != enters) else {
        return Ok(());
    };
    let Some(group) = record::peek(ctx, &member.group) else { return Ok(()) };
    if group.traffic.is_empty() || (enters && !group.runs("AddToLoadBalancer")) {
        return Ok(());
    }
    let ids = vec![member.id.clone()];
    for arn in arns(&group.traffic) {
        match enters {
            true => enlist(ctx, &arn, &ids)?,
            false => discharge(ctx, &arn, &ids)?,
        }
    }
    Ok(())
}

fn targets(ids: &[String]) -> Vec<elbv2::TargetDescription> {
    let target = |id: &String| elbv2::TargetDescription { id: id.clone(), ..Default::default() };
    ids.iter().map(target).collect()
}

/// Registers instances. What is refused stays out, and the target group is shown as one that instances are still added to.
fn enlist(ctx: &mut Ctx<'_>, arn: &str, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let input = elbv2::RegisterTargetsInput { target_group_arn: arn.to_owned(), targets: targets(ids) };
    match ctx.call::<elbv2::RegisterTargets>(PRINCIPAL, &input) {
        Err(error @ Error::Internal(_)) => Err(error),
        // One that is not up any more keeps the others out.
        Err(_) if ids.len() > 1 => ids.iter().try_for_each(|id| enlist(ctx, arn, std::slice::from_ref(id))),
        _ => Ok(()),
    }
}

fn discharge(ctx: &mut Ctx<'_>, arn: &str, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let input = elbv2::DeregisterTargetsInput { target_group_arn: arn.to_owned(), targets: targets(ids) };
    match ctx.call::<elbv2::DeregisterTargets>(PRINCIPAL, &input) {
        Err(error @ Error::Internal(_)) => Err(error),
        _ => Ok(()),
    }
}

/// What a target group says of its targets, or of some instances; nothing where it is gone.
///
/// # Errors
/// Faults of ours only.
pub(super) fn health(
    ctx: &mut Ctx<'_>,
    arn: &str,
    ids: Option<&[String]>,
) -> Result<Vec<elbv2::TargetHealthDescription>> {
    let input = elbv2::DescribeTargetHealthInput {
        target_group_arn: arn.to_owned(),
        targets: ids.map(targets),
        include: None,
    };
    match ctx.call::<elbv2::DescribeTargetHealth>(PRINCIPAL, &input) {
        Ok(answer) => Ok(answer.target_health_descriptions.unwrap_or_default()),
        Err(Error::Service(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Where the attachment of a target group stands, as the API words it.
///
/// # Errors
/// Faults of ours only.
pub(super) fn state(ctx: &mut Ctx<'_>, arn: &str, group: &str) -> Result<&'static str> {
    let found = find(ctx, arn, group);
    if found.as_ref().is_some_and(|attachment| attachment.leaving) {
        return Ok("Removing");
    }
    let known = health(ctx, arn, None)?;
    let registered: BTreeSet<&str> = known
        .iter()
        .filter(|target| state_of(target) != "draining")
        .filter_map(|target| target.target.as_ref().map(|target| target.id.as_str()))
        .collect();
    if serving(ctx, group).iter().any(|id| !registered.contains(id.as_str())) {
        return Ok("Adding");
    }
    Ok(if found.is_some_and(|attachment| attachment.served) { "InService" } else { "Added" })
}

/// `healthy`, `unhealthy`, …
pub(super) fn state_of(target: &elbv2::TargetHealthDescription) -> &str {
    target.target_health.as_ref().and_then(|health| health.state.as_deref()).unwrap_or_default()
}

//! Instances that come and go by hand: EnterStandby, ExitStandby, AttachInstances, DetachInstances,
//! SetInstanceProtection.

use std::sync::Arc;

use ironbird_api::{Empty, Shared, autoscaling as api, ec2};
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::activity::{self, Draft, Status, What, cause};
use crate::error;
use crate::group::record::{self, Group};
use crate::launch::PRINCIPAL;
use crate::launch::request::GROUP_TAG;
use crate::member::{self, Health, Member, State};
use crate::reconcile;

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .write::<api::EnterStandby>(enter)
        .write::<api::ExitStandby>(exit)
        .write::<api::AttachInstances>(attach)
        .write::<api::DetachInstances>(detach)
        .write::<api::SetInstanceProtection>(protect)
}

/// Instances that a request may move, and that it may protect (user guide, "Quotas").
const MAX_MOVED: usize = 20;
const MAX_PROTECTED: usize = 50;

/// The members that a request names, in its order; at most so many.
fn members(ctx: &Ctx<'_>, group: &Group, ids: Option<&[String]>, most: usize) -> Result<Vec<Member>> {
    let ids = ids.unwrap_or_default();
    error::at_most(most, "instance IDs", ids.len())?;
    let mut members: Vec<Member> = Vec::with_capacity(ids.len());
    for id in ids {
        let found = member::find(ctx, id).filter(|member| member.group == group.name);
        let member = found.ok_or_else(|| error::not_in_group(id, &group.name))?;
        if members.iter().all(|other| other.id != *id) {
            members.push(member);
        }
    }
    Ok(members)
}

fn weight(members: &[Member]) -> i32 {
    let units: u64 = members.iter().map(|member| u64::from(member.weight)).sum();
    i32::try_from(units).unwrap_or(i32::MAX)
}

/// The bounds do not let the goal change so.
fn out_of_bounds(group: &Group, what: &str, count: usize) -> ironbird_rig::Error {
    let record::Size { min, max, desired } = group.size;
    error::validation(format!(
        "AutoScalingGroup {} has min-size={min}, max-size={max}, and desired-size={desired}. To {what} {count} \
         instance(s), please update the AutoScalingGroup sizes appropriately.",
        group.name
    ))
}

/// Lowers the goal by what `members` are, where that is asked for.
fn lower(ctx: &mut Ctx<'_>, group: &mut Group, members: &[Member], asked: bool, what: &str) -> Result<()> {
    if !asked {
        return Ok(());
    }
    let desired = group.size.desired.saturating_sub(weight(members));
    if desired < group.size.min {
        return Err(out_of_bounds(group, what, members.len()));
    }
    group.size.desired = desired;
    record::save(ctx, group.clone())
}

/// An activity that is done at once, one for each member; `what` and `done` as AWS words them.
fn tell(
    ctx: &mut Ctx<'_>,
    group: &Group,
    member: &Member,
    (what, done): (&str, &str),
    change: Option<(i32, i32)>,
) -> Result<api::Activity> {
    let draft = Draft {
        what: What::Other(format!("{what}: {}", member.id)),
        cause: cause::user(ctx, &member.id, done, change).into(),
        status: Status::Successful,
        message: None,
        zone: Some(Arc::clone(&member.zone)),
        subnet: member.subnet.clone(),
    };
    let number = activity::begin(ctx, group, draft)?;
    Ok(activity::describe(ctx, &group.name, number).unwrap_or_default())
}

fn enter(ctx: &mut Ctx<'_>, input: &api::EnterStandbyQuery) -> Result<api::EnterStandbyAnswer> {
    let mut group = record::get(ctx, &input.auto_scaling_group_name)?;
    let members = members(ctx, &group, input.instance_ids.as_deref(), MAX_MOVED)?;
    if let Some(other) = members.iter().find(|member| member.state != State::InService) {
        return Err(error::validation(format!("The instance {} is not in InService.", other.id)));
    }
    let before = group.size.desired;
    let asked = input.should_decrement_desired_capacity;
    lower(ctx, &mut group, &members, asked, "place into standby")?;
    let change = asked.then_some((before, group.size.desired));
    let mut activities = Vec::with_capacity(members.len());
    for mut member in members {
        let words = ("Moving EC2 instance to Standby", "moved to standby");
        activities.push(tell(ctx, &group, &member, words, change)?);
        member.state = State::Standby;
        member::save(ctx, member)?;
    }
    reconcile::soon(ctx, &group.name, None)?;
    Ok(api::EnterStandbyAnswer { activities: Some(activities) })
}

fn exit(ctx: &mut Ctx<'_>, input: &api::ExitStandbyQuery) -> Result<api::ExitStandbyAnswer> {
    let mut group = record::get(ctx, &input.auto_scaling_group_name)?;
    let members = members(ctx, &group, input.instance_ids.as_deref(), MAX_MOVED)?;
    if let Some(other) = members.iter().find(|member| member.state != State::Standby) {
        return Err(error::validation(format!("The instance {} is not in Standby.", other.id)));
    }
    let before = group.size.desired;
    let desired = before.saturating_add(weight(&members));
    if desired > group.size.max {
        return Err(out_of_bounds(&group, "move out of standby", members.len()));
    }
    group.size.desired = desired;
    record::save(ctx, group.clone())?;
    let mut activities = Vec::with_capacity(members.len());
    for mut member in members {
        let words = ("Moving EC2 instance out of Standby", "moved out of standby");
        activities.push(tell(ctx, &group, &member, words, Some((before, desired)))?);
        member.state = State::InService;
        member.in_service = Some(ctx.now());
        member::save(ctx, member)?;
    }
    reconcile::soon(ctx, &group.name, None)?;
    Ok(api::ExitStandbyAnswer { activities: Some(activities) })
}

fn detach(ctx: &mut Ctx<'_>, input: &api::DetachInstancesQuery) -> Result<api::DetachInstancesAnswer> {
    let mut group = record::get(ctx, &input.auto_scaling_group_name)?;
    let members = members(ctx, &group, input.instance_ids.as_deref(), MAX_MOVED)?;
    let may_go = |member: &&Member| !matches!(member.state, State::InService | State::Standby);
    if let Some(other) = members.iter().find(may_go) {
        return Err(error::validation(format!("The instance {} is not in InService or Standby.", other.id)));
    }
    let before = group.size.desired;
    let asked = input.should_decrement_desired_capacity;
    let counting: Vec<Member> = members.iter().filter(|member| member.counts()).cloned().collect();
    lower(ctx, &mut group, &counting, asked, "detach")?;
    let change = asked.then_some((before, group.size.desired));
    let mut activities = Vec::with_capacity(members.len());
    for member in members {
        // The goal has nothing to do with an instance in standby.
        let change = change.filter(|_| member.counts());
        activities.push(tell(ctx, &group, &member, ("Detaching EC2 instance", "detached"), change)?);
        member::leave(ctx, &member)?;
        untag(ctx, &member.id)?;
    }
    reconcile::soon(ctx, &group.name, None)?;
    Ok(api::DetachInstancesAnswer { activities: Some(activities) })
}

/// The instance no longer carries the name of the group. One that is gone has no tags to lose.
fn untag(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let input = ec2::DeleteTagsRequest {
        resources: vec![id.to_owned()],
        tags: Some(vec![ec2::Tag { key: Some(GROUP_TAG.to_owned()), value: None }]),
        ..Default::default()
    };
    match ctx.call::<ec2::DeleteTags>(PRINCIPAL, &input) {
        Err(error @ ironbird_rig::Error::Internal(_)) => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn attach(ctx: &mut Ctx<'_>, input: &api::AttachInstancesQuery) -> Result<Empty> {
    let mut group = record::get(ctx, &input.auto_scaling_group_name)?;
    let ids = input.instance_ids.clone().unwrap_or_default();
    error::at_most(MAX_MOVED, "instance IDs", ids.len())?;
    let before = group.size.desired;
    let count = i32::try_from(ids.len()).unwrap_or(i32::MAX);
    let desired = before.saturating_add(count);
    if desired > group.size.max {
        return Err(out_of_bounds(&group, "attach", ids.len()));
    }
    let found = instances(ctx, &ids)?;
    group.size.desired = desired;
    record::save(ctx, group.clone())?;
    for instance in found {
        let new = newcomer(ctx, &group, &instance)?;
        let words = ("Attaching an existing EC2 instance", "attached");
        tell(ctx, &group, &new, words, Some((before, desired)))?;
        let tag = ec2::Tag { key: Some(GROUP_TAG.to_owned()), value: Some(group.name.to_string()) };
        let tags = ec2::CreateTagsRequest { resources: vec![new.id.clone()], tags: vec![tag], dry_run: None };
        // The membership is what counts; the tag only shows it.
        if let Err(error @ ironbird_rig::Error::Internal(_)) = ctx.call::<ec2::CreateTags>(PRINCIPAL, &tags) {
            return Err(error);
        }
        member::join(ctx, new)?;
    }
    reconcile::soon(ctx, &group.name, None)?;
    Ok(Empty {})
}

fn instances(ctx: &mut Ctx<'_>, ids: &[String]) -> Result<Vec<Shared<ec2::Instance>>> {
    let invalid = |id: &str| error::validation(format!("Invalid Instance ID(s): [{id}] specified"));
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let input =
            ec2::DescribeInstancesRequest { instance_ids: Some(vec![id.clone()]), ..Default::default() };
        let answer = match ctx.call::<ec2::DescribeInstances>(PRINCIPAL, &input) {
            Ok(answer) => answer,
            Err(ironbird_rig::Error::Service(_)) => return Err(invalid(id)),
            Err(error) => return Err(error),
        };
        let mut listed =
            answer.reservations.into_iter().flatten().flat_map(|one| one.instances.unwrap_or_default());
        found.push(listed.next().ok_or_else(|| invalid(id))?);
    }
    Ok(found)
}

fn newcomer(ctx: &Ctx<'_>, group: &Group, instance: &ec2::Instance) -> Result<Member> {
    let id = instance.instance_id.clone().unwrap_or_default();
    if let Some(member) = member::find(ctx, &id) {
        return Err(error::validation(format!(
            "Instance {id} is already part of AutoScalingGroup:{}",
            member.group
        )));
    }
    let state = instance.state.as_ref().and_then(|state| state.name.as_deref()).unwrap_or_default();
    if state != "running" {
        return Err(error::validation(format!(
            "Instance {id} is not in correct state. It must be running, it is {state}."
        )));
    }
    let placement = instance.placement.as_ref();
    let zone = placement.and_then(|placement| placement.availability_zone.clone()).unwrap_or_default();
    if group.zones.iter().all(|other| other.name != zone) {
        return Err(error::validation(format!(
            "The instance {id} is not in an Availability Zone of AutoScalingGroup:{}",
            group.name
        )));
    }
    Ok(Member {
        id,
        group: Arc::clone(&group.name),
        zone: zone.into(),
        subnet: instance.subnet_id.as_deref().map(Arc::from),
        instance_type: instance.instance_type.as_deref().unwrap_or_default().into(),
        image_id: instance.image_id.as_deref().map(Arc::from),
        state: State::InService,
        health: Health::Good,
        not_before: None,
        protected: group.settings.protect_new,
        weight: 1,
        weighted: false,
        spot: instance.instance_lifecycle.as_deref() == Some("spot"),
        from: None,
        launched: instance.launch_time.unwrap_or(ctx.now()),
        in_service: Some(ctx.now()),
        activity: None,
        balancing: false,
        at_risk: false,
        warm: false,
    })
}

fn protect(
    ctx: &mut Ctx<'_>,
    input: &api::SetInstanceProtectionQuery,
) -> Result<api::SetInstanceProtectionAnswer> {
    let group = record::get(ctx, &input.auto_scaling_group_name)?;
    for mut member in members(ctx, &group, Some(&input.instance_ids), MAX_PROTECTED)? {
        if member.state.is_leaving() {
            return Err(error::validation(format!(
                "The instance {} is not in InService or EnteringStandby or Standby.",
                member.id
            )));
        }
        member.protected = input.protected_from_scale_in;
        member::save(ctx, member)?;
    }
    Ok(api::SetInstanceProtectionAnswer {})
}

//! What changes of launch templates: a new version asks for attributes, and those who take their types from it come along.
//!
//! Others may use a template, which is why only those that are named are looked at. AWS takes attributes in a template of
//! a group with a mixed instances policy, or of a fleet, and of nobody else: a template that instances were launched from
//! by themselves stays as it is.

use std::collections::BTreeSet;

use ironbird_api::autoscaling::{
    AutoScalingGroup, LaunchTemplateOverrides, LaunchTemplateSpecification, UpdateAutoScalingGroupType,
};
use ironbird_api::ec2;
use ironbird_cloud::change::group::{GroupChange, named_once, restoring};
use ironbird_cloud::change::template::{TemplateChange, chosen, given, made, versions};
use ironbird_cloud::change::{ApplyError, Outcome, template};
use ironbird_cloud::launch::bound_to_type;
use ironbird_cloud::{Cloud, read, requirements};
use serde_json::{Value, json};

use super::group::lost_order;
use super::rewrite::Rewrite;
use super::terraform::Block;
use super::users::{User, Users};
use super::{Options, Plan, Planned};
use crate::subject::{Subject, of_template};
use crate::words::some;

/// A new version, and the groups that are to name it by its number.
#[derive(Clone)]
pub struct PlannedTemplate {
    /// The version.
    pub version: Planned<TemplateChange>,
    /// The groups, whose calls have no version yet.
    pub pinned: Vec<GroupChange>,
}

impl PlannedTemplate {
    /// The version for programs, with the groups that are to name it.
    ///
    /// # Errors
    /// Where the call cannot be written as JSON: a bug of ours.
    pub fn json(&self) -> Result<Value, ApplyError> {
        let mut version = self.version.json(self.version.change.json()?);
        let pinned: Vec<&str> = self.pinned.iter().map(|change| change.name.as_str()).collect();
        version["named_by_number_in"] = json!(pinned);
        Ok(version)
    }
}

/// Plans the templates that are asked for.
///
/// # Errors
/// When something that the plan depends on cannot be read.
pub async fn plan<C: Cloud>(cloud: &C, plan: &mut Plan, options: &Options) -> Result<(), ApplyError> {
    if options.templates.is_empty() {
        return Ok(());
    }
    let users = Users::read(cloud).await?;
    for named in &options.templates {
        let template = chosen(cloud, named).await?;
        let name = template.launch_template_name.clone().unwrap_or_default();
        if let Err(why) = one(cloud, plan, options, template, &users).await? {
            plan.skipped.push((format!("launch template {name}"), why));
        }
    }
    Ok(())
}

/// Plans one template; the inner error says why it stays as it is.
async fn one<C: Cloud>(
    cloud: &C,
    plan: &mut Plan,
    options: &Options,
    template: ec2::LaunchTemplate,
    all: &Users,
) -> Result<Result<(), String>, ApplyError> {
    let (id, name) = (
        template.launch_template_id.clone().unwrap_or_default(),
        template.launch_template_name.clone().unwrap_or_default(),
    );
    let versions = versions(cloud, &id).await?;
    let users = all.of(&id, &name);
    let taken = taken(&template, &users);
    let Some(source) = taken.first().copied() else {
        return Ok(Err("no group or fleet takes its types from it".to_owned()));
    };
    let Some(version) = versions.iter().find(|version| version.version_number == Some(source)) else {
        return Ok(Err(format!("it has no version {source}, which its users name")));
    };
    let data = version.launch_template_data.clone().unwrap_or_default();
    if let Some(setting) = bound_to_type(&data) {
        return Ok(Err(format!("it sets {setting}, which does not fit every type")));
    }
    let alone = launched_alone(cloud, &id).await?;
    if !alone.is_empty() {
        return Ok(Err(format!(
            "{} came from it by RunInstances, which takes no template with attributes",
            some(&alone, 3)
        )));
    }
    let doing = || ApplyError::call(format!("cannot find out what launch template {name} gives"));
    let subjects: Vec<Subject> = users.iter().map(|user| user.subject.clone()).collect();
    let subject = of_template(cloud, &name, &data, &subjects).await.map_err(doing())?;
    let Some(subject) = subject else { return Ok(Ok(())) };
    let mut rewrite = Rewrite::<LaunchTemplateOverrides>::begin(&subject, vec![Vec::new()]);
    rewrite.run(cloud, &options.given_up).await.map_err(doing())?;
    let stays = std::mem::take(&mut rewrite.stays);
    plan.skipped.extend(stays.into_iter().map(|why| (format!("launch template {name}"), why)));
    let Some(wanted) = rewrite.asked() else { return Ok(Ok(())) };
    let call = ec2::CreateLaunchTemplateVersionRequest {
        launch_template_id: Some(id.clone()),
        // Terraform takes a version's description for that of the template.
        version_description: version.version_description.clone(),
        launch_template_data: ec2::RequestLaunchTemplateData {
            instance_type: None,
            instance_requirements: Some(wanted.request.clone()),
            ..given(&data)?
        },
        ..Default::default()
    };
    // A run that was stopped may have left some of them on the new version.
    let made = made(&versions, &call, source)?;
    if taken.iter().any(|number| *number != source && Some(*number) != made) {
        let numbers: Vec<String> = taken.iter().map(i64::to_string).collect();
        return Ok(Err(format!(
            "its users take versions {}: bring them to one first",
            numbers.join(" and ")
        )));
    }
    let default = template.default_version_number;
    // Only where somebody takes the default does it change: to others it may mean something else.
    let moves_default = users.iter().any(User::takes_default) && default != made;
    let (along, pinned) = followers(&users, made);
    if made.is_some() && !moves_default && along.is_empty() && pinned.is_empty() {
        return Ok(Ok(()));
    }
    let mut block = Block::template(&name, &call.launch_template_data)?;
    if data.instance_type.is_some() {
        block = block.with_note("Take its instance_type out: attributes are in its place.");
    }
    if moves_default {
        block = block.with_note("Groups take its default version: give it update_default_version = true where Terraform makes the change.");
    }
    plan.blocks.push(block);
    for change in &along {
        plan.blocks.push(Block::group(&change.after, has_template(change))?);
    }
    for change in &pinned {
        let block = Block::group(&change.after, has_template(change))?;
        plan.blocks
            .push(block.with_note("Its version is the new one: refer to the template's latest_version."));
    }
    let mut lines = std::mem::take(&mut rewrite.lines);
    let becomes = if moves_default { ", which becomes the default" } else { "" };
    lines.push(format!("a new version after {source}{becomes}"));
    let mut warnings = rewrite.warnings(cloud).await.map_err(doing())?;
    for change in along.iter().chain(&pinned) {
        let before = change.before.mixed_instances_policy.as_ref();
        let after = change.after.mixed_instances_policy.clone().unwrap_or_default();
        warnings.extend(lost_order(before, &after));
    }
    warnings.extend(all.notes(&id, &name));
    let change = TemplateChange {
        id,
        name,
        source,
        latest: template.latest_version_number.unwrap_or(source),
        call,
        default: default.filter(|_| moves_default),
        lines,
    };
    let version = Planned { previews: rewrite.previews(), warnings, change };
    let whole = |change| Planned { change, previews: Vec::new(), warnings: Vec::new() };
    plan.groups.extend(along.into_iter().map(whole));
    plan.templates.push(PlannedTemplate { version, pinned });
    Ok(Ok(()))
}

/// The versions that the users take, each once, the first first.
fn taken(template: &ec2::LaunchTemplate, users: &[User]) -> Vec<i64> {
    let number = |user: &User| match user.version() {
        "$Latest" => template.latest_version_number,
        "$Default" => template.default_version_number,
        digits => digits.parse().ok(),
    };
    let numbers: BTreeSet<i64> = users.iter().filter_map(number).collect();
    numbers.into_iter().collect()
}

/// What changes of the groups that use the template: before the version is there, and after, for those that name it by number.
fn followers(users: &[User], made: Option<i64>) -> (Vec<GroupChange>, Vec<GroupChange>) {
    let (mut along, mut pinned) = (Vec::new(), Vec::new());
    for user in users {
        let Some(group) = &user.group else { continue };
        let is_pinned = user.is_pinned() && made.is_none_or(|made| user.version() != made.to_string());
        let mut spec = named_once(user.spec.clone());
        if is_pinned {
            spec.version = None;
        }
        let Some(change) = follow(group, spec, is_pinned) else { continue };
        if is_pinned { pinned.push(change) } else { along.push(change) }
    }
    (along, pinned)
}

/// The group with a policy over its template, as attributes in a template need one; none where it has one that will do.
fn follow(
    group: &AutoScalingGroup,
    spec: LaunchTemplateSpecification,
    is_pinned: bool,
) -> Option<GroupChange> {
    let before = group.mixed_instances_policy.as_ref();
    let distribution = before.and_then(|policy| policy.instances_distribution.clone());
    let policy = requirements::policy(spec, Vec::new(), distribution.clone());
    let mut lines = Vec::new();
    if before.is_none() {
        lines.push("a mixed instances policy over its launch template".to_owned());
    } else if policy.instances_distribution != distribution {
        lines.push("strategies that attributes allow".to_owned());
    }
    if is_pinned {
        lines.push("the new version of its launch template, by its number".to_owned());
    }
    let after = UpdateAutoScalingGroupType {
        auto_scaling_group_name: group.auto_scaling_group_name.clone(),
        mixed_instances_policy: Some(policy),
        ..Default::default()
    };
    (!lines.is_empty()).then(|| GroupChange {
        name: group.auto_scaling_group_name.clone(),
        before: restoring(group, &after),
        after,
        lines,
    })
}

/// Whether the group names its launch template outside of a policy until it changes.
fn has_template(change: &GroupChange) -> bool {
    change.before.launch_template.is_some()
}

/// Makes the version, and gives the changes of groups that name it, now by its number.
///
/// # Errors
/// The first call that failed.
pub async fn make<C: Cloud>(
    cloud: &C,
    planned: &PlannedTemplate,
    outcome: &mut Outcome,
) -> Result<Vec<GroupChange>, ApplyError> {
    let number = template::change(cloud, &planned.version.change, outcome).await?;
    let mut pinned = planned.pinned.clone();
    for change in &mut pinned {
        let policy = change.after.mixed_instances_policy.as_mut();
        let launch = policy.and_then(|policy| policy.launch_template.as_mut());
        if let Some(spec) = launch.and_then(|launch| launch.launch_template_specification.as_mut()) {
            spec.version = Some(number.to_string());
        }
    }
    Ok(pinned)
}

/// Instances that were launched from the template by neither a group nor a fleet.
async fn launched_alone<C: Cloud>(cloud: &C, id: &str) -> Result<Vec<String>, ApplyError> {
    const BY_OTHERS: [&str; 3] =
        ["aws:autoscaling:groupName", "aws:ec2:fleet-id", "aws:ec2spot:fleet-request-id"];
    let filter = |name: &str, values: &[&str]| ec2::Filter {
        name: Some(name.to_owned()),
        values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
    };
    let input = ec2::DescribeInstancesRequest {
        filters: Some(vec![
            filter("tag:aws:ec2launchtemplate:id", &[id]),
            filter("instance-state-name", &["pending", "running", "stopping", "stopped"]),
        ]),
        ..Default::default()
    };
    let doing = ApplyError::call(format!("cannot read which instances came from launch template {id}"));
    let launches = read::launches(cloud, input).await.map_err(doing)?;
    let instances = launches.into_iter().flat_map(|launch| launch.instances.unwrap_or_default());
    let is_by_others = |instance: &ec2::Instance| {
        let mut keys = instance.tags.iter().flatten().filter_map(|tag| tag.key.as_deref());
        keys.any(|key| BY_OTHERS.contains(&key))
    };
    let alone = instances.filter(|instance| !is_by_others(instance));
    Ok(alone.filter_map(|instance| instance.instance_id.clone()).collect())
}

//! Looking for what a query asks for: each service that has tags is asked as anybody would ask it.

use std::collections::BTreeMap;

use ironbird_api::{cloudwatch, ec2, fis, resource_groups as api};
use ironbird_rig::{Ctx, Result};

use super::{TagQuery, kinds};
use crate::PRINCIPAL;
use crate::record::{self, Groups};

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    pub(crate) arn: String,
    pub(crate) kind: String,
}

impl Found {
    /// As the API shows it.
    pub(crate) fn shown(self) -> api::ResourceIdentifier {
        api::ResourceIdentifier { resource_arn: Some(self.arn), resource_type: Some(self.kind) }
    }
}

/// What a query finds, by ARN.
///
/// # Errors
/// Those of the services that are asked.
pub(crate) fn find(ctx: &mut Ctx<'_>, query: &TagQuery) -> Result<Vec<Found>> {
    let mut found = groups(ctx, query);
    found.extend(of_ec2(ctx, query)?);
    found.extend(alarms(ctx, query)?);
    found.extend(templates(ctx, query)?);
    found.sort_unstable();
    Ok(found)
}

fn groups(ctx: &Ctx<'_>, query: &TagQuery) -> Vec<Found> {
    const KIND: &str = "AWS::ResourceGroups::Group";
    if !query.wants(KIND) {
        return Vec::new();
    }
    let all = ctx.scan::<Groups>(&ctx.scope().prefix()).map(|(_, group)| group);
    let matching = all.filter(|group| query.matches(&group.tags));
    matching.map(|group| Found { arn: record::arn(ctx, &group.name), kind: KIND.to_owned() }).collect()
}

fn of_ec2(ctx: &mut Ctx<'_>, query: &TagQuery) -> Result<Vec<Found>> {
    let names = kinds::names(|kind| query.wants(kind));
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let filter =
        |name: &str, values: Vec<String>| ec2::Filter { name: Some(name.to_owned()), values: Some(values) };
    let mut filters = vec![filter("resource-type", names)];
    let keys: Vec<String> = query.keys().cloned().collect();
    if !keys.is_empty() {
        filters.push(filter("key", keys));
    }
    let mut resources: BTreeMap<(String, String), BTreeMap<String, String>> = BTreeMap::new();
    let mut next_token = None;
    loop {
        let input = ec2::DescribeTagsRequest {
            filters: Some(filters.clone()),
            max_results: Some(1000),
            next_token,
            ..Default::default()
        };
        let answer = ctx.call::<ec2::DescribeTags>(PRINCIPAL, &input)?;
        for tag in answer.tags.into_iter().flatten() {
            let resource = (tag.resource_type.unwrap_or_default(), tag.resource_id.unwrap_or_default());
            let tags = resources.entry(resource).or_default();
            tags.insert(tag.key.unwrap_or_default(), tag.value.unwrap_or_default());
        }
        next_token = answer.next_token;
        if next_token.is_none() {
            break;
        }
    }
    let matching = resources.into_iter().filter(|(_, tags)| query.matches(tags));
    let found = matching.filter_map(|((name, id), _)| {
        let kind = kinds::of(&name)?.to_owned();
        Some(Found { arn: arn_of(ctx, &name, &id), kind })
    });
    Ok(found.collect())
}

/// The ARN of a resource of EC2's. Images and snapshots belong to no account in theirs.
fn arn_of(ctx: &Ctx<'_>, name: &str, id: &str) -> String {
    match name {
        "image" | "snapshot" => {
            format!("arn:{}:ec2:{}::{name}/{id}", ctx.region().partition(), ctx.region().code())
        }
        _ => ctx.arn("ec2", &format!("{name}/{id}")),
    }
}

fn alarms(ctx: &mut Ctx<'_>, query: &TagQuery) -> Result<Vec<Found>> {
    const KIND: &str = "AWS::CloudWatch::Alarm";
    if !query.wants(KIND) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let mut next_token = None;
    loop {
        let input =
            cloudwatch::DescribeAlarmsInput { next_token, max_records: Some(100), ..Default::default() };
        let answer = ctx.call::<cloudwatch::DescribeAlarms>(PRINCIPAL, &input)?;
        let metric = answer.metric_alarms.into_iter().flatten().filter_map(|alarm| alarm.alarm_arn);
        let composite = answer.composite_alarms.into_iter().flatten().filter_map(|alarm| alarm.alarm_arn);
        for arn in metric.chain(composite) {
            let input = cloudwatch::ListTagsForResourceInput { resource_arn: arn.clone() };
            let tags = ctx.call::<cloudwatch::ListTagsForResource>(PRINCIPAL, &input)?.tags;
            let tags = tags.into_iter().flatten().map(|tag| (tag.key, tag.value)).collect();
            if query.matches(&tags) {
                found.push(Found { arn, kind: KIND.to_owned() });
            }
        }
        next_token = answer.next_token;
        if next_token.is_none() {
            return Ok(found);
        }
    }
}

fn templates(ctx: &mut Ctx<'_>, query: &TagQuery) -> Result<Vec<Found>> {
    const KIND: &str = "AWS::FIS::ExperimentTemplate";
    if !query.wants(KIND) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let mut next_token = None;
    loop {
        let input = fis::ListExperimentTemplatesRequest { next_token, ..Default::default() };
        let answer = ctx.call::<fis::ListExperimentTemplates>(PRINCIPAL, &input)?;
        for template in answer.experiment_templates.into_iter().flatten() {
            if query.matches(&template.tags.unwrap_or_default()) {
                found.push(Found { arn: template.arn.unwrap_or_default(), kind: KIND.to_owned() });
            }
        }
        next_token = answer.next_token;
        if next_token.is_none() {
            return Ok(found);
        }
    }
}

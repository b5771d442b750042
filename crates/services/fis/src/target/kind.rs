//! Types of resources that can be targets, and how they are found.

use std::collections::BTreeMap;

use ironbird_api::{autoscaling, ec2};
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Result};

use super::Candidate;
use crate::role;

type Tags = BTreeMap<String, String>;
type List = fn(&mut Ctx<'_>, &BTreeMap<String, String>) -> Result<Vec<Candidate>>;

/// A type of resource.
pub(crate) struct Kind {
    /// `aws:ec2:instance`
    pub(crate) name: &'static str,
    pub(super) description: &'static str,
    /// Parameters that narrow the search.
    pub(crate) parameters: &'static [&'static str],
    /// Whether resources can be chosen by their tags.
    pub(crate) has_tags: bool,
    /// Lists all there are; none where ARNs are taken as they come.
    pub(super) list: Option<List>,
}

/// Every type, by name.
pub(super) static ALL: [Kind; 6] = [
    Kind {
        name: "aws:ec2:autoscaling-group",
        description: "An Auto Scaling group",
        parameters: &[],
        has_tags: true,
        list: Some(groups),
    },
    Kind {
        name: "aws:ec2:ebs-volume",
        description: "An Amazon EBS volume",
        parameters: &["availabilityZoneIdentifier"],
        has_tags: true,
        list: Some(volumes),
    },
    Kind {
        name: "aws:ec2:instance",
        description: "An Amazon EC2 instance",
        parameters: &[],
        has_tags: true,
        list: Some(|ctx, _| instances(ctx, false)),
    },
    Kind {
        name: "aws:ec2:spot-instance",
        description: "An Amazon EC2 Spot Instance",
        parameters: &[],
        has_tags: true,
        list: Some(|ctx, _| instances(ctx, true)),
    },
    Kind {
        name: "aws:ec2:subnet",
        description: "A subnet of a VPC",
        parameters: &["availabilityZoneIdentifier", "vpc"],
        has_tags: true,
        list: Some(subnets),
    },
    Kind { name: "aws:iam:role", description: "An IAM role", parameters: &[], has_tags: false, list: None },
];

/// The type of that name.
pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    ALL.iter().find(|kind| kind.name == name)
}

const INSTANCE: Place = Place::output("ec2", "DescribeInstances", &["Reservations", "Instances"]);
const VOLUME: Place = Place::output("ec2", "DescribeVolumes", &["Volumes"]);
const SUBNET: Place = Place::output("ec2", "DescribeSubnets", &["Subnets"]);
const GROUP: Place = Place::output("autoscaling", "DescribeAutoScalingGroups", &["AutoScalingGroups"]);

/// Instances that are not gone.
fn instances(ctx: &mut Ctx<'_>, spot: bool) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    let mut next_token = None;
    loop {
        let input = ec2::DescribeInstancesRequest { next_token, ..Default::default() };
        let answer = role::call::<ec2::DescribeInstances>(ctx, &input)?;
        let launches = answer.reservations.into_iter().flatten();
        for instance in launches.flat_map(|launch| launch.instances.unwrap_or_default()) {
            let state = instance.state.as_ref().and_then(|state| state.name.as_deref());
            let is_spot = instance.instance_lifecycle.as_deref() == Some("spot");
            if matches!(state, Some("terminated" | "shutting-down")) || (spot && !is_spot) {
                continue;
            }
            candidates.push(Candidate {
                arn: ctx
                    .arn("ec2", &format!("instance/{}", instance.instance_id.as_deref().unwrap_or_default())),
                tags: ec2_tags(instance.tags.as_deref()),
                document: document::write(INSTANCE, &*instance)?,
            });
        }
        next_token = answer.next_token;
        if next_token.is_none() {
            return Ok(candidates);
        }
    }
}

/// Whether what stands for a zone, by name or id, is the wanted one, where one is.
fn is_in_zone(parameters: &BTreeMap<String, String>, zone: [&Option<String>; 2]) -> bool {
    let wanted = parameters.get("availabilityZoneIdentifier");
    wanted.is_none_or(|wanted| zone.into_iter().any(|value| value.as_ref() == Some(wanted)))
}

fn volumes(ctx: &mut Ctx<'_>, parameters: &BTreeMap<String, String>) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    let mut next_token = None;
    loop {
        let input = ec2::DescribeVolumesRequest { next_token, ..Default::default() };
        let answer = role::call::<ec2::DescribeVolumes>(ctx, &input)?;
        for volume in answer.volumes.into_iter().flatten() {
            if !is_in_zone(parameters, [&volume.availability_zone, &volume.availability_zone_id]) {
                continue;
            }
            let id = volume.volume_id.as_deref().unwrap_or_default();
            candidates.push(Candidate {
                arn: ctx.arn("ec2", &format!("volume/{id}")),
                tags: ec2_tags(volume.tags.as_deref()),
                document: document::write(VOLUME, &volume)?,
            });
        }
        next_token = answer.next_token;
        if next_token.is_none() {
            return Ok(candidates);
        }
    }
}

fn subnets(ctx: &mut Ctx<'_>, parameters: &BTreeMap<String, String>) -> Result<Vec<Candidate>> {
    let answer = role::call::<ec2::DescribeSubnets>(ctx, &ec2::DescribeSubnetsRequest::default())?;
    let mut candidates = Vec::new();
    for subnet in answer.subnets.into_iter().flatten() {
        let in_zone = is_in_zone(parameters, [&subnet.availability_zone, &subnet.availability_zone_id]);
        let in_vpc = parameters.get("vpc").is_none_or(|wanted| subnet.vpc_id.as_ref() == Some(wanted));
        if !in_zone || !in_vpc {
            continue;
        }
        candidates.push(Candidate {
            arn: subnet.subnet_arn.clone().unwrap_or_default(),
            tags: ec2_tags(subnet.tags.as_deref()),
            document: document::write(SUBNET, &subnet)?,
        });
    }
    Ok(candidates)
}

fn groups(ctx: &mut Ctx<'_>, _: &BTreeMap<String, String>) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    let mut next_token = None;
    loop {
        let input = autoscaling::AutoScalingGroupNamesType { next_token, ..Default::default() };
        let answer = role::call::<autoscaling::DescribeAutoScalingGroups>(ctx, &input)?;
        for group in answer.auto_scaling_groups {
            let tags = group.tags.iter().flatten();
            let tags = tags.filter_map(|tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default())));
            candidates.push(Candidate {
                arn: group.auto_scaling_group_arn.clone().unwrap_or_default(),
                tags: tags.collect(),
                document: document::write(GROUP, &group)?,
            });
        }
        next_token = answer.next_token;
        if next_token.is_none() {
            return Ok(candidates);
        }
    }
}

fn ec2_tags(tags: Option<&[ec2::Tag]>) -> Tags {
    let tags = tags.into_iter().flatten();
    tags.filter_map(|tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()))).collect()
}

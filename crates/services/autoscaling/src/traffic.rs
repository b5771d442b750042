//! Load balancers, target groups and other traffic sources: recorded. There is nothing that would send traffic or check health
//! through them; a user reports health with SetInstanceHealth.

use ironbird_api::autoscaling as api;
use ironbird_rig::{Ctx, Result, ServiceDef};
use serde::{Deserialize, Serialize};

use crate::error;
use crate::group::record::{self, Group};
use crate::page::Window;

/// Sources of a group (user guide, "Quotas": 50 each of load balancers and target groups).
const MAX_SOURCES: usize = 50;

/// What a recorded source is said to be: its instances are registered, and nobody checks them.
const STATE: &str = "Added";

/// Kinds of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Kind {
    Classic,
    TargetGroup,
    Lattice,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Classic => "elb",
            Self::TargetGroup => "elbv2",
            Self::Lattice => "vpc-lattice",
        }
    }

    /// The kind of a source that a request names.
    fn of(source: &api::TrafficSourceIdentifier) -> Result<Self> {
        let all = [Self::Classic, Self::TargetGroup, Self::Lattice];
        match source.r#type.as_deref() {
            Some(word) => all
                .into_iter()
                .find(|kind| kind.name() == word)
                .ok_or_else(|| error::validation(format!("The traffic source type {word} is not valid."))),
            None if source.identifier.contains(":vpc-lattice:") => Ok(Self::Lattice),
            None if source.identifier.starts_with("arn:") => Ok(Self::TargetGroup),
            None => Ok(Self::Classic),
        }
    }
}

/// A source of traffic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Source {
    kind: Kind,
    id: String,
}

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .write::<api::AttachLoadBalancers>(attach_load_balancers)
        .records::<api::AttachLoadBalancers>(&["LoadBalancerNames"])
        .write::<api::DetachLoadBalancers>(detach_load_balancers)
        .read::<api::DescribeLoadBalancers>(describe_load_balancers)
        .write::<api::AttachLoadBalancerTargetGroups>(attach_target_groups)
        .records::<api::AttachLoadBalancerTargetGroups>(&["TargetGroupARNs"])
        .write::<api::DetachLoadBalancerTargetGroups>(detach_target_groups)
        .read::<api::DescribeLoadBalancerTargetGroups>(describe_target_groups)
        .write::<api::AttachTrafficSources>(attach_sources)
        .records::<api::AttachTrafficSources>(&["TrafficSources", "SkipZonalShiftValidation"])
        .write::<api::DetachTrafficSources>(detach_sources)
        .read::<api::DescribeTrafficSources>(describe_sources)
}

fn named(kind: Kind, ids: &[String]) -> Vec<Source> {
    ids.iter().map(|id| Source { kind, id: id.clone() }).collect()
}

fn given(sources: &[api::TrafficSourceIdentifier]) -> Result<Vec<Source>> {
    sources
        .iter()
        .map(|source| Ok(Source { kind: Kind::of(source)?, id: source.identifier.clone() }))
        .collect()
}

/// The sources that a request for a new group names.
///
/// # Errors
/// `ValidationError` for a type that there is not.
pub(crate) fn of_request(input: &api::CreateAutoScalingGroupType) -> Result<Vec<Source>> {
    let mut sources = named(Kind::Classic, input.load_balancer_names.as_deref().unwrap_or_default());
    sources.extend(named(Kind::TargetGroup, input.target_group_arns.as_deref().unwrap_or_default()));
    sources.extend(given(input.traffic_sources.as_deref().unwrap_or_default())?);
    sources.sort();
    sources.dedup();
    Ok(sources)
}

/// Ids of the group's sources of a kind.
fn ids(group: &Group, kind: Kind) -> Vec<String> {
    group.traffic.iter().filter(|source| source.kind == kind).map(|source| source.id.clone()).collect()
}

/// What the description of a group says of its sources: load balancers, target groups, all.
pub(crate) fn view(group: &Group) -> (Vec<String>, Vec<String>, Vec<api::TrafficSourceIdentifier>) {
    let all = group.traffic.iter().map(|source| api::TrafficSourceIdentifier {
        identifier: source.id.clone(),
        r#type: Some(source.kind.name().to_owned()),
    });
    (ids(group, Kind::Classic), ids(group, Kind::TargetGroup), all.collect())
}

fn attach(ctx: &mut Ctx<'_>, group: &str, more: Vec<Source>) -> Result<()> {
    let mut group = record::get(ctx, group)?;
    for source in more {
        if !group.traffic.contains(&source) {
            group.traffic.push(source);
        }
    }
    group.traffic.sort();
    if group.traffic.len() > MAX_SOURCES {
        return Err(error::limit_exceeded(format!("A group has at most {MAX_SOURCES} traffic sources.")));
    }
    record::save(ctx, group)
}

fn detach(ctx: &mut Ctx<'_>, group: &str, fewer: &[Source]) -> Result<()> {
    let mut group = record::get(ctx, group)?;
    if let Some(missing) = fewer.iter().find(|source| !group.traffic.contains(source)) {
        let what = match missing.kind {
            Kind::Classic => "Load Balancers",
            Kind::TargetGroup => "Load Balancer Target Groups",
            Kind::Lattice => "traffic sources",
        };
        return Err(error::validation(format!(
            "Trying to remove {what} that are not part of the group: {}",
            missing.id
        )));
    }
    group.traffic.retain(|source| !fewer.contains(source));
    record::save(ctx, group)
}

fn attach_load_balancers(
    ctx: &mut Ctx<'_>,
    input: &api::AttachLoadBalancersType,
) -> Result<api::AttachLoadBalancersResultType> {
    attach(ctx, &input.auto_scaling_group_name, named(Kind::Classic, &input.load_balancer_names))?;
    Ok(api::AttachLoadBalancersResultType {})
}

fn detach_load_balancers(
    ctx: &mut Ctx<'_>,
    input: &api::DetachLoadBalancersType,
) -> Result<api::DetachLoadBalancersResultType> {
    detach(ctx, &input.auto_scaling_group_name, &named(Kind::Classic, &input.load_balancer_names))?;
    Ok(api::DetachLoadBalancersResultType {})
}

fn attach_target_groups(
    ctx: &mut Ctx<'_>,
    input: &api::AttachLoadBalancerTargetGroupsType,
) -> Result<api::AttachLoadBalancerTargetGroupsResultType> {
    attach(ctx, &input.auto_scaling_group_name, named(Kind::TargetGroup, &input.target_group_arns))?;
    Ok(api::AttachLoadBalancerTargetGroupsResultType {})
}

fn detach_target_groups(
    ctx: &mut Ctx<'_>,
    input: &api::DetachLoadBalancerTargetGroupsType,
) -> Result<api::DetachLoadBalancerTargetGroupsResultType> {
    detach(ctx, &input.auto_scaling_group_name, &named(Kind::TargetGroup, &input.target_group_arns))?;
    Ok(api::DetachLoadBalancerTargetGroupsResultType {})
}

fn attach_sources(
    ctx: &mut Ctx<'_>,
    input: &api::AttachTrafficSourcesType,
) -> Result<api::AttachTrafficSourcesResultType> {
    attach(ctx, &input.auto_scaling_group_name, given(&input.traffic_sources)?)?;
    Ok(api::AttachTrafficSourcesResultType {})
}

fn detach_sources(
    ctx: &mut Ctx<'_>,
    input: &api::DetachTrafficSourcesType,
) -> Result<api::DetachTrafficSourcesResultType> {
    detach(ctx, &input.auto_scaling_group_name, &given(&input.traffic_sources)?)?;
    Ok(api::DetachTrafficSourcesResultType {})
}

/// A page of the group's sources that `wanted` takes.
fn page(
    ctx: &Ctx<'_>,
    name: &str,
    (max_records, next_token): (Option<i32>, Option<&str>),
    wanted: impl Fn(Kind) -> bool,
) -> Result<crate::page::Page<Source>> {
    let window = Window::read(max_records, next_token, 100)?;
    let group = record::find(ctx, name).ok_or_else(|| error::no_group(name))?;
    let sources = group.traffic.iter().filter(|source| wanted(source.kind)).cloned();
    Ok(window.list(sources, |source| ctx.scope().key(source.kind.name()).text(&source.id)))
}

fn describe_load_balancers(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeLoadBalancersRequest,
) -> Result<api::DescribeLoadBalancersResponse> {
    let window = (input.max_records, input.next_token.as_deref());
    let page = page(ctx, &input.auto_scaling_group_name, window, |kind| kind == Kind::Classic)?;
    let views = page.items.into_iter().map(|source| api::LoadBalancerState {
        load_balancer_name: Some(source.id),
        state: Some(STATE.to_owned()),
    });
    Ok(api::DescribeLoadBalancersResponse { load_balancers: Some(views.collect()), next_token: page.next })
}

fn describe_target_groups(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeLoadBalancerTargetGroupsRequest,
) -> Result<api::DescribeLoadBalancerTargetGroupsResponse> {
    let window = (input.max_records, input.next_token.as_deref());
    let page = page(ctx, &input.auto_scaling_group_name, window, |kind| kind == Kind::TargetGroup)?;
    let views = page.items.into_iter().map(|source| api::LoadBalancerTargetGroupState {
        load_balancer_target_group_arn: Some(source.id),
        state: Some(STATE.to_owned()),
    });
    Ok(api::DescribeLoadBalancerTargetGroupsResponse {
        load_balancer_target_groups: Some(views.collect()),
        next_token: page.next,
    })
}

fn describe_sources(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeTrafficSourcesRequest,
) -> Result<api::DescribeTrafficSourcesResponse> {
    let window = (input.max_records, input.next_token.as_deref());
    let of_kind = |kind: Kind| input.traffic_source_type.as_deref().is_none_or(|word| word == kind.name());
    let page = page(ctx, &input.auto_scaling_group_name, window, of_kind)?;
    let views = page.items.into_iter().map(|source| api::TrafficSourceState {
        traffic_source: Some(source.id.clone()),
        state: Some(STATE.to_owned()),
        identifier: Some(source.id),
        r#type: Some(source.kind.name().to_owned()),
    });
    Ok(api::DescribeTrafficSourcesResponse { traffic_sources: Some(views.collect()), next_token: page.next })
}

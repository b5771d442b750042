//! Load balancers, target groups and other traffic sources. Target groups are told of the group's instances and tell of their
//! health; Classic Load Balancers and VPC Lattice are recorded, for there are none.

pub(crate) mod attachment;
pub(crate) mod health;

use ironbird_api::autoscaling as api;
use ironbird_rig::{Ctx, Result, ServiceDef};
use serde::{Deserialize, Serialize};

use crate::error;
use crate::group::record::{self, Group};
use crate::page::Window;

/// Sources of a kind that a group has (user guide, "Quotas").
const MAX_SOURCES: usize = 50;

/// Sources that a request may attach or detach (user guide, "Quotas").
const MAX_NAMED: usize = 10;

/// What a source is said to be that is recorded only: its instances are registered, and nobody checks them.
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
    health::register(attachment::register(service))
        .write::<api::AttachLoadBalancers>(attach_load_balancers)
        .records::<api::AttachLoadBalancers>(&["LoadBalancerNames"])
        .write::<api::DetachLoadBalancers>(detach_load_balancers)
        .read::<api::DescribeLoadBalancers>(describe_load_balancers)
        .write::<api::AttachLoadBalancerTargetGroups>(attach_target_groups)
        .write::<api::DetachLoadBalancerTargetGroups>(detach_target_groups)
        .read::<api::DescribeLoadBalancerTargetGroups>(describe_target_groups)
        .write::<api::AttachTrafficSources>(attach_sources)
        .records::<api::AttachTrafficSources>(&["SkipZonalShiftValidation"])
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
/// `ValidationError` for a type that there is not, and for target groups that there are not.
pub(crate) fn of_request(ctx: &mut Ctx<'_>, input: &api::CreateAutoScalingGroupType) -> Result<Vec<Source>> {
    let mut sources = named(Kind::Classic, input.load_balancer_names.as_deref().unwrap_or_default());
    sources.extend(named(Kind::TargetGroup, input.target_group_arns.as_deref().unwrap_or_default()));
    sources.extend(given(input.traffic_sources.as_deref().unwrap_or_default())?);
    sources.sort();
    sources.dedup();
    attachment::check(ctx, &sources)?;
    say_what_is_recorded(ctx, "CreateAutoScalingGroup", input.traffic_sources.as_deref())?;
    Ok(sources)
}

/// Tells the caller which traffic sources are there for nobody.
fn say_what_is_recorded(
    ctx: &mut Ctx<'_>,
    operation: &str,
    sources: Option<&[api::TrafficSourceIdentifier]>,
) -> Result<()> {
    for source in given(sources.unwrap_or_default())? {
        if source.kind != Kind::TargetGroup {
            ctx.without_effect(&format!("{operation}.TrafficSources"));
        }
    }
    Ok(())
}

/// Sees to it that a new group is attached to what it was made with.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn begin(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    let group = record::get(ctx, group)?;
    attachment::attach(ctx, &group, &group.traffic)
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
    error::at_most(MAX_NAMED, "traffic sources", more.len())?;
    attachment::check(ctx, &more)?;
    let new: Vec<Source> = more.into_iter().filter(|source| !group.traffic.contains(source)).collect();
    group.traffic.extend(new.iter().cloned());
    group.traffic.sort();
    group.traffic.dedup();
    let of_kind = |kind: Kind| group.traffic.iter().filter(|source| source.kind == kind).count();
    if group.traffic.iter().any(|source| of_kind(source.kind) > MAX_SOURCES) {
        return Err(error::limit_exceeded(format!(
            "A group has at most {MAX_SOURCES} traffic sources of a type."
        )));
    }
    record::save(ctx, group.clone())?;
    attachment::attach(ctx, &group, &new)
}

fn detach(ctx: &mut Ctx<'_>, group: &str, fewer: &[Source]) -> Result<()> {
    let mut group = record::get(ctx, group)?;
    error::at_most(MAX_NAMED, "traffic sources", fewer.len())?;
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
    let name = group.name.clone();
    record::save(ctx, group)?;
    attachment::detach(ctx, &name, fewer)
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
    say_what_is_recorded(ctx, "AttachTrafficSources", Some(&input.traffic_sources))?;
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
    let leaving = attachment::leaving(ctx, name).into_iter();
    let leaving = leaving.map(|attachment| Source { kind: Kind::TargetGroup, id: attachment.arn });
    let mut sources: Vec<Source> = group.traffic.iter().cloned().chain(leaving).collect();
    sources.retain(|source| wanted(source.kind));
    sources.sort();
    Ok(window.list(sources.into_iter(), |source| ctx.scope().key(source.kind.name()).text(&source.id)))
}

/// Where each source stands.
fn states(ctx: &mut Ctx<'_>, group: &str, sources: Vec<Source>) -> Result<Vec<(Source, String)>> {
    let mut states = Vec::with_capacity(sources.len());
    for source in sources {
        let state = match source.kind {
            Kind::TargetGroup => attachment::state(ctx, &source.id, group)?,
            Kind::Classic | Kind::Lattice => STATE,
        };
        states.push((source, state.to_owned()));
    }
    Ok(states)
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
    let states = states(ctx, &input.auto_scaling_group_name, page.items)?;
    let views = states.into_iter().map(|(source, state)| api::LoadBalancerTargetGroupState {
        load_balancer_target_group_arn: Some(source.id),
        state: Some(state),
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
    let states = states(ctx, &input.auto_scaling_group_name, page.items)?;
    let views = states.into_iter().map(|(source, state)| api::TrafficSourceState {
        traffic_source: Some(source.id.clone()),
        state: Some(state),
        identifier: Some(source.id),
        r#type: Some(source.kind.name().to_owned()),
    });
    Ok(api::DescribeTrafficSourcesResponse { traffic_sources: Some(views.collect()), next_token: page.next })
}

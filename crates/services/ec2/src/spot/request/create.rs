//! RequestSpotInstances, and the requests that RunInstances and fleets make with their instances.

use ironbird_api::ec2;
use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Error, Result, Timestamp};
use serde_json::{Map, Value};

use super::{Request, Requests, State, attempt, describe, wake_at};
use crate::instance::blueprint::{self, Blueprint};
use crate::instance::record::{Behavior, Terms};
use crate::instance::token::Claim;
use crate::{convert, error, tag};

/// Requests that one call may make. Source: the quota of open requests is the account's; ours bounds a slip.
const MOST: i32 = 1000;

pub(super) fn request_spot_instances(
    ctx: &mut Ctx<'_>,
    input: &ec2::RequestSpotInstancesRequest,
) -> Result<ec2::RequestSpotInstancesResult> {
    let user_data = input.launch_specification.as_ref().and_then(|given| given.user_data.as_deref());
    let more = user_data.unwrap_or_default();
    let claim = Claim::of::<ec2::RequestSpotInstances>(ctx, input.client_token.as_deref(), input, more);
    if let Some(claim) = &claim
        && let Some(ids) = claim.earlier(ctx)?
    {
        return shown(ctx, ids.split(','));
    }
    let count = input.instance_count.unwrap_or(1);
    if !(1..=MOST).contains(&count) {
        return Err(error::invalid_parameter_value(&count.to_string(), "instanceCount"));
    }
    tag::check_types(input.tag_specifications.as_deref(), &["spot-instances-request"])?;
    let terms = terms(ctx, input)?;
    let launch = launch(input.launch_specification.as_ref())?;
    let blueprint = check_launch(ctx, &launch)?;
    error::dry_run(input.dry_run)?;
    let mut ids = Vec::new();
    for _ in 0..count {
        let id = fresh_id(ctx)?;
        let now = ctx.now();
        let request = Request {
            id: id.clone(),
            created: now,
            state: State::Open,
            status: pending(now),
            terms: terms.clone(),
            valid_from: input.valid_from,
            launch_group: input.launch_group.clone(),
            zone_group: input.availability_zone_group.clone(),
            product: blueprint.image.platform.clone(),
            zone: None,
            instance_id: None,
            launch: Some(launch.clone()),
            template: None,
            due: None,
        };
        ctx.put::<Requests>(ctx.scope().key(&id), request)?;
        tag::apply(ctx, input.tag_specifications.as_deref(), "spot-instances-request", &id)?;
        begin(ctx, &id)?;
        ids.push(id);
    }
    if let Some(claim) = claim {
        claim.keep(ctx, &ids.join(","))?;
    }
    shown(ctx, ids.iter().map(String::as_str))
}

fn pending(now: Timestamp) -> (String, String, Timestamp) {
    ("pending-evaluation".to_owned(), super::message("pending-evaluation").to_owned(), now)
}

fn shown<'a>(ctx: &Ctx<'_>, ids: impl Iterator<Item = &'a str>) -> Result<ec2::RequestSpotInstancesResult> {
    let mut requests = Vec::new();
    for id in ids {
        if let Some(request) = ctx.peek::<Requests>(&ctx.scope().key(id)) {
            requests.push(describe::view(ctx, request)?);
        }
    }
    Ok(ec2::RequestSpotInstancesResult { spot_instance_requests: Some(requests) })
}

/// Lets a request be evaluated: at once, or after a moment, as on AWS.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn begin(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    match ctx.settings().transitions {
        Transitions::Instant => attempt::look(ctx, id),
        Transitions::Realistic => {
            let due = crate::instance::after(ctx, "spot-evaluation", id, (1, 4));
            wake_at(ctx, id, due)
        }
    }
}

fn terms(ctx: &Ctx<'_>, input: &ec2::RequestSpotInstancesRequest) -> Result<Terms> {
    let options = ec2::SpotMarketOptions {
        max_price: input.spot_price.clone(),
        spot_instance_type: input.r#type.clone(),
        block_duration_minutes: None,
        valid_until: input.valid_until,
        instance_interruption_behavior: input.instance_interruption_behavior.clone(),
    };
    let terms = blueprint::spot_terms(&options)?;
    let from = input.valid_from.unwrap_or_else(|| ctx.now());
    let past = |at: Timestamp| at <= ctx.now() || at <= from;
    if let Some(until) = input.valid_until.filter(|until| past(*until)) {
        let message = format!("Value ({}) for parameter validUntil is invalid.", until.iso8601());
        return Err(error::invalid_value(message));
    }
    Ok(terms)
}

/// The RunInstances request that a launch specification stands for.
fn launch(given: Option<&ec2::RequestSpotLaunchSpecification>) -> Result<Map<String, Value>> {
    let given = given.ok_or_else(|| error::missing_parameter("LaunchSpecification"))?;
    let shape = convert::input::<ec2::RequestSpotInstances>("LaunchSpecification")?;
    let mut data = convert::to_json(shape, given);
    data.remove("AddressingType");
    data.insert("MinCount".to_owned(), 1.into());
    data.insert("MaxCount".to_owned(), 1.into());
    data.entry("InstanceType").or_insert_with(|| crate::instance::DEFAULT_TYPE.into());
    zones(&mut data);
    Ok(data)
}

/// A Spot placement may name several zones with commas; the first is taken, as AWS documents one for requests.
fn zones(data: &mut Map<String, Value>) {
    let Some(Value::Object(placement)) = data.get_mut("Placement") else { return };
    if let Some(Value::String(zone)) = placement.get_mut("AvailabilityZone")
        && let Some((first, _)) = zone.split_once(',')
    {
        *zone = first.trim().to_owned();
    }
}

/// Checks what can be known before an attempt is made.
fn check_launch(ctx: &Ctx<'_>, launch: &Map<String, Value>) -> Result<Blueprint> {
    let mut request = ec2::RunInstancesRequest::default();
    convert::from_json(convert::input::<ec2::RunInstances>("")?, launch, &mut request)?;
    let blueprint = Blueprint::read(ctx, &request)?;
    let name = request.instance_type.as_deref().unwrap_or(crate::instance::DEFAULT_TYPE);
    blueprint.check_type(blueprint::instance_type(name)?)?;
    if let Some(subnet) = &blueprint.interface.subnet_id {
        crate::instance::network::subnet(ctx, subnet)?;
    }
    Ok(blueprint)
}

/// The request of an instance that is being launched; its id.
///
/// # Errors
/// In an operation registered as one that reads, and those of tags.
pub(crate) fn for_instance(
    ctx: &mut Ctx<'_>,
    terms: &Terms,
    (product, zone, instance_id): (&str, &str, &str),
    tags: &[ec2::TagSpecification],
) -> Result<String> {
    let id = fresh_id(ctx)?;
    let now = ctx.now();
    let mut request = Request {
        id: id.clone(),
        created: now,
        state: State::Active,
        status: pending(now),
        terms: terms.clone(),
        valid_from: None,
        launch_group: None,
        zone_group: None,
        product: product.to_owned(),
        zone: Some(zone.to_owned()),
        instance_id: Some(instance_id.to_owned()),
        launch: None,
        template: None,
        due: None,
    };
    request.becomes(State::Active, "fulfilled", now);
    ctx.put::<Requests>(ctx.scope().key(&id), request)?;
    tag::apply(ctx, Some(tags), "spot-instances-request", &id)?;
    Ok(id)
}

/// Keeps what a persistent request has to launch again.
///
/// # Errors
/// When the world is broken.
pub(crate) fn keep_launch(
    ctx: &mut Ctx<'_>,
    id: &str,
    launch: &ec2::RunInstancesRequest,
    template: Option<&(String, i64)>,
) -> Result<()> {
    let mut data = convert::to_json(convert::input::<ec2::RunInstances>("")?, launch);
    for name in ["ClientToken", "InstanceMarketOptions", "LaunchTemplate", "DryRun"] {
        data.remove(name);
    }
    data.insert("MinCount".to_owned(), 1.into());
    data.insert("MaxCount".to_owned(), 1.into());
    let template = template.cloned();
    let until = ctx.update::<Requests, _>(&ctx.scope().key(id), |request| {
        request.launch = Some(data);
        request.template = template;
        request.terms.valid_until
    })?;
    match until.flatten() {
        Some(until) => wake_at(ctx, id, until),
        None => Ok(()),
    }
}

/// `sir-` and eight letters or digits.
fn fresh_id(ctx: &mut Ctx<'_>) -> Result<String> {
    let mut rng = ctx.fresh_seed("sir")?.rng();
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let draw = |_| char::from(digits[usize::try_from(rng.below(36)).unwrap_or(0)]);
    Ok(format!("sir-{}", (0..8).map(draw).collect::<String>()))
}

/// `InvalidParameterCombination`: what only persistent requests take.
pub(super) fn only_persistent(what: &str) -> Error {
    error::invalid_combination(format!("Only persistent Spot requests take {what}"))
}

/// Whether a behavior needs a request that lives on.
pub(super) const fn needs_persistence(behavior: Behavior) -> bool {
    !matches!(behavior, Behavior::Terminate)
}

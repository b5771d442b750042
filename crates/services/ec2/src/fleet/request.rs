//! What a CreateFleet request asks for, checked.

use ironbird_api::ec2;
use ironbird_rig::catalogue::NanoUsd;
use ironbird_rig::catalogue::protection::PriceBasis;
use ironbird_rig::{Ctx, Error, Result};
use serde_json::{Map, Value};

use super::Kind;
use crate::given::given;
use crate::instance::blueprint::max_price;
use crate::instance::record::Behavior;
use crate::requirements::{OnDemandStrategy, SpotStrategy};
use crate::{convert, error};

/// Units at most. Source: "EC2 Fleet quotas" in the EC2 user guide.
const MAX_TARGET: i32 = 10_000;
/// Launch template configurations and overrides at most, as there.
const MAX_CONFIGS: usize = 50;
const MAX_OVERRIDES: usize = 300;

/// A fleet's request as it is acted on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wish {
    pub(crate) kind: Kind,
    /// Units of both kinds.
    pub(crate) on_demand: f64,
    pub(crate) spot: f64,
    pub(crate) basis: PriceBasis,
    pub(crate) on_demand_strategy: OnDemandStrategy,
    pub(crate) spot_strategy: SpotStrategy,
    /// Whether open Capacity Reservations are filled before anything else.
    pub(crate) reservations_first: bool,
    pub(crate) on_demand_rules: Rules,
    pub(crate) spot_rules: Rules,
    /// What becomes of Spot Instances that EC2 takes back.
    pub(crate) behavior: Behavior,
    /// What is done when a Spot Instance gets a rebalance recommendation.
    pub(crate) rebalance: Option<Rebalance>,
}

/// How a Spot Instance at risk is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rebalance {
    /// Another is launched, and it is left to the user to terminate the first (`launch`).
    Launch,
    /// Another is launched, and the first is terminated so many seconds later (`launch-before-terminate`).
    LaunchBeforeTerminate(i64),
}

/// Seconds that may pass before the first is terminated. Source: "TerminationDelay" in the EC2 API reference.
const DELAYS: std::ops::RangeInclusive<i32> = 120..=7200;

impl Rebalance {
    fn read(kind: Kind, options: &ec2::SpotOptionsRequest) -> Result<Option<Self>> {
        let given = options.maintenance_strategies.as_ref();
        let Some(given) = given.and_then(|given| given.capacity_rebalance.as_ref()) else { return Ok(None) };
        if kind != Kind::Maintain {
            let message = "CapacityRebalance can be specified for fleets of type maintain only";
            return Err(error::invalid_combination(message));
        }
        let Some(word) = given.replacement_strategy.as_deref() else { return Ok(None) };
        match (word, given.termination_delay) {
            // Tools send a delay of nothing where none was asked for.
            ("launch", None | Some(0)) => Ok(Some(Self::Launch)),
            ("launch", Some(_)) => {
                let message = "TerminationDelay can be specified with the replacement strategy launch-before-terminate \
                               only";
                Err(error::invalid_combination(message))
            }
            ("launch-before-terminate", Some(delay)) if DELAYS.contains(&delay) => {
                Ok(Some(Self::LaunchBeforeTerminate(i64::from(delay))))
            }
            ("launch-before-terminate", Some(delay)) => Err(error::invalid_parameter_value_because(
                &delay.to_string(),
                "TerminationDelay",
                "Expecting a value from 120 to 7200.",
            )),
            ("launch-before-terminate", None) => Err(error::missing_parameter("TerminationDelay")),
            (other, _) => Err(error::invalid_parameter_value(other, "ReplacementStrategy")),
        }
    }
}

/// What holds for one of the two kinds of capacity.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rules {
    pub(crate) single_type: bool,
    pub(crate) single_zone: bool,
    /// Nothing is launched if it would be fewer units.
    pub(crate) least: f64,
    /// Most that all instances of the kind may cost an hour.
    pub(crate) budget: Option<NanoUsd>,
}

impl Wish {
    /// Reads a request.
    ///
    /// # Errors
    /// `InvalidParameterValue`, `InvalidParameterCombination`, `MissingParameter`.
    pub(crate) fn read(ctx: &Ctx<'_>, input: &ec2::CreateFleetRequest) -> Result<Self> {
        configurations(&input.launch_template_configs)?;
        Self::of(ctx, input)
    }

    /// The same without a look at what is launched from, which a Spot Fleet says elsewhere.
    ///
    /// # Errors
    /// As [`Wish::read`].
    pub(crate) fn of(ctx: &Ctx<'_>, input: &ec2::CreateFleetRequest) -> Result<Self> {
        let kind = kind(input.r#type.as_deref())?;
        let (on_demand, spot) = targets(&input.target_capacity_specification)?;
        let unit =
            input.target_capacity_specification.target_capacity_unit_type.as_deref().unwrap_or("units");
        let basis = PriceBasis::parse(unit)
            .ok_or_else(|| error::invalid_parameter_value(unit, "TargetCapacityUnitType"))?;
        let on_demand_options = input.on_demand_options.clone().unwrap_or_default();
        let strategy = spelled(on_demand_options.allocation_strategy.as_deref());
        let on_demand_strategy = OnDemandStrategy::parse(strategy)
            .ok_or_else(|| error::invalid_parameter_value(strategy, "OnDemandOptions.AllocationStrategy"))?;
        let usage = on_demand_options.capacity_reservation_options.and_then(|options| options.usage_strategy);
        if let Some(other) = usage.as_deref().filter(|word| *word != "use-capacity-reservations-first") {
            return Err(error::invalid_parameter_value(other, "UsageStrategy"));
        }
        if usage.is_some() && kind != Kind::Instant {
            let message = "CapacityReservationOptions can be specified for fleets of type instant only";
            return Err(error::invalid_combination(message));
        }
        let spot_options = input.spot_options.clone().unwrap_or_default();
        let on_demand_rules = Rules::read(
            kind,
            [on_demand_options.single_instance_type, on_demand_options.single_availability_zone],
            on_demand_options.min_target_capacity,
            on_demand_options.max_total_price.as_deref(),
        )?;
        let spot_rules = Rules::read(
            kind,
            [spot_options.single_instance_type, spot_options.single_availability_zone],
            spot_options.min_target_capacity,
            spot_options.max_total_price.as_deref(),
        )?;
        check_policy(kind, input)?;
        check_times(ctx, kind, input)?;
        Ok(Self {
            kind,
            on_demand,
            spot,
            basis,
            on_demand_strategy,
            spot_strategy: spot_strategy(&spot_options)?,
            reservations_first: usage.is_some(),
            on_demand_rules,
            spot_rules,
            behavior: behavior(kind, &spot_options)?,
            rebalance: Rebalance::read(kind, &spot_options)?,
        })
    }
}

fn kind(given: Option<&str>) -> Result<Kind> {
    match given {
        None | Some("maintain") => Ok(Kind::Maintain),
        Some("request") => Ok(Kind::Request),
        Some("instant") => Ok(Kind::Instant),
        Some(other) => Err(error::invalid_parameter_value(other, "Type")),
    }
}

fn configurations(configs: &[ec2::FleetLaunchTemplateConfigRequest]) -> Result<()> {
    if configs.is_empty() {
        return Err(error::missing_parameter("LaunchTemplateConfigs"));
    }
    let overrides: usize = configs.iter().map(|config| config.overrides.as_ref().map_or(1, Vec::len)).sum();
    if configs.len() > MAX_CONFIGS || overrides > MAX_OVERRIDES {
        let message = format!(
            "a fleet takes {MAX_CONFIGS} launch template configurations and {MAX_OVERRIDES} overrides at most"
        );
        return Err(error::invalid_value(message));
    }
    for config in configs {
        let Some(template) = &config.launch_template_specification else {
            return Err(error::missing_parameter("LaunchTemplateSpecification"));
        };
        if template.version.is_none() {
            return Err(error::missing_parameter("LaunchTemplateSpecification.Version"));
        }
        for over in config.overrides.iter().flatten() {
            if over.instance_type.is_some() && over.instance_requirements.is_some() {
                return Err(error::exclusive("InstanceRequirements", "InstanceType"));
            }
            if over.weighted_capacity.is_some_and(|weight| !(weight > 0.0 && weight <= f64::from(MAX_TARGET)))
            {
                let weight = over.weighted_capacity.unwrap_or_default();
                return Err(error::invalid_parameter_value(&weight.to_string(), "WeightedCapacity"));
            }
            if let Some(price) = given(&over.max_price) {
                max_price(price)?;
            }
        }
    }
    Ok(())
}

/// Units On-Demand and Spot.
fn targets(given: &ec2::TargetCapacitySpecificationRequest) -> Result<(f64, f64)> {
    let total = given.total_target_capacity;
    let is_units = given.target_capacity_unit_type.as_deref().is_none_or(|unit| unit == "units");
    if total < 0 || (is_units && total > MAX_TARGET) {
        let reason = format!("Expecting a value from 0 to {MAX_TARGET}.");
        return Err(error::invalid_parameter_value_because(
            &total.to_string(),
            "TotalTargetCapacity",
            &reason,
        ));
    }
    let (on_demand, spot) = match (given.on_demand_target_capacity, given.spot_target_capacity) {
        (Some(on_demand), Some(spot)) => (on_demand, spot),
        (Some(on_demand), None) => (on_demand, total.saturating_sub(on_demand)),
        (None, Some(spot)) => (total.saturating_sub(spot), spot),
        (None, None) => match given.default_target_capacity_type.as_deref() {
            Some("spot") => (0, total),
            _ => (total, 0),
        },
    };
    if let Some(other) = given.default_target_capacity_type.as_deref()
        && !matches!(other, "spot" | "on-demand")
    {
        return Err(error::invalid_parameter_value(other, "DefaultTargetCapacityType"));
    }
    if on_demand < 0 || spot < 0 || on_demand.saturating_add(spot) > total {
        let message =
            "The sum of OnDemandTargetCapacity and SpotTargetCapacity must be TotalTargetCapacity at most";
        return Err(error::invalid_value(message));
    }
    // What neither of the two covers is of the default kind.
    let rest = total - on_demand - spot;
    let (more_on_demand, more_spot) =
        if given.default_target_capacity_type.as_deref() == Some("spot") { (0, rest) } else { (rest, 0) };
    Ok((f64::from(on_demand + more_on_demand), f64::from(spot + more_spot)))
}

impl Rules {
    fn read(kind: Kind, single: [Option<bool>; 2], least: Option<i32>, budget: Option<&str>) -> Result<Self> {
        let [single_type, single_zone] = single.map(|flag| flag == Some(true));
        // Tools send the least capacity of nothing where none was asked for.
        let least = least.filter(|least| *least != 0);
        if (single_type || single_zone || least.is_some()) && kind != Kind::Instant {
            let message = "SingleInstanceType, SingleAvailabilityZone and MinTargetCapacity can be specified for \
                           fleets of type instant only";
            return Err(error::invalid_combination(message));
        }
        if least.is_some() && !single_type && !single_zone {
            let message = "MinTargetCapacity requires SingleInstanceType or SingleAvailabilityZone";
            return Err(error::invalid_combination(message));
        }
        if let Some(least) = least.filter(|least| *least < 0) {
            return Err(error::invalid_parameter_value(&least.to_string(), "MinTargetCapacity"));
        }
        let budget = given(&budget).map(max_price).transpose()?;
        Ok(Self { single_type, single_zone, least: f64::from(least.unwrap_or(0)), budget })
    }
}

/// A strategy's name: `lowest-price` in the SDKs is `lowestPrice` to AWS, which takes both.
fn spelled(given: Option<&str>) -> &str {
    match given {
        None | Some("lowestPrice") => "lowest-price",
        Some(other) => other,
    }
}

fn spot_strategy(options: &ec2::SpotOptionsRequest) -> Result<SpotStrategy> {
    let name = spelled(options.allocation_strategy.as_deref());
    let count = options.instance_pools_to_use_count;
    if count.is_some() && name != "lowest-price" {
        let message =
            "InstancePoolsToUseCount can be specified with the allocation strategy lowest-price only";
        return Err(error::invalid_combination(message));
    }
    let pools = match count.map(usize::try_from) {
        None => None,
        Some(Ok(pools)) if pools > 0 => Some(pools),
        Some(_) => {
            let count = count.unwrap_or_default().to_string();
            return Err(error::invalid_parameter_value(&count, "InstancePoolsToUseCount"));
        }
    };
    SpotStrategy::parse(name, pools)
        .ok_or_else(|| error::invalid_parameter_value(name, "SpotOptions.AllocationStrategy"))
}

/// What becomes of a fleet's interrupted Spot Instances. Only a fleet that maintains its capacity has requests that
/// live on, so that only there an instance can stop.
fn behavior(kind: Kind, options: &ec2::SpotOptionsRequest) -> Result<Behavior> {
    let word = options.instance_interruption_behavior.as_deref().unwrap_or("terminate");
    let found = Behavior::parse(word);
    let found = found
        .ok_or_else(|| error::invalid_parameter_value(word, "SpotOptions.InstanceInterruptionBehavior"))?;
    if found != Behavior::Terminate && kind != Kind::Maintain {
        let message =
            "InstanceInterruptionBehavior can be stop or hibernate for fleets of type maintain only";
        return Err(error::invalid_combination(message));
    }
    Ok(found)
}

fn check_policy(kind: Kind, input: &ec2::CreateFleetRequest) -> Result<()> {
    let Some(policy) = input.excess_capacity_termination_policy.as_deref() else { return Ok(()) };
    if !matches!(policy, "termination" | "no-termination") {
        return Err(error::invalid_parameter_value(policy, "ExcessCapacityTerminationPolicy"));
    }
    if kind != Kind::Maintain {
        let message = "ExcessCapacityTerminationPolicy can be specified for fleets of type maintain only";
        return Err(error::invalid_combination(message));
    }
    Ok(())
}

fn check_times(ctx: &Ctx<'_>, kind: Kind, input: &ec2::CreateFleetRequest) -> Result<()> {
    let dated = input.valid_from.is_some() || input.valid_until.is_some();
    if dated && kind == Kind::Instant {
        let message = "ValidFrom and ValidUntil cannot be specified for fleets of type instant";
        return Err(error::invalid_combination(message));
    }
    let from = input.valid_from.unwrap_or(ctx.now());
    match input.valid_until {
        Some(until) if until <= ctx.now() || until <= from => {
            let message = format!("Value ({}) for parameter ValidUntil is invalid.", until.iso8601());
            Err(error::invalid_value(message))
        }
        _ => Ok(()),
    }
}

/// Writes the strategy that is also the default as AWS answers it, whichever way it was given.
fn lowest_price(strategy: &mut Option<String>) {
    if spelled(strategy.as_deref()) == "lowest-price" {
        *strategy = Some("lowestPrice".to_owned());
    }
}

/// The request to keep, with the defaults that `DescribeFleets` shows.
///
/// # Errors
/// When the world is broken.
pub(crate) fn with_defaults(input: &ec2::CreateFleetRequest, wish: &Wish) -> Result<Map<String, Value>> {
    let mut input = input.clone();
    input.r#type = Some(wish.kind.name().to_owned());
    let default = |place: &mut Option<String>, word: &str| {
        place.get_or_insert_with(|| word.to_owned());
    };
    let on_demand = input.on_demand_options.get_or_insert_default();
    lowest_price(&mut on_demand.allocation_strategy);
    let spot = input.spot_options.get_or_insert_default();
    lowest_price(&mut spot.allocation_strategy);
    default(&mut spot.instance_interruption_behavior, "terminate");
    if wish.kind == Kind::Maintain {
        default(&mut input.excess_capacity_termination_policy, "termination");
    }
    input.terminate_instances_with_expiration.get_or_insert(false);
    input.replace_unhealthy_instances.get_or_insert(false);
    let target = &mut input.target_capacity_specification;
    target.on_demand_target_capacity = Some(wish.on_demand as i32);
    target.spot_target_capacity = Some(wish.spot as i32);
    default(&mut target.default_target_capacity_type, "on-demand");
    Ok(convert::to_json(convert::input::<ec2::CreateFleet>("")?, &input))
}

/// The request that was kept.
///
/// # Errors
/// When the world is broken.
pub(crate) fn kept(request: &Map<String, Value>) -> Result<ec2::CreateFleetRequest> {
    let mut input = ec2::CreateFleetRequest::default();
    convert::from_json(convert::input::<ec2::CreateFleet>("")?, request, &mut input)?;
    Ok(input)
}

/// AWS's code and message for a pool that the fleet's own configuration rules out.
pub(crate) fn invalid_configuration(error: Error) -> Error {
    match error.code() {
        "Unsupported" => Error::client("InvalidFleetConfiguration", error.message().to_owned()),
        _ => error,
    }
}

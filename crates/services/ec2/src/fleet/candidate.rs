//! The pools that a fleet may draw on: every type of every override in every subnet that it may be launched in.

use ironbird_api::ec2;
use ironbird_rig::capacity;
use ironbird_rig::catalogue::protection::{self, Priced, Purchase};
use ironbird_rig::catalogue::{InstanceType, NanoUsd, offerings};
use ironbird_rig::{Ctx, Error, Result};
use serde_json::{Map, Value};

use super::request::{Wish, invalid_configuration};
use super::{Failure, lifecycle};
use crate::instance::blueprint::{self, Blueprint, max_price};
use crate::instance::merge::{self, Template};
use crate::instance::network::{self, Place};
use crate::instance::slot::{self, Want};
use crate::requirements::{ImageNeeds, Requirements, select};
use crate::{convert, error, requirements_preview, spot};

/// A type in a subnet.
#[derive(Clone)]
pub(crate) struct Candidate {
    /// Which of [`Candidates::blueprints`] it is launched from.
    pub(crate) blueprint: usize,
    pub(crate) entry: &'static InstanceType,
    pub(crate) place: Place,
    /// Units that one instance is.
    pub(crate) weight: f64,
    pub(crate) priority: Option<f64>,
    /// An hour of one instance; none where it is not known.
    pub(crate) price: Option<NanoUsd>,
    /// Most that is paid for an hour of one instance.
    pub(crate) limit: Option<NanoUsd>,
    /// Slots that are free now.
    pub(crate) free: u64,
    /// `LaunchTemplateAndOverrides`, by the names of its members.
    pub(crate) origin: Map<String, Value>,
}

/// Everything that a fleet may draw on, for one kind of capacity.
pub(crate) struct Candidates {
    pub(crate) blueprints: Vec<Blueprint>,
    pub(crate) all: Vec<Candidate>,
    /// What is ruled out already.
    pub(crate) failures: Vec<Failure>,
}

/// What a fleet launches from: a launch template, or what stands for one, and how it may be changed.
pub(crate) struct Source {
    pub(crate) template: Template,
    pub(crate) overrides: Vec<ec2::FleetLaunchTemplateOverridesRequest>,
    pub(crate) tags: Vec<ec2::TagSpecification>,
}

/// One source with one of its overrides.
struct Variant<'a> {
    template: &'a Template,
    given: ec2::FleetLaunchTemplateOverridesRequest,
    tags: &'a [ec2::TagSpecification],
}

/// The launch templates of a request.
///
/// # Errors
/// Those about launch templates.
pub(crate) fn sources(ctx: &Ctx<'_>, input: &ec2::CreateFleetRequest) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for config in &input.launch_template_configs {
        let Some(specification) = &config.launch_template_specification else { continue };
        let template = merge::template(
            ctx,
            specification.launch_template_id.as_deref(),
            specification.launch_template_name.as_deref(),
            specification.version.as_deref(),
        )?;
        sources.push(Source {
            template,
            overrides: config.overrides.clone().unwrap_or_default(),
            tags: input.tag_specifications.clone().unwrap_or_default(),
        });
    }
    Ok(sources)
}

/// Finds the pools of a fleet.
///
/// # Errors
/// When the world is broken; what is wrong with a single override becomes a failure of its own.
pub(crate) fn find(ctx: &Ctx<'_>, sources: &[Source], wish: &Wish, spot: bool) -> Result<Candidates> {
    let mut found = Candidates { blueprints: Vec::new(), all: Vec::new(), failures: Vec::new() };
    let none = vec![ec2::FleetLaunchTemplateOverridesRequest::default()];
    for source in sources {
        let overrides = if source.overrides.is_empty() { &none } else { &source.overrides };
        for given in overrides {
            let variant = Variant { template: &source.template, given: given.clone(), tags: &source.tags };
            match variant.pools(ctx, wish, spot, found.blueprints.len()) {
                Ok((blueprint, pools, failures)) => {
                    found.blueprints.push(blueprint);
                    found.all.extend(pools);
                    found.failures.extend(failures);
                }
                Err(Error::Internal(error)) => return Err(Error::Internal(error)),
                Err(error) => found.failures.push(variant.failure(spot, None, error)?),
            }
        }
    }
    Ok(found)
}

impl Variant<'_> {
    fn pools(
        &self,
        ctx: &Ctx<'_>,
        wish: &Wish,
        spot: bool,
        number: usize,
    ) -> Result<(Blueprint, Vec<Candidate>, Vec<Failure>)> {
        let request = self.request()?;
        if request.instance_market_options.is_some() {
            let message = "launch templates with InstanceMarketOptions cannot be used in a fleet";
            return Err(error::invalid_combination(message));
        }
        let mut blueprint = Blueprint::read(ctx, &request)?;
        if !self.template.id.is_empty() {
            blueprint.template = Some((self.template.id.clone(), self.template.version));
        }
        add_tags(&mut blueprint, self.tags);
        let places = self.places(ctx, &blueprint)?;
        let types = self.types(ctx, wish, spot, &request, &blueprint)?;
        let mut candidates = Vec::new();
        let mut failures = Vec::new();
        for (entry, by_attributes) in types {
            if let Err(error) = blueprint.check_type(entry) {
                failures.push(self.failure(spot, Some((entry, None)), error)?);
                continue;
            }
            for place in &places {
                if !offerings::offered(entry.name, &place.zone) {
                    // Of types found by attributes, those that a zone does not offer were never asked for there.
                    if !by_attributes && self.names_places() {
                        let error = invalid_configuration(slot::not_offered(ctx, entry, &place.zone));
                        failures.push(self.failure(spot, Some((entry, Some(place))), error)?);
                    }
                    continue;
                }
                let candidate = self.candidate(ctx, wish, spot, (number, &blueprint), entry, place)?;
                if spot && let Some(error) = Self::too_dear(&candidate) {
                    failures.push(self.failure(spot, Some((entry, Some(place))), error)?);
                    continue;
                }
                candidates.push(candidate);
            }
        }
        Ok((blueprint, candidates, failures))
    }

    /// The template's data with the override's over it.
    fn request(&self) -> Result<ec2::RunInstancesRequest> {
        let path = "LaunchTemplateConfigs.Overrides";
        let mut given = convert::to_json(convert::input::<ec2::CreateFleet>(path)?, &self.given);
        given.retain(|name, _| matches!(name.as_str(), "ImageId" | "Placement" | "BlockDeviceMappings"));
        let mut data = self.template.data.clone();
        merge::overlay(&mut data, given);
        merge::request(data)
    }

    fn names_places(&self) -> bool {
        self.given.subnet_id.is_some()
            || self.given.availability_zone.is_some()
            || self.given.availability_zone_id.is_some()
    }

    /// Subnets of the override, else of the template, else the default ones.
    fn places(&self, ctx: &Ctx<'_>, blueprint: &Blueprint) -> Result<Vec<Place>> {
        if let Some(ids) = &self.given.subnet_id {
            // Several may be written in one, with commas.
            return ids.split(',').map(|id| network::subnet(ctx, id.trim())).collect();
        }
        let zones = self.given.availability_zone.as_ref().or(self.given.availability_zone_id.as_ref());
        if let Some(zones) = zones {
            let place = |zone: &str| {
                let found = ctx.region().facts().zone(zone.trim());
                let invalid = || error::invalid_value(format!("Invalid availability zone: [{zone}]"));
                network::default_subnet(ctx, found.ok_or_else(invalid)?.name)
            };
            return zones.split(',').map(place).collect();
        }
        if let Some(id) = &blueprint.interface.subnet_id {
            return Ok(vec![network::subnet(ctx, id)?]);
        }
        if let Some(zone) = &blueprint.zone {
            return Ok(vec![network::default_subnet(ctx, zone)?]);
        }
        let vpc = network::vpc_of_groups(ctx, &blueprint.interface)?;
        network::default_subnets(ctx, vpc.as_deref())
    }

    /// The types, each with whether it was found by its attributes.
    fn types(
        &self,
        ctx: &Ctx<'_>,
        wish: &Wish,
        spot: bool,
        request: &ec2::RunInstancesRequest,
        blueprint: &Blueprint,
    ) -> Result<Vec<(&'static InstanceType, bool)>> {
        if let Some(name) = &self.given.instance_type {
            return Ok(vec![(blueprint::instance_type(name)?, false)]);
        }
        let requirements = match &self.given.instance_requirements {
            Some(given) => Some(requirements_preview::from_request(given)),
            None => merge::requirements(&self.template.data)?,
        };
        match (requirements, &request.instance_type) {
            (Some(requirements), _) => {
                requirements_preview::check(&requirements, "InstanceRequirements")?;
                let found = by_attributes(ctx, wish, spot, &requirements, blueprint);
                if found.is_empty() {
                    let message = "No instance types match the instance requirements of the launch template or overrides";
                    return Err(error::invalid_value(message));
                }
                Ok(found.into_iter().map(|entry| (entry, true)).collect())
            }
            (None, Some(name)) => Ok(vec![(blueprint::instance_type(name)?, false)]),
            (None, None) => Err(error::missing_parameter("InstanceType")),
        }
    }

    fn candidate(
        &self,
        ctx: &Ctx<'_>,
        wish: &Wish,
        spot: bool,
        (number, blueprint): (usize, &Blueprint),
        entry: &'static InstanceType,
        place: &Place,
    ) -> Result<Candidate> {
        let platform = &blueprint.image.platform;
        let want =
            Want { instance_type: entry.name, platform, zone: &place.zone, tenancy: blueprint.place.tenancy };
        let price = match spot {
            true => spot::price(ctx.seed(), &place.zone, entry.name, platform, ctx.now()),
            false => slot::on_demand(ctx, want).map(NanoUsd),
        };
        let weight = self.given.weighted_capacity.unwrap_or(wish.basis.units(entry) as f64);
        Ok(Candidate {
            blueprint: number,
            entry,
            place: place.clone(),
            weight,
            priority: self.given.priority,
            price,
            limit: self.limit(spot, weight)?,
            free: capacity::pool(ctx, want.pool(ctx)).free(),
            origin: self.origin(Some((entry, Some(place))))?,
        })
    }

    /// The most that is paid for a Spot Instance. What is given is for a unit of capacity.
    fn limit(&self, spot: bool, weight: f64) -> Result<Option<NanoUsd>> {
        let Some(given) = self.given.max_price.as_ref().filter(|price| spot && !price.is_empty()) else {
            return Ok(None);
        };
        let limit = max_price(given)?;
        Ok(Some(NanoUsd((limit.0 as f64 * weight) as i64)))
    }

    /// Why a Spot pool costs too much.
    fn too_dear(candidate: &Candidate) -> Option<Error> {
        let (limit, price) = candidate.limit.zip(candidate.price)?;
        if price <= limit {
            return None;
        }
        let message = format!(
            "Your Spot request price of {} is lower than the minimum required Spot request fulfillment price of {}.",
            limit.as_usd() / candidate.weight,
            price.as_usd() / candidate.weight
        );
        Some(Error::client("SpotMaxPriceTooLow", message))
    }

    /// `LaunchTemplateAndOverrides` of an answer: the override, tied to one type and place.
    fn origin(&self, pool: Option<(&InstanceType, Option<&Place>)>) -> Result<Map<String, Value>> {
        let path = "LaunchTemplateConfigs.Overrides";
        let mut given = convert::to_json(convert::input::<ec2::CreateFleet>(path)?, &self.given);
        if let Some((entry, place)) = pool {
            given.remove("InstanceRequirements");
            given.insert("InstanceType".to_owned(), Value::from(entry.name));
            if let Some(place) = place {
                given.insert("AvailabilityZone".to_owned(), Value::from(place.zone.as_str()));
                if self.given.subnet_id.is_some() {
                    given.insert("SubnetId".to_owned(), Value::from(place.subnet_id.as_str()));
                }
            }
        }
        let mut origin = Map::new();
        origin.insert("Overrides".to_owned(), Value::Object(given));
        if self.template.id.is_empty() {
            return Ok(origin);
        }
        let mut specification = Map::new();
        specification.insert("LaunchTemplateId".to_owned(), Value::from(self.template.id.as_str()));
        specification.insert("Version".to_owned(), Value::from(self.template.version.to_string()));
        origin.insert("LaunchTemplateSpecification".to_owned(), Value::Object(specification));
        Ok(origin)
    }

    fn failure(
        &self,
        spot: bool,
        pool: Option<(&InstanceType, Option<&Place>)>,
        error: Error,
    ) -> Result<Failure> {
        Ok(Failure {
            origin: self.origin(pool)?,
            spot,
            code: error.code().to_owned(),
            message: error.message().to_owned(),
        })
    }
}

fn add_tags(blueprint: &mut Blueprint, tags: &[ec2::TagSpecification]) {
    for specification in tags.iter().filter(|tags| tags.resource_type.as_deref() != Some("fleet")) {
        let same = blueprint.tags.iter_mut().find(|other| other.resource_type == specification.resource_type);
        let Some(same) = same else {
            blueprint.tags.push(specification.clone());
            continue;
        };
        let list = same.tags.get_or_insert_default();
        for tag in specification.tags.iter().flatten() {
            list.retain(|other| other.key != tag.key);
            list.push(tag.clone());
        }
    }
}

/// The types with the attributes, without those that cost too much for it.
fn by_attributes(
    ctx: &Ctx<'_>,
    wish: &Wish,
    spot: bool,
    requirements: &Requirements,
    blueprint: &Blueprint,
) -> Vec<&'static InstanceType> {
    let region = ctx.region().code();
    let architectures = [blueprint.image.architecture.as_str()];
    let virtualization = [blueprint.image.virtualization.as_str()];
    let needs = ImageNeeds {
        architectures: &architectures,
        virtualization_types: &virtualization,
        root_device_types: &["ebs"],
        usage_class: Some(lifecycle(spot)),
    };
    let matching = select::select(requirements, &needs, offerings::in_region(region)).matching;
    let priced: Vec<Priced> = matching.into_iter().map(|entry| Priced::usually(region, entry)).collect();
    let purchase = if spot { Purchase::Spot } else { Purchase::OnDemand };
    let kept = protection::protect(&requirements.thresholds(), purchase, wish.basis, &priced).kept;
    kept.into_iter().map(|priced| priced.instance_type).collect()
}

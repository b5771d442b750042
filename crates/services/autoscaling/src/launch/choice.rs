//! Which types a group may launch, and in which order they are tried in a zone.

use std::cmp::Reverse;
use std::sync::Arc;

use ironbird_api::autoscaling as api;
use ironbird_rig::capacity::{self, PoolId, Tenancy};
use ironbird_rig::catalogue::protection::PriceBasis;
use ironbird_rig::catalogue::{NanoUsd, geography, instance_types, offerings, prices, spot};
use ironbird_rig::{Ctx, Result};

use super::policy::{self, Distribution, SpotStrategy};
use super::requirements::{self, Fitting};
use super::template::{self, Template};
use crate::error;
use crate::group::record::{Group, Launch};
use crate::launch_configuration::record::{self as configurations, Configuration};

/// How an instance is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Market {
    OnDemand,
    Spot,
}

/// What instances are launched from.
#[derive(Clone)]
pub(crate) enum Source {
    Configuration(Arc<Configuration>),
    Template(Arc<Template>),
}

/// A type that the group may launch.
#[derive(Clone)]
pub(crate) struct Offer {
    pub(crate) instance_type: String,
    /// Units of capacity that one instance is.
    pub(crate) weight: u32,
    /// Whether the units are a `WeightedCapacity`.
    pub(crate) weighted: bool,
    pub(crate) source: Source,
    /// In the place of the source's image.
    pub(crate) image_id: Option<String>,
    /// Whether it may be bought at the list price, and as Spot: price protection may rule out either.
    on_demand: bool,
    spot: bool,
}

impl Offer {
    const fn is_for(&self, market: Market) -> bool {
        match market {
            Market::OnDemand => self.on_demand,
            Market::Spot => self.spot,
        }
    }
}

/// All that the group may launch.
pub(crate) struct Choice {
    /// In the order of the overrides.
    pub(crate) offers: Vec<Offer>,
    pub(crate) distribution: Distribution,
}

/// Of the pools that have at least this share of the best pool's free capacity, in percent, a price-capacity-optimized
/// group takes the cheapest. The figure is ours: AWS says only "the highest capacity availability" and then price.
const PLENTY_PERCENT: u64 = 50;

impl Choice {
    /// What the group may launch now.
    ///
    /// # Errors
    /// EC2's own, where a template is gone or nothing fits; what AWS says where a type is missing.
    pub(crate) fn of(ctx: &mut Ctx<'_>, group: &Group) -> Result<Self> {
        let unit = Unit::of(group);
        match &group.launch {
            Launch::Configuration(name) => {
                let configuration = Arc::new(configurations::get(ctx, name)?);
                let name = configuration.instance_type.clone();
                let offer = unit.offer(name, None, Source::Configuration(configuration), None);
                Ok(Self { offers: vec![offer], distribution: Distribution::default() })
            }
            Launch::Template(named) => {
                let template = Arc::new(template::resolve(ctx, named)?);
                let offers = unit.offers_of_template(ctx, &template, None, None)?;
                let by_price = template.data.instance_requirements.is_some();
                let distribution = Distribution { on_demand_by_price: by_price, ..Distribution::default() };
                Ok(Self { offers, distribution })
            }
            Launch::Mixed(kept) => {
                let policy = policy::read(kept)?;
                Ok(Self {
                    offers: unit.offers_of_policy(ctx, &policy)?,
                    distribution: policy::distribution(&policy),
                })
            }
        }
    }

    /// The offers to try in a zone, first things first.
    pub(crate) fn in_zone(&self, ctx: &Ctx<'_>, market: Market, zone: &str) -> Vec<&Offer> {
        let region = ctx.region().code();
        let known = offerings::known(region) && geography::zone(zone).is_some();
        let offered = |offer: &&Offer| {
            !known
                || instance_types::get(&offer.instance_type).is_none()
                || offerings::offered(&offer.instance_type, zone)
        };
        let for_market = self.offers.iter().filter(|offer| offer.is_for(market));
        let mut offers: Vec<&Offer> = for_market.filter(offered).collect();
        if offers.is_empty() {
            // EC2 then says why not.
            let first = self.offers.iter().find(|offer| offer.is_for(market));
            return first.or_else(|| self.offers.first()).into_iter().collect();
        }
        match market {
            Market::OnDemand if self.distribution.on_demand_by_price => {
                offers.sort_by_key(|offer| price_key(offer, on_demand_price(region, offer)));
            }
            Market::OnDemand => {}
            Market::Spot => self.order_spot(ctx, zone, &mut offers),
        }
        offers
    }

    fn order_spot(&self, ctx: &Ctx<'_>, zone: &str, offers: &mut [&Offer]) {
        let region = ctx.region().code();
        let free = |offer: &&Offer| free(ctx, zone, &offer.instance_type);
        match self.distribution.spot {
            SpotStrategy::LowestPrice { .. } => {
                offers.sort_by_key(|offer| price_key(offer, spot_price(region, offer)));
            }
            SpotStrategy::CapacityOptimized => {
                offers.sort_by_cached_key(|offer| (Reverse(free(offer)), offer.instance_type.clone()));
            }
            // Priorities are honored on a best-effort basis: among pools with plenty, the order of the overrides.
            SpotStrategy::CapacityOptimizedPrioritized => {
                let enough = plenty(offers, free);
                offers.sort_by_cached_key(|offer| match free(offer) {
                    slots if slots >= enough => (0, Reverse(0)),
                    slots => (1, Reverse(slots)),
                });
            }
            SpotStrategy::PriceCapacityOptimized => {
                let enough = plenty(offers, free);
                offers.sort_by_cached_key(|offer| {
                    let price = price_key(offer, spot_price(region, offer));
                    match free(offer) {
                        slots if slots >= enough => (0, Reverse(0), price),
                        slots => (1, Reverse(slots), price),
                    }
                });
            }
        }
    }

    /// Over how many pools of a zone a launch is spread at first.
    pub(crate) const fn pools(&self, market: Market) -> usize {
        match (market, self.distribution.spot) {
            (Market::Spot, SpotStrategy::LowestPrice { pools }) => pools,
            _ => 1,
        }
    }
}

fn plenty(offers: &[&Offer], free: impl Fn(&&Offer) -> u64) -> u64 {
    let best = offers.iter().map(free).max().unwrap_or(0);
    (best * PLENTY_PERCENT).div_ceil(100).max(1)
}

fn free(ctx: &Ctx<'_>, zone: &str, instance_type: &str) -> u64 {
    let pool = PoolId { region: ctx.region(), zone, instance_type, tenancy: Tenancy::Default };
    capacity::pool(ctx, pool).free()
}

/// Prices are those of Linux: the order of types is nearly the same for every platform. Unknown prices come last.
fn on_demand_price(region: &str, offer: &Offer) -> Option<NanoUsd> {
    prices::on_demand_linux(region, &offer.instance_type).map(|price| price.hourly)
}

fn spot_price(region: &str, offer: &Offer) -> Option<NanoUsd> {
    let usual = spot::base_price(region, &offer.instance_type).map(|(price, _)| price);
    usual.or_else(|| on_demand_price(region, offer))
}

fn price_key(offer: &Offer, price: Option<NanoUsd>) -> (i64, String) {
    let per_unit = price.map_or(i64::MAX, |price| price.0 / i64::from(offer.weight.max(1)));
    (per_unit, offer.instance_type.clone())
}

/// What the desired capacity counts, and prices are compared for.
#[derive(Clone, Copy)]
struct Unit(PriceBasis);

impl Unit {
    fn of(group: &Group) -> Self {
        let unit = group.settings.desired_capacity_type.as_deref();
        Self(unit.and_then(PriceBasis::parse).unwrap_or_default())
    }

    fn offer(self, name: String, weight: Option<u32>, source: Source, image_id: Option<String>) -> Offer {
        let size = instance_types::get(&name).and_then(|facts| u32::try_from(self.0.units(facts)).ok());
        Offer {
            instance_type: name,
            weight: weight.or(size).unwrap_or(1).max(1),
            weighted: weight.is_some(),
            source,
            image_id,
            on_demand: true,
            spot: true,
        }
    }

    /// A type found by its attributes, for what price protection leaves it.
    fn fitting(
        self,
        fitting: Fitting,
        weight: Option<u32>,
        source: Source,
        image_id: Option<String>,
    ) -> Offer {
        let Fitting { instance_type, on_demand, spot } = fitting;
        Offer { on_demand, spot, ..self.offer(instance_type, weight, source, image_id) }
    }

    fn offers_of_policy(self, ctx: &mut Ctx<'_>, policy: &api::MixedInstancesPolicy) -> Result<Vec<Offer>> {
        let launch = policy.launch_template.as_ref();
        let spec = launch.and_then(|launch| launch.launch_template_specification.as_ref());
        let spec =
            spec.ok_or_else(|| error::validation("The mixed instances policy has no launch template."))?;
        let main = Arc::new(resolve(ctx, spec)?);
        let overrides = launch.and_then(|launch| launch.overrides.as_deref()).unwrap_or_default();
        if overrides.is_empty() {
            return self.offers_of_template(ctx, &main, None, None);
        }
        let mut offers: Vec<Offer> = Vec::new();
        for entry in overrides {
            let template = match &entry.launch_template_specification {
                Some(own) => Arc::new(resolve(ctx, own)?),
                None => Arc::clone(&main),
            };
            let weight = entry.weighted_capacity.as_deref().and_then(|weight| weight.parse().ok());
            let image_id = entry.image_id.clone();
            match (&entry.instance_type, &entry.instance_requirements) {
                (Some(name), _) => {
                    let source = Source::Template(template);
                    offers.push(self.offer(name.clone(), weight, source, image_id));
                }
                (None, Some(requirements)) => {
                    let image = image_id.as_deref();
                    for mut fitting in
                        requirements::types_of_override(ctx, requirements, &template, image, self.0)?
                    {
                        for offer in
                            offers.iter().filter(|other| other.instance_type == fitting.instance_type)
                        {
                            fitting.on_demand &= !offer.on_demand;
                            fitting.spot &= !offer.spot;
                        }
                        if fitting.on_demand || fitting.spot {
                            let source = Source::Template(Arc::clone(&template));
                            offers.push(self.fitting(fitting, weight, source, image_id.clone()));
                        }
                    }
                }
                (None, None) => offers.extend(self.offers_of_template(ctx, &template, weight, image_id)?),
            }
        }
        if offers.is_empty() {
            return Err(nothing_fits());
        }
        Ok(offers)
    }

    fn offers_of_template(
        self,
        ctx: &mut Ctx<'_>,
        template: &Arc<Template>,
        weight: Option<u32>,
        image_id: Option<String>,
    ) -> Result<Vec<Offer>> {
        let source = || Source::Template(Arc::clone(template));
        if let Some(name) = &template.data.instance_type {
            return Ok(vec![self.offer(name.clone(), weight, source(), image_id)]);
        }
        let Some(requirements) = &template.data.instance_requirements else {
            return Err(error::validation(
                "You must use a valid fully-formed launch template. Launch template must contain an instance type or \
                 instance requirements.",
            ));
        };
        let found = requirements::types_of_template(ctx, requirements, template, self.0)?;
        if found.is_empty() {
            return Err(nothing_fits());
        }
        let offers =
            found.into_iter().map(|fitting| self.fitting(fitting, weight, source(), image_id.clone()));
        Ok(offers.collect())
    }
}

fn resolve(ctx: &mut Ctx<'_>, spec: &api::LaunchTemplateSpecification) -> Result<Template> {
    let named = crate::group::record::TemplateRef {
        id: spec.launch_template_id.clone().unwrap_or_default(),
        name: spec.launch_template_name.clone().unwrap_or_default(),
        version: spec.version.clone().unwrap_or_default(),
    };
    template::resolve(ctx, &named)
}

fn nothing_fits() -> ironbird_rig::Error {
    error::validation("No instance types match the instance requirements of the group.")
}

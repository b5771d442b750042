//! Making instances: the one way for RunInstances and fleets.

use ironbird_api::ec2;
use ironbird_rig::catalogue::{InstanceType, offerings};
use ironbird_rig::{Ctx, Error, Principal, Result};

use super::blueprint::Blueprint;
use super::credits;
use super::network::{self, Place};
use super::record::{self, Instance, Instances, Launch, Launches, Market, Slot, State, Terms};
use super::slot::{self, Want};
use super::{hibernation, transition};
use crate::placement_group::member::{self, Partitions};
use crate::{host, spot, tag, volume};

/// A launch of one type in one subnet.
pub(crate) struct Order<'a> {
    pub(crate) blueprint: &'a Blueprint,
    pub(crate) instance_type: &'static InstanceType,
    pub(crate) place: &'a Place,
    /// No instance is launched if there is not room for so many.
    pub(crate) least: u32,
    pub(crate) most: u32,
    pub(crate) client_token: &'a str,
    pub(crate) fleet_id: Option<&'a str>,
    /// The Spot request that is being fulfilled; without one, each Spot Instance gets one of its own.
    pub(crate) spot_request: Option<&'a str>,
}

/// What was launched.
pub(crate) struct Launched {
    pub(crate) reservation_id: String,
    pub(crate) instance_ids: Vec<String>,
}

/// Launches instances: takes their slots, makes their interfaces and volumes, begins to charge for them and lets
/// them boot.
///
/// # Errors
/// AWS's: no capacity, a type that the zone does not offer or the image does not run on, a placement group that takes no
/// more there, a Spot price above the highest allowed, a subnet without free addresses…
pub(crate) fn launch(ctx: &mut Ctx<'_>, order: &Order<'_>) -> Result<Launched> {
    let Order { blueprint, instance_type, place, .. } = *order;
    blueprint.check_type(instance_type)?;
    hibernation::check(ctx, blueprint, instance_type)?;
    if !offerings::offered(instance_type.name, &place.zone) {
        return Err(slot::not_offered(ctx, instance_type, &place.zone));
    }
    check_price(ctx, order)?;
    let groups = network::groups(ctx, place, &blueprint.interface)?;
    network::check_interfaces(ctx, place, blueprint)?;
    let want = Want {
        instance_type: instance_type.name,
        platform: &blueprint.image.platform,
        zone: &place.zone,
        tenancy: blueprint.place.tenancy,
    };
    let how_placed = (&blueprint.place, &blueprint.market);
    let counts = member::admit(ctx, how_placed, instance_type, &place.zone, (order.least, order.most))?;
    let how = (&blueprint.market, &blueprint.preference, &blueprint.place);
    let slots =
        slot::take(ctx, want, how, counts).map_err(|error| member::explain(ctx, how_placed, error))?;
    let mut partitions = Partitions::of(ctx, &blueprint.place, &place.zone);
    let reservation_id = ctx.fresh_id("r")?;
    let mut launch = launch_record(ctx, order, &reservation_id);
    launch.settings.groups = groups;
    launch.instances = slots.iter().map(|(_, count)| *count).sum();
    let mut instance_ids = Vec::with_capacity(usize::try_from(launch.instances).unwrap_or(0));
    let tags = Tags::of(ctx, blueprint);
    for (slot, count) in slots {
        for _ in 0..count {
            let index = u32::try_from(instance_ids.len()).unwrap_or(u32::MAX);
            let own = Own { index, slot: slot.clone(), partition: partitions.next() };
            instance_ids.push(make(ctx, order, &launch, own, &tags)?);
        }
    }
    let key = ctx.scope().key(&reservation_id);
    ctx.put::<Launches>(key, launch)?;
    Ok(Launched { reservation_id, instance_ids })
}

fn check_price(ctx: &Ctx<'_>, order: &Order<'_>) -> Result<()> {
    let Market::Spot(Terms { max_price: Some(limit), .. }) = &order.blueprint.market else { return Ok(()) };
    let limit = super::blueprint::max_price(limit)?;
    let platform = &order.blueprint.image.platform;
    let name = order.instance_type.name;
    let price = spot::price(ctx.seed(), &order.place.zone, name, platform, ctx.now());
    match price {
        Some(price) if price > limit => {
            let message = format!(
                "Your Spot request price of {} is lower than the minimum required Spot request fulfillment price of {}.",
                limit.as_usd(),
                price.as_usd()
            );
            Err(Error::client("SpotMaxPriceTooLow", message))
        }
        _ => Ok(()),
    }
}

fn launch_record(ctx: &Ctx<'_>, order: &Order<'_>, reservation_id: &str) -> Launch {
    let Order { blueprint, place, .. } = order;
    let image = &blueprint.image;
    let requester = match ctx.caller() {
        Principal::Service { name, .. } => Some(name.clone()),
        _ => None,
    };
    let mut settings = blueprint.settings.clone();
    order.instance_type.name.clone_into(&mut settings.instance_type);
    settings.cpu_credits =
        settings.cpu_credits.or_else(|| credits::default_of(ctx, order.instance_type.name));
    let mut options = blueprint.options.clone();
    options.names.get_or_insert_with(|| place.names.clone());
    Launch {
        reservation_id: reservation_id.to_owned(),
        created: ctx.now(),
        requester,
        client_token: order.client_token.to_owned(),
        instances: 0,
        image_id: image.id.clone(),
        architecture: image.architecture.clone(),
        platform: image.platform.clone(),
        usage_operation: image.usage_operation.clone(),
        root_device: image.root_device.clone(),
        boot_mode: image.boot_mode.clone(),
        virtualization: image.virtualization.clone(),
        zone: place.zone.clone(),
        subnet_id: place.subnet_id.clone(),
        vpc_id: place.vpc_id.clone(),
        key_name: blueprint.key_name.clone(),
        public_key: blueprint.key_name.as_deref().and_then(|name| network::public_key(ctx, name)),
        profile: blueprint.profile.clone(),
        place: blueprint.place.clone(),
        market: blueprint.market.clone(),
        preference: blueprint.preference.clone(),
        fleet_id: order.fleet_id.map(ToOwned::to_owned),
        options,
        settings,
    }
}

/// What one instance of a launch has for itself.
struct Own {
    index: u32,
    slot: Slot,
    /// Its partition of the placement group, where the launch leaves that open.
    partition: Option<i32>,
}

fn make(
    ctx: &mut Ctx<'_>,
    order: &Order<'_>,
    launch: &Launch,
    Own { index, slot, partition }: Own,
    tags: &Tags,
) -> Result<String> {
    let id = ctx.fresh_id("i")?;
    if let Slot::Host(host) = &slot {
        host::enter(ctx, host, &id, order.instance_type.name)?;
    }
    tag::apply(ctx, Some(&tags.plain), "instance", &id)?;
    tags.reserve(ctx, order, &id)?;
    let interface = network::create(ctx, order, launch, &id, &tags.plain)?;
    let mut volumes = Vec::with_capacity(order.blueprint.volumes.len());
    for blueprint in &order.blueprint.volumes {
        volumes.push(volume::create(ctx, blueprint, &launch.zone, &id, Some(&tags.plain))?);
    }
    let spot_request_id = match (&launch.market, order.spot_request) {
        (Market::OnDemand, _) => None,
        (Market::Spot(_), Some(request)) => Some(request.to_owned()),
        (Market::Spot(terms), None) => {
            let made = (launch.platform.as_str(), launch.zone.as_str(), id.as_str());
            Some(spot::request::for_instance(ctx, terms, made, &tags.plain)?)
        }
    };
    let mut instance = Instance {
        id: id.clone(),
        reservation_id: launch.reservation_id.clone(),
        index,
        state: State::Pending,
        due: None,
        left: None,
        slot,
        launched: ctx.now(),
        checked: ctx.now(),
        impaired: None,
        interface_id: interface.id,
        private_ip: interface.private_ip,
        public_ip: interface.public_ip,
        volumes,
        spot_request_id,
        place: partition
            .map(|number| Box::new(record::Place { partition: Some(number), ..launch.place.clone() })),
        preference: None,
        notice: None,
        profile: None,
        options: None,
        own: None,
    };
    member::enter(ctx, instance.place(launch), &id, &launch.zone)?;
    transition::boot(ctx, &mut instance)?;
    slot::open_meter(ctx, &instance, launch)?;
    spot::interruption::watch(ctx, &instance, launch)?;
    let key = ctx.scope().key(&id);
    ctx.put::<Instances>(key, instance)?;
    Ok(id)
}

/// Tags of a launch: the caller's, and those that only services may give.
struct Tags {
    plain: Vec<ec2::TagSpecification>,
    reserved: Vec<(String, String)>,
}

impl Tags {
    fn of(ctx: &Ctx<'_>, blueprint: &Blueprint) -> Self {
        let mut plain = blueprint.tags.clone();
        let mut reserved = Vec::new();
        if !matches!(ctx.caller(), Principal::Service { .. }) {
            return Self { plain, reserved };
        }
        for specification in &mut plain {
            let is_instance = specification.resource_type.as_deref() == Some("instance");
            for tags in specification.tags.iter_mut().filter(|_| is_instance) {
                tags.retain(|tag| {
                    let key = tag.key.as_deref().unwrap_or_default();
                    if !key.starts_with("aws:") {
                        return true;
                    }
                    reserved.push((key.to_owned(), tag.value.clone().unwrap_or_default()));
                    false
                });
            }
        }
        Self { plain, reserved }
    }

    fn reserve(&self, ctx: &mut Ctx<'_>, order: &Order<'_>, id: &str) -> Result<()> {
        let mut tags: Vec<(&str, &str)> =
            self.reserved.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let template = order.blueprint.template.as_ref().map(|(id, version)| (id, version.to_string()));
        if let Some((template, version)) = &template {
            tags.extend([
                ("aws:ec2launchtemplate:id", template.as_str()),
                ("aws:ec2launchtemplate:version", version.as_str()),
            ]);
        }
        if let Some(fleet) = order.fleet_id {
            let spot_fleet = fleet.starts_with("sfr-");
            let key = if spot_fleet { "aws:ec2spot:fleet-request-id" } else { "aws:ec2:fleet-id" };
            tags.push((key, fleet));
        }
        tag::set_reserved(ctx, id, &tags)
    }
}

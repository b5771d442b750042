//! What a request to launch asks for, checked, and not yet tied to a type, a subnet or a count: RunInstances
//! launches one pool from it, a fleet several.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ironbird_api::ec2;
use ironbird_rig::catalogue::{InstanceType, geography};
use ironbird_rig::{Ctx, Error, Result};

use super::image::{self, Image};
use super::interface::{self, Interface};
use super::options::Options;
use super::record::{Behavior, Market, Place, Preference, Settings, Tenancy, Terms};
use super::refuse;
use crate::given::{given, given_text};
use crate::placement_group::member;
use crate::{error, spot, tag, volume};

/// Bytes of user data, before it is encoded.
const MAX_USER_DATA: usize = 16_384;

/// A launch as far as a request alone decides it.
#[derive(Clone)]
pub(crate) struct Blueprint {
    pub(crate) image: Image,
    pub(crate) key_name: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) place: Place,
    pub(crate) market: Market,
    pub(crate) preference: Preference,
    pub(crate) options: Options,
    /// Instance type and groups are filled in by the launch.
    pub(crate) settings: Settings,
    pub(crate) volumes: Vec<volume::Blueprint>,
    pub(crate) tags: Vec<ec2::TagSpecification>,
    /// The primary interface.
    pub(crate) interface: Interface,
    /// Interfaces besides the primary one.
    pub(crate) further: Vec<Interface>,
    /// Zone by name, where one was asked for.
    pub(crate) zone: Option<String>,
    /// Launch template and version, for the tags that AWS gives.
    pub(crate) template: Option<(String, i64)>,
}

impl Blueprint {
    /// Reads a request in which a launch template's data has been filled in.
    ///
    /// # Errors
    /// AWS's, for what is missing, unknown, contradictory or not supported.
    pub(crate) fn read(ctx: &Ctx<'_>, input: &ec2::RunInstancesRequest) -> Result<Self> {
        refuse::parameters(input)?;
        let image_id = input.image_id.as_deref().ok_or_else(|| error::missing_parameter("ImageId"))?;
        let image = image::find(ctx, image_id)?;
        let types = ["instance", "volume", "network-interface", "spot-instances-request", "elastic-gpu"];
        tag::check_types(input.tag_specifications.as_deref(), &types)?;
        if let Some(name) = &input.key_name {
            super::network::check_key(ctx, name)?;
        }
        let placement = input.placement.as_ref();
        let zone = match placement {
            Some(placement) => zone(ctx, placement)?,
            None => None,
        };
        let place = placement.map(|given| place(ctx, given)).transpose()?.unwrap_or_default();
        let volumes = volumes(input.block_device_mappings.as_deref(), &image)?;
        let mut interfaces = Interface::read(ctx, input)?.into_iter();
        Ok(Self {
            key_name: input.key_name.clone(),
            profile: super::profile::named(ctx, input.iam_instance_profile.as_ref())?,
            place,
            market: market(ctx, input.instance_market_options.as_ref())?,
            preference: preference(input.capacity_reservation_specification.as_ref())?,
            options: Options::read(input, image.tokens_required, super::metadata_defaults::of(ctx))?,
            settings: settings(input)?,
            volumes,
            tags: input.tag_specifications.clone().unwrap_or_default(),
            interface: interfaces.next().unwrap_or_default(),
            further: interfaces.collect(),
            zone,
            template: None,
            image,
        })
    }

    /// All interfaces, the primary one first.
    pub(super) fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        std::iter::once(&self.interface).chain(&self.further)
    }

    /// Checks that a type can run the image, and takes the interfaces.
    ///
    /// # Errors
    /// `InvalidParameterValue` for another architecture, `UnsupportedOperation` for a type without Spot, those of
    /// [`interface::check_room`].
    pub(crate) fn check_type(&self, entry: &InstanceType) -> Result<()> {
        let architectures = entry.processor.architectures;
        if !architectures.contains(&self.image.architecture) {
            let has: Vec<&str> = architectures.iter().collect();
            let message = format!(
                "The architecture '{}' of the specified instance type does not match the architecture '{}' of the \
                 specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. \
                 You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the \
                 instance type or AMI.",
                has.join(","),
                self.image.architecture
            );
            return Err(error::invalid_value(message));
        }
        if self.market.is_spot() && self.place.tenancy == Tenancy::Host {
            let message = "Spot Instances cannot be launched with the tenancy host";
            return Err(error::invalid_combination(message));
        }
        if self.market.is_spot() && !entry.usage_classes.contains("spot") {
            let message = format!("The instance type '{}' is not supported for Spot Instances.", entry.name);
            return Err(error::unsupported_operation(message));
        }
        if let Some(cpu) = self.options.cpu {
            super::options::check_cpu(entry, cpu)?;
        }
        interface::check_room(entry, &self.interfaces().collect::<Vec<_>>())
    }
}

/// The type of that name.
///
/// # Errors
/// `InvalidParameterValue` if there is none.
pub(crate) fn instance_type(name: &str) -> Result<&'static InstanceType> {
    ironbird_rig::catalogue::instance_types::get(name)
        .ok_or_else(|| error::invalid_value(format!("Invalid value '{name}' for InstanceType.")))
}

/// What a request says of tenancy, host and placement group.
fn place(ctx: &Ctx<'_>, placement: &ec2::Placement) -> Result<Place> {
    let host_id = given_text(&placement.host_id);
    let word = given(&placement.tenancy);
    let host_group = given_text(&placement.host_resource_group_arn);
    if host_group.is_some() && host_id.is_some() {
        return Err(error::exclusive("HostId", "HostResourceGroupArn"));
    }
    let on_host = host_id.is_some() || host_group.is_some();
    let word = word.unwrap_or(if on_host { "host" } else { "default" });
    let tenancy = Tenancy::parse(word).ok_or_else(|| error::invalid_parameter_value(word, "Tenancy"))?;
    let affinity = placement.affinity.as_deref().map(Place::affinity).transpose()?.unwrap_or(false);
    if tenancy != Tenancy::Host && (on_host || affinity) {
        let message = "Affinity, HostId and HostResourceGroupArn can be specified with the tenancy host only";
        return Err(error::invalid_combination(message));
    }
    let mut place = Place { tenancy, host_id, affinity, host_group, ..Place::default() };
    let group = (placement.group_name.as_deref(), placement.group_id.as_deref());
    member::read(ctx, &mut place, group, placement.partition_number)?;
    Ok(place)
}

fn zone(ctx: &Ctx<'_>, placement: &ec2::Placement) -> Result<Option<String>> {
    let named = placement.availability_zone.as_deref().or(placement.availability_zone_id.as_deref());
    let Some(named) = given(&named) else { return Ok(None) };
    match ctx.region().facts().zone(named) {
        Some(zone) if zone.kind == geography::ZoneKind::Availability => Ok(Some(zone.name.to_owned())),
        _ => Err(error::invalid_value(format!("Invalid availability zone: [{named}]"))),
    }
}

fn market(ctx: &Ctx<'_>, given: Option<&ec2::InstanceMarketOptionsRequest>) -> Result<Market> {
    let Some(given) = given else { return Ok(Market::OnDemand) };
    match given.market_type.as_deref() {
        None if given.spot_options.is_none() => return Ok(Market::OnDemand),
        None | Some("spot") => {}
        Some(other) => return Err(error::invalid_parameter_value(other, "MarketType")),
    }
    let terms = given.spot_options.as_ref().map(spot_terms).transpose()?.unwrap_or_default();
    if let Some(until) = terms.valid_until {
        if !terms.persistent {
            return Err(error::invalid_combination("Only persistent Spot requests take ValidUntil"));
        }
        if until <= ctx.now() {
            return Err(error::invalid_parameter_value(&until.iso8601(), "ValidUntil"));
        }
    }
    Ok(Market::Spot(terms))
}

/// Reads what is asked of the Spot market.
///
/// # Errors
/// `InvalidParameterValue`, `InvalidParameterCombination`.
pub(crate) fn spot_terms(options: &ec2::SpotMarketOptions) -> Result<Terms> {
    let limit = given_text(&options.max_price);
    if let Some(price) = &limit {
        max_price(price)?;
    }
    let persistent = match options.spot_instance_type.as_deref() {
        None | Some("one-time") => false,
        Some("persistent") => true,
        Some(other) => return Err(error::invalid_parameter_value(other, "SpotInstanceType")),
    };
    let word = options.instance_interruption_behavior.as_deref().unwrap_or("terminate");
    let behavior = Behavior::parse(word)
        .ok_or_else(|| error::invalid_parameter_value(word, "InstanceInterruptionBehavior"))?;
    spot::request::check_behavior(behavior, persistent)?;
    Ok(Terms { max_price: limit, persistent, behavior, valid_until: options.valid_until })
}

/// Reads a highest price an hour, in US dollars.
///
/// # Errors
/// `InvalidParameterValue` for what is no positive amount.
pub(crate) fn max_price(text: &str) -> Result<ironbird_rig::catalogue::NanoUsd> {
    let price = ironbird_rig::catalogue::NanoUsd::parse(text).filter(|price| price.0 > 0);
    price.ok_or_else(|| error::invalid_value(format!("Invalid value '{text}' for MaxPrice.")))
}

/// Reads what an instance is to do about Capacity Reservations.
///
/// # Errors
/// `InvalidParameterCombination`, `InvalidParameterValue`.
pub(crate) fn preference(given: Option<&ec2::CapacityReservationSpecification>) -> Result<Preference> {
    let Some(given) = given else { return Ok(Preference::Open) };
    let target = given.capacity_reservation_target.as_ref();
    let id = target.and_then(|target| target.capacity_reservation_id.clone());
    let group = target.and_then(|target| target.capacity_reservation_resource_group_arn.clone());
    let word = given.capacity_reservation_preference.as_deref();
    let only = word == Some("capacity-reservations-only");
    let target = match (id, group) {
        (Some(_), Some(_)) => {
            let message =
                "CapacityReservationId and CapacityReservationResourceGroupArn cannot be specified together";
            return Err(error::invalid_combination(message));
        }
        (Some(id), None) => Some(Preference::Target(id)),
        (None, Some(arn)) => Some(Preference::Group { arn, only }),
        (None, None) => None,
    };
    match (word, target) {
        (Some(_), Some(_)) if !only => {
            let message =
                "CapacityReservationPreference and CapacityReservationTarget cannot be specified together";
            Err(error::invalid_combination(message))
        }
        (_, Some(target)) => Ok(target),
        (None | Some("open"), None) => Ok(Preference::Open),
        (Some("none"), None) => Ok(Preference::None),
        (Some("capacity-reservations-only"), None) => Ok(Preference::Only),
        (Some(other), None) => Err(error::invalid_parameter_value(other, "CapacityReservationPreference")),
    }
}

fn settings(input: &ec2::RunInstancesRequest) -> Result<Settings> {
    let shutdown_behavior = input.instance_initiated_shutdown_behavior.as_deref().unwrap_or("stop");
    if !matches!(shutdown_behavior, "stop" | "terminate") {
        return Err(error::invalid_parameter_value(shutdown_behavior, "instanceInitiatedShutdownBehavior"));
    }
    let credits = input.credit_specification.as_ref().map(|credits| credits.cpu_credits.clone());
    if let Some(word) = &credits {
        super::credits::check(word)?;
    }
    if let Some(data) = &input.user_data {
        user_data(data)?;
    }
    Ok(Settings {
        instance_type: String::new(),
        groups: Vec::new(),
        user_data: given_text(&input.user_data),
        source_dest_check: true,
        disable_api_termination: input.disable_api_termination.unwrap_or(false),
        disable_api_stop: input.disable_api_stop.unwrap_or(false),
        shutdown_behavior: shutdown_behavior.to_owned(),
        ebs_optimized: input.ebs_optimized.unwrap_or(false),
        cpu_credits: credits,
    })
}

/// Checks user data: Base64, of 16 KiB at most.
///
/// # Errors
/// `InvalidUserData.Malformed`, `InvalidParameterValue`.
pub(crate) fn user_data(encoded: &str) -> Result<()> {
    let plain: String = encoded.split_ascii_whitespace().collect();
    let malformed = |_| Error::client("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
    let bytes = STANDARD.decode(plain).map_err(malformed)?;
    if bytes.len() > MAX_USER_DATA {
        return Err(error::invalid_value(format!("User data is limited to {MAX_USER_DATA} bytes")));
    }
    Ok(())
}

/// The volumes of an instance: those of the image, changed and added to by the request.
fn volumes(given: Option<&[ec2::BlockDeviceMapping]>, image: &Image) -> Result<Vec<volume::Blueprint>> {
    let mut volumes = image.volumes.clone();
    for mapping in given.unwrap_or_default() {
        let Some(device) = mapping.device_name.as_deref() else {
            return Err(error::missing_parameter("deviceName"));
        };
        let position = volumes.iter().position(|volume| volume.device == device);
        if mapping.no_device.is_some() {
            if let Some(position) = position {
                volumes.remove(position);
            }
            continue;
        }
        let Some(ebs) = &mapping.ebs else {
            // Instance store volumes come with the type; a mapping only names them.
            if mapping.virtual_name.as_deref().is_some_and(|name| name.starts_with("ephemeral")) {
                continue;
            }
            let message =
                format!("device {device} needs Ebs, NoDevice or a VirtualName of ephemeral0 to ephemeral23");
            return Err(Error::client("InvalidBlockDeviceMapping", message));
        };
        let base = position.map(|position| &volumes[position]);
        // On an attached volume of its own, the size stands alone.
        let shape = volume::Shape::complete(ebs, base.map(|base| &base.shape))?;
        let volume = volume::Blueprint {
            device: device.to_owned(),
            delete_on_termination: ebs.delete_on_termination.unwrap_or(true),
            snapshot_id: ebs.snapshot_id.clone().or_else(|| base.and_then(|base| base.snapshot_id.clone())),
            shape,
        };
        match position {
            Some(position) => volumes[position] = volume,
            None => volumes.push(volume),
        }
    }
    Ok(volumes)
}

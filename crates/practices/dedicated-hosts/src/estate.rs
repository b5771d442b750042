//! What an account has: its hosts, and the instances that are to run on hosts.

use std::collections::BTreeMap;

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::{Cloud, read};
use ironbird_rig::Timestamp;
use ironbird_rig::account::Region;
use ironbird_rig::catalogue::hosts::{self, HostKind};

/// How many types one call may name.
const MOST_TYPES: usize = 100;

/// A Dedicated Host that has not been released.
pub struct Host {
    /// `h-…`
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Account that it belongs to, which may have shared it.
    pub owner: String,
    /// Zone, by name.
    pub zone: String,
    /// `m6i`
    pub family: String,
    /// The only type that it takes; none where it takes all sizes of its family.
    pub only: Option<String>,
    /// `available`, …
    pub state: String,
    /// Whether its instances are moved to another host when it fails.
    pub recovery: bool,
    /// Whether instances that name no host are placed on it.
    pub auto_placement: bool,
    /// Whether a host resource group manages it.
    pub is_grouped: bool,
    /// Since when it is the account's.
    pub allocated: Option<Timestamp>,
    /// Sockets.
    pub sockets: u32,
    /// Physical cores.
    pub cores: u32,
    /// Instances on it, with their types.
    pub residents: Vec<(String, String)>,
    /// How many more instances of each type it has room for.
    pub room: BTreeMap<String, u32>,
}

impl Host {
    fn of(region: Region, host: ec2::Host) -> Option<Self> {
        let properties = host.host_properties.unwrap_or_default();
        let only =
            properties.instance_type.filter(|_| host.allows_multiple_instance_types.as_deref() != Some("on"));
        let family =
            properties.instance_family.or_else(|| only.as_deref().map(|name| family(name).to_owned()));
        let id = host.host_id?;
        let owner = host.owner_id.unwrap_or_default();
        let capacity = host.available_capacity.and_then(|capacity| capacity.available_instance_capacity);
        let room = capacity.into_iter().flatten().filter_map(|part| {
            let free = part.available_capacity.and_then(|free| u32::try_from(free).ok());
            Some((part.instance_type?, free.unwrap_or(0)))
        });
        let residents = host.instances.into_iter().flatten();
        Some(Self {
            arn: format!("arn:{}:ec2:{region}:{owner}:dedicated-host/{id}", region.partition()),
            id,
            owner,
            zone: host.availability_zone.unwrap_or_default(),
            family: family.unwrap_or_default(),
            only,
            state: host.state.unwrap_or_default(),
            recovery: host.host_recovery.as_deref() == Some("on"),
            auto_placement: host.auto_placement.as_deref() == Some("on"),
            is_grouped: host.member_of_service_linked_resource_group == Some(true),
            allocated: host.allocation_time,
            sockets: properties.sockets.and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
            cores: properties.cores.and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
            residents: residents
                .filter_map(|one| Some((one.instance_id?, one.instance_type.unwrap_or_default())))
                .collect(),
            room: room.collect(),
        })
    }

    /// Whether instances can be launched on it.
    pub fn is_available(&self) -> bool {
        self.state == "available"
    }

    /// Whether it is for Mac instances.
    pub fn is_mac(&self) -> bool {
        self.family.starts_with("mac")
    }

    /// What is known of hosts of its family.
    pub fn kind(&self) -> Option<&'static HostKind> {
        hosts::get(&self.family)
    }

    /// Whether it takes instances of a type at all.
    pub fn takes(&self, instance_type: &str) -> bool {
        self.only
            .as_deref()
            .map_or_else(|| family(instance_type) == self.family, |only| only == instance_type)
    }

    /// How many more instances of a type it has room for.
    pub fn room_for(&self, instance_type: &str) -> u32 {
        self.room.get(instance_type).copied().unwrap_or(0)
    }

    /// Dollars an hour while it is available, where a price is known.
    pub fn hourly(&self, region: Region) -> Option<f64> {
        hosts::price(region.code(), &self.family).map(|(price, _)| price.0 as f64 / 1e9)
    }

    /// From when on a Mac host can be released; none for other hosts.
    pub fn releasable_from(&self) -> Option<Timestamp> {
        let allocated = self.allocated.filter(|_| self.is_mac())?;
        let hours = i64::from(hosts::mac_rules().min_allocation_hours);
        Some(Timestamp::from_secs(allocated.secs() + hours * 3_600))
    }

    /// Minutes that a scrub of a Mac host takes at most.
    pub fn scrub_minutes(&self) -> u32 {
        let rules = hosts::mac_rules();
        match self.family.as_str() {
            "mac1" => rules.x86_scrub_max_minutes,
            _ => rules.apple_silicon_scrub_max_minutes,
        }
    }
}

/// An instance that runs on a host, or is to.
pub struct Instance {
    /// `i-…`
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `m6i.xlarge`
    pub instance_type: String,
    /// `running`, …
    pub state: String,
    /// Zone, by name.
    pub zone: String,
    /// The host that it is on, or starts on next where it names one.
    pub host: Option<String>,
    /// Whether it always starts on that host.
    pub has_affinity: bool,
    /// Whether a licence configuration counts it.
    pub is_licensed: bool,
    /// Whether a host resource group places it.
    pub is_grouped: bool,
}

impl Instance {
    fn of(region: Region, owner: &str, instance: &ec2::Instance) -> Option<Self> {
        let placement = instance.placement.clone().unwrap_or_default();
        if placement.tenancy.as_deref() != Some("host") {
            return None;
        }
        let id = instance.instance_id.clone()?;
        Some(Self {
            arn: format!("arn:{}:ec2:{region}:{owner}:instance/{id}", region.partition()),
            id,
            instance_type: instance.instance_type.clone().unwrap_or_default(),
            state: instance.state.as_ref().and_then(|state| state.name.clone()).unwrap_or_default(),
            zone: placement.availability_zone.unwrap_or_default(),
            host: placement.host_id.filter(|id| !id.is_empty()),
            has_affinity: placement.affinity.as_deref() == Some("host"),
            is_licensed: instance.licenses.as_ref().is_some_and(|list| !list.is_empty()),
            is_grouped: placement.host_resource_group_arn.is_some(),
        })
    }

    /// Whether it is stopped: only then its placement can be changed.
    pub fn is_stopped(&self) -> bool {
        self.state == "stopped"
    }
}

/// `m6i` of `m6i.xlarge`.
pub fn family(instance_type: &str) -> &str {
    instance_type.split_once('.').map_or("", |(family, _)| family)
}

/// Every host that has not been released, by id.
///
/// # Errors
/// What the service answers.
pub async fn hosts<C: Cloud>(cloud: &C) -> Result<Vec<Host>, CallError> {
    let found = read::hosts(cloud, ec2::DescribeHostsRequest::default()).await?;
    let hosts = found.into_iter().filter_map(|host| Host::of(cloud.region(), host));
    let mut hosts: Vec<Host> = hosts.filter(|host| !host.state.starts_with("released")).collect();
    hosts.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(hosts)
}

/// Every instance with the tenancy `host` that has not ended, by id.
///
/// # Errors
/// What the service answers.
pub async fn instances<C: Cloud>(cloud: &C) -> Result<Vec<Instance>, CallError> {
    let filter = ec2::Filter { name: Some("tenancy".to_owned()), values: Some(vec!["host".to_owned()]) };
    let input = ec2::DescribeInstancesRequest { filters: Some(vec![filter]), ..Default::default() };
    let mut instances = Vec::new();
    for launch in read::launches(cloud, input).await? {
        let owner = launch.owner_id.unwrap_or_default();
        let found = launch.instances.iter().flatten();
        instances.extend(found.filter_map(|instance| Instance::of(cloud.region(), &owner, instance)));
    }
    instances.retain(|instance| !["shutting-down", "terminated"].contains(&instance.state.as_str()));
    instances.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(instances)
}

/// Whether these types have volumes of their host.
///
/// # Errors
/// What the service answers.
pub async fn disks<C: Cloud>(cloud: &C, names: &[String]) -> Result<Vec<(String, bool)>, CallError> {
    let mut disks = Vec::new();
    for part in names.chunks(MOST_TYPES) {
        let input =
            ec2::DescribeInstanceTypesRequest { instance_types: Some(part.to_vec()), ..Default::default() };
        for found in read::instance_types(cloud, input).await? {
            if let Some(name) = found.instance_type {
                disks.push((name, found.instance_storage_supported == Some(true)));
            }
        }
    }
    Ok(disks)
}

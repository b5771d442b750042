//! The ground that a variant runs on: a world of its own, with hosts, what runs on them, and a Mac.

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::InProcess;
use ironbird_cloud::rehearsal::{RehearseError, START, newest_image};
use ironbird_rig::account::{Account, Scope};
use ironbird_rig::capacity::{self, Pool, PoolId, Pools, Tenancy};
use ironbird_rig::world::{Settings, Transitions, World};
use ironbird_rig::{ServiceDef, Timestamp};

use super::scenario::{Scenario, Stage};
use super::variant::Variant;
use crate::estate::family;

/// What runs on the hosts has so long to come up before the run begins.
const WARM_UP_SECONDS: i64 = 1_800;

/// The rest of it, in which the instances that are to be stopped come to rest.
const REST_SECONDS: i64 = 600;

/// A world at the beginning of the run.
pub struct Ground {
    /// The world.
    pub world: World,
    /// Account and Region.
    pub scope: Scope,
    /// The host that will fail.
    pub failing: String,
    /// What runs on it.
    pub victims: Vec<String>,
    /// Everything that runs on a host, or is to run on one later.
    pub residents: Vec<String>,
    /// Instances that are stopped, on all hosts.
    pub stopped: Vec<String>,
    /// The Mac host.
    pub mac: String,
    /// The image of Macs.
    pub mac_image: String,
    /// Where.
    pub stage: Stage,
}

/// What the rehearsal's services are.
fn services() -> Vec<ServiceDef> {
    vec![ironbird_sts::service(), ironbird_ec2::service()]
}

impl Ground {
    /// Builds the world of a variant and lets what is in it come up.
    ///
    /// # Errors
    /// When the world lacks what the scenario needs.
    pub fn build(scenario: &Scenario, stage: Stage, variant: &Variant) -> Result<Self, RehearseError> {
        let settings =
            Settings { seed: scenario.seed, transitions: Transitions::Realistic, ..Settings::default() };
        let before = |seconds| Timestamp::from_secs(START.secs() - seconds);
        let world = World::rehearsal(services(), settings, before(WARM_UP_SECONDS));
        let scope = Scope { account: Account::DEFAULT, region: stage.region };
        let cloud = InProcess { world: &world, scope };
        let name = variant.instance_type(scenario);
        let image = image_of(&cloud, name)?;
        let hosts = allocate(&cloud, stage.zone.name, name, variant.recovers, scenario.hosts)?;
        let failing = world.look(scope, |ctx| {
            let seed = ctx.seed().child(crate::NAME).child("failing");
            Ok(seed.rng().below(u64::from(scenario.hosts)) as usize)
        })?;
        let (mut victims, mut stopped, mut residents) = (Vec::new(), Vec::new(), Vec::new());
        for (index, host) in hosts.iter().enumerate() {
            let count = scenario.instances + scenario.stopped;
            let mut ids = run(&cloud, (stage.zone.name, name), &image, host, count)?;
            residents.extend_from_slice(&ids);
            stopped.extend(ids.split_off(scenario.instances as usize));
            if index == failing {
                victims = ids;
            }
        }
        world.run_until(before(REST_SECONDS));
        if !stopped.is_empty() {
            stop(&cloud, &stopped)?;
        }
        world.run_until(START);
        set_servers(&world, scope, stage.zone.name, name, scenario.failure.servers)?;
        let mac_type = &scenario.mac.instance_type;
        let mac_image = image_of(&cloud, mac_type)?;
        let mac = allocate(&cloud, stage.mac_zone.name, mac_type, true, 1)?.swap_remove(0);
        let failing = hosts[failing].clone();
        Ok(Self { scope, failing, victims, residents, stopped, mac, mac_image, stage, world })
    }

    /// The world as a cloud.
    pub fn cloud(&self) -> InProcess<'_> {
        InProcess { world: &self.world, scope: self.scope }
    }
}

/// The newest image that a type runs.
fn image_of(cloud: &InProcess<'_>, instance_type: &str) -> Result<String, RehearseError> {
    let entry = ironbird_rig::catalogue::instance_types::get(instance_type);
    let architectures = entry.map(|entry| entry.processor.architectures).unwrap_or_default();
    let is_mac = instance_type.starts_with("mac");
    let name = if is_mac { "amzn-ec2-macos-*" } else { "al2023-ami-2023*" };
    let nothing = || RehearseError::Ground(format!("there is no image of Amazon's for {instance_type}"));
    for architecture in architectures.iter().filter(|known| known.ends_with("_mac") == is_mac) {
        if let Some(image) = newest_image(cloud, name, architecture)? {
            return Ok(image);
        }
    }
    Err(nothing())
}

/// Allocates hosts for a type; their ids.
///
/// # Errors
/// What the service answers.
pub fn allocate(
    cloud: &InProcess<'_>,
    zone: &str,
    instance_type: &str,
    recovers: bool,
    count: u32,
) -> Result<Vec<String>, CallError> {
    let input = ec2::AllocateHostsRequest {
        availability_zone: Some(zone.to_owned()),
        instance_type: Some(instance_type.to_owned()),
        quantity: Some(count.cast_signed()),
        host_recovery: recovers.then(|| "on".to_owned()),
        ..Default::default()
    };
    Ok(cloud.call_now::<ec2::AllocateHosts>(&input)?.host_ids.unwrap_or_default())
}

/// Launches instances that are bound to a host; their ids.
///
/// # Errors
/// What the service answers.
pub fn run(
    cloud: &InProcess<'_>,
    (zone, instance_type): (&str, &str),
    image: &str,
    host: &str,
    count: u32,
) -> Result<Vec<String>, CallError> {
    let input = ec2::RunInstancesRequest {
        image_id: Some(image.to_owned()),
        instance_type: Some(instance_type.to_owned()),
        min_count: count.cast_signed(),
        max_count: count.cast_signed(),
        placement: Some(ec2::Placement {
            tenancy: Some("host".to_owned()),
            availability_zone: Some(zone.to_owned()),
            host_id: Some(host.to_owned()),
            affinity: Some("host".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let launched = cloud.call_now::<ec2::RunInstances>(&input)?.instances.unwrap_or_default();
    Ok(launched.into_iter().filter_map(|instance| instance.instance_id.clone()).collect())
}

/// Stops instances.
///
/// # Errors
/// What the service answers.
pub fn stop(cloud: &InProcess<'_>, ids: &[String]) -> Result<(), CallError> {
    let input = ec2::StopInstancesRequest { instance_ids: ids.to_vec(), ..Default::default() };
    cloud.call_now::<ec2::StopInstances>(&input).map(drop)
}

/// Declares how many servers are free: AWS does not publish it.
fn set_servers(
    world: &World,
    scope: Scope,
    zone: &str,
    instance_type: &str,
    free: u32,
) -> Result<(), ironbird_rig::Error> {
    let id =
        PoolId { region: scope.region, zone, instance_type: family(instance_type), tenancy: Tenancy::Host };
    world.within(scope, |ctx| {
        let used = capacity::pool(ctx, id).used;
        let size = used.saturating_add(u64::from(free));
        ctx.put::<Pools>(id.key(), Pool { size, used, refill: None, leaving: 0 })
    })
}

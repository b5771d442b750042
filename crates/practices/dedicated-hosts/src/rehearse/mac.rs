//! The Mac's day: builds that each want a Mac that the last one has left, and a host that is to be given back.

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::rehearsal::{RehearseError, START};
use ironbird_rig::Timestamp;

use super::ground::{self, Ground};
use super::log::Log;
use super::scenario::Scenario;
use super::variant::Variant;
use super::watch::{Health, View, estate};

/// What became of the Mac and its builds.
pub struct MacDay<'a> {
    scenario: &'a Scenario,
    variant: &'a Variant,
    ground: &'a Ground,
    instance: Option<String>,
    building_until: Option<u32>,
    /// When a release is tried next.
    release_at: u32,
    /// Minutes that each build waited for its Mac, of those that began.
    pub waits: Vec<u32>,
    /// Seconds at which builds were done, and how many then.
    pub done: Vec<(f64, f64)>,
    /// Launches that were refused.
    pub refused_launches: u32,
    /// Releases that were refused.
    pub refused_releases: u32,
    /// Second at which the host was released.
    pub released: Option<f64>,
}

impl<'a> MacDay<'a> {
    /// The morning: the host has just been allocated.
    pub fn new(scenario: &'a Scenario, variant: &'a Variant, ground: &'a Ground) -> Self {
        Self {
            scenario,
            variant,
            ground,
            instance: None,
            building_until: None,
            release_at: scenario.mac.unneeded_at,
            waits: Vec::new(),
            done: vec![(0.0, 0.0)],
            refused_launches: 0,
            refused_releases: 0,
            released: None,
        }
    }

    /// Does what there is to do in a minute; whether anything was done.
    ///
    /// # Errors
    /// When the world refuses what it should not.
    pub fn act(&mut self, minute: u32, view: &View, log: &mut Log) -> Result<bool, RehearseError> {
        let mac = &self.scenario.mac;
        let mut acted = false;
        if self.building_until.is_some_and(|until| until <= minute) {
            self.building_until = None;
            self.done.push((f64::from(minute) * 60.0, self.done.len() as f64));
            self.leave()?;
            acted = true;
        }
        let begun = self.waits.len() as u32;
        if begun == mac.builds {
            let rests = self.building_until.is_none();
            return Ok(rests && self.give_back(minute, view, log)? || acted);
        }
        if self.instance.is_none() {
            acted |= self.launch(minute, log)?;
        }
        let planned = mac.first_at + begun * mac.every;
        let is_ready = self.instance.as_ref().is_some_and(|id| view.is(id, Health::Serves));
        if self.building_until.is_none() && is_ready && planned <= minute {
            self.waits.push(minute - planned);
            self.building_until = Some(minute + mac.takes);
        }
        Ok(acted)
    }

    /// A build is done: the practice reboots the Mac, which stays on its host; others end it and take another.
    fn leave(&mut self) -> Result<(), RehearseError> {
        let Some(id) = self.instance.clone() else { return Ok(()) };
        let is_last = self.waits.len() as u32 == self.scenario.mac.builds;
        if self.variant.is_practice && !is_last {
            let input = ec2::RebootInstancesRequest { instance_ids: vec![id], ..Default::default() };
            self.ground.cloud().call_now::<ec2::RebootInstances>(&input)?;
            return Ok(());
        }
        let input = ec2::TerminateInstancesRequest { instance_ids: vec![id], ..Default::default() };
        self.ground.cloud().call_now::<ec2::TerminateInstances>(&input)?;
        self.instance = None;
        Ok(())
    }

    fn launch(&mut self, minute: u32, log: &mut Log) -> Result<bool, RehearseError> {
        let Ground { stage, mac, mac_image, .. } = self.ground;
        let kind = (stage.mac_zone.name, self.scenario.mac.instance_type.as_str());
        match ground::run(&self.ground.cloud(), kind, mac_image, mac, 1) {
            Ok(ids) => {
                self.instance = ids.into_iter().next();
                Ok(true)
            }
            Err(error @ CallError::Service { .. }) => {
                self.refused_launches += 1;
                log.tell_once(minute, "no Mac for the next build", error.to_string());
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The host is given back once nobody needs it: by the practice when it may be, by others when they think of it.
    fn give_back(&mut self, minute: u32, view: &View, log: &mut Log) -> Result<bool, RehearseError> {
        let host = &self.ground.mac;
        let is_free = view.hosts.get(host).is_some_and(|state| state == "available");
        if self.released.is_some() || !is_free || minute < self.release_at {
            return Ok(false);
        }
        if self.variant.is_practice {
            let now = Timestamp::from_secs(START.secs() + i64::from(minute) * 60);
            let (hosts, _) = estate(self.ground)?;
            let from = hosts.iter().find(|known| known.id == *host).and_then(|known| known.releasable_from());
            if from.is_some_and(|from| from > now) {
                return Ok(false);
            }
        }
        let input = ec2::ReleaseHostsRequest { host_ids: vec![host.clone()] };
        let answer = self.ground.cloud().call_now::<ec2::ReleaseHosts>(&input)?;
        match answer.unsuccessful.and_then(|items| items.into_iter().next()) {
            None => {
                self.released = Some(f64::from(minute) * 60.0);
                log.tell(minute, "the Mac host is released", "");
            }
            Some(item) => {
                self.refused_releases += 1;
                self.release_at = minute + self.scenario.mac.asks_again;
                let message = item.error.and_then(|error| error.message).unwrap_or_default();
                log.tell(minute, "the Mac host cannot be released", message);
            }
        }
        Ok(true)
    }

    /// Seconds that a build waited at most; none where not every build could begin.
    pub fn longest_wait(&self) -> Option<f64> {
        let all = self.waits.len() as u32 == self.scenario.mac.builds;
        all.then(|| self.waits.iter().copied().max().map_or(0.0, |minutes| f64::from(minutes) * 60.0))
    }
}

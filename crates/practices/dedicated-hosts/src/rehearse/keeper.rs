//! Who keeps the hosts: what is done about a host that failed, and about instances that would not start.

use std::collections::BTreeMap;

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_report::Severity;

use super::ground::{self, Ground};
use super::log::Log;
use super::scenario::Scenario;
use super::variant::Variant;
use super::watch::{Health, View, estate};
use crate::check::placement::obstacle;
use crate::estate::Instance;
use crate::place::Room;
use ironbird_cloud::rehearsal::RehearseError;

/// Minutes until an allocation that AWS had no server for is tried again.
const RETRY: u32 = 5;

/// What the keeper has done, and has yet to do.
pub struct Keeper<'a> {
    scenario: &'a Scenario,
    variant: &'a Variant,
    ground: &'a Ground,
    /// Instances to be moved and started, with the minute from which on.
    to_move: BTreeMap<String, u32>,
    /// Instances that were moved by hand.
    pub moved: u32,
    /// Instances that were aimed at another host before they were to start.
    pub aimed: u32,
    /// Of the stopped instances, those that started when they were to.
    pub started: u32,
    /// Hosts that were allocated because there was no room.
    pub allocated: u32,
}

impl<'a> Keeper<'a> {
    /// A keeper who has done nothing yet.
    pub fn new(scenario: &'a Scenario, variant: &'a Variant, ground: &'a Ground) -> Self {
        let to_move = BTreeMap::new();
        Self { scenario, variant, ground, to_move, moved: 0, aimed: 0, started: 0, allocated: 0 }
    }

    /// Does what there is to do in a minute; whether anything was done.
    ///
    /// # Errors
    /// When the world refuses what it should not.
    pub fn act(&mut self, minute: u32, view: &View, log: &mut Log) -> Result<bool, RehearseError> {
        let failure = &self.scenario.failure;
        let mut acted = false;
        if minute == failure.at + self.scenario.notice {
            let ill: Vec<String> =
                self.ground.victims.iter().filter(|id| view.is(id, Health::Impaired)).cloned().collect();
            acted |= self.take_off(minute, &ill, log)?;
        }
        let begun = minute > failure.at;
        if self.variant.is_practice && begun && (minute - failure.at).is_multiple_of(self.scenario.look_every)
        {
            acted |= self.look(minute, view, log)?;
        }
        if minute == failure.at + failure.wanted_after {
            self.start_stopped(minute, log)?;
            acted = true;
        }
        Ok(self.move_due(minute, view, log)? || acted)
    }

    /// Stops instances whose host has failed, to start them elsewhere.
    fn take_off(&mut self, minute: u32, ids: &[String], log: &mut Log) -> Result<bool, RehearseError> {
        if ids.is_empty() {
            return Ok(false);
        }
        ground::stop(&self.ground.cloud(), ids)?;
        self.to_move.extend(ids.iter().map(|id| (id.clone(), minute)));
        log.tell(minute, "impaired instances are stopped, to be moved", format!("{} of them", ids.len()));
        Ok(true)
    }

    /// What the practice does at regular intervals.
    fn look(&mut self, minute: u32, view: &View, log: &mut Log) -> Result<bool, RehearseError> {
        let (hosts, instances) = estate(self.ground)?;
        let failed = hosts.iter().filter(|host| host.state == "permanent-failure");
        let ill = failed.flat_map(|host| &host.residents).map(|(id, _)| id);
        let ill: Vec<String> = ill.filter(|id| view.is(id, Health::Impaired)).cloned().collect();
        let mut acted = self.take_off(minute, &ill, log)?;
        let mut room = Room::on(&hosts, &instances);
        let is_stranded = |instance: &&Instance| {
            instance.is_stopped()
                && !self.to_move.contains_key(&instance.id)
                && obstacle(&hosts, instance).is_some_and(|(severity, _)| severity == Severity::Error)
        };
        let mut count = 0;
        for instance in instances.iter().filter(is_stranded) {
            let Some(host) = room.place(instance) else { continue };
            aim(self.ground, &instance.id, &host.id)?;
            count += 1;
        }
        if count > 0 {
            log.tell(minute, "stranded instances are aimed at other hosts", format!("{count} of them"));
            self.aimed += count;
            acted = true;
        }
        Ok(acted)
    }

    /// The stopped instances are to start now.
    fn start_stopped(&mut self, minute: u32, log: &mut Log) -> Result<(), RehearseError> {
        let mut refused = Vec::new();
        for id in &self.ground.stopped {
            match start(self.ground, id) {
                Ok(()) => self.started += 1,
                Err(error @ CallError::Service { .. }) => refused.push((id.clone(), error.to_string())),
                Err(error) => return Err(error.into()),
            }
        }
        if let Some((_, message)) = refused.first() {
            let what = format!("{} of the stopped instances do not start", refused.len());
            log.tell(minute, &what, message.clone());
        }
        let due = minute + self.scenario.notice;
        self.to_move.extend(refused.into_iter().map(|(id, _)| (id, due)));
        Ok(())
    }

    /// Moves what is due and has come to rest.
    fn move_due(&mut self, minute: u32, view: &View, log: &mut Log) -> Result<bool, RehearseError> {
        let is_due = |(id, due): &(&String, &u32)| **due <= minute && view.is(id, Health::Stopped);
        let due: Vec<String> = self.to_move.iter().filter(is_due).map(|(id, _)| id.clone()).collect();
        if due.is_empty() {
            return Ok(false);
        }
        let (hosts, instances) = estate(self.ground)?;
        // What is to run now comes before what may start later.
        let mut room = Room::on(&hosts, []);
        let mut homeless = Vec::new();
        for instance in instances.iter().filter(|instance| due.contains(&instance.id)) {
            let Some(host) = room.place(instance) else {
                homeless.push(instance.id.clone());
                continue;
            };
            aim(self.ground, &instance.id, &host.id)?;
            start(self.ground, &instance.id)?;
            self.to_move.remove(&instance.id);
            self.moved += 1;
        }
        if !homeless.is_empty() {
            self.allocate(minute, homeless, log)?;
        }
        Ok(true)
    }

    /// Allocates a host for instances that there is no room for. They start on it in the next minute.
    fn allocate(&mut self, minute: u32, homeless: Vec<String>, log: &mut Log) -> Result<(), RehearseError> {
        let name = self.variant.instance_type(self.scenario);
        let zone = self.ground.stage.zone.name;
        match ground::allocate(&self.ground.cloud(), zone, name, self.variant.recovers, 1) {
            Ok(_) => {
                self.allocated += 1;
                log.tell(minute, "a host is allocated", format!("for {} instances", homeless.len()));
                self.to_move.extend(homeless.into_iter().map(|id| (id, minute)));
                Ok(())
            }
            Err(error @ CallError::Service { .. }) => {
                log.tell_once(minute, "no host can be allocated", error.to_string());
                self.to_move.extend(homeless.into_iter().map(|id| (id, minute + RETRY)));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn aim(ground: &Ground, instance: &str, host: &str) -> Result<(), CallError> {
    let input = ec2::ModifyInstancePlacementRequest {
        instance_id: instance.to_owned(),
        host_id: Some(host.to_owned()),
        ..Default::default()
    };
    ground.cloud().call_now::<ec2::ModifyInstancePlacement>(&input).map(drop)
}

fn start(ground: &Ground, instance: &str) -> Result<(), CallError> {
    let input = ec2::StartInstancesRequest { instance_ids: vec![instance.to_owned()], ..Default::default() };
    ground.cloud().call_now::<ec2::StartInstances>(&input).map(drop)
}

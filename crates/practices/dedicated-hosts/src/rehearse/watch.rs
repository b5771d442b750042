//! What is seen of a world: its hosts' states, and how its instances are.

use std::collections::BTreeMap;

use ironbird_api::ec2;
use ironbird_cloud::{at_once, read};

use super::ground::Ground;
use crate::estate;
use ironbird_cloud::rehearsal::RehearseError;

/// How an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Running, and its checks pass.
    Serves,
    /// Running, and its host is not well.
    Impaired,
    /// Stopped.
    Stopped,
    /// Anything else: it comes, goes, or its checks have not passed yet.
    Between,
}

/// A world at a moment.
#[derive(Default)]
pub struct View {
    /// States of the hosts that there are.
    pub hosts: BTreeMap<String, String>,
    /// How each instance is.
    pub instances: BTreeMap<String, Health>,
}

impl View {
    /// Looks at a world.
    ///
    /// # Errors
    /// What the world answers.
    pub fn of(ground: &Ground) -> Result<Self, RehearseError> {
        let cloud = ground.cloud();
        let hosts = at_once(read::hosts(&cloud, ec2::DescribeHostsRequest::default()))?;
        let input =
            ec2::DescribeInstanceStatusRequest { include_all_instances: Some(true), ..Default::default() };
        let statuses = at_once(read::statuses(&cloud, input))?;
        Ok(Self {
            hosts: hosts
                .into_iter()
                .filter_map(|host| Some((host.host_id?, host.state.unwrap_or_default())))
                .collect(),
            instances: statuses
                .into_iter()
                .filter_map(|status| Some((status.instance_id.clone()?, health(&status))))
                .collect(),
        })
    }

    /// Whether an instance is well, or ill.
    pub fn is(&self, id: &str, health: Health) -> bool {
        self.instances.get(id) == Some(&health)
    }

    /// Whether nothing changes unless something happens: checks that have not passed yet pass without an event.
    pub fn is_settled(&self) -> bool {
        !self.instances.values().any(|health| *health == Health::Between)
    }
}

fn health(status: &ec2::InstanceStatus) -> Health {
    let state = status.instance_state.as_ref().and_then(|state| state.name.as_deref()).unwrap_or_default();
    let checks = status.system_status.as_ref().and_then(|summary| summary.status.as_deref());
    match (state, checks) {
        ("running", Some("ok")) => Health::Serves,
        ("running", Some("impaired")) => Health::Impaired,
        ("stopped" | "terminated", _) => Health::Stopped,
        _ => Health::Between,
    }
}

/// The hosts of the account and the instances on hosts, as `check` reads them.
///
/// # Errors
/// What the world answers.
pub fn estate(ground: &Ground) -> Result<(Vec<estate::Host>, Vec<estate::Instance>), RehearseError> {
    let cloud = ground.cloud();
    Ok((at_once(estate::hosts(&cloud))?, at_once(estate::instances(&cloud))?))
}

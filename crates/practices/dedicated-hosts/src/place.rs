//! Where instances that need another host can go.

use std::collections::BTreeMap;

use crate::estate::{Host, Instance};

/// Room on hosts, less what has been promised.
pub struct Room<'a> {
    hosts: Vec<&'a Host>,
    /// How much of each host is promised, as a share of an empty one.
    promised: BTreeMap<&'a str, f64>,
}

impl<'a> Room<'a> {
    /// The room on these hosts, less what the stopped ones of these instances will take where they always start on the
    /// same host.
    pub fn on<'i>(
        hosts: impl IntoIterator<Item = &'a Host>,
        instances: impl IntoIterator<Item = &'i Instance>,
    ) -> Self {
        let hosts = hosts.into_iter().filter(|host| host.is_available()).collect();
        let mut room = Self { hosts, promised: BTreeMap::new() };
        for instance in instances.into_iter().filter(|instance| instance.is_stopped()) {
            let own = room.hosts.iter().find(|host| instance.host.as_ref() == Some(&host.id)).copied();
            if let Some(host) = own {
                room.promise(host, &instance.instance_type);
            }
        }
        room
    }

    /// A host for an instance, whose place there is promised to it then. Of several it is the fullest, so that licences by
    /// socket and core stay on few hosts.
    pub fn place(&mut self, instance: &Instance) -> Option<&'a Host> {
        let name = &instance.instance_type;
        let fitting = self.hosts.iter().copied().filter(|host| {
            host.zone == instance.zone && host.takes(name) && instance.host.as_ref() != Some(&host.id)
        });
        let with_room = fitting.map(|host| (self.left(host, name), host)).filter(|(left, _)| *left > 0);
        let (_, host) = with_room.min_by(|one, other| (one.0, &one.1.id).cmp(&(other.0, &other.1.id)))?;
        self.promise(host, name);
        Some(host)
    }

    /// How many more instances of a type there is room for.
    fn left(&self, host: &Host, instance_type: &str) -> u32 {
        let promised = self.promised.get(host.id.as_str()).copied().unwrap_or_default();
        let free = f64::from(host.room_for(instance_type)) - promised * f64::from(fits(host, instance_type));
        // A hair below a whole number is that number.
        (free + 1e-9).max(0.0) as u32
    }

    fn promise(&mut self, host: &'a Host, instance_type: &str) {
        *self.promised.entry(&host.id).or_default() += 1.0 / f64::from(fits(host, instance_type).max(1));
    }
}

/// How many instances of a type fit on the host when it is empty: as its family says, or as many as there is room for.
fn fits(host: &Host, instance_type: &str) -> u32 {
    let known = host.kind().and_then(|kind| kind.fits(instance_type));
    known.unwrap_or_else(|| host.room_for(instance_type)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(id: &str, free: u32) -> Host {
        Host {
            id: id.to_owned(),
            arn: String::new(),
            owner: String::new(),
            zone: "us-east-1a".to_owned(),
            family: "m6i".to_owned(),
            only: Some("m6i.xlarge".to_owned()),
            state: "available".to_owned(),
            recovery: true,
            auto_placement: true,
            is_grouped: false,
            allocated: None,
            sockets: 2,
            cores: 64,
            residents: Vec::new(),
            room: BTreeMap::from([("m6i.xlarge".to_owned(), free)]),
        }
    }

    fn instance(host: &str) -> Instance {
        Instance {
            id: "i-1".to_owned(),
            arn: String::new(),
            instance_type: "m6i.xlarge".to_owned(),
            state: "stopped".to_owned(),
            zone: "us-east-1a".to_owned(),
            host: Some(host.to_owned()),
            has_affinity: true,
            is_licensed: false,
            is_grouped: false,
        }
    }

    #[test]
    fn the_fullest_host_comes_first_and_promises_are_kept() {
        let hosts = [host("h-1", 5), host("h-2", 2)];
        let mut room = Room::on(&hosts, &[instance("h-2")]);
        let mut place = || room.place(&instance("h-9")).map(|host| host.id.as_str());
        assert_eq!(place(), Some("h-2"), "one of its two places is another's");
        let others: Vec<_> = (0..6).map(|_| place()).collect();
        assert_eq!(others[..5], [Some("h-1"); 5]);
        assert_eq!(others[5], None);
    }

    #[test]
    fn a_host_elsewhere_or_not_available_is_none() {
        let elsewhere = Host { zone: "us-east-1b".to_owned(), ..host("h-1", 5) };
        let failed = Host { state: "permanent-failure".to_owned(), ..host("h-2", 5) };
        let other = Host { only: Some("m6i.large".to_owned()), ..host("h-3", 5) };
        let hosts = [elsewhere, failed, other, host("h-4", 5)];
        let mut room = Room::on(&hosts, &[]);
        assert!(room.place(&instance("h-4")).is_none(), "its own is none either");
    }
}

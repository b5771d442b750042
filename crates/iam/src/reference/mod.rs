//! What there is to allow: the actions of services, the resources they act on, and the condition keys that go with them, as
//! AWS's Service Authorization Reference has it.
//!
//! The reference is in `data/iam_reference.txt.gz`, of which this crate carries the bytes; it is decompressed on first use, and a
//! service is read on first use.

mod read;

use std::sync::OnceLock;

/// A service's part of the reference.
#[derive(Debug)]
pub struct Service {
    /// What its actions begin with: `ec2`.
    pub prefix: &'static str,
    keys: Vec<Key>,
    resources: Vec<ResourceType>,
    /// By name, in lower case.
    actions: Vec<Action>,
}

/// A condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// `ec2:InstanceType`, or `aws:ResourceTag/${TagKey}` for any number of keys.
    pub name: &'static str,
    /// `String`, `ARN`, `Bool`, `Numeric`, `Date`, `IPAddress`, or `ArrayOf…` where it has several values.
    pub kind: &'static str,
}

/// A kind of resource.
#[derive(Debug)]
pub struct ResourceType {
    /// `instance`
    pub name: &'static str,
    /// `arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}`
    pub arn: &'static str,
    keys: Vec<u16>,
}

/// How much an action can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Reads a resource.
    Read,
    /// Lists resources.
    List,
    /// Makes, changes or removes resources.
    Write,
    /// Changes who may do what.
    Permissions,
    /// Changes only tags.
    Tagging,
}

/// An action.
#[derive(Debug)]
pub struct Action {
    /// `RunInstances`
    pub name: &'static str,
    folded: Box<str>,
    /// How much it can do.
    pub level: Level,
    /// The kinds of resources that it acts on; none where policies have to say `*`.
    pub resources: Vec<ResourceUse>,
    keys: Vec<u16>,
}

/// How an action uses a kind of resource.
#[derive(Debug)]
pub struct ResourceUse {
    /// The kind's name.
    pub name: &'static str,
    /// Whether a request names one in any case.
    pub required: bool,
    keys: Vec<u16>,
}

/// The service whose actions begin with `prefix`.
pub fn service(prefix: &str) -> Option<&'static Service> {
    let services = read::services();
    let at = services.binary_search_by_key(&prefix, |service| service.prefix).ok()?;
    Some(services[at].opened())
}

/// What a service is called: `AWS Identity and Access Management` is `iam`'s.
pub fn name(prefix: &str) -> Option<&'static str> {
    let services = read::services();
    let at = services.binary_search_by_key(&prefix, |service| service.prefix).ok()?;
    Some(services[at].name)
}

/// The prefixes of all services, sorted.
pub fn prefixes() -> impl Iterator<Item = &'static str> {
    read::services().iter().map(|service| service.prefix)
}

/// An action by its full name, `ec2:RunInstances`, whose case does not matter.
pub fn action(name: &str) -> Option<&'static Action> {
    let (prefix, name) = name.split_once(':')?;
    service(&prefix.to_ascii_lowercase())?.action(name)
}

impl Service {
    /// Its actions, by name.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// Its kinds of resources.
    pub fn resources(&self) -> &[ResourceType] {
        &self.resources
    }

    /// Its condition keys, with those of `aws:` that it fills for its resources.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// One of its actions, by its name without the prefix.
    pub fn action(&self, name: &str) -> Option<&Action> {
        let folded = name.to_ascii_lowercase();
        let at = self.actions.binary_search_by(|action| (*action.folded).cmp(&folded)).ok()?;
        Some(&self.actions[at])
    }

    /// One of its kinds of resources.
    pub fn resource(&self, name: &str) -> Option<&ResourceType> {
        self.resources.iter().find(|resource| resource.name == name)
    }

    /// The condition keys of an action, whatever it acts on.
    pub fn keys_of_action<'a>(&'a self, action: &'a Action) -> impl Iterator<Item = Key> {
        self.at(&action.keys)
    }

    /// The condition keys of an action for one of the kinds of resources that it acts on.
    pub fn keys_of_use<'a>(&'a self, of: &'a ResourceUse) -> impl Iterator<Item = Key> {
        self.at(&of.keys)
    }

    /// The condition keys of a kind of resource.
    pub fn keys_of_resource<'a>(&'a self, resource: &'a ResourceType) -> impl Iterator<Item = Key> {
        self.at(&resource.keys)
    }

    fn at<'a>(&'a self, positions: &'a [u16]) -> impl Iterator<Item = Key> {
        positions.iter().map(|at| self.keys[usize::from(*at)])
    }
}

impl ResourceType {
    /// The ARN of a resource, from the parts that it is made of: `Region`, `InstanceId`; none where one is missing.
    pub fn fill<'a>(&self, part: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
        let mut arn = String::with_capacity(self.arn.len());
        let mut rest = self.arn;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            arn.push_str(before);
            arn.push_str(part(name)?);
            rest = after;
        }
        arn.push_str(rest);
        Some(arn)
    }

    /// The names of the parts that its ARN is made of, in their order.
    pub fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.arn.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
    }
}

/// A service that is read on first use.
struct Closed {
    prefix: &'static str,
    name: &'static str,
    text: &'static str,
    opened: OnceLock<Service>,
}

impl Closed {
    fn opened(&'static self) -> &'static Service {
        self.opened.get_or_init(|| read::service(self.prefix, self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, action, name, prefixes, service};

    #[test]
    fn services_have_names() {
        assert_eq!(name("ec2"), Some("Amazon EC2"));
        assert_eq!(name("nothing"), None);
        assert!(prefixes().all(|prefix| name(prefix).is_some_and(|name| !name.is_empty())));
    }

    #[test]
    fn an_action_knows_its_resources_and_keys() {
        let ec2 = service("ec2").unwrap();
        let run = action("EC2:runinstances").unwrap();
        assert_eq!((run.name, run.level), ("RunInstances", Level::Write));
        let instance = run.resources.iter().find(|used| used.name == "instance").unwrap();
        assert!(instance.required);
        assert!(ec2.keys_of_use(instance).any(|key| key.name == "ec2:InstanceType" && key.kind == "String"));
        assert!(ec2.keys_of_action(run).any(|key| key.name == "ec2:Region"));

        assert!(action("ec2:RunInstance").is_none() && action("nothing").is_none());
    }

    #[test]
    fn an_arn_is_filled_from_its_parts() {
        let instance = service("ec2").unwrap().resource("instance").unwrap();
        assert_eq!(instance.parts().collect::<Vec<_>>(), ["Partition", "Region", "Account", "InstanceId"]);
        let part = |name: &str| match name {
            "Partition" => Some("aws"),
            "Region" => Some("eu-west-1"),
            "Account" => Some("123456789012"),
            "InstanceId" => Some("i-1"),
            _ => None,
        };
        let arn = "arn:aws:ec2:eu-west-1:123456789012:instance/i-1";
        assert_eq!(instance.fill(part).as_deref(), Some(arn));
        assert_eq!(instance.fill(|_| None), None);
    }

    #[test]
    fn every_service_can_be_read() {
        let mut actions = 0;
        for prefix in prefixes() {
            let service = service(prefix).unwrap();
            assert!(
                service.actions().is_sorted_by_key(|action| action.name.to_ascii_lowercase()),
                "{prefix}"
            );
            for action in service.actions() {
                actions += 1;
                for used in &action.resources {
                    assert!(service.resource(used.name).is_some(), "{prefix}:{} {}", action.name, used.name);
                }
            }
        }
        assert!(actions > 4500, "{actions}");
    }
}

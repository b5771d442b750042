//! What is asked of the network interfaces of an instance.

use std::collections::BTreeSet;

use ironbird_api::ec2;
use ironbird_rig::catalogue::InstanceType;
use ironbird_rig::{Ctx, Error, Result};

use crate::given::{given, given_text};
use crate::network_interface::{self, Attachment, NetworkInterfaces, Wanted};
use crate::{error, resource};

/// What is asked of one network interface.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Interface {
    /// The interface that is there already.
    pub(crate) existing: Option<String>,
    pub(crate) subnet_id: Option<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) group_names: Vec<String>,
    pub(crate) public: Option<bool>,
    pub(crate) addresses: Wanted,
    pub(crate) description: String,
    pub(crate) delete_on_termination: bool,
    pub(crate) device_index: i32,
    pub(crate) network_card_index: i32,
}

impl Interface {
    /// Whether it is the primary one.
    pub(super) fn is_primary(&self) -> bool {
        self.device_index == 0 && self.network_card_index == 0
    }

    /// Whether it can be given to one instance only.
    pub(super) fn is_for_one(&self) -> bool {
        self.existing.is_some() || self.addresses.names_any()
    }

    /// Reads the interfaces of a request, the primary one first.
    pub(super) fn read(ctx: &Ctx<'_>, input: &ec2::RunInstancesRequest) -> Result<Vec<Self>> {
        let given = input.network_interfaces.as_deref().unwrap_or_default();
        if given.is_empty() {
            return Ok(vec![Self::of_instance(input)?]);
        }
        alone(input)?;
        let mut interfaces =
            given.iter().map(|it| Self::of_specification(ctx, it)).collect::<Result<Vec<_>>>()?;
        interfaces.sort_by_key(|it| (it.device_index, it.network_card_index));
        check(&interfaces)?;
        let tagged = |it: &ec2::TagSpecification| it.resource_type.as_deref() == Some("network-interface");
        let is_tagged = input.tag_specifications.iter().flatten().any(tagged);
        if is_tagged && interfaces.iter().all(|it| it.existing.is_some()) {
            let message = "You cannot specify tags for network interfaces if there are no network interfaces being \
                           created by the request.";
            return Err(error::invalid_value(message));
        }
        Ok(interfaces)
    }

    /// The one of a request that only speaks of the instance.
    fn of_instance(input: &ec2::RunInstancesRequest) -> Result<Self> {
        Ok(Self {
            subnet_id: given_text(&input.subnet_id),
            groups: input.security_group_ids.clone().unwrap_or_default(),
            group_names: input.security_groups.clone().unwrap_or_default(),
            addresses: Wanted {
                primary: input.private_ip_address.as_deref().map(network_interface::address).transpose()?,
                ..ipv6(input.ipv6_addresses.as_deref(), input.ipv6_address_count)?
            },
            delete_on_termination: true,
            ..Self::default()
        })
    }

    fn of_specification(ctx: &Ctx<'_>, given: &ec2::InstanceNetworkInterfaceSpecification) -> Result<Self> {
        let Some(device_index) = given.device_index else {
            return Err(error::invalid_value("Each network interface requires a device index."));
        };
        let card = given.network_card_index.unwrap_or(0);
        for (index, parameter) in [(device_index, "deviceIndex"), (card, "networkCardIndex")] {
            if index < 0 {
                return Err(error::invalid_parameter_value(&index.to_string(), parameter));
            }
        }
        let interface = Self {
            existing: given.network_interface_id.clone(),
            subnet_id: given_text(&given.subnet_id),
            groups: given.groups.clone().unwrap_or_default(),
            group_names: Vec::new(),
            public: given.associate_public_ip_address,
            addresses: addresses(given)?,
            description: given.description.clone().unwrap_or_default(),
            delete_on_termination: given
                .delete_on_termination
                .unwrap_or(given.network_interface_id.is_none()),
            device_index,
            network_card_index: card,
        };
        match &given.network_interface_id {
            Some(id) => interface.with_existing(ctx, id),
            None => Ok(interface),
        }
    }

    /// The same of the interface that is there already, which has its subnet and its groups.
    fn with_existing(self, ctx: &Ctx<'_>, id: &str) -> Result<Self> {
        let contradicts = [
            (self.subnet_id.is_some(), "a subnet"),
            (self.addresses.primary.is_some(), "a private IP address"),
            (!self.groups.is_empty(), "security groups"),
            (self.delete_on_termination, "delete on termination as true"),
            (self.addresses != Wanted::default(), "addresses"),
            (self.public.is_some(), "a public IP address"),
        ];
        if let Some((_, what)) = contradicts.into_iter().find(|(is_given, _)| *is_given) {
            let message =
                format!("A network interface may not specify both a network interface ID and {what}");
            return Err(error::invalid_combination(message));
        }
        let found = resource::find::<NetworkInterfaces>(ctx, id)?;
        if let Some(attachment) = &found.attachment {
            let holder = attachment.instance_id().unwrap_or("a service");
            let message = format!("Interface: [{id}] in use by: [{holder}]");
            return Err(Error::client("InvalidNetworkInterface.InUse", message));
        }
        Ok(Self { subnet_id: Some(found.subnet_id.clone()), groups: found.group_ids.clone(), ..self })
    }

    /// What it is to be once it hangs on an instance.
    pub(super) fn attachment(&self, ctx: &mut Ctx<'_>, instance_id: &str) -> Result<Attachment> {
        Ok(Attachment {
            id: ctx.fresh_id("eni-attach")?,
            instance: Some(instance_id.to_owned()),
            device_index: self.device_index,
            network_card_index: self.network_card_index,
            delete_on_termination: self.delete_on_termination,
            attached: ctx.now(),
        })
    }
}

/// Refuses what a request says of the instance and can only say of interfaces once it has some.
fn alone(input: &ec2::RunInstancesRequest) -> Result<()> {
    let of_instance = [
        (given(&input.subnet_id).is_some(), "subnet ID"),
        (
            input.security_group_ids.as_ref().is_some_and(|ids| !ids.is_empty())
                || input.security_groups.as_ref().is_some_and(|names| !names.is_empty()),
            "security groups",
        ),
        (input.private_ip_address.is_some(), "private IP address"),
        (input.ipv6_addresses.is_some(), "IPv6 addresses"),
        (input.ipv6_address_count.is_some(), "IPv6 address count"),
    ];
    match of_instance.into_iter().find(|(is_given, _)| *is_given) {
        Some((_, what)) => Err(error::invalid_combination(format!(
            "Network interfaces and an instance-level {what} may not be specified on the same request"
        ))),
        None => Ok(()),
    }
}

/// Checks the interfaces of one request against each other.
fn check(interfaces: &[Interface]) -> Result<()> {
    let mut places = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for interface in interfaces {
        if !places.insert((interface.network_card_index, interface.device_index)) {
            return Err(error::invalid_value("Each network interface requires a unique device index."));
        }
        if let Some(id) = interface.existing.as_ref().filter(|id| !ids.insert(id.as_str())) {
            let message = format!("Network interface ID '{id}' may not be specified on multiple interfaces.");
            return Err(error::invalid_value(message));
        }
    }
    if !places.contains(&(0, 0)) {
        let message = "When specifying network interfaces, you must include a device at index 0.";
        return Err(error::unsupported_operation(message));
    }
    if interfaces.len() > 1 && interfaces.iter().any(|interface| interface.public.is_some()) {
        let message = "The associatePublicIPAddress parameter cannot be specified when launching with multiple \
                       network interfaces.";
        return Err(error::invalid_combination(message));
    }
    Ok(())
}

/// Checks that instances of a type take the interfaces.
///
/// # Errors
/// `AttachmentLimitExceeded`, `PrivateIpAddressLimitExceeded`, `InvalidParameterValue`.
pub(super) fn check_room(entry: &InstanceType, interfaces: &[&Interface]) -> Result<()> {
    let facts = &entry.network;
    let at_most = |most: u32, count: usize| u32::try_from(count).is_ok_and(|count| count <= most);
    if !at_most(facts.max_interfaces, interfaces.len()) {
        let message = format!("Interface count {} exceeds the limit for {}", interfaces.len(), entry.name);
        return Err(Error::client("AttachmentLimitExceeded", message));
    }
    for interface in interfaces {
        if u32::try_from(interface.network_card_index).is_ok_and(|card| card >= facts.cards.max(1)) {
            let card = interface.network_card_index.to_string();
            return Err(error::invalid_parameter_value(&card, "networkCardIndex"));
        }
        let ipv6 = facts.ipv6_per_interface.unwrap_or(u32::MAX);
        if !at_most(facts.ipv4_per_interface, interface.addresses.ipv4_count())
            || !at_most(ipv6, interface.addresses.ipv6_count())
        {
            let message = "Number of private addresses will exceed limit.";
            return Err(Error::client("PrivateIpAddressLimitExceeded", message));
        }
    }
    Ok(())
}

fn addresses(given: &ec2::InstanceNetworkInterfaceSpecification) -> Result<Wanted> {
    let ipv4 = Wanted::ipv4(
        given.private_ip_address.as_deref(),
        given.private_ip_addresses.as_deref(),
        given.secondary_private_ip_address_count,
    )?;
    Ok(ipv4.with_ipv6_of(ipv6(given.ipv6_addresses.as_deref(), given.ipv6_address_count)?))
}

fn ipv6(named: Option<&[ec2::InstanceIpv6Address]>, more: Option<i32>) -> Result<Wanted> {
    let named = named.unwrap_or_default().iter().map(|it| it.ipv6_address.as_deref().unwrap_or_default());
    Wanted::ipv6(named, more)
}

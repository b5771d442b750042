//! AttachNetworkInterface, DetachNetworkInterface, and which interfaces an instance has.

use ironbird_api::{Empty, ec2};
use ironbird_rig::catalogue::instance_types;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};

use super::{Attachment, NetworkInterface, NetworkInterfaces, release_public, remove};
use crate::instance::record::{Instance, Instances, State};
use crate::instance::settings_of;
use crate::{error, resource};

/// Interfaces that instances have besides their primary one: (scope, instance, interface).
struct Secondary;

impl Table for Secondary {
    const NAME: &'static str = "ec2.secondary-interfaces";
    /// Id of the interface.
    type Record = String;
}

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Secondary>()
        .write::<ec2::AttachNetworkInterface>(attach_network_interface)
        .refuses::<ec2::AttachNetworkInterface>(&[
            ("EnaSrdSpecification", "no packets flow that could be sped up"),
            ("EnaQueueCount", "no packets flow that could wait"),
        ])
        .write::<ec2::DetachNetworkInterface>(detach_network_interface)
        // Detaching takes no time that could be cut short.
        .records::<ec2::DetachNetworkInterface>(&["Force"])
}

/// Notes what an interface hangs on. The primary one of an instance is in the instance's own record.
pub(super) fn index(ctx: &mut Ctx<'_>, interface: &NetworkInterface) -> Result<()> {
    let Some(attachment) = interface.attachment.as_ref().filter(|it| !it.is_primary()) else { return Ok(()) };
    let Some(instance) = attachment.instance_id() else { return Ok(()) };
    ctx.put::<Secondary>(ctx.scope().key(instance).text(&interface.id), interface.id.clone())
}

/// Hangs an interface that was there before on an instance.
///
/// # Errors
/// Those about its id.
pub(crate) fn hang(ctx: &mut Ctx<'_>, id: &str, attachment: Attachment) -> Result<NetworkInterface> {
    resource::change::<NetworkInterfaces>(ctx, id, |interface| interface.attachment = Some(attachment))?;
    let interface = resource::find::<NetworkInterfaces>(ctx, id)?.clone();
    index(ctx, &interface)?;
    Ok(interface)
}

/// Forgets that an instance has a further interface.
pub(super) fn forget(ctx: &mut Ctx<'_>, instance_id: &str, id: &str) -> Result<()> {
    ctx.delete::<Secondary>(&ctx.scope().key(instance_id).text(id)).map(drop)
}

/// The interfaces of an instance, the primary one first, then by their position.
pub(crate) fn of_instance<'t>(
    ctx: &'t Ctx<'_>,
    instance_id: &str,
) -> impl Iterator<Item = &'t NetworkInterface> {
    let key = ctx.scope().key(instance_id);
    let primary = ctx.peek::<Instances>(&key).map(|instance| instance.interface_id.as_str());
    let others = ctx.scan::<Secondary>(&key).map(|(_, id)| id.as_str());
    let ids = primary.into_iter().chain(others);
    let mut found: Vec<_> =
        ids.filter_map(|id| ctx.peek::<NetworkInterfaces>(&ctx.scope().key(id))).collect();
    found.sort_by_key(|interface| {
        interface.attachment.as_ref().map_or((0, 0), |it| (it.network_card_index, it.device_index))
    });
    found.into_iter()
}

/// `InvalidInstanceID`: what was asked of an instance can only be asked of one of its interfaces.
pub(crate) fn several(instance_id: &str) -> Error {
    let message = format!(
        "There are multiple interfaces attached to instance '{instance_id}'. Please specify an interface ID for the operation instead."
    );
    Error::client("InvalidInstanceID", message)
}

/// What becomes of the interfaces of a terminated instance: they go too, or are left behind.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn detach_all(ctx: &mut Ctx<'_>, instance_id: &str) -> Result<()> {
    let each = |interface: &NetworkInterface| {
        let goes = interface.attachment.as_ref().is_none_or(|it| it.delete_on_termination);
        (interface.id.clone(), goes)
    };
    let interfaces: Vec<(String, bool)> = of_instance(ctx, instance_id).map(each).collect();
    for (id, goes) in interfaces {
        match goes {
            true => remove(ctx, &id)?,
            false => detach(ctx, instance_id, &id)?,
        }
    }
    Ok(())
}

fn detach(ctx: &mut Ctx<'_>, instance_id: &str, id: &str) -> Result<()> {
    forget(ctx, instance_id, id)?;
    release_public(ctx, id)?;
    resource::change::<NetworkInterfaces>(ctx, id, |interface| {
        interface.attachment = None;
        interface.wants_public = false;
    })
}

fn attach_network_interface(
    ctx: &mut Ctx<'_>,
    input: &ec2::AttachNetworkInterfaceRequest,
) -> Result<ec2::AttachNetworkInterfaceResult> {
    let interface = resource::find::<NetworkInterfaces>(ctx, &input.network_interface_id)?.clone();
    let instance = resource::find::<Instances>(ctx, &input.instance_id)?;
    if let Some(existing) = &interface.attachment {
        let holder = existing.instance_id().unwrap_or("a service");
        let message = format!("Interface: [{}] in use by: [{holder}]", interface.id);
        return Err(Error::client("InvalidNetworkInterface.InUse", message));
    }
    check_room(ctx, instance, &interface, input)?;
    let attachment = Attachment {
        id: ctx.fresh_id("eni-attach")?,
        instance: Some(input.instance_id.clone()),
        device_index: input.device_index,
        network_card_index: input.network_card_index.unwrap_or(0),
        delete_on_termination: false,
        attached: ctx.now(),
    };
    let result = ec2::AttachNetworkInterfaceResult {
        attachment_id: Some(attachment.id.clone()),
        network_card_index: Some(attachment.network_card_index),
    };
    hang(ctx, &interface.id, attachment)?;
    error::dry_run(input.dry_run)?;
    Ok(result)
}

/// Whether the instance can take the interface there.
fn check_room(
    ctx: &Ctx<'_>,
    instance: &Instance,
    interface: &NetworkInterface,
    input: &ec2::AttachNetworkInterfaceRequest,
) -> Result<()> {
    if !matches!(instance.state, State::Pending | State::Running | State::Stopped) {
        let message = format!("Instance '{}' is not 'running' or 'stopped'.", instance.id);
        return Err(Error::client("IncorrectState", message));
    }
    let others: Vec<&NetworkInterface> = of_instance(ctx, &instance.id).collect();
    if let Some(first) = others.first().filter(|first| first.zone != interface.zone) {
        let message = format!(
            "You may not attach a network interface to an instance if they are not in the same availability zone ({}, {})",
            interface.zone, first.zone
        );
        return Err(error::invalid_combination(message));
    }
    let name = settings_of(ctx, instance)?.instance_type;
    let facts = instance_types::get(&name);
    let most = facts.map(|facts| facts.network.max_interfaces);
    if most.is_some_and(|most| others.len() >= usize::try_from(most).unwrap_or(usize::MAX)) {
        let message = format!("Interface count {} exceeds the limit for {name}", others.len() + 1);
        return Err(Error::client("AttachmentLimitExceeded", message));
    }
    let index = input.device_index;
    if index < 0 {
        return Err(error::invalid_parameter_value(&index.to_string(), "deviceIndex"));
    }
    let card = input.network_card_index.unwrap_or(0);
    let taken = |other: &&NetworkInterface| {
        let attachment = other.attachment.as_ref();
        attachment.is_some_and(|it| it.device_index == index && it.network_card_index == card)
    };
    if others.iter().any(taken) {
        let message = format!(
            "Instance '{}' already has an interface attached at device index '{index}'.",
            instance.id
        );
        return Err(error::invalid_value(message));
    }
    Ok(())
}

fn detach_network_interface(ctx: &mut Ctx<'_>, input: &ec2::DetachNetworkInterfaceRequest) -> Result<Empty> {
    let id = &input.attachment_id;
    let has = |interface: &&NetworkInterface| interface.attachment.as_ref().is_some_and(|it| it.id == *id);
    let Some(interface) = resource::all::<NetworkInterfaces>(ctx).find(has).cloned() else {
        let message = format!("The network interface attachment ID '{id}' does not exist");
        return Err(Error::client("InvalidAttachmentID.NotFound", message));
    };
    let attachment = interface.attachment.as_ref();
    let Some(instance) = attachment.and_then(Attachment::instance_id) else {
        let message = format!("You are not allowed to manage '{id}' attachments.");
        return Err(Error::client("AuthFailure", message));
    };
    if attachment.is_some_and(Attachment::is_primary) {
        let message = "The network interface at device index 0 and networkCard index 0 cannot be detached.";
        return Err(error::not_permitted(message));
    }
    detach(ctx, instance, &interface.id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

//! AssociateAddress, DisassociateAddress.

use std::net::Ipv4Addr;

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::{Address, Addresses, Association, by_public, named};
use crate::instance::record::{Instances, State};
use crate::network_interface::{
    self, Attachment, NetworkInterface, NetworkInterfaces, assign_public, release_public,
};
use crate::{error, internet_gateway, meter, resource};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::AssociateAddress>(associate_address)
        .write::<ec2::DisassociateAddress>(disassociate_address)
}

/// The interface that a request names, itself or by its instance.
fn interface<'t>(ctx: &'t Ctx<'_>, input: &ec2::AssociateAddressRequest) -> Result<&'t NetworkInterface> {
    match (&input.instance_id, &input.network_interface_id) {
        (_, Some(id)) => resource::find::<NetworkInterfaces>(ctx, id),
        (Some(id), None) => {
            let instance = resource::find::<Instances>(ctx, id)?;
            if matches!(instance.state, State::Pending) {
                let message =
                    format!("The pending instance '{id}' is not in a valid state for this operation.");
                return Err(Error::client("InvalidInstanceID", message));
            }
            let mut interfaces = network_interface::of_instance(ctx, id);
            let Some(first) = interfaces.next() else {
                let message = format!("The instance '{id}' has no network interface.");
                return Err(Error::client("InvalidInstanceID", message));
            };
            if interfaces.next().is_some() && input.private_ip_address.is_none() {
                return Err(network_interface::several(id));
            }
            Ok(first)
        }
        (None, None) => Err(error::missing("Invalid request, expect InstanceId/NetworkId parameter.")),
    }
}

fn associate_address(
    ctx: &mut Ctx<'_>,
    input: &ec2::AssociateAddressRequest,
) -> Result<ec2::AssociateAddressResult> {
    let address = named(ctx, input.allocation_id.as_deref(), input.public_ip.as_deref())?.clone();
    let target = interface(ctx, input)?.clone();
    let private = match &input.private_ip_address {
        None => target.private_address(),
        Some(text) => {
            let wanted: Option<Ipv4Addr> = text.parse().ok();
            let own = target.private_addresses.iter().find(|own| Some(**own) == wanted);
            *own.ok_or_else(|| {
                let message = format!(
                    "Invalid value '{text}' for PrivateIpAddress. Address is not assigned to interface {}",
                    target.id
                );
                error::invalid_value(message)
            })?
        }
    };
    if internet_gateway::attached_to(ctx, &target.vpc_id).is_none() {
        let message = format!("Network {} is not attached to any internet gateway", target.vpc_id);
        return Err(Error::client("Gateway.NotAttached", message));
    }
    let same = |it: &Association| it.interface_id == target.id && it.private == private;
    if let Some(existing) = address.association.as_ref().filter(|it| same(it)) {
        error::dry_run(input.dry_run)?;
        return Ok(ec2::AssociateAddressResult { association_id: Some(existing.id.clone()) });
    }
    let earlier = target.elastic.iter().find(|(own, _)| *own == private).map(|(_, id)| id.clone());
    if input.allow_reassociation == Some(false) {
        refuse_reassociation(ctx, &address, earlier.as_deref())?;
    }
    if let Some(other) = earlier {
        let_go(ctx, &other)?;
    }
    let_go(ctx, &address.id)?;
    let id = associate(ctx, &address.id, &target.id, private)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::AssociateAddressResult { association_id: Some(id) })
}

/// Refuses what would take an address from where it is.
fn refuse_reassociation(ctx: &Ctx<'_>, address: &Address, earlier: Option<&str>) -> Result<()> {
    let other = earlier.and_then(|id| ctx.peek::<Addresses>(&ctx.scope().key(id)));
    let Some(association) = address.association.as_ref().or_else(|| other?.association.as_ref()) else {
        return Ok(());
    };
    let what = if address.association.is_some() { &address.id } else { &association.interface_id };
    let message = format!("resource {what} is already associated with associate-id {}", association.id);
    Err(Error::client("Resource.AlreadyAssociated", message))
}

/// Lets a free elastic address stand for a private one; the id of the association.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn associate(
    ctx: &mut Ctx<'_>,
    allocation: &str,
    interface_id: &str,
    private: Ipv4Addr,
) -> Result<String> {
    let id = ctx.fresh_id("eipassoc")?;
    let association = Association { id: id.clone(), interface_id: interface_id.to_owned(), private };
    resource::change::<Addresses>(ctx, allocation, |address| address.association = Some(association))?;
    let target = resource::find::<NetworkInterfaces>(ctx, interface_id)?;
    if target.private_address() == private {
        // It takes the place of the address that the interface had for a while.
        release_public(ctx, interface_id)?;
    }
    resource::change::<NetworkInterfaces>(ctx, interface_id, |interface| {
        interface.elastic.push((private, allocation.to_owned()));
    })?;
    meter::used_address(ctx, allocation)?;
    follow(ctx, interface_id)?;
    Ok(id)
}

/// Takes an elastic address from what it stands for. A running instance that is to have a public address then gets
/// one for a while again.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn let_go(ctx: &mut Ctx<'_>, allocation: &str) -> Result<()> {
    let key = ctx.scope().key(allocation);
    let association = ctx.update::<Addresses, _>(&key, |address| address.association.take())?.flatten();
    let Some(association) = association else { return Ok(()) };
    meter::end(ctx, allocation)?;
    meter::idle_address(ctx, allocation)?;
    let interface_key = ctx.scope().key(&association.interface_id);
    let wants = ctx.update::<NetworkInterfaces, _>(&interface_key, |interface| {
        interface.elastic.retain(|(_, id)| id != allocation);
        interface.wants_public && interface.private_address() == association.private
    })?;
    if wants == Some(true) && runs(ctx, &association.interface_id) {
        assign_public(ctx, &association.interface_id)?;
    }
    follow(ctx, &association.interface_id)
}

fn instance_of<'t>(ctx: &'t Ctx<'_>, interface_id: &str) -> Option<&'t str> {
    let interface = ctx.peek::<NetworkInterfaces>(&ctx.scope().key(interface_id))?;
    interface.attachment.as_ref().and_then(Attachment::instance_id)
}

fn runs(ctx: &Ctx<'_>, interface_id: &str) -> bool {
    let instance = instance_of(ctx, interface_id);
    let instance = instance.and_then(|id| ctx.peek::<Instances>(&ctx.scope().key(id)));
    instance.is_some_and(|instance| matches!(instance.state, State::Pending | State::Running))
}

/// The instance follows the public address of its primary interface.
fn follow(ctx: &mut Ctx<'_>, interface_id: &str) -> Result<()> {
    let Some(instance) = instance_of(ctx, interface_id).map(|id| ctx.scope().key(id)) else { return Ok(()) };
    let interface = ctx.peek::<NetworkInterfaces>(&ctx.scope().key(interface_id));
    let public = interface.and_then(|interface| interface.public(ctx));
    ctx.update::<Instances, _>(&instance, |instance| {
        if instance.interface_id == interface_id {
            instance.public_ip = public;
        }
    })?;
    Ok(())
}

fn disassociate_address(ctx: &mut Ctx<'_>, input: &ec2::DisassociateAddressRequest) -> Result<Empty> {
    let address = match (&input.association_id, &input.public_ip) {
        (Some(_), Some(_)) => return Err(error::exclusive("associationId", "publicIp")),
        (None, None) => return Err(error::missing("Either public IP or association id must be specified")),
        (None, Some(public)) => by_public(ctx, public)?,
        (Some(id), None) => {
            let has = |address: &&Address| address.association.as_ref().is_some_and(|it| it.id == *id);
            resource::all::<Addresses>(ctx).find(has).ok_or_else(|| {
                let message = format!("The association ID '{id}' does not exist");
                Error::client("InvalidAssociationID.NotFound", message)
            })?
        }
    };
    let id = address.id.clone();
    let holder = address.association.as_ref();
    let holder = holder.and_then(|it| ctx.peek::<NetworkInterfaces>(&ctx.scope().key(&it.interface_id)));
    if holder.is_some_and(|interface| interface.kind.requester().is_some()) {
        let message = "You do not have permission to access the specified resource.";
        return Err(Error::client("AuthFailure", message));
    }
    let_go(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

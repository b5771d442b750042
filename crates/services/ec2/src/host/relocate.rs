//! ModifyInstancePlacement: where a stopped instance starts next.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

use super::{Hosts, change, group};
use crate::given::given;
use crate::instance::launch_of;
use crate::instance::record::{Instances, Place, State, Tenancy};
use crate::placement_group::member;
use crate::{error, loan, resource};

pub(super) fn modify_instance_placement(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyInstancePlacementRequest,
) -> Result<ec2::ModifyInstancePlacementResult> {
    let id = &input.instance_id;
    let instance = resource::find::<Instances>(ctx, id)?.clone();
    let launch = launch_of(ctx, &instance)?;
    let group = given(&input.host_resource_group_arn);
    let names = [&input.group_name, &input.group_id, &input.host_resource_group_arn];
    let asked = [&input.tenancy, &input.affinity, &input.host_id].into_iter().chain(names);
    if asked.into_iter().all(Option::is_none) && input.partition_number.is_none() {
        let message = "Specify at least one of Affinity, GroupId, GroupName, HostId, HostResourceGroupArn, PartitionNumber and Tenancy";
        return Err(error::invalid_combination(message));
    }
    if instance.state != State::Stopped {
        return Err(change::must_be_stopped(id));
    }
    if let Some(group) = group {
        if given(&input.host_id).is_some() {
            return Err(error::exclusive("HostId", "HostResourceGroupArn"));
        }
        group::check(ctx, group)?;
    }
    let before = instance.tenancy(&launch);
    let tenancy = match input.tenancy.as_deref() {
        None if input.host_id.is_some() || group.is_some() => Tenancy::Host,
        None => before,
        Some(word) => {
            let parsed =
                Tenancy::parse(word).filter(|tenancy| *tenancy != Tenancy::Default || before == *tenancy);
            parsed.ok_or_else(|| error::invalid_parameter_value(word, "tenancy"))?
        }
    };
    if (before == Tenancy::Default) != (tenancy == Tenancy::Default) {
        let message = "Tenancy can be changed from dedicated to host and from host to dedicated only";
        return Err(error::invalid_combination(message));
    }
    let mut choice = instance.place(&launch).clone();
    if let Some(word) = input.affinity.as_deref() {
        choice.affinity = Place::affinity(word)?;
        if !choice.affinity && input.host_id.is_none() {
            choice.host_id = None;
        }
    }
    if let Some(host) = given(&input.host_id) {
        let found = loan::find::<Hosts>(ctx, host)?;
        if found.zone != launch.zone {
            let message = format!(
                "The instance's Availability Zone ({}) does not match that of the Dedicated Host '{host}' ({}).",
                launch.zone, found.zone
            );
            return Err(ironbird_rig::Error::client("ZonesMismatched", message));
        }
        choice.host_id = Some(host.to_owned());
        choice.host_group.clone_from(&found.group);
    }
    if let Some(group) = group {
        choice.host_group = Some(group.to_owned());
        choice.host_id = None;
    }
    if choice.affinity && choice.host_id.is_none() && tenancy == Tenancy::Host {
        return Err(error::missing_parameter("HostId"));
    }
    choice.tenancy = tenancy;
    if tenancy != Tenancy::Host {
        (choice.host_id, choice.affinity, choice.host_group) = (None, false, None);
    }
    placement_group(ctx, input, &mut choice)?;
    let key = ctx.scope().key(id);
    ctx.update::<Instances, _>(&key, |instance| instance.place = Some(Box::new(choice)))?;
    Ok(ec2::ModifyInstancePlacementResult { r#return: Some(true) })
}

/// The placement group: another one, none where an empty name is given, else the same; of the same one, the partition stays.
fn placement_group(
    ctx: &Ctx<'_>,
    input: &ec2::ModifyInstancePlacementRequest,
    choice: &mut Place,
) -> Result<()> {
    let names_one = input.group_name.is_some() || input.group_id.is_some();
    let (id, partition) = (choice.group_id.clone(), choice.partition);
    if names_one {
        let named = (input.group_name.as_deref(), input.group_id.as_deref());
        member::read(ctx, choice, named, input.partition_number)
    } else {
        member::read(ctx, choice, (None, id.as_deref()), input.partition_number.or(partition))
    }
}

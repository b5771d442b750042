//! CreateManagedPrefixList, ModifyManagedPrefixList, RestoreManagedPrefixListVersion, DeleteManagedPrefixList.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::{PrefixList, PrefixLists, Version, amazon, entries, find};
use crate::cidr::Cidr;
use crate::cidr6::Cidr6;
use crate::once::Once;
use crate::resource::{self, Resource};
use crate::{error, kinds, tag};

/// Entries of one list at most. Source: "Amazon VPC quotas".
const MAX_ENTRIES: i32 = 1000;
/// Entries that one request may change. Source: the API reference.
const MAX_CHANGED: usize = 100;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::CreateManagedPrefixList>(create_managed_prefix_list)
        .write::<ec2::ModifyManagedPrefixList>(modify_managed_prefix_list)
        .refuses::<ec2::ModifyManagedPrefixList>(&[(
            "IpamPrefixListResolverSyncEnabled",
            "IP address manager is not modeled",
        )])
        .write::<ec2::RestoreManagedPrefixListVersion>(restore_managed_prefix_list_version)
        .write::<ec2::DeleteManagedPrefixList>(delete_managed_prefix_list)
}

/// A block as the list has it.
fn block(text: &str, ipv6: bool) -> Result<String> {
    let read = match ipv6 {
        false => Cidr::parse(text).map(|block| block.to_string()),
        true => Cidr6::parse(text).map(|block| block.to_string()),
    };
    read.ok_or_else(|| error::invalid_value(format!("The CIDR ({text}) is invalid for this prefix list.")))
}

fn check_name(name: &str) -> Result<()> {
    if name.is_empty() || name.chars().count() > 255 || name.starts_with(amazon::PREFIX.trim_end_matches('.'))
    {
        return Err(error::invalid_parameter_value(name, "prefixListName"));
    }
    Ok(())
}

/// The entries of a version after a change.
fn changed(
    list: &PrefixList,
    add: &[ec2::AddPrefixListEntry],
    remove: &[ec2::RemovePrefixListEntry],
) -> Result<Vec<(String, Option<String>)>> {
    if add.len() > MAX_CHANGED || remove.len() > MAX_CHANGED {
        return Err(error::invalid_value(format!("A request may change {MAX_CHANGED} entries at most")));
    }
    let mut entries = list.newest().entries.clone();
    for entry in remove {
        let gone = block(&entry.cidr, list.ipv6)?;
        let Some(at) = entries.iter().position(|(own, _)| *own == gone) else {
            let message = format!("The entry ({gone}) does not exist in prefix list {}.", list.id);
            return Err(error::invalid_value(message));
        };
        entries.remove(at);
    }
    let mut seen = Vec::new();
    for entry in add {
        let new = block(&entry.cidr, list.ipv6)?;
        if seen.contains(&new) {
            let message = format!("The entry ({new}) is specified more than once.");
            return Err(error::invalid_value(message));
        }
        // An entry that is there already gets another description.
        match entries.iter_mut().find(|(own, _)| *own == new) {
            Some(existing) => existing.1.clone_from(&entry.description),
            None => entries.push((new.clone(), entry.description.clone())),
        }
        seen.push(new);
    }
    Ok(entries)
}

fn check_size(size: usize, most: i32) -> Result<()> {
    if size > usize::try_from(most).unwrap_or(0) {
        let message = format!("You cannot have more than {most} entries in the prefix list.");
        return Err(Error::client("PrefixListMaxEntriesExceeded", message));
    }
    Ok(())
}

fn check_max(max_entries: i32) -> Result<()> {
    if !(1..=MAX_ENTRIES).contains(&max_entries) {
        return Err(error::invalid_parameter_value(&max_entries.to_string(), "maxEntries"));
    }
    Ok(())
}

fn create_managed_prefix_list(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateManagedPrefixListRequest,
) -> Result<ec2::CreateManagedPrefixListResult> {
    let once = Once::of::<ec2::CreateManagedPrefixList>(ctx, input.client_token.as_deref(), input);
    if let Some(id) = once.earlier(ctx)? {
        let shown = PrefixLists::view(ctx, resource::find::<PrefixLists>(ctx, &id)?);
        return Ok(ec2::CreateManagedPrefixListResult { prefix_list: Some(shown) });
    }
    check_name(&input.prefix_list_name)?;
    check_max(input.max_entries)?;
    let ipv6 = match input.address_family.as_str() {
        "IPv4" => false,
        "IPv6" => true,
        other => return Err(error::invalid_parameter_value(other, "addressFamily")),
    };
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::PREFIX_LIST.resource_type])?;
    let mut list = PrefixList {
        id: ctx.fresh_id("pl")?,
        name: input.prefix_list_name.clone(),
        ipv6,
        max_entries: input.max_entries,
        last: "create".to_owned(),
        versions: vec![Version { number: 1, entries: Vec::new() }],
    };
    let entries = changed(&list, input.entries.as_deref().unwrap_or_default(), &[])?;
    check_size(entries.len(), list.max_entries)?;
    list.versions = vec![Version { number: 1, entries }];
    ctx.put::<PrefixLists>(ctx.scope().key(&list.id), list.clone())?;
    tag::apply(ctx, specifications, kinds::PREFIX_LIST.resource_type, &list.id)?;
    once.keep(ctx, &list.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateManagedPrefixListResult { prefix_list: Some(in_progress(ctx, &list)) })
}

/// As the answer to a change has it; descriptions show it done.
fn in_progress(ctx: &Ctx<'_>, list: &PrefixList) -> ec2::ManagedPrefixList {
    ec2::ManagedPrefixList {
        state: Some(format!("{}-in-progress", list.last)),
        ..PrefixLists::view(ctx, list)
    }
}

/// A list of the account's own.
fn own(ctx: &Ctx<'_>, id: &str) -> Result<PrefixList> {
    let list = find(ctx, id)?;
    if amazon::is_amazons(&list) {
        let message = format!("The prefix list {id} is owned by AWS and cannot be changed.");
        return Err(Error::client("UnauthorizedOperation", message));
    }
    Ok(list)
}

fn check_version(list: &PrefixList, given: i64) -> Result<()> {
    if list.newest().number != given {
        let message = format!(
            "The prefix list has the incorrect version number. Current version is {}, and the specified version is {given}.",
            list.newest().number
        );
        return Err(Error::client("PrefixListVersionMismatch", message));
    }
    Ok(())
}

fn modify_managed_prefix_list(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyManagedPrefixListRequest,
) -> Result<ec2::ModifyManagedPrefixListResult> {
    let mut list = own(ctx, &input.prefix_list_id)?;
    let add = input.add_entries.as_deref().unwrap_or_default();
    let remove = input.remove_entries.as_deref().unwrap_or_default();
    let changes_entries = !add.is_empty() || !remove.is_empty();
    if changes_entries && input.max_entries.is_some() {
        let message = "You cannot modify the entries of a prefix list and modify the size of a prefix list at the same time.";
        return Err(error::invalid_combination(message));
    }
    if let Some(version) = input.current_version {
        check_version(&list, version)?;
    } else if changes_entries {
        return Err(error::missing_parameter("CurrentVersion"));
    }
    if let Some(name) = &input.prefix_list_name {
        check_name(name)?;
        list.name.clone_from(name);
    }
    if let Some(most) = input.max_entries {
        check_max(most)?;
        check_size(list.newest().entries.len(), most)?;
        list.max_entries = most;
    }
    if changes_entries {
        let entries = changed(&list, add, remove)?;
        check_size(entries.len(), list.max_entries)?;
        list.push(entries);
    }
    "modify".clone_into(&mut list.last);
    ctx.put::<PrefixLists>(ctx.scope().key(&list.id), list.clone())?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::ModifyManagedPrefixListResult { prefix_list: Some(in_progress(ctx, &list)) })
}

fn restore_managed_prefix_list_version(
    ctx: &mut Ctx<'_>,
    input: &ec2::RestoreManagedPrefixListVersionRequest,
) -> Result<ec2::RestoreManagedPrefixListVersionResult> {
    let mut list = own(ctx, &input.prefix_list_id)?;
    check_version(&list, input.current_version)?;
    let Some(earlier) = list.versions.iter().find(|version| version.number == input.previous_version) else {
        let message =
            format!("The version {} of prefix list {} does not exist.", input.previous_version, list.id);
        return Err(error::invalid_value(message));
    };
    let entries = earlier.entries.clone();
    check_size(entries.len(), list.max_entries)?;
    list.push(entries);
    "restore".clone_into(&mut list.last);
    ctx.put::<PrefixLists>(ctx.scope().key(&list.id), list.clone())?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::RestoreManagedPrefixListVersionResult { prefix_list: Some(in_progress(ctx, &list)) })
}

fn delete_managed_prefix_list(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeleteManagedPrefixListRequest,
) -> Result<ec2::DeleteManagedPrefixListResult> {
    let mut list = own(ctx, &input.prefix_list_id)?;
    if !entries::users(ctx, &list.id).is_empty() {
        return Err(error::has_dependencies("prefixList", &list.id));
    }
    "delete".clone_into(&mut list.last);
    let shown = in_progress(ctx, &list);
    ctx.delete::<PrefixLists>(&ctx.scope().key(&list.id))?;
    tag::remove_all(ctx, &list.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DeleteManagedPrefixListResult { prefix_list: Some(shown) })
}

//! What is in a prefix list, and who uses it: GetManagedPrefixListEntries, GetManagedPrefixListAssociations.

use std::collections::BTreeSet;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::find;
use crate::page::Window;
use crate::route_table::{Destination, RouteTables};
use crate::{error, resource, security_group};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<ec2::GetManagedPrefixListEntries>(get_managed_prefix_list_entries)
        .read::<ec2::GetManagedPrefixListAssociations>(get_managed_prefix_list_associations)
}

fn get_managed_prefix_list_entries(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetManagedPrefixListEntriesRequest,
) -> Result<ec2::GetManagedPrefixListEntriesResult> {
    error::dry_run(input.dry_run)?;
    let list = find(ctx, &input.prefix_list_id)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=100)?;
    let version = match input.target_version {
        None => list.newest(),
        Some(number) => list.versions.iter().find(|version| version.number == number).ok_or_else(|| {
            error::invalid_value(format!("The version {number} of prefix list {} does not exist.", list.id))
        })?,
    };
    let mut entries = version.entries.clone();
    entries.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    let page = window.list(entries.into_iter(), |(block, _)| block);
    let shown = |(cidr, description)| ec2::PrefixListEntry { cidr: Some(cidr), description };
    Ok(ec2::GetManagedPrefixListEntriesResult {
        entries: Some(page.items.into_iter().map(shown).collect()),
        next_token: page.next,
    })
}

/// Ids of what uses a list: route tables and security groups.
pub(super) fn users(ctx: &Ctx<'_>, id: &str) -> BTreeSet<String> {
    let destination = Destination::PrefixList(id.to_owned());
    let tables = resource::all::<RouteTables>(ctx)
        .filter(|table| table.routes.iter().any(|route| route.destination == destination));
    tables.map(|table| table.id.clone()).chain(security_group::using_prefix_list(ctx, id)).collect()
}

fn get_managed_prefix_list_associations(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetManagedPrefixListAssociationsRequest,
) -> Result<ec2::GetManagedPrefixListAssociationsResult> {
    error::dry_run(input.dry_run)?;
    let list = find(ctx, &input.prefix_list_id)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 5..=255)?;
    let page = window.list(users(ctx, &list.id).into_iter(), |id| id);
    let owner = ctx.scope().account.to_string();
    let shown =
        |id| ec2::PrefixListAssociation { resource_id: Some(id), resource_owner: Some(owner.clone()) };
    Ok(ec2::GetManagedPrefixListAssociationsResult {
        prefix_list_associations: Some(page.items.into_iter().map(shown).collect()),
        next_token: page.next,
    })
}

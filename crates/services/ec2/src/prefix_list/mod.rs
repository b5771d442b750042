//! Managed prefix lists: the account's own, and those of AWS services.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::{Filters, Test};
use crate::page::Window;
use crate::resource::{self, Kind, Resource};
use crate::{error, kinds, tag};

mod amazon;
mod change;
mod entries;

pub use amazon::of_service;

/// All prefix lists of accounts.
pub struct PrefixLists;

impl Table for PrefixLists {
    const NAME: &'static str = "ec2.prefix-lists";
    type Record = PrefixList;
}

/// A prefix list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixList {
    /// `pl-…`
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether its entries are blocks of IPv6 addresses.
    pub ipv6: bool,
    /// How many entries it may have.
    pub max_entries: i32,
    /// What was done to it last: `create`, `modify`, `restore`.
    pub last: String,
    /// Its versions so far, the newest last; the oldest are forgotten.
    pub versions: Vec<Version>,
}

/// A version of a prefix list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// From 1.
    pub number: i64,
    /// Blocks and what the caller said of them.
    pub entries: Vec<(String, Option<String>)>,
}

/// Versions that are kept of one list, so that memory stays bounded; AWS names no limit.
const MAX_VERSIONS: usize = 100;

impl PrefixList {
    /// The newest version.
    pub fn newest(&self) -> &Version {
        self.versions.last().expect("a list has a version from the start")
    }

    fn family(&self) -> &'static str {
        if self.ipv6 { "IPv6" } else { "IPv4" }
    }

    /// Adds a version.
    fn push(&mut self, entries: Vec<(String, Option<String>)>) {
        let number = self.newest().number + 1;
        self.versions.push(Version { number, entries });
        if self.versions.len() > MAX_VERSIONS {
            self.versions.remove(0);
        }
    }
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<PrefixLists>()
        .read::<ec2::DescribeManagedPrefixLists>(describe_managed_prefix_lists)
        .read::<ec2::DescribePrefixLists>(amazon::describe_prefix_lists);
    entries::register(change::register(definition))
}

/// Checks that there is a list of that id.
///
/// # Errors
/// `InvalidPrefixListID.NotFound`.
pub fn check(ctx: &Ctx<'_>, id: &str) -> Result<()> {
    find(ctx, id).map(drop)
}

/// The list of that id, the account's or AWS's.
fn find(ctx: &Ctx<'_>, id: &str) -> Result<PrefixList> {
    if let Some(list) = ctx.peek::<PrefixLists>(&ctx.scope().key(id)) {
        return Ok(list.clone());
    }
    if let Some(list) = amazon::all(ctx).into_iter().find(|list| list.id == id) {
        return Ok(list);
    }
    kinds::PREFIX_LIST.check(id)?;
    Err(kinds::PREFIX_LIST.not_found(id))
}

impl Resource for PrefixLists {
    const KIND: Kind = kinds::PREFIX_LIST;
    const FILTERS: &'static [&'static str] = &["owner-id", "prefix-list-id", "prefix-list-name"];
    type View = ec2::ManagedPrefixList;

    fn id(list: &PrefixList) -> &str {
        &list.id
    }

    fn has(ctx: &Ctx<'_>, list: &PrefixList, name: &str, test: Test<'_>) -> bool {
        match name {
            "owner-id" => test(&owner(ctx, list)),
            "prefix-list-id" => test(&list.id),
            "prefix-list-name" => test(&list.name),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, list: &PrefixList) -> ec2::ManagedPrefixList {
        let own = !amazon::is_amazons(list);
        let arn = match own {
            true => ctx.arn("ec2", &format!("prefix-list/{}", list.id)),
            false => {
                format!("arn:{}:ec2:{}:aws:prefix-list/{}", ctx.region().partition(), ctx.region(), list.id)
            }
        };
        ec2::ManagedPrefixList {
            prefix_list_id: Some(list.id.clone()),
            address_family: Some(list.family().to_owned()),
            state: Some(format!("{}-complete", list.last)),
            prefix_list_arn: Some(arn),
            prefix_list_name: Some(list.name.clone()),
            // Of AWS's lists, neither size nor version is shown.
            max_entries: own.then_some(list.max_entries),
            version: own.then(|| list.newest().number),
            tags: Some(tag::of(ctx, &list.id).unwrap_or_default()),
            owner_id: Some(owner(ctx, list)),
            ..Default::default()
        }
    }
}

fn owner(ctx: &Ctx<'_>, list: &PrefixList) -> String {
    if amazon::is_amazons(list) { "AWS".to_owned() } else { ctx.scope().account.to_string() }
}

fn describe_managed_prefix_lists(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeManagedPrefixListsRequest,
) -> Result<ec2::DescribeManagedPrefixListsResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), PrefixLists::FILTERS, true)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=100)?;
    let mut lists: Vec<PrefixList> = match input.prefix_list_ids.as_deref().filter(|ids| !ids.is_empty()) {
        Some(ids) => ids.iter().map(|id| find(ctx, id)).collect::<Result<_>>()?,
        None => amazon::all(ctx).into_iter().chain(resource::all::<PrefixLists>(ctx).cloned()).collect(),
    };
    lists.retain(|list| filters.pass(ctx, &list.id, |name, test| PrefixLists::has(ctx, list, name, test)));
    lists.sort_unstable_by(|left, right| left.id.cmp(&right.id));
    lists.dedup_by(|left, right| left.id == right.id);
    let page = window.list(lists.into_iter(), |list| &list.id);
    Ok(ec2::DescribeManagedPrefixListsResult {
        prefix_lists: Some(page.items.iter().map(|list| PrefixLists::view(ctx, list)).collect()),
        next_token: page.next,
    })
}

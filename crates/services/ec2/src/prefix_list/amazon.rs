//! The prefix lists of AWS services, which every account sees.
//!
//! Names are AWS's. Ids are drawn from the seed by Region and name. The blocks in them are those that RFC 5737 and
//! RFC 3849 keep for documentation: no service of this world has addresses, and nobody who uses these reaches a
//! stranger's machine.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

use super::{PrefixList, Version};
use crate::filter::Filters;
use crate::page::Window;
use crate::{error, kinds};

/// Services of the Region with such a list: name, block.
const REGIONAL: [(&str, &str); 2] = [("s3", "198.51.100.0/25"), ("dynamodb", "198.51.100.128/25")];
/// Further lists of the Region and those of all Regions: name without `com.amazonaws.`, block. `{region}` stands for the
/// Region.
const OTHERS: [(&str, &str); 6] = [
    ("{region}.ec2-instance-connect", "203.0.113.0/29"),
    ("{region}.vpc-lattice", "169.254.171.0/24"),
    ("{region}.route53-healthchecks", "203.0.113.64/26"),
    ("{region}.ipv6.ec2-instance-connect", "2001:db8:ffff:1::/64"),
    ("global.cloudfront.origin-facing", "203.0.113.128/26"),
    ("global.ipv6.cloudfront.origin-facing", "2001:db8:ffff::/64"),
];

/// What the names of these lists begin with.
pub(super) const PREFIX: &str = "com.amazonaws.";

fn list(ctx: &Ctx<'_>, name: String, block: &str) -> PrefixList {
    let seed = ctx.seed().child("ec2.prefix-list").child(ctx.region().code()).child(&name);
    PrefixList {
        // The old, short form of ids, which these have on AWS too.
        id: format!("pl-{:08x}", seed.bits() >> 32),
        ipv6: block.contains(':'),
        name,
        max_entries: 1,
        last: "create".to_owned(),
        versions: vec![Version { number: 1, entries: vec![(block.to_owned(), None)] }],
    }
}

/// All of them in the call's Region.
pub(super) fn all(ctx: &Ctx<'_>) -> Vec<PrefixList> {
    let region = ctx.region().code();
    let regional = REGIONAL.iter().map(|(service, block)| (format!("{PREFIX}{region}.{service}"), *block));
    let others =
        OTHERS.iter().map(|(name, block)| (format!("{PREFIX}{}", name.replace("{region}", region)), *block));
    regional.chain(others).map(|(name, block)| list(ctx, name, block)).collect()
}

/// Whether a list is one of these.
pub(super) fn is_amazons(list: &PrefixList) -> bool {
    list.name.starts_with(PREFIX)
}

/// The list of a service that has gateway endpoints, by the service's name: `com.amazonaws.us-east-1.s3`.
pub fn of_service(ctx: &Ctx<'_>, service_name: &str) -> Option<PrefixList> {
    all(ctx).into_iter().find(|list| list.name == service_name)
}

/// DescribePrefixLists knows only the lists of services with gateway endpoints.
pub(super) fn describe_prefix_lists(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribePrefixListsRequest,
) -> Result<ec2::DescribePrefixListsResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), &["prefix-list-id", "prefix-list-name"], false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    let mut lists = all(ctx);
    lists.truncate(REGIONAL.len());
    if let Some(ids) = input.prefix_list_ids.as_deref().filter(|ids| !ids.is_empty()) {
        if let Some(unknown) = ids.iter().find(|id| !lists.iter().any(|list| list.id == **id)) {
            return Err(kinds::PREFIX_LIST.not_found(unknown));
        }
        lists.retain(|list| ids.contains(&list.id));
    }
    lists.retain(|list| {
        filters.pass_untagged(|name, test| match name {
            "prefix-list-id" => test(&list.id),
            _ => test(&list.name),
        })
    });
    lists.sort_unstable_by(|left, right| left.id.cmp(&right.id));
    let page = window.list(lists.into_iter(), |list| &list.id);
    let shown = |list: &PrefixList| ec2::PrefixList {
        cidrs: Some(list.newest().entries.iter().map(|(block, _)| block.clone()).collect()),
        prefix_list_id: Some(list.id.clone()),
        prefix_list_name: Some(list.name.clone()),
    };
    Ok(ec2::DescribePrefixListsResult {
        prefix_lists: Some(page.items.iter().map(shown).collect()),
        next_token: page.next,
    })
}

//! ClassicLink, which ended with EC2-Classic: no VPC has it, and tools still ask.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

use super::{Vpc, Vpcs};
use crate::filter::Filters;
use crate::page::{USUAL, Window};
use crate::{error, resource, tag};

pub(super) fn describe_vpc_classic_link(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeVpcClassicLinkRequest,
) -> Result<ec2::DescribeVpcClassicLinkResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), &["is-classic-link-enabled"], true)?;
    let vpcs = chosen(ctx, input.vpc_ids.as_deref())?;
    let passing = vpcs.into_iter().filter(|vpc| filters.pass(ctx, &vpc.id, |_, test| test("false")));
    let shown = passing.map(|vpc| ec2::VpcClassicLink {
        classic_link_enabled: Some(false),
        tags: tag::of(ctx, &vpc.id),
        vpc_id: Some(vpc.id.clone()),
    });
    Ok(ec2::DescribeVpcClassicLinkResult { vpcs: Some(shown.collect()) })
}

pub(super) fn describe_vpc_classic_link_dns_support(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeVpcClassicLinkDnsSupportRequest,
) -> Result<ec2::DescribeVpcClassicLinkDnsSupportResult> {
    let window = Window::read(input.max_results, input.next_token.as_deref(), USUAL)?;
    let vpcs = chosen(ctx, input.vpc_ids.as_deref())?;
    let page = window.list(vpcs.into_iter(), |vpc| &vpc.id);
    let shown = page.items.iter().map(|vpc| ec2::ClassicLinkDnsSupport {
        classic_link_dns_supported: Some(false),
        vpc_id: Some(vpc.id.clone()),
    });
    Ok(ec2::DescribeVpcClassicLinkDnsSupportResult { vpcs: Some(shown.collect()), next_token: page.next })
}

fn chosen<'t>(ctx: &'t Ctx<'_>, ids: Option<&[String]>) -> Result<Vec<&'t Vpc>> {
    let mut vpcs = match ids.filter(|ids| !ids.is_empty()) {
        Some(ids) => resource::named::<Vpcs>(ctx, ids)?,
        None => resource::all::<Vpcs>(ctx).collect(),
    };
    vpcs.sort_unstable_by(|left, right| left.id.cmp(&right.id));
    Ok(vpcs)
}

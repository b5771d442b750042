//! Sets of DHCP options. An account has one in each Region; there is no operation here to make more.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::Test;
use crate::resource::{self, Ask, Kind, Resource};
use crate::{error, kinds, tag};

/// All sets of DHCP options.
pub struct DhcpOptionSets;

impl Table for DhcpOptionSets {
    const NAME: &'static str = "ec2.dhcp-options";
    type Record = DhcpOptions;
}

/// A set of DHCP options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DhcpOptions {
    /// `dopt-…`
    pub id: String,
    /// The options: key, values.
    pub options: Vec<(String, Vec<String>)>,
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<DhcpOptionSets>().read::<ec2::DescribeDhcpOptions>(describe_dhcp_options)
}

impl Resource for DhcpOptionSets {
    const KIND: Kind = kinds::DHCP_OPTIONS;
    const FILTERS: &'static [&'static str] = &["dhcp-options-id", "key", "owner-id", "value"];
    type View = ec2::DhcpOptions;

    fn id(set: &DhcpOptions) -> &str {
        &set.id
    }

    fn has(ctx: &Ctx<'_>, set: &DhcpOptions, name: &str, test: Test<'_>) -> bool {
        match name {
            "dhcp-options-id" => test(&set.id),
            "key" => set.options.iter().any(|(key, _)| test(key)),
            "owner-id" => test(&ctx.scope().account.to_string()),
            "value" => set.options.iter().flat_map(|(_, values)| values).any(|value| test(value)),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, set: &DhcpOptions) -> ec2::DhcpOptions {
        let value = |value: &String| ec2::AttributeValue { value: Some(value.clone()) };
        let option = |(key, values): &(String, Vec<String>)| ec2::DhcpConfiguration {
            key: Some(key.clone()),
            values: Some(values.iter().map(value).collect()),
        };
        ec2::DhcpOptions {
            owner_id: Some(ctx.scope().account.to_string()),
            tags: tag::of(ctx, &set.id),
            dhcp_options_id: Some(set.id.clone()),
            dhcp_configurations: Some(set.options.iter().map(option).collect()),
        }
    }
}

/// Id of the account's set in the call's Region, made now if there is none.
pub(crate) fn default_id(ctx: &mut Ctx<'_>) -> Result<String> {
    if let Some(set) = resource::all::<DhcpOptionSets>(ctx).next() {
        return Ok(set.id.clone());
    }
    let domain = match ctx.region().code() {
        "us-east-1" => "ec2.internal".to_owned(),
        region => format!("{region}.compute.internal"),
    };
    let set = DhcpOptions {
        id: ctx.fresh_id("dopt")?,
        options: vec![
            ("domain-name".to_owned(), vec![domain]),
            ("domain-name-servers".to_owned(), vec!["AmazonProvidedDNS".to_owned()]),
        ],
    };
    let id = set.id.clone();
    ctx.put::<DhcpOptionSets>(ctx.scope().key(&id), set)?;
    tag::apply(ctx, None, kinds::DHCP_OPTIONS.resource_type, &id)?;
    Ok(id)
}

fn describe_dhcp_options(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeDhcpOptionsRequest,
) -> Result<ec2::DescribeDhcpOptionsResult> {
    error::dry_run(input.dry_run)?;
    let page = resource::describe::<DhcpOptionSets>(
        ctx,
        &Ask {
            ids: input.dhcp_options_ids.as_deref(),
            filters: input.filters.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeDhcpOptionsResult { dhcp_options: Some(page.items), next_token: page.next })
}

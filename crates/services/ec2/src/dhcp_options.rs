//! Sets of DHCP options: the one that an account has in each Region from the start, and others.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::Test;
use crate::resource::{self, Ask, Kind, Resource};
use crate::vpc::Vpcs;
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
    /// Whether the account has it from the start.
    pub is_default: bool,
    /// The options: key, values.
    pub options: Vec<(String, Vec<String>)>,
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<DhcpOptionSets>()
        .read::<ec2::DescribeDhcpOptions>(describe_dhcp_options)
        .write::<ec2::CreateDhcpOptions>(create_dhcp_options)
        .write::<ec2::DeleteDhcpOptions>(delete_dhcp_options)
        .write::<ec2::AssociateDhcpOptions>(associate_dhcp_options)
        // No guest runs that would ask for them.
        .records::<ec2::AssociateDhcpOptions>(&["DhcpOptionsId"])
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
    if let Some(set) = resource::all::<DhcpOptionSets>(ctx).find(|set| set.is_default) {
        return Ok(set.id.clone());
    }
    let domain = match ctx.region().code() {
        "us-east-1" => "ec2.internal".to_owned(),
        region => format!("{region}.compute.internal"),
    };
    let set = DhcpOptions {
        id: ctx.fresh_id("dopt")?,
        is_default: true,
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

/// What a request calls no options at all.
const NONE: &str = "default";

/// The options there are, and how many values each takes. Source: the API reference of CreateDhcpOptions.
const OPTIONS: [(&str, usize); 6] = [
    ("domain-name", 1),
    ("domain-name-servers", 4),
    ("ipv6-address-preferred-lease-time", 1),
    ("netbios-name-servers", 4),
    ("netbios-node-type", 1),
    ("ntp-servers", 4),
];

/// The options of a request, checked.
fn options(given: &[ec2::NewDhcpConfiguration]) -> Result<Vec<(String, Vec<String>)>> {
    let mut options: Vec<(String, Vec<String>)> = Vec::new();
    for option in given {
        let key = option.key.clone().unwrap_or_default();
        let values = option.values.clone().unwrap_or_default();
        let Some((_, most)) = OPTIONS.iter().find(|(name, _)| *name == key) else {
            let reason = "Unknown DHCP option";
            return Err(error::invalid_parameter_value_because(&key, "option", reason));
        };
        if options.iter().any(|(other, _)| *other == key) {
            return Err(error::invalid_value(format!("The DHCP option {key} is given twice")));
        }
        if values.is_empty() || values.len() > *most {
            let message = format!("The DHCP option {key} takes 1 to {most} values");
            return Err(error::invalid_value(message));
        }
        if key == "netbios-node-type" && !["1", "2", "4", "8"].contains(&values[0].as_str()) {
            let reason = "Must be one of 1, 2, 4, or 8.";
            return Err(error::invalid_parameter_value_because(&values[0], "netbios-node-type", reason));
        }
        options.push((key, values));
    }
    if options.is_empty() {
        return Err(error::missing_parameter("dhcpConfiguration"));
    }
    Ok(options)
}

fn create_dhcp_options(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateDhcpOptionsRequest,
) -> Result<ec2::CreateDhcpOptionsResult> {
    let options = options(&input.dhcp_configurations)?;
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::DHCP_OPTIONS.resource_type])?;
    let set = DhcpOptions { id: ctx.fresh_id("dopt")?, is_default: false, options };
    ctx.put::<DhcpOptionSets>(ctx.scope().key(&set.id), set.clone())?;
    tag::apply(ctx, specifications, kinds::DHCP_OPTIONS.resource_type, &set.id)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateDhcpOptionsResult { dhcp_options: Some(DhcpOptionSets::view(ctx, &set)) })
}

fn delete_dhcp_options(ctx: &mut Ctx<'_>, input: &ec2::DeleteDhcpOptionsRequest) -> Result<Empty> {
    let id = resource::find::<DhcpOptionSets>(ctx, &input.dhcp_options_id)?.id.clone();
    if resource::all::<Vpcs>(ctx).any(|vpc| vpc.dhcp_options_id == id) {
        return Err(error::has_dependencies("dhcpOptions", &id));
    }
    ctx.delete::<DhcpOptionSets>(&ctx.scope().key(&id))?;
    tag::remove_all(ctx, &id)?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

fn associate_dhcp_options(ctx: &mut Ctx<'_>, input: &ec2::AssociateDhcpOptionsRequest) -> Result<Empty> {
    if input.dhcp_options_id != NONE {
        resource::find::<DhcpOptionSets>(ctx, &input.dhcp_options_id)?;
    }
    let vpc_id = resource::find::<Vpcs>(ctx, &input.vpc_id)?.id.clone();
    resource::change::<Vpcs>(ctx, &vpc_id, |vpc| vpc.dhcp_options_id.clone_from(&input.dhcp_options_id))?;
    error::dry_run(input.dry_run)?;
    Ok(Empty {})
}

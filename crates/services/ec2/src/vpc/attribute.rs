//! What can be changed of a VPC: DescribeVpcAttribute, ModifyVpcAttribute, ModifyVpcTenancy.

use ironbird_api::{Empty, ec2};
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::Vpcs;
use crate::{error, resource};

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<ec2::DescribeVpcAttribute>(describe_vpc_attribute)
        .write::<ec2::ModifyVpcAttribute>(modify_vpc_attribute)
        // There is no DNS server and no metric that could differ.
        .records::<ec2::ModifyVpcAttribute>(&["EnableDnsSupport", "EnableNetworkAddressUsageMetrics"])
        .write::<ec2::ModifyVpcTenancy>(modify_vpc_tenancy)
}

fn describe_vpc_attribute(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeVpcAttributeRequest,
) -> Result<ec2::DescribeVpcAttributeResult> {
    error::dry_run(input.dry_run)?;
    let vpc = resource::find::<Vpcs>(ctx, &input.vpc_id)?;
    let shown = |value| Some(ec2::AttributeBooleanValue { value: Some(value) });
    let mut result = ec2::DescribeVpcAttributeResult { vpc_id: Some(vpc.id.clone()), ..Default::default() };
    match input.attribute.as_str() {
        "enableDnsSupport" => result.enable_dns_support = shown(vpc.dns_support),
        "enableDnsHostnames" => result.enable_dns_hostnames = shown(vpc.dns_hostnames),
        "enableNetworkAddressUsageMetrics" => {
            result.enable_network_address_usage_metrics = shown(vpc.usage_metrics);
        }
        other => return Err(error::invalid_parameter_value(other, "attribute")),
    }
    Ok(result)
}

fn modify_vpc_attribute(ctx: &mut Ctx<'_>, input: &ec2::ModifyVpcAttributeRequest) -> Result<Empty> {
    let given = |value: &Option<ec2::AttributeBooleanValue>| value.as_ref().and_then(|value| value.value);
    let support = given(&input.enable_dns_support);
    let hostnames = given(&input.enable_dns_hostnames);
    let metrics = given(&input.enable_network_address_usage_metrics);
    let count = [support, hostnames, metrics].iter().flatten().count();
    if count != 1 {
        return Err(error::invalid_combination(format!("Exactly one attribute must be given, not {count}")));
    }
    let vpc = resource::find::<Vpcs>(ctx, &input.vpc_id)?;
    if hostnames == Some(true) && !vpc.dns_support {
        let message = "The vpc does not have DNS support enabled: enableDnsHostnames needs enableDnsSupport";
        return Err(error::invalid_combination(message));
    }
    resource::change::<Vpcs>(ctx, &input.vpc_id, |vpc| {
        vpc.dns_support = support.unwrap_or(vpc.dns_support);
        vpc.dns_hostnames = hostnames.unwrap_or(vpc.dns_hostnames);
        vpc.usage_metrics = metrics.unwrap_or(vpc.usage_metrics);
    })?;
    Ok(Empty {})
}

fn modify_vpc_tenancy(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyVpcTenancyRequest,
) -> Result<ec2::ModifyVpcTenancyResult> {
    let id = resource::find::<Vpcs>(ctx, &input.vpc_id)?.id.clone();
    if input.instance_tenancy != "default" {
        // A VPC cannot be made dedicated after the fact, on AWS neither.
        let message = format!("The tenancy value {} is not supported.", input.instance_tenancy);
        return Err(Error::client("UnsupportedTenancy", message));
    }
    resource::change::<Vpcs>(ctx, &id, |vpc| "default".clone_into(&mut vpc.tenancy))?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::ModifyVpcTenancyResult { return_value: Some(true) })
}

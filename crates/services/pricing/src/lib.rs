//! Price List: what the rig charges for, in the shape of AWS's price list. The figures and usage types are those that the
//! meters count with, so a product's price times what was used is what the bill says.
//!
//! A product whose price is not known here is not in the list: dedicated tenancy, and of networks and storage all Regions
//! but us-east-1. Prices that are estimates are listed as they are charged. Spot prices are no part of a price list.

mod catalogue;
mod filter;
mod get_products;
mod metadata;
mod product;

use ironbird_api::pricing as api;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    ServiceDef::new("pricing")
        .read::<api::DescribeServices>(metadata::describe_services)
        .read::<api::GetAttributeValues>(metadata::get_attribute_values)
        .read::<api::GetProducts>(get_products::get_products)
}

/// Where AWS answers. Source: "AWS Price List endpoints" in the AWS General Reference.
const ENDPOINTS: [&str; 3] = ["ap-south-1", "eu-central-1", "us-east-1"];

/// The one format there is.
const FORMAT: &str = "aws_v1";

/// Refuses calls where AWS has no endpoint, and formats there are not.
fn check(ctx: &Ctx<'_>, format: Option<&str>) -> Result<()> {
    let region = ctx.region().code();
    if !ENDPOINTS.contains(&region) {
        let reason = format!("AWS answers for prices in {} only", ENDPOINTS.join(", "));
        return Err(Ctx::unsupported(&format!("Price List in {region}"), &reason));
    }
    match format {
        None | Some(FORMAT) => Ok(()),
        Some(other) => Err(invalid(format!("Format version {other} is invalid. Valid values: [{FORMAT}]"))),
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::client("InvalidParameterException", message)
}

fn bad_token() -> Error {
    Error::client("InvalidNextTokenException", "The pagination token is invalid.")
}

/// How many a page holds, of 1 to 100.
fn page_size(given: Option<i32>) -> usize {
    given.and_then(|given| usize::try_from(given).ok()).unwrap_or(100)
}

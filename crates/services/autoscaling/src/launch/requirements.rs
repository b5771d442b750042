//! Attribute-based selection: the types that fit requirements, as EC2 lists them, and those of them that price
//! protection leaves. EC2's list is without it.

use std::collections::BTreeSet;

use ironbird_api::{autoscaling as api, ec2};
use ironbird_rig::catalogue::instance_types;
use ironbird_rig::catalogue::protection::{self, PriceBasis, Priced, Purchase, Thresholds};
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Result};
use serde_json::Value;

use super::PRINCIPAL;
use super::template::Template;

/// Requirements in a group's override.
const OVERRIDE: Place = Place::input(
    "autoscaling",
    "CreateAutoScalingGroup",
    &["MixedInstancesPolicy", "LaunchTemplate", "Overrides", "InstanceRequirements"],
);

/// Requirements in a launch template.
const TEMPLATE: Place = Place::output(
    "ec2",
    "DescribeLaunchTemplateVersions",
    &["LaunchTemplateVersions", "LaunchTemplateData", "InstanceRequirements"],
);

/// Requirements as EC2 takes them.
const REQUEST: Place =
    Place::input("ec2", "GetInstanceTypesFromInstanceRequirements", &["InstanceRequirements"]);

/// A type that fits requirements, and for which purchase options it is not too dear.
#[derive(Debug)]
pub(crate) struct Fitting {
    pub(crate) instance_type: String,
    pub(crate) on_demand: bool,
    pub(crate) spot: bool,
}

/// The types that fit an override's requirements.
///
/// # Errors
/// EC2's own.
pub(crate) fn types_of_override(
    ctx: &mut Ctx<'_>,
    requirements: &api::InstanceRequirements,
    template: &Template,
    image_id: Option<&str>,
    basis: PriceBasis,
) -> Result<Vec<Fitting>> {
    let document = document::write(OVERRIDE, requirements)?;
    types(ctx, &document, template, image_id, basis)
}

/// The types that fit a launch template's own requirements.
///
/// # Errors
/// EC2's own.
pub(crate) fn types_of_template(
    ctx: &mut Ctx<'_>,
    requirements: &ec2::InstanceRequirements,
    template: &Template,
    basis: PriceBasis,
) -> Result<Vec<Fitting>> {
    let document = document::write(TEMPLATE, requirements)?;
    types(ctx, &document, template, None, basis)
}

fn types(
    ctx: &mut Ctx<'_>,
    requirements: &Value,
    template: &Template,
    image_id: Option<&str>,
    basis: PriceBasis,
) -> Result<Vec<Fitting>> {
    let image_id = image_id.or(template.data.image_id.as_deref());
    let (architecture, virtualization) = image(ctx, image_id)?;
    let mut input = ec2::GetInstanceTypesFromInstanceRequirementsRequest {
        architecture_types: vec![architecture],
        virtualization_types: vec![virtualization],
        instance_requirements: document::read(REQUEST, requirements)?,
        ..Default::default()
    };
    let mut found = Vec::new();
    loop {
        let answer = ctx.call::<ec2::GetInstanceTypesFromInstanceRequirements>(PRINCIPAL, &input)?;
        let listed = answer.instance_types.into_iter().flatten();
        found.extend(listed.filter_map(|entry| entry.instance_type));
        input.next_token = answer.next_token.filter(|token| !token.is_empty());
        if input.next_token.is_none() {
            let thresholds = thresholds(&input.instance_requirements);
            return Ok(protected(ctx.region().code(), &thresholds, basis, found));
        }
    }
}

fn thresholds(requirements: &ec2::InstanceRequirementsRequest) -> Thresholds {
    Thresholds {
        on_demand_over_lowest: requirements.on_demand_max_price_percentage_over_lowest_price.map(i64::from),
        spot_over_lowest: requirements.spot_max_price_percentage_over_lowest_price.map(i64::from),
        spot_of_on_demand: requirements
            .max_spot_price_as_percentage_of_optimal_on_demand_price
            .map(i64::from),
    }
}

/// For each type, whether price protection leaves it for either purchase option; types that it leaves for none are out.
fn protected(region: &str, thresholds: &Thresholds, basis: PriceBasis, types: Vec<String>) -> Vec<Fitting> {
    let known = types.iter().filter_map(|name| instance_types::get(name));
    let priced: Vec<Priced> = known.map(|entry| Priced::usually(region, entry)).collect();
    let kept = |purchase| -> BTreeSet<&str> {
        let kept = protection::protect(thresholds, purchase, basis, &priced).kept;
        kept.into_iter().map(|priced| priced.instance_type.name).collect()
    };
    let (on_demand, spot) = (kept(Purchase::OnDemand), kept(Purchase::Spot));
    let fitting = types.into_iter().map(|name| Fitting {
        on_demand: on_demand.contains(name.as_str()),
        spot: spot.contains(name.as_str()),
        instance_type: name,
    });
    fitting.filter(|fitting| fitting.on_demand || fitting.spot).collect()
}

/// Architecture and virtualization of an image; those of most images where the template names none.
fn image(ctx: &mut Ctx<'_>, image_id: Option<&str>) -> Result<(String, String)> {
    let usual = || ("x86_64".to_owned(), "hvm".to_owned());
    let Some(image_id) = image_id.filter(|id| id.starts_with("ami-")) else { return Ok(usual()) };
    let input =
        ec2::DescribeImagesRequest { image_ids: Some(vec![image_id.to_owned()]), ..Default::default() };
    let answer = ctx.call::<ec2::DescribeImages>(PRINCIPAL, &input)?;
    let Some(image) = answer.images.into_iter().flatten().next() else { return Ok(usual()) };
    let (architecture, virtualization) = usual();
    Ok((image.architecture.unwrap_or(architecture), image.virtualization_type.unwrap_or(virtualization)))
}

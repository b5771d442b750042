//! What takes the place of a list of types, and of a price protection that leaves few.

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::requirements::{self, Needs, PROTECTION_PERCENT};
use ironbird_cloud::{Cloud, read};
use ironbird_rig::catalogue::protection::Purchase;

use crate::subject::{Subject, Wanted};

/// What the types have in common, as attributes, and what has them; none where that says too little.
///
/// # Errors
/// What the service answers.
pub async fn instead<C: Cloud>(cloud: &C, named: &[String]) -> Result<Option<(Needs, Wanted)>, CallError> {
    let infos = described(cloud, named).await?;
    let needs: Option<Vec<Needs>> = infos.iter().map(Needs::of).collect();
    let Some(common) = needs.and_then(|needs| Needs::common(&needs)) else { return Ok(None) };
    let request = requirements::of_group(&common.for_group());
    let wanted = Wanted::preview(cloud, common.architecture.clone(), request).await?;
    Ok(Some((common, wanted)))
}

/// The figures of types.
///
/// # Errors
/// What the service answers.
pub async fn described<C: Cloud>(
    cloud: &C,
    names: &[String],
) -> Result<Vec<ec2::InstanceTypeInfo>, CallError> {
    let mut infos = Vec::new();
    // The operation takes a hundred names at once.
    for part in names.chunks(100) {
        let input =
            ec2::DescribeInstanceTypesRequest { instance_types: Some(part.to_vec()), ..Default::default() };
        infos.extend(read::instance_types(cloud, input).await?);
    }
    Ok(infos)
}

/// The same with a wider price protection for one way of buying, on Spot up to the price of On-Demand, and the words for it.
pub fn wider(subject: &Subject, purchase: Purchase) -> (Subject, String) {
    let mut wider = subject.clone();
    let words = match purchase {
        Purchase::OnDemand => {
            format!("OnDemandMaxPricePercentageOverLowestPrice of {PROTECTION_PERCENT}")
        }
        Purchase::Spot => "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice of 100".to_owned(),
    };
    for selection in &mut wider.selections {
        let Some(Wanted { request, .. }) = &mut selection.wanted else { continue };
        match purchase {
            Purchase::OnDemand => {
                request.on_demand_max_price_percentage_over_lowest_price = Some(PROTECTION_PERCENT);
            }
            Purchase::Spot => {
                request.spot_max_price_percentage_over_lowest_price = None;
                request.max_spot_price_as_percentage_of_optimal_on_demand_price = Some(100);
            }
        }
    }
    (wider, words)
}

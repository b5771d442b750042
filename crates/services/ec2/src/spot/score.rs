//! GetSpotPlacementScores: from 1 (unlikely) to 10 (very likely), by what the pools have free.
//!
//! AWS does not publish its formula. Ours: the free slots of all pools asked for, in units of the target, over the
//! target; half as much as asked is 5, twice as much and more is 10. With fewer than three types the score is 3 at
//! most, since AWS answers a low score then.

use ironbird_api::ec2;
use ironbird_rig::capacity::{self, PoolId, Tenancy};
use ironbird_rig::catalogue::protection::PriceBasis;
use ironbird_rig::catalogue::{InstanceType, Zone, instance_types, offerings, spot};
use ironbird_rig::{Ctx, Region, Result};

use crate::page::Window;
use crate::requirements::{ImageNeeds, select};
use crate::{error, requirements_preview};

/// Fewer types than this score low.
const FEW_TYPES: usize = 3;
/// Places answered at most, as on AWS.
const PLACES: usize = 10;

pub(super) fn get_spot_placement_scores(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetSpotPlacementScoresRequest,
) -> Result<ec2::GetSpotPlacementScoresResult> {
    if input.target_capacity < 1 {
        return Err(error::invalid_parameter_value(&input.target_capacity.to_string(), "TargetCapacity"));
    }
    let window = Window::read(input.max_results, input.next_token.as_deref(), 10..=1000)?;
    let unit = input.target_capacity_unit_type.as_deref().unwrap_or("units");
    let basis = PriceBasis::parse(unit)
        .ok_or_else(|| error::invalid_parameter_value(unit, "TargetCapacityUnitType"))?;
    let regions = regions(ctx, input)?;
    error::dry_run(input.dry_run)?;
    let single = input.single_availability_zone == Some(true);
    let mut scores = Vec::new();
    for region in regions {
        let types = types(input, region)?;
        let room = |zone: &Zone| room(ctx, region, zone, &types, basis);
        let zones: Vec<&'static Zone> = region.facts().availability_zones().collect();
        let target = f64::from(input.target_capacity);
        if single {
            for zone in zones {
                let score = score(room(zone), target, types.len());
                scores.push(place(region, Some(zone), score));
            }
            continue;
        }
        let all: f64 = zones.into_iter().map(room).sum();
        scores.push(place(region, None, score(all, target, types.len())));
    }
    scores.sort_by(|left, right| {
        let by_name =
            || (&left.region, &left.availability_zone_id).cmp(&(&right.region, &right.availability_zone_id));
        right.score.cmp(&left.score).then_with(by_name)
    });
    scores.truncate(PLACES);
    let name = |score: &ec2::SpotPlacementScore| {
        score.availability_zone_id.clone().or_else(|| score.region.clone()).unwrap_or_default()
    };
    let mut named: Vec<(String, ec2::SpotPlacementScore)> =
        scores.into_iter().map(|score| (name(&score), score)).collect();
    named.truncate(window.limit());
    let scores = named.into_iter().map(|(_, score)| score).collect();
    Ok(ec2::GetSpotPlacementScoresResult { spot_placement_scores: Some(scores), next_token: None })
}

fn regions(ctx: &Ctx<'_>, input: &ec2::GetSpotPlacementScoresRequest) -> Result<Vec<Region>> {
    let named = input.region_names.as_deref().filter(|names| !names.is_empty());
    let Some(names) = named else {
        let all = ironbird_rig::catalogue::geography::regions().iter();
        let same =
            all.filter(|facts| facts.partition.id == ctx.region().partition() && !facts.opt_in_required);
        return Ok(same.filter_map(|facts| Region::parse(facts.code)).collect());
    };
    let region = |name: &String| {
        Region::parse(name).ok_or_else(|| error::invalid_value(format!("Region {name} is invalid.")))
    };
    names.iter().map(region).collect()
}

fn types(input: &ec2::GetSpotPlacementScoresRequest, region: Region) -> Result<Vec<&'static InstanceType>> {
    let has_spot = |entry: &&'static InstanceType| spot::base_price(region.code(), entry.name).is_some();
    let named = input.instance_types.as_deref().filter(|names| !names.is_empty());
    match (named, &input.instance_requirements_with_metadata) {
        (Some(_), Some(_)) => Err(error::exclusive("InstanceTypes", "InstanceRequirementsWithMetadata")),
        (None, None) => Err(error::missing_parameter("InstanceTypes")),
        (Some(names), None) => {
            let entry = |name: &String| {
                instance_types::get(name)
                    .ok_or_else(|| error::invalid_value(format!("Invalid value '{name}' for InstanceType.")))
            };
            let entries: Result<Vec<_>> = names.iter().map(entry).collect();
            Ok(entries?.into_iter().filter(has_spot).collect())
        }
        (None, Some(given)) => {
            let Some(requirements) = &given.instance_requirements else {
                return Err(error::missing_parameter("InstanceRequirements"));
            };
            let requirements = requirements_preview::from_request(requirements);
            requirements_preview::check(&requirements, "InstanceRequirements")?;
            let words = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
            let (architectures, virtualization) =
                (words(&given.architecture_types), words(&given.virtualization_types));
            let architectures: Vec<&str> = architectures.iter().map(String::as_str).collect();
            let virtualization: Vec<&str> = virtualization.iter().map(String::as_str).collect();
            let needs = ImageNeeds {
                architectures: &architectures,
                virtualization_types: &virtualization,
                root_device_types: &[],
                usage_class: Some("spot"),
            };
            let candidates = offerings::in_region(region.code()).filter(has_spot);
            Ok(select::select(&requirements, &needs, candidates).matching)
        }
    }
}

/// Free capacity of a zone in units of the target.
fn room(
    ctx: &Ctx<'_>,
    region: Region,
    zone: &Zone,
    types: &[&'static InstanceType],
    basis: PriceBasis,
) -> f64 {
    let offered = types.iter().filter(|entry| offerings::offered_in_zone(entry, zone));
    let free = |entry: &&'static InstanceType| {
        let id = PoolId { region, zone: zone.name, instance_type: entry.name, tenancy: Tenancy::Default };
        capacity::pool(ctx, id).free() as f64 * basis.units(entry) as f64
    };
    offered.map(free).sum()
}

fn score(room: f64, target: f64, types: usize) -> i32 {
    let ratio = room / target;
    let score = if ratio < 0.5 { ratio * 10.0 } else { 5.0 + (ratio - 0.5) * 10.0 / 3.0 };
    let score = (score as i32).clamp(1, 10);
    if types < FEW_TYPES { score.min(3) } else { score }
}

fn place(region: Region, zone: Option<&Zone>, score: i32) -> ec2::SpotPlacementScore {
    ec2::SpotPlacementScore {
        region: Some(region.code().to_owned()),
        availability_zone_id: zone.map(|zone| zone.id.to_owned()),
        score: Some(score),
    }
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn scores_grow_with_room_and_need_three_types() {
        for (room, types, expected) in [
            (0.0, 5, 1),
            (10.0, 5, 1),
            (50.0, 5, 5),
            (100.0, 5, 6),
            (200.0, 5, 10),
            (9e9, 5, 10),
            (9e9, 2, 3),
        ] {
            assert_eq!(score(room, 100.0, types), expected, "{room} {types}");
        }
    }
}

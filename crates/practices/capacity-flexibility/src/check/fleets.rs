//! one-type-fleet: fleets that cannot try another type.

use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::note::Report;
use ironbird_cloud::read;
use ironbird_report::{Finding, Unit};

use super::rules::ONE_TYPE_FLEET;

/// Checks all fleets.
pub(crate) async fn check<C: Cloud>(cloud: &C, report: &mut Report) -> Result<(), CallError> {
    let fleets = read::fleets(cloud, Default::default()).await;
    let Some(fleets) = report.note("ec2:DescribeFleets", &[&ONE_TYPE_FLEET], fleets)? else { return Ok(()) };
    for fleet in fleets {
        let Some(id) = fleet.fleet_id else { continue };
        let is_gone = fleet
            .fleet_state
            .as_deref()
            .is_some_and(|state| state.starts_with("deleted") || state == "failed");
        if is_gone {
            continue;
        }
        report.findings.examine(&ONE_TYPE_FLEET, &id);
        let configs = fleet.launch_template_configs.unwrap_or_default();
        let overrides: Vec<_> = configs.iter().flat_map(|config| config.overrides.iter().flatten()).collect();
        if overrides.iter().any(|one| one.instance_requirements.is_some()) {
            continue;
        }
        // Without overrides the fleet launches the one type of each template.
        let mut types: Vec<&str> = overrides.iter().filter_map(|one| one.instance_type.as_deref()).collect();
        types.sort_unstable();
        types.dedup();
        if types.len() > 1 || (types.is_empty() && configs.len() > 1) {
            continue;
        }
        let what = types.first().map_or("the type of its launch template", |name| name);
        let seen = format!("The fleet launches {what} and nothing else.");
        let advice = "Give overrides for further types, or InstanceRequirements.";
        let finding = Finding::new(&ONE_TYPE_FLEET, &id, seen, advice);
        report.findings.find(finding.with_figure("types", 1.0, Unit::Count));
    }
    Ok(())
}

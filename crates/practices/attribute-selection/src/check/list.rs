//! type-list: types that are named where attributes would say which do.

use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::note::Report;
use ironbird_report::{Finding, Severity, Unit};

use super::rules::{ENOUGH_TYPES, TYPE_LIST};
use crate::derive;
use crate::subject::Subject;
use crate::words::{as_json, counted, some, way};

/// Checks one group or fleet.
pub async fn check<C: Cloud>(cloud: &C, report: &mut Report, subject: &Subject) -> Result<(), CallError> {
    let named = subject.named();
    if named.is_empty() {
        if !subject.selections.is_empty() {
            report.findings.examine(&TYPE_LIST, &subject.id);
        }
        return Ok(());
    }
    let instead = match derive::instead(cloud, &named).await {
        Ok(instead) => instead,
        Err(error) => {
            return report.unread("what the types have", &[&TYPE_LIST], subject.id.clone(), error);
        }
    };
    report.findings.examine(&TYPE_LIST, &subject.id);
    // What they have in common says too little, or no more types have it: then a list is as good.
    let Some((_, instead)) = instead else { return Ok(()) };
    let gives = |purchase| instead.left(subject, purchase).0.len();
    let given: Vec<String> =
        subject.purchases().map(|purchase| format!("{} {}", gives(purchase), way(purchase))).collect();
    let most = subject.purchases().map(gives).max().unwrap_or(0);
    if most <= named.len() {
        return Ok(());
    }
    let what = if named.len() == 1 { "nothing else" } else { "none that comes later" };
    let seen = format!("The {} names {} and launches {what}.", subject.kind.word(), some(&named, 6));
    let weights = match subject.selections.iter().any(|selection| selection.is_weighted) {
        true => " Attributes take no weights: count the capacity in vCPUs or memory instead.",
        false => "",
    };
    let block = as_json(&instead.request).map_or_else(String::new, |json| json.to_string());
    let advice = format!(
        "Say what they have in common: that is {} of {} that have it, by price.{weights} InstanceRequirements: {block}",
        given.join(", "),
        counted(instead.matching.len(), "type"),
    );
    let severity = if named.len() < ENOUGH_TYPES { Severity::Warning } else { Severity::Note };
    let finding = Finding::new(&TYPE_LIST, &subject.id, seen, advice).with_severity(severity);
    report.findings.find(finding.with_figure("types that would do", most as f64, Unit::Count));
    Ok(())
}

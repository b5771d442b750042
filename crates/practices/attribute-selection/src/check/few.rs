//! few-types: attributes that leave few types to launch, and which of them excludes most.

use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::note::Report;
use ironbird_report::{Finding, Severity, Unit};
use ironbird_rig::catalogue::protection::Purchase;

use super::relax::{self, Relaxed};
use super::rules::{ENOUGH_TYPES, FEW_TYPES};
use crate::derive;
use crate::subject::Subject;
use crate::words::{counted, some, way};

/// Checks one group or fleet.
pub async fn check<C: Cloud>(cloud: &C, report: &mut Report, subject: &Subject) -> Result<(), CallError> {
    if subject.wanted().next().is_none() {
        return Ok(());
    }
    report.findings.examine(&FEW_TYPES, &subject.id);
    for (index, selection) in subject.selections.iter().enumerate() {
        let Some(wanted) = selection.wanted.as_ref().filter(|wanted| wanted.matching.is_empty()) else {
            continue;
        };
        let seen = format!(
            "No type that boots {} has the attributes of {}: it launches nothing.",
            wanted.architecture, selection.place
        );
        let purchase = subject.purchases().next().unwrap_or(Purchase::OnDemand);
        let tried = match relax::each(cloud, subject, purchase, Some(index)).await {
            Ok(tried) => tried,
            Err(error) => return undecided(report, subject, error),
        };
        let finding = Finding::new(&FEW_TYPES, &subject.id, seen, advice(&tried, None));
        report.findings.find(finding.with_severity(Severity::Error).with_figure("types", 0.0, Unit::Count));
    }
    // Of both ways of buying, the one with fewer types.
    let counted_by = subject.purchases().map(|purchase| (subject.launchable(purchase, None), purchase));
    let Some((left, purchase)) = counted_by.min_by_key(|(types, _)| types.len()) else { return Ok(()) };
    if left.len() >= ENOUGH_TYPES || left.is_empty() {
        return Ok(());
    }
    let matching: usize = subject.wanted().map(|(_, wanted)| wanted.matching.len()).sum();
    let names: Vec<String> = left.iter().cloned().collect();
    let seen = format!(
        "{} have the attributes, and price protection leaves {} for {}: {}.",
        counted(matching, "type"),
        left.len(),
        way(purchase),
        some(&names, 4)
    );
    let tried = match relax::each(cloud, subject, purchase, None).await {
        Ok(tried) => tried,
        Err(error) => return undecided(report, subject, error),
    };
    let advice = advice(&tried, protection(subject, purchase, left.len()));
    let finding = Finding::new(&FEW_TYPES, &subject.id, seen, advice);
    report.findings.find(finding.with_figure("types left", left.len() as f64, Unit::Count));
    Ok(())
}

fn undecided(report: &mut Report, subject: &Subject, error: CallError) -> Result<(), CallError> {
    report.unread("what other attributes would give", &[&FEW_TYPES], subject.id.clone(), error)
}

/// What to relax: the attribute that excludes most, the next one, and the price protection.
fn advice(tried: &[Relaxed], protection: Option<String>) -> String {
    let words: Vec<String> = tried
        .iter()
        .take(2)
        .map(|one| format!("without {} of {} there are {}", one.attribute, one.place, one.left))
        .collect();
    let mut advice = match words.as_slice() {
        [] => "No single attribute is what excludes the others: relax several".to_owned(),
        several => format!("{} excludes most: {}", tried[0].attribute, several.join(", ")),
    };
    advice.push('.');
    if let Some(text) = protection {
        advice.push(' ');
        advice.push_str(&text);
    }
    advice
}

/// What a wider price protection gives, where it gives more: on Spot, up to the price of On-Demand.
fn protection(subject: &Subject, purchase: Purchase, left: usize) -> Option<String> {
    let (wider, words) = derive::wider(subject, purchase);
    let count = wider.launchable(purchase, None).len();
    (count > left).then(|| format!("A price protection with {words} leaves {count}."))
}

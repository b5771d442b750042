//! The same rehearsal with many seeds: distributions in place of one lucky run, and which seeds to look at.

use serde::{Deserialize, Serialize};

use crate::measure::{Better, Distribution, Measure, Value};
use crate::plot::{Clock, Kind, Plot, Point, Scale};
use crate::units::Unit;
use crate::verdict::{Note, NoteKind, Outcome, Verdict};

/// Name of the measure that says how often the steady state held.
const HELD: &str = "Seeds in which it holds";

/// What is known of the single seeds of a verdict over many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seeds {
    /// The first one; the others follow it without a gap.
    pub first: u64,
    /// How many there are.
    pub count: u64,
    /// For each measure and variant that can be better or worse, the seeds worth a replay.
    pub picks: Vec<Pick>,
}

/// Seeds worth a replay, for one measure of one variant. Of seeds that are alike the first is named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pick {
    /// Name of the measure.
    pub measure: String,
    /// Id of the variant.
    pub variant: String,
    /// Half of the seeds did as well or better.
    pub median: Run,
    /// 95 in 100 seeds did as well or better.
    pub p95: Run,
    /// No seed did worse.
    pub worst: Run,
}

/// How one seed came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// The value: a number, or never.
    pub value: Value,
}

impl Run {
    /// As in a table cell: `97.5% (seed 12)`.
    pub fn write(&self, unit: &Unit) -> String {
        format!("{} (seed {})", self.value.write(unit), self.seed)
    }
}

/// Verdicts that cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeedsError {
    /// There are none.
    #[error("there is no run to put together")]
    Empty,
    /// They are of different rehearsals.
    #[error("the run of seed {0} has other variants or measures than the first one")]
    Differs(u64),
}

/// Puts the verdicts of one rehearsal together, one for each seed, in the order of the seeds. The measures become
/// distributions, so that the worst seed decides whether the steady state holds; plots show each measure from the best seed
/// to the worst; what happened in single runs is left to their replay.
///
/// # Errors
/// When there is none, or they do not have the same variants and measures.
pub fn over(runs: &[Verdict], replay: &str) -> Result<Verdict, SeedsError> {
    let first = runs.first().ok_or(SeedsError::Empty)?;
    if let Some(other) = runs.iter().find(|run| !is_alike(first, run)) {
        return Err(SeedsError::Differs(other.seed));
    }
    let mut model = Verdict {
        title: format!("{}, over {} seeds", first.title, runs.len()),
        replay: replay.to_owned(),
        ..first.clone().without_course()
    };
    model.experiment.injections.retain(|one| runs.iter().all(|run| run.experiment.injections.contains(one)));
    model.notes.retain(|note| runs.iter().all(|run| run.notes.contains(note)));
    if runs.iter().any(|run| run.experiment.summary != first.experiment.summary) {
        model.notes.push(Note {
            kind: NoteKind::Assumption,
            text: format!(
                "What differs from seed to seed in the description is told as in seed {}.",
                first.seed
            ),
        });
    }
    let mut picks = Vec::new();
    for (index, measure) in first.measures.iter().enumerate() {
        let columns: Vec<Vec<Run>> = (0..first.variants.len()).map(|at| ranked(runs, index, at)).collect();
        model.measures[index].values = columns.iter().map(|column| value(column, measure)).collect();
        if measure.better == Better::Neither {
            continue;
        }
        model.plots.extend(plot(first, measure, &columns));
        picks.extend(first.variants.iter().zip(&columns).filter_map(|(variant, column)| {
            let at = |percent: usize| alike(column, percent);
            Some(Pick {
                measure: measure.name.to_string(),
                variant: variant.id.clone(),
                median: at(50)?,
                p95: at(95)?,
                worst: at(100)?,
            })
        }));
    }
    let held: Vec<usize> = (0..first.variants.len()).map(|at| held(runs, at)).collect();
    model.conclusion = conclusion(first, &held, runs.len());
    let share = |count: &usize| Value::Single(*count as f64 / runs.len() as f64);
    let shares = held.iter().map(share).collect();
    model.measures.insert(0, Measure::new(HELD, Unit::Share, Better::Higher, shares));
    model.seeds = Some(Seeds { first: first.seed, count: runs.len() as u64, picks });
    Ok(model)
}

fn is_alike(one: &Verdict, other: &Verdict) -> bool {
    let measures = |verdict: &Verdict| -> Vec<_> {
        verdict.measures.iter().map(|measure| (measure.name.clone(), measure.unit.clone())).collect()
    };
    let variants =
        |verdict: &Verdict| -> Vec<_> { verdict.variants.iter().map(|variant| variant.id.clone()).collect() };
    one.practice == other.practice && measures(one) == measures(other) && variants(one) == variants(other)
}

/// How often the steady state held in a variant.
fn held(runs: &[Verdict], variant: usize) -> usize {
    runs.iter().filter(|run| run.outcome(variant) == Outcome::Holds).count()
}

/// The runs in which a measure was taken, from the best to the worst, in the order of seeds where they are alike.
fn ranked(runs: &[Verdict], measure: usize, variant: usize) -> Vec<Run> {
    let values = runs.iter().filter_map(|run| {
        let value = run.measures[measure].values.get(variant)?;
        let kept = match (value, value.typical()) {
            (Value::NotMeasured, _) => return None,
            (_, Some(number)) => Value::Single(number),
            (_, None) => Value::Never,
        };
        Some(Run { seed: run.seed, value: kept })
    });
    let mut ranked: Vec<Run> = values.collect();
    let is_higher_better = runs[0].measures[measure].better == Better::Higher;
    ranked.sort_by(|one, other| match (one.value.typical(), other.value.typical()) {
        (Some(one), Some(other)) if is_higher_better => other.total_cmp(&one),
        (Some(one), Some(other)) => one.total_cmp(&other),
        (one, other) => one.is_none().cmp(&other.is_none()),
    });
    ranked
}

/// The run at this percentile, by nearest rank; of those with its value the first.
fn alike(ranked: &[Run], percent: usize) -> Option<Run> {
    let rank = (ranked.len() * percent).div_ceil(100).max(1) - 1;
    let value = &ranked.get(rank)?.value;
    ranked.iter().find(|run| run.value == *value).cloned()
}

/// The distribution of a measure. One that decides the steady state counts as not measured when it was not in any one run.
fn value(ranked: &[Run], measure: &Measure) -> Value {
    let numbers: Vec<f64> = ranked.iter().filter_map(|run| run.value.typical()).collect();
    let never = ranked.len() - numbers.len();
    if ranked.is_empty() {
        return Value::NotMeasured;
    }
    let spread = Distribution::of(&numbers, never as u64).map_or(Value::Never, Value::Distribution);
    match measure.required {
        Some(_) if measure.values.contains(&Value::NotMeasured) => Value::NotMeasured,
        _ => spread,
    }
}

/// A measure from the best seed to the worst, one line for each variant: at each percent the value that so many seeds kept
/// or bettered. None where nothing differs.
fn plot(model: &Verdict, measure: &Measure, columns: &[Vec<Run>]) -> Option<Plot> {
    let mut all = columns.iter().flatten().map(|run| &run.value);
    let some = all.next()?;
    if all.all(|value| value == some) {
        return None;
    }
    let mut plot = Plot::new(measure.name.to_string(), "", measure.unit.clone(), Kind::Step);
    plot.clock = Clock::Runs;
    plot.scale = Scale::Fit;
    for (variant, column) in model.variants.iter().zip(columns).filter(|(_, column)| !column.is_empty()) {
        let points = (0..=100_usize).map(|percent| {
            let rank = (column.len() * percent).div_ceil(100).max(1) - 1;
            Point::from((percent as f64 / 100.0, column[rank].value.typical()))
        });
        plot.add(measure.name.to_string(), Some(&variant.id), points.collect());
    }
    if let Some(bound) = measure.required {
        plot.limit(bound.limit(), format!("required {}", bound.line(&measure.unit)));
    }
    Some(plot)
}

fn conclusion(model: &Verdict, held: &[usize], runs: usize) -> String {
    let said = model.variants.iter().zip(held).map(|(variant, held)| {
        let practice = if variant.practice { " (the practice)" } else { "" };
        format!("{}{practice}: {held}", variant.name)
    });
    format!("Of {runs} seeds, the steady state held in so many: {}.", said.collect::<Vec<_>>().join("; "))
}

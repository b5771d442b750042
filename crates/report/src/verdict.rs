//! What `rehearse` hands over: a hypothesis, an experiment on it, and how each variant came out.
//!
//! A verdict holds facts only. Whether a variant holds is worked out from the measures that carry a [`crate::Bound`], by
//! [`Verdict::outcome`], so no practice can claim what its numbers do not say.

use crate::measure::{Measure, Value};
use crate::plot::Plot;
use crate::seeds::Seeds;
use crate::time::WallTime;
use crate::units::Unit;
use serde::{Deserialize, Serialize};

/// The result of one `rehearse`. Every `at` in it is in seconds of virtual time since the start of the experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Name of the practice: `capacity-flexibility`.
    pub practice: String,
    /// What was tried, in one line.
    pub title: String,
    /// The seed everything random came from.
    pub seed: u64,
    /// Name and version of the software: `ironbird 0.1.0`.
    pub software: String,
    /// The command line that makes this report again, to the byte.
    pub replay: String,
    /// What must stay true.
    pub hypothesis: Hypothesis,
    /// What was done to the world.
    pub experiment: Experiment,
    /// The worlds compared, in the order of the columns; without the practice first.
    pub variants: Vec<Variant>,
    /// What was measured, one value for each variant.
    pub measures: Vec<Measure>,
    /// Measured over time.
    pub plots: Vec<Plot>,
    /// What happened, in any order; renderings sort it by time.
    pub timeline: Vec<Event>,
    /// What to take from it, in a few sentences.
    pub conclusion: String,
    /// What a reader must know about the limits of the model.
    pub notes: Vec<Note>,
    /// The single seeds, where it is over many.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seeds: Option<Seeds>,
}

/// The steady state: what must stay true while things fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hypothesis {
    /// In words: `The service has the capacity it asks for within ten minutes.`
    pub statement: String,
    /// How it was measured: which figure, over which window, sampled how often.
    pub measured: String,
}

/// What was done to the world, the same in each variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// In words: the workload and the fault.
    pub summary: String,
    /// Virtual time of its start, which every `at` counts from.
    pub start: WallTime,
    /// How long it ran, in seconds of virtual time.
    pub seconds: f64,
    /// What was injected, in any order.
    pub injections: Vec<Injection>,
    /// The AWS FIS experiment template as JSON text, where FIS has the actions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub template: Option<String>,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Injection {
    /// When it began.
    pub at: f64,
    /// When it ended; `None` when it lasted to the end, or had no length.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<f64>,
    /// The action: `aws:ec2:asg-insufficient-instance-capacity-error`.
    pub action: String,
    /// What it was done to.
    pub target: String,
}

/// One world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Short id that series and events name it by: `wide`.
    pub id: String,
    /// Name in column heads: `Wide group`.
    pub name: String,
    /// Whether the practice is in place in it.
    pub practice: bool,
    /// How it differs from the others, in one sentence.
    pub description: String,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: f64,
    /// Id of the variant it happened in; `None` when it is the experiment itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variant: Option<String>,
    /// What: `pool drained`.
    pub what: String,
    /// More of it: the resource, the error message.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub detail: String,
}

impl Event {
    /// Something that happened in the experiment itself.
    pub fn shared(at: f64, what: impl Into<String>) -> Self {
        Self { at, variant: None, what: what.into(), detail: String::new() }
    }

    /// Something that happened in one variant.
    pub fn of(variant: &str, at: f64, what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { at, variant: Some(variant.to_string()), what: what.into(), detail: detail.into() }
    }
}

/// What kind of limit a note tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoteKind {
    /// A setting that was recorded and given back but has no effect.
    Recorded,
    /// Something that is not modelled, or was refused.
    Unsupported,
    /// An assumption of the model, with its source.
    Assumption,
}

impl NoteKind {
    /// The word before the note.
    pub fn name(self) -> &'static str {
        match self {
            NoteKind::Recorded => "recorded, without effect",
            NoteKind::Unsupported => "not supported",
            NoteKind::Assumption => "assumption",
        }
    }
}

/// A limit of the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its kind.
    pub kind: NoteKind,
    /// Its text, as a sentence.
    pub text: String,
}

impl Note {
    /// An assumption of the model.
    pub fn assumption(text: impl Into<String>) -> Self {
        Self { kind: NoteKind::Assumption, text: text.into() }
    }

    /// Something that is not modelled, or was refused.
    pub fn unsupported(text: impl Into<String>) -> Self {
        Self { kind: NoteKind::Unsupported, text: text.into() }
    }
}

/// Whether the steady state held in a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every condition was measured and held.
    Holds,
    /// At least one condition did not hold.
    DoesNotHold,
    /// None failed, but one was not measured, or there is none.
    Undecided,
}

impl Outcome {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Holds => "holds",
            Outcome::DoesNotHold => "does not hold",
            Outcome::Undecided => "undecided",
        }
    }

    /// As the verb of a sentence about a variant.
    pub fn verb(self) -> &'static str {
        match self {
            Outcome::Undecided => "is undecided",
            decided => decided.name(),
        }
    }

    /// A sign that can be told from the others without color.
    pub fn sign(self) -> &'static str {
        match self {
            Outcome::Holds => "✓",
            Outcome::DoesNotHold => "✗",
            Outcome::Undecided => "?",
        }
    }
}

/// A verdict that does not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// A measure lacks a value or has too many.
    #[error(
        "measure {measure:?} has {found} values for {wanted} variants: give one for each, in their order"
    )]
    Values {
        /// Name of the measure.
        measure: String,
        /// Values it has.
        found: usize,
        /// Variants there are.
        wanted: usize,
    },
    /// A series or an event names a variant that does not exist.
    #[error("{place} names variant {variant:?}, which is not among the variants")]
    Variant {
        /// The series or event.
        place: String,
        /// The id it names.
        variant: String,
    },
    /// A number that is not finite where one must be.
    #[error("{place} is not a finite number: leave it out, or say never or not measured")]
    NotFinite {
        /// Where.
        place: String,
    },
}

impl Verdict {
    /// Whether the steady state held in the variant at this index, by the measures that carry a bound.
    pub fn outcome(&self, variant: usize) -> Outcome {
        let mut conditions = self.conditions(variant).peekable();
        if conditions.peek().is_none() {
            return Outcome::Undecided;
        }
        let mut outcome = Outcome::Holds;
        for (_, held) in conditions {
            match held {
                Some(false) => return Outcome::DoesNotHold,
                None => outcome = Outcome::Undecided,
                Some(true) => {}
            }
        }
        outcome
    }

    /// The conditions of the steady state, and whether each held in the variant at this index.
    pub fn conditions(&self, variant: usize) -> impl Iterator<Item = (&Measure, Option<bool>)> {
        self.measures.iter().filter_map(move |measure| {
            let bound = measure.required?;
            Some((measure, measure.values.get(variant).and_then(|value| bound.holds(value))))
        })
    }

    /// Why the outcome is what it is, in one line: the conditions that failed or were not measured, or those that held.
    pub fn reason(&self, variant: usize) -> String {
        let outcome = self.outcome(variant);
        let told = match outcome {
            Outcome::Holds => Some(true),
            Outcome::DoesNotHold => Some(false),
            Outcome::Undecided => None,
        };
        let parts: Vec<String> = self
            .conditions(variant)
            .filter(|(_, held)| *held == told)
            .map(|(measure, _)| {
                let value = measure.values.get(variant).unwrap_or(&Value::NotMeasured).write(&measure.unit);
                let bound = measure.required.map(|bound| bound.line(&measure.unit)).unwrap_or_default();
                format!("{} {value} (required {bound})", measure.name)
            })
            .collect();
        if parts.is_empty() { "no condition was measured".to_string() } else { parts.join(", ") }
    }

    /// The exit code of the command: 0 when the steady state holds wherever the practice is in place, 1 when it does
    /// not in one of those variants, 2 when that could not be decided. Variants without the practice are there to
    /// fail; only a verdict that has no other is judged by them.
    pub fn exit_code(&self) -> u8 {
        let with_practice = self.variants.iter().any(|variant| variant.practice);
        let judged: Vec<Outcome> = (0..self.variants.len())
            .filter(|&index| self.variants[index].practice || !with_practice)
            .map(|index| self.outcome(index))
            .collect();
        if judged.contains(&Outcome::DoesNotHold) {
            return 1;
        }
        if judged.is_empty() || judged.contains(&Outcome::Undecided) { 2 } else { 0 }
    }

    /// The index of the variant with this id.
    pub fn variant(&self, id: &str) -> Option<usize> {
        self.variants.iter().position(|variant| variant.id == id)
    }

    /// The same without what happened when: what is kept of each of many seeds.
    pub fn without_course(mut self) -> Self {
        self.plots = Vec::new();
        self.timeline = Vec::new();
        self
    }

    /// Name of the variant with this id, or the id itself.
    pub fn variant_name<'a>(&'a self, id: &'a str) -> &'a str {
        self.variant(id).map_or(id, |index| &self.variants[index].name)
    }

    /// Unit of the measure with this name; a plain count where there is none.
    pub(crate) fn unit_of(&self, measure: &str) -> &Unit {
        self.measures.iter().find(|one| one.name == measure).map_or(&Unit::Count, |one| &one.unit)
    }

    /// `seed 7`, or `seeds 7 to 106`.
    pub(crate) fn seeds_line(&self) -> String {
        match &self.seeds {
            Some(seeds) => {
                format!(
                    "seeds {} to {}",
                    seeds.first,
                    seeds.first.saturating_add(seeds.count.saturating_sub(1))
                )
            }
            None => format!("seed {}", self.seed),
        }
    }

    /// The timeline by time; what happened at one instant stays in the order given.
    pub fn ordered_timeline(&self) -> Vec<&Event> {
        let mut ordered: Vec<&Event> = self.timeline.iter().collect();
        ordered.sort_by(|a, b| a.at.total_cmp(&b.at));
        ordered
    }

    /// Checks that it fits together. Renderings of a verdict that does not never panic, but leave out what they cannot place.
    pub fn validate(&self) -> Result<(), ModelError> {
        for measure in &self.measures {
            self.validate_measure(measure)?;
        }
        for plot in &self.plots {
            for series in &plot.series {
                self.validate_variant(series.variant.as_deref(), || format!("series {:?}", series.name))?;
            }
        }
        for event in &self.timeline {
            self.validate_variant(event.variant.as_deref(), || format!("event {:?}", event.what))?;
            finite(event.at, || format!("the time of event {:?}", event.what))?;
        }
        for injection in &self.experiment.injections {
            finite(injection.at, || format!("the time of {:?}", injection.action))?;
        }
        finite(self.experiment.seconds, || "the length of the experiment".to_string())
    }

    fn validate_measure(&self, measure: &Measure) -> Result<(), ModelError> {
        let (found, wanted) = (measure.values.len(), self.variants.len());
        if found != wanted {
            return Err(ModelError::Values { measure: measure.name.to_string(), found, wanted });
        }
        for value in &measure.values {
            if let Value::Single(number) = value {
                finite(*number, || format!("a value of measure {:?}", measure.name))?;
            }
        }
        Ok(())
    }

    fn validate_variant(
        &self,
        variant: Option<&str>,
        place: impl FnOnce() -> String,
    ) -> Result<(), ModelError> {
        match variant {
            Some(id) if self.variant(id).is_none() => {
                Err(ModelError::Variant { place: place(), variant: id.to_string() })
            }
            _ => Ok(()),
        }
    }
}

fn finite(number: f64, place: impl FnOnce() -> String) -> Result<(), ModelError> {
    if number.is_finite() { Ok(()) } else { Err(ModelError::NotFinite { place: place() }) }
}

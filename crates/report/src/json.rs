//! Both models as JSON, and back.
//!
//! A document begins with its `format`, then `summary`, which is worked out from the rest for readers that only want
//! the outcome, then the model's own fields. Reading takes the format and the fields and ignores the summary.

use crate::finding::Findings;
use crate::verdict::{ModelError, Outcome, Verdict};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The format of findings documents.
pub const FINDINGS_FORMAT: &str = "ironbird/findings/1";
/// The format of verdict documents.
pub const VERDICT_FORMAT: &str = "ironbird/verdict/1";

/// A document that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON, or lacks a field.
    #[error("not a report: {0}")]
    Json(#[from] serde_json::Error),
    /// It is some other document, or one of another version.
    #[error("the document has the format {found:?}, wanted is {wanted:?}")]
    Format {
        /// What it says it is.
        found: String,
        /// What it should say.
        wanted: &'static str,
    },
    /// Its parts do not fit together.
    #[error("the report contradicts itself: {0}")]
    Model(#[from] ModelError),
}

#[derive(Serialize)]
struct Document<'a, S, M> {
    format: &'static str,
    summary: S,
    #[serde(flatten)]
    model: &'a M,
}

#[derive(Serialize)]
struct FindingsSummary {
    errors: usize,
    warnings: usize,
    notes: usize,
    unread: usize,
    exit_code: u8,
}

#[derive(Serialize)]
struct VerdictSummary<'a> {
    exit_code: u8,
    outcomes: Vec<VariantOutcome<'a>>,
}

#[derive(Serialize)]
struct VariantOutcome<'a> {
    variant: &'a str,
    outcome: Outcome,
    reason: String,
}

#[derive(Deserialize)]
struct Head {
    format: String,
}

/// Findings as indented JSON with a line end. The findings are in the order of [`Findings::ordered`].
pub fn findings(model: &Findings) -> String {
    let mut sorted = model.clone();
    sorted.findings = model.ordered().into_iter().cloned().collect();
    sorted.examined.sort();
    let [errors, warnings, notes] = model.counts();
    let unread = model.unread.len();
    let summary = FindingsSummary { errors, warnings, notes, unread, exit_code: model.exit_code() };
    pretty(&Document { format: FINDINGS_FORMAT, summary, model: &sorted })
}

/// A verdict as indented JSON with a line end.
pub fn verdict(model: &Verdict) -> String {
    pretty(&verdict_document(model))
}

/// A verdict as JSON in one line, for the page.
pub(crate) fn verdict_compact(model: &Verdict) -> String {
    serde_json::to_string(&verdict_document(model)).expect(ALWAYS_WRITABLE)
}

fn verdict_document(model: &Verdict) -> Document<'_, VerdictSummary<'_>, Verdict> {
    let outcomes = model
        .variants
        .iter()
        .enumerate()
        .map(|(index, variant)| VariantOutcome {
            variant: &variant.id,
            outcome: model.outcome(index),
            reason: model.reason(index),
        })
        .collect();
    let summary = VerdictSummary { exit_code: model.exit_code(), outcomes };
    Document { format: VERDICT_FORMAT, summary, model }
}

/// Reads findings back.
pub fn read_findings(text: &str) -> Result<Findings, ReadError> {
    read(text, FINDINGS_FORMAT)
}

/// Reads a verdict back, so that it can be rendered again without the run.
pub fn read_verdict(text: &str) -> Result<Verdict, ReadError> {
    let verdict: Verdict = read(text, VERDICT_FORMAT)?;
    verdict.validate()?;
    Ok(verdict)
}

fn read<M: DeserializeOwned>(text: &str, wanted: &'static str) -> Result<M, ReadError> {
    let head: Head = serde_json::from_str(text)?;
    if head.format != wanted {
        return Err(ReadError::Format { found: head.format, wanted });
    }
    Ok(serde_json::from_str(text)?)
}

const ALWAYS_WRITABLE: &str = "the models have only string keys and no fallible serializers";

fn pretty<T: Serialize>(document: &T) -> String {
    let mut text = serde_json::to_string_pretty(document).expect(ALWAYS_WRITABLE);
    text.push('\n');
    text
}

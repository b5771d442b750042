//! Findings under construction: what could not be read is said, with the rules that it leaves undecided; it is never a
//! pass.

use ironbird_client::CallError;
use ironbird_report::{Findings, Rule, Target, Unread};

use crate::{Cloud, read};

/// Findings under construction.
pub struct Report {
    /// What there is so far.
    pub findings: Findings,
}

impl Report {
    /// Begins the report of a practice on the account and Region of `cloud`.
    ///
    /// # Errors
    /// When nothing can be read at all: nobody answers, or the credentials are refused.
    pub async fn begin<C: Cloud>(
        cloud: &C,
        practice: &str,
        software: &str,
        rules: &[Rule],
    ) -> Result<Self, CallError> {
        let account = read::account(cloud).await;
        let mut target = Target { regions: vec![cloud.region().to_string()], ..Target::default() };
        target.endpoint = cloud.endpoint().map(str::to_owned);
        match account {
            Ok(account) => target.account = Some(account),
            Err(error) if hides_everything(&error) => return Err(error),
            // The account's id only heads the report: no rule needs it.
            Err(_) => {}
        }
        Ok(Self { findings: Findings::new(practice, software, target, rules) })
    }

    /// Notes what was read, or why it could not be, and which rules that leaves undecided.
    ///
    /// # Errors
    /// When nobody answers at all, or there are no credentials: then nothing can be checked.
    pub fn note<T>(
        &mut self,
        what: &str,
        rules: &[&Rule],
        outcome: Result<Vec<T>, CallError>,
    ) -> Result<Option<Vec<T>>, CallError> {
        match outcome {
            Ok(items) => {
                self.findings.read(what, Some(items.len() as u64));
                Ok(Some(items))
            }
            Err(error) if hides_everything(&error) => Err(error),
            Err(error) => {
                self.findings.could_not_read(what, why(&error), rules);
                Ok(None)
            }
        }
    }

    /// Notes that something about one resource could not be read, and which rules that leaves undecided for it.
    ///
    /// # Errors
    /// When nothing can be read at all.
    pub fn unread(
        &mut self,
        what: &str,
        rules: &[&Rule],
        resource: String,
        error: CallError,
    ) -> Result<(), CallError> {
        if hides_everything(&error) {
            return Err(error);
        }
        self.findings.unread.push(Unread {
            what: what.to_owned(),
            why: why(&error),
            rules: rules.iter().map(|rule| rule.id.clone()).collect(),
            resource: Some(resource),
        });
        Ok(())
    }
}

/// Whether no other call can be expected to work either.
pub fn hides_everything(error: &CallError) -> bool {
    let broken = ["InvalidClientTokenId", "AuthFailure", "UnrecognizedClientException", "ExpiredToken"];
    match error {
        CallError::Service { code, .. } => broken.contains(&code.as_str()),
        CallError::Answer { .. } | CallError::Request { .. } | CallError::NotModelled { .. } => false,
        _ => true,
    }
}

fn why(error: &CallError) -> String {
    if error.is_unsupported() {
        return format!("not supported by this endpoint ({})", error.code().unwrap_or_default());
    }
    if error.is_denied() {
        return format!("permission is missing: {error}");
    }
    error.to_string()
}

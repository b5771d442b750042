//! What the commands that rehearse have in common: scenario files, and the command line that makes a report again.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use ironbird_cloud::experiment::Template;

use crate::output::quoted;

/// The scenario of a file, or the default one.
///
/// # Errors
/// Where the file cannot be read, or is no scenario.
pub fn scenario<S, E>(path: Option<&Path>, parse: impl FnOnce(&str) -> Result<S, E>) -> anyhow::Result<S>
where
    S: Default,
    E: std::error::Error + Send + Sync + 'static,
{
    let Some(path) = path else { return Ok(S::default()) };
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read the scenario {}", path.display()))?;
    parse(&text).with_context(|| format!("scenario {}", path.display()))
}

/// The FIS experiment template of a file, where one is given.
///
/// # Errors
/// Where the file cannot be read, or is no template that a rehearsal can run.
pub fn experiment(path: Option<&Path>) -> anyhow::Result<Option<Template>> {
    let Some(path) = path else { return Ok(None) };
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read the experiment template {}", path.display()))?;
    let template = Template::parse(&text);
    template.map(Some).with_context(|| format!("experiment template {}", path.display()))
}

/// A command line that makes a report again.
pub struct Replay(String);

impl Replay {
    /// The command that rehearses a practice, without options.
    pub fn of(practice: &str) -> Self {
        Self(format!("ironbird rehearse {practice}"))
    }

    /// The same with an option, where it was given.
    #[must_use]
    pub fn with(mut self, flag: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = write!(self.0, " --{flag} {}", quoted(&value.to_string()));
        }
        self
    }

    /// The same with a file, where one was given.
    #[must_use]
    pub fn with_file(self, flag: &str, path: Option<&Path>) -> Self {
        self.with(flag, path.map(Path::display))
    }

    /// The line.
    pub fn line(self) -> String {
        self.0
    }
}

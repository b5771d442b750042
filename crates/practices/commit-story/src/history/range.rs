//! Which commits to look at.

use crate::git::{GitError, Source};

/// The commits that a tip has and a base has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The last commit.
    pub tip: String,
    /// The commit it starts from, which is not in it; none for all of a history.
    pub base: Option<String>,
    /// As the user wrote it.
    pub text: String,
}

impl Range {
    /// Reads `BASE..TIP`, `BASE..`, `..TIP` or `TIP`; HEAD where a name is left out.
    ///
    /// # Errors
    /// When it has another form, or a name names no commit.
    pub fn resolve(source: &Source, text: &str) -> Result<Self, GitError> {
        let (base, tip) = split(text)?;
        let base = base.map(|name| source.resolve(name)).transpose()?;
        let tip = source.resolve(tip)?;
        Ok(Self { tip, base, text: text.to_owned() })
    }

    /// The arguments by which git lists it.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![self.tip.clone()];
        arguments.extend(self.base.as_ref().map(|base| format!("^{base}")));
        arguments
    }
}

/// HEAD where a name is left out.
fn or_head(name: &str) -> &str {
    if name.is_empty() { "HEAD" } else { name }
}

/// Base and tip as they are written.
fn split(text: &str) -> Result<(Option<&str>, &str), GitError> {
    if text.contains("...") || text.starts_with(['^', '-']) || text.trim() != text {
        return Err(GitError::Range(text.to_owned()));
    }
    match text.split_once("..") {
        None if text.is_empty() => Err(GitError::Range(text.to_owned())),
        None => Ok((None, text)),
        Some((base, tip)) if !tip.contains("..") => Ok((Some(or_head(base)), or_head(tip))),
        Some(_) => Err(GitError::Range(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn ranges_have_one_form() {
        assert_eq!(split("main..HEAD").unwrap(), (Some("main"), "HEAD"));
        assert_eq!(split("v1..").unwrap(), (Some("v1"), "HEAD"));
        assert_eq!(split("topic").unwrap(), (None, "topic"));
        for text in ["", "a...b", "^main", "--all", "a..b..c", " HEAD", "-n1"] {
            assert!(split(text).is_err(), "{text}");
        }
    }
}

//! Rules about what a commit says: subject, why, trailers.

use std::collections::BTreeSet;

use super::rules;
use super::score::Loss;
use crate::history::Commit;

/// Letters of a subject: what `git log --oneline` and a mail's subject show without wrapping.
const LONGEST_SUBJECT: usize = 72;
/// Changed lines that a subject alone may explain.
const SELF_EVIDENT: u32 = 15;
/// Changed lines from which silence costs more.
const MUCH: u32 = 100;
/// Changed lines that need more than a few words.
const VERY_MUCH: u32 = 200;
/// The few words.
const FEW_WORDS: usize = 10;
/// Subjects that say nothing.
const FILLERS: &str = "update updates updated fix fixes fixed change changes changed misc stuff work cleanup refactor refactoring tweak \
                       tweaks more test tests minor improvements commit save temp tmp foo asdf done again final some bugfix bugfixes .";
/// Trailers that name a person.
const PERSONS: &[&str] =
    &["signed-off-by", "co-authored-by", "reviewed-by", "acked-by", "tested-by", "helped-by"];

/// Everything that is wrong with a commit's message.
pub fn check(commit: &Commit) -> Vec<Loss<'static>> {
    let mut losses = Vec::new();
    losses.extend(subject(commit));
    if !commit.is_merge() {
        losses.extend(why(commit));
    }
    losses.extend(trailers(commit));
    losses
}

fn subject(commit: &Commit) -> Option<Loss<'static>> {
    let message = &commit.message;
    let lose = |points: f64, seen: String, advice: &str| {
        Some(Loss { target: None, rule: &rules::SUBJECT, points, seen, advice: advice.to_owned() })
    };
    let length = message.subject.chars().count();
    if length == 0 {
        return lose(20.0, "The message is empty.".to_owned(), "Say what the commit does, and why.");
    }
    if is_filler(message.headline()) {
        let seen = format!("The subject is `{}`, which would fit any commit.", message.subject);
        return lose(
            12.0,
            seen,
            "Name the thing that changes, and how: what would a reader of `git log --oneline` look for?",
        );
    }
    if message.runs_on {
        let seen =
            "No blank line stands between subject and body, so git takes both for the subject.".to_owned();
        return lose(4.0, seen, "Put a blank line after the first.");
    }
    if length > LONGEST_SUBJECT && !commit.is_merge() && !message.subject.starts_with("Revert \"") {
        let seen =
            format!("The subject has {length} letters; {LONGEST_SUBJECT} fit where subjects are listed.");
        return lose(2.0, seen, "Shorten it, and move what is left to the body.");
    }
    if message.is_garbled {
        let seen = "The message is no UTF-8 and names no other encoding.".to_owned();
        return lose(2.0, seen, "Write it in UTF-8, or set i18n.commitEncoding.");
    }
    None
}

fn is_filler(headline: &str) -> bool {
    let lowered = headline.to_lowercase();
    let words: Vec<&str> =
        lowered.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    // Scripts without blanks say a lot in one word.
    let is_ascii = headline.is_ascii();
    is_ascii
        && words.len() <= 2
        && words.iter().all(|word| FILLERS.split_whitespace().any(|filler| filler == *word))
}

fn why(commit: &Commit) -> Option<Loss<'static>> {
    // What was moved or only reformatted explains itself.
    let lines: u32 = super::size::substance(commit).lines;
    let words = commit.message.words();
    let lose = |points: f64, seen: String| {
        let parts = parts(commit);
        let advice = format!(
            "Say in the body why {parts} had to change: what was wrong or missing, and why this way."
        );
        Some(Loss { target: None, rule: &rules::WHY, points, seen, advice })
    };
    if words == 0 && lines > SELF_EVIDENT {
        let points = if lines > MUCH { 10.0 } else { 6.0 };
        return lose(points, format!("{lines} changed lines of the program, and not a word on why."));
    }
    if lines > VERY_MUCH && words < FEW_WORDS && commit.message.body.iter().all(|line| line.is_ascii()) {
        return lose(4.0, format!("{lines} changed lines of the program are explained in {words} words."));
    }
    None
}

/// The functions or files that change most, for advice.
fn parts(commit: &Commit) -> String {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for file in commit.code() {
        names.insert(String::from_utf8_lossy(file.base()).into_owned());
    }
    let shown: Vec<String> = names.iter().take(2).cloned().collect();
    match names.len() {
        0 => "it".to_owned(),
        1 | 2 => shown.join(" and "),
        more => format!("{} and {} other files", shown.join(", "), more - 2),
    }
}

fn trailers(commit: &Commit) -> Option<Loss<'static>> {
    let mut before = "";
    for line in &commit.message.trailers {
        let Some((name, value)) = line.split_once(": ") else { continue };
        let name = name.to_lowercase();
        let lose = |seen: String, advice: &str| {
            Some(Loss { target: None, rule: &rules::TRAILERS, points: 1.0, seen, advice: advice.to_owned() })
        };
        let has_mail = value.contains('<') && value.contains('@') && value.contains('>');
        if ["signed-off-by", "co-authored-by"].contains(&name.as_str()) && !has_mail {
            return lose(
                format!("`{line}` names no mail address."),
                "Write `Name <mail@example.com>` after the colon.",
            );
        }
        // Who passes a change on twice signs it twice; the same line below itself is a slip.
        if PERSONS.contains(&name.as_str()) && before == line {
            return lose(format!("`{line}` is there twice in a row."), "Keep one.");
        }
        before = line;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::is_filler;

    #[test]
    fn fillers_are_told_from_short_subjects() {
        for text in ["update", "Fix", "misc changes", "more work", ".", "wip fix"] {
            assert_eq!(is_filler(text), text != "wip fix", "{text}");
        }
        for text in ["Fix typo", "Update README", "修正", "Bump serde", "The 16th batch"] {
            assert!(!is_filler(text), "{text}");
        }
    }
}

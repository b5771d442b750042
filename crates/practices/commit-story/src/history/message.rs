//! What a commit says: subject, body, trailers, and the kind of building block it says it is.

/// Bytes of a message that are read; the rest of a longer one is left out.
pub const MOST: usize = 64 * 1024;

/// A commit's message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// The first line.
    pub subject: String,
    /// Whether a second line follows the first without a blank one between.
    pub runs_on: bool,
    /// The lines between subject and trailers.
    pub body: Vec<String>,
    /// The lines at the end of the form `Name: value`, and references to issues.
    pub trailers: Vec<String>,
    /// Whether it is text in an encoding that it does not name.
    pub is_garbled: bool,
}

/// The kinds of building block of the post: bugfix, refactor, stylistic change, feature, and what goes with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Something works that did not.
    Fix,
    /// The same, told better.
    Refactor,
    /// Only its looks.
    Style,
    /// Something new.
    Feature,
}

impl Kind {
    /// As reports say it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fix => "fix",
            Self::Refactor => "refactoring",
            Self::Style => "style",
            Self::Feature => "feature",
        }
    }
}

const VERBS: &[(Kind, &str)] = &[
    (Kind::Fix, "fix fixes fixed fixing repair correct resolve mend hotfix bugfix"),
    (
        Kind::Refactor,
        "refactor refactors refactored refactoring rename renames renamed move moved moves extract split simplify inline reorganize \
         restructure rearrange deduplicate factor cleanup consolidate unify",
    ),
    (Kind::Style, "reformat reindent restyle prettify style fmt whitespace format"),
    (
        Kind::Feature,
        "add adds added implement implements implemented introduce introduces feat feature support teach",
    ),
];

impl Message {
    /// Reads a message as git keeps it.
    pub fn parse(raw: &[u8]) -> Self {
        let is_garbled = std::str::from_utf8(raw).is_err_and(|error| error.error_len().is_some());
        let text = String::from_utf8_lossy(raw);
        let mut lines = text.lines().map(str::trim_end).skip_while(|line| line.is_empty());
        let subject = lines.next().unwrap_or_default().trim_start().to_owned();
        let rest: Vec<&str> = lines.collect();
        let runs_on = rest.first().is_some_and(|line| !line.is_empty());
        let end = rest.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        let start = rest.iter().position(|line| !line.is_empty()).unwrap_or(end);
        let mut body = &rest[start.min(end)..end];
        let mut trailers: Vec<String> = Vec::new();
        // Paragraphs at the end that hold nothing but trailers, as git puts them.
        while let Some(last) = last_paragraph(body) {
            if !last
                .iter()
                .enumerate()
                .all(|(index, line)| is_trailer(line) || (index > 0 && line.starts_with(' ')))
            {
                break;
            }
            trailers.splice(0..0, last.iter().map(|line| (*line).to_owned()));
            let without = body.len() - last.len();
            let kept = body[..without].iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
            body = &body[..kept];
        }
        let body = body.iter().map(|line| (*line).to_owned()).collect();
        Self { subject, runs_on, body, trailers, is_garbled }
    }

    /// How many words its body has, without quoted code and marks.
    pub fn words(&self) -> usize {
        let has_letters = |word: &&str| word.chars().any(char::is_alphabetic);
        self.body.iter().flat_map(|line| line.split_whitespace()).filter(has_letters).count()
    }

    /// The subject without `area: ` or `type(scope): ` before it.
    pub fn headline(&self) -> &str {
        match self.subject.split_once(": ") {
            Some((before, after)) if is_area(before) => after.trim_start(),
            _ => &self.subject,
        }
    }

    /// What stands before the colon of the subject, where it names a part of the project.
    pub fn area(&self) -> Option<&str> {
        let (before, _) = self.subject.split_once(": ")?;
        let is_type = |kind: &str| {
            ["feat", "fix", "chore", "refactor", "style", "docs", "test", "perf", "build", "ci"]
                .contains(&kind)
        };
        let head = before.split(['(', '!']).next().unwrap_or(before);
        if is_type(head) {
            return before.split_once('(').map(|(_, scope)| scope.trim_end_matches(['!', ')']));
        }
        is_area(before).then_some(before)
    }

    /// The kinds of building block that the subject names, in its order; more than one where it does several things.
    pub fn kinds(&self) -> Vec<Kind> {
        let typed = self.subject.split([':', '(', '!']).next().and_then(kind_of);
        let has_type = self.subject.contains(": ") && typed.is_some();
        let mut kinds: Vec<Kind> = typed.filter(|_| has_type).into_iter().collect();
        let mut is_first = kinds.is_empty();
        for word in self.headline().split_whitespace() {
            // A verb counts at the beginning, and after what joins two sentences.
            if is_first
                && let Some(kind) = kind_of(word)
                && !kinds.contains(&kind)
            {
                kinds.push(kind);
            }
            is_first =
                ["and", "&", "+", "also", "then", "plus"].contains(&word) || word.ends_with([',', ';']);
        }
        kinds
    }

    /// All of it in one text, in small letters.
    pub fn lowered(&self) -> String {
        let mut text = self.subject.to_lowercase();
        for line in &self.body {
            text.push('\n');
            text.push_str(&line.to_lowercase());
        }
        text
    }
}

fn kind_of(word: &str) -> Option<Kind> {
    let plain: String =
        word.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase();
    VERBS.iter().find(|(_, verbs)| verbs.split_whitespace().any(|verb| verb == plain)).map(|(kind, _)| *kind)
}

fn last_paragraph<'a, 'b>(body: &'b [&'a str]) -> Option<&'b [&'a str]> {
    let end = body.len();
    let start = body.iter().rposition(|line| line.is_empty()).map_or(0, |blank| blank + 1);
    (start < end).then(|| &body[start..])
}

/// `Signed-off-by: A <a@b>`, `(cherry picked from commit …)`, `Closes #12`.
fn is_trailer(line: &str) -> bool {
    if line.starts_with("(cherry picked from") || line.starts_with("git-svn-id:") {
        return true;
    }
    let is_token = |token: &str| {
        !token.is_empty()
            && token.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
            && token.starts_with(|letter: char| letter.is_ascii_uppercase())
    };
    let named = line.split_once(": ").is_some_and(|(token, value)| is_token(token) && !value.is_empty());
    let mut words = line.split_whitespace();
    let refers = words.next().is_some_and(|word| {
        [
            "Closes", "Close", "Closes:", "Fixes", "Fixes:", "Fix", "Refs", "Ref", "Ref:", "See", "Resolves",
            "Bug:", "Issue:",
        ]
        .contains(&word)
    });
    let to_issue = |word: &str| word.contains('#') || word.contains("://");
    named && !line.contains("  ") && line.len() < 200
        || refers && words.clone().next().is_some() && words.all(to_issue)
}

/// Whether what stands before a colon names a part of the project: one or two words of a path's letters.
fn is_area(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || "-_./,*{}()!+@".contains(letter);
    let words: Vec<&str> = text.split_whitespace().collect();
    (1..=3).contains(&words.len()) && words.iter().all(|word| word.chars().all(is_letter))
}

#[cfg(test)]
mod tests {
    use super::{Kind, Message};
    use proptest::prelude::*;

    #[test]
    fn parts_are_told_apart() {
        let message = Message::parse(
            b"url: keep the port\n\nA port that is given was lost, because\nthe parser dropped it.\n\nCloses #12\n\nSigned-off-by: A <a@b.c>\n",
        );
        assert_eq!(message.subject, "url: keep the port");
        assert_eq!((message.area(), message.headline()), (Some("url"), "keep the port"));
        assert_eq!(message.body.len(), 2);
        assert_eq!(message.words(), 12);
        assert_eq!(message.trailers, ["Closes #12", "Signed-off-by: A <a@b.c>"]);
        assert!(!message.runs_on);
    }

    #[test]
    fn only_trailers_are_no_body() {
        let message = Message::parse(b"Subject\n\nSigned-off-by: A <a@b.c>\n");
        assert_eq!((message.words(), message.trailers.len()), (0, 1));
        assert!(Message::parse(b"Subject\nruns on\n").runs_on);
        assert_eq!(Message::parse(b""), Message::default());
        assert!(Message::parse(b"caf\xe9 is latin one").is_garbled);
    }

    #[test]
    fn kinds_are_what_the_subject_says() {
        let kinds = |subject: &str| Message::parse(subject.as_bytes()).kinds();
        assert_eq!(kinds("Fix the parser and rename its file"), [Kind::Fix, Kind::Refactor]);
        assert_eq!(kinds("feat(url): add ports"), [Kind::Feature]);
        assert_eq!(kinds("Add fix-up detection"), [Kind::Feature]);
        assert_eq!(kinds("Rehearse, check and apply capacity flexibility"), []);
        assert_eq!(kinds("lib: fix leak, reformat"), [Kind::Fix, Kind::Style]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let message = Message::parse(&bytes);
            let _ = (message.kinds(), message.area(), message.words(), message.lowered());
        }

        #[test]
        fn no_line_is_lost(lines in proptest::collection::vec("[A-Za-z:# ]{0,20}", 0..12)) {
            let text = lines.join("\n");
            let message = Message::parse(text.as_bytes());
            let wanted = lines.iter().filter(|line| !line.trim().is_empty()).count();
            let subject = usize::from(!message.subject.is_empty());
            let body = message.body.iter().filter(|line| !line.is_empty()).count();
            prop_assert_eq!(subject + body + message.trailers.len(), wanted);
        }
    }
}

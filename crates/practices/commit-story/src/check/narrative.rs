//! Rules about the story that commits tell together: noise, mixed kinds, jumping topics, undone work.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::past::{Past, is_wanted};
use super::rules;
use super::score::Loss;
use super::size::sweeps;
use crate::history::{Commit, FileChange, Hunk, Status};

/// Commits of a series that are remembered.
const MEMORY: usize = 16;
/// Seconds within which commits of one author are work of one piece.
const SERIES: u64 = 7 * 86_400;
/// Changed lines of a commit that mends something small.
const SMALL: u32 = 20;
/// Lines that have to go again before it counts as undone work.
const CHURN: usize = 8;
/// Lines that change in blanks only, beside others, before it counts as mixed.
const BLANK: u32 = 5;

const NOISE_STARTS: &[&str] = &[
    "fixup!",
    "squash!",
    "amend!",
    "wip",
    "oops",
    "address review",
    "address comment",
    "address feedback",
    "review feedback",
    "review comments",
    "apply suggestions from",
    "apply review",
    "pr feedback",
    "code review",
    "fix review",
    "more fixes",
    "fix ci",
    "try to fix ci",
    "fix build error",
    "fix lint",
    "fix clippy",
    "fix typo in previous",
    "fix previous commit",
    "forgot to",
    "forgot ",
    "fix tests again",
    "another try",
    "try again",
];
const BESIDE: &[&str] = &[
    "while at it",
    "while here",
    "while i'm here",
    "while i am here",
    "while we're at it",
    "while we are at it",
    "while i was at it",
    "drive-by",
    "unrelated change",
    "unrelated fix",
    "unrelated cleanup",
    "and some cleanup",
    "also reformat",
    "also refactor",
];
const MENDS: &[&str] = &[
    "typo",
    "forgot",
    "forgotten",
    "oops",
    "missed",
    "missing semicolon",
    "fix the build",
    "fix build",
    "fix test",
];
const BREAKS: &[&str] = &[
    "does not compile yet",
    "doesn't compile yet",
    "does not build yet",
    "doesn't build yet",
    "tests fail until",
    "does not compile at this",
    "doesn't compile at this",
    "this commit breaks the build",
    "won't compile until",
    "will not compile until",
];

/// A loss of an earlier commit, which shows only now.
#[derive(Debug)]
pub struct Late {
    /// The commit, in full.
    pub id: String,
    /// The commit's name.
    pub name: String,
    /// What is wrong with it.
    pub loss: Loss<'static>,
}

/// The commits just before, along one line of history.
#[derive(Debug, Default)]
pub struct Narrative {
    past: VecDeque<Past>,
    /// The author of each commit that is no merge, by its name.
    authors: BTreeMap<String, String>,
    /// Where main lines were pulled from. Somebody who works on a topic pulls from one place, a maintainer from many.
    sources: BTreeSet<String>,
}

impl Narrative {
    /// What is wrong with a commit in the story so far, and what it shows to be wrong with earlier ones.
    pub fn check(&mut self, commit: &Commit) -> (Vec<Loss<'static>>, Vec<Late>) {
        let follows = self.past.back().is_some_and(|last| {
            commit.parents.first() == Some(&last.id)
                && last.author == commit.author
                && commit.authored.abs_diff(last.authored) <= SERIES
        });
        if !follows || commit.is_merge() {
            self.past.clear();
        }
        if commit.is_merge() {
            return (self.merge_noise(commit).into_iter().collect(), Vec::new());
        }
        self.authors.insert(commit.id.clone(), commit.author.clone());
        let mut losses = Vec::new();
        let late = self.wanted_too_early(commit);
        let lowered = commit.message.lowered();
        let fixup = self.fixup(commit);
        let is_fixup = fixup.is_some();
        losses.extend(fixup);
        let revert = self.own_revert(commit);
        let is_revert = revert.is_some();
        losses.extend(revert);
        losses.extend(incomplete(commit, &lowered));
        losses.extend(mixed_kinds(commit, &lowered));
        let now = Past::of(commit, &lowered);
        if !is_fixup && !is_revert {
            let churn = self.churn(commit);
            losses.extend(churn);
            losses.extend(self.jump(&now));
        }
        let mut all_late = late;
        all_late.extend(self.apart(&now));
        self.past.push_back(now);
        if self.past.len() > MEMORY {
            self.past.pop_front();
        }
        (losses, all_late)
    }

    /// A merge of the main line into a topic, or into one's own work, as `git pull` makes it. A maintainer who pulls from
    /// another has a merge, or somebody else's commit, as the first parent.
    fn merge_noise(&mut self, commit: &Commit) -> Option<Loss<'static>> {
        let subject = &commit.message.subject;
        let mains = ["main", "master", "trunk", "develop"];
        let (source, rest) = subject
            .strip_prefix("Merge branch '")
            .or_else(|| subject.strip_prefix("Merge remote-tracking branch '"))
            .and_then(|rest| rest.split_once('\''))?;
        if !mains.contains(&source.rsplit('/').next().unwrap_or(source)) {
            return None;
        }
        let into = rest.rsplit_once("into ").map(|(_, name)| name.trim_matches('\''));
        let is_topic = into.is_some_and(|name| !mains.contains(&name) && !name.starts_with("release"));
        let own_work =
            commit.parents.first().and_then(|parent| self.authors.get(parent)) == Some(&commit.author);
        let pulled = rest.strip_prefix(" of ").and_then(|rest| rest.split(' ').next());
        self.sources.extend(pulled.map(str::to_owned));
        let is_pull = pulled.is_some() && own_work && self.sources.len() == 1;
        (is_topic || is_pull).then(|| Loss {
            target: None,
            rule: &rules::MERGE_NOISE,
            points: 5.0,
            seen: format!("`{subject}` brings the main line into work of one's own."),
            advice: "Rebase the work on the main line: `git pull --rebase`.".to_owned(),
        })
    }

    fn fixup(&self, commit: &Commit) -> Option<Loss<'static>> {
        let lowered = commit.message.subject.to_lowercase();
        let lose = |seen: String, target: Option<&Past>| {
            let into = target.map_or_else(|| "the commit it mends".to_owned(), |past| past.name.clone());
            Some(Loss {
                target: target.map(|past| past.id.clone()),
                rule: &rules::FIXUP,
                points: 25.0,
                seen,
                advice: format!(
                    "Fold it into {into}: `git rebase -i --autosquash`, or `ironbird apply commit-story`."
                ),
            })
        };
        if NOISE_STARTS.iter().any(|start| is_start(&lowered, start)) {
            let wanted = lowered.split_once("! ").map(|(_, subject)| subject);
            let target =
                self.past.iter().rev().find(|past| wanted == Some(past.subject.to_lowercase().as_str()));
            return lose("The subject says that it belongs to another commit.".to_owned(), target);
        }
        let mends = MENDS.iter().any(|word| commit.message.lowered().contains(word));
        let lines: u32 = commit.files.iter().map(FileChange::lines).sum();
        if !mends || lines == 0 || lines > SMALL {
            return None;
        }
        let target = self.owner(commit)?;
        lose(format!("Each of the lines it replaces came with {}.", target.name), Some(target))
    }

    /// The commit that brought every line this one takes away.
    fn owner(&self, commit: &Commit) -> Option<&Past> {
        self.past.iter().rev().find(|past| {
            let mut any = false;
            let owned = commit.files.iter().all(|file| {
                let came = past.came.get(&file.path);
                file.hunks.iter().flat_map(|hunk| &hunk.went).all(|line| {
                    any = true;
                    came.is_some_and(|lines| lines.contains(line))
                })
            });
            owned && any
        })
    }

    fn own_revert(&self, commit: &Commit) -> Option<Loss<'static>> {
        let subject = commit.message.subject.strip_prefix("Revert \"")?.strip_suffix('"')?;
        let past = self.past.iter().rev().find(|past| past.subject == subject)?;
        Some(Loss {
            target: Some(past.id.clone()),
            rule: &rules::OWN_REVERT,
            points: 15.0,
            seen: format!("It takes back {}, of the same series.", past.name),
            advice: "Drop both, unless others have built on what is taken back.".to_owned(),
        })
    }

    fn churn(&self, commit: &Commit) -> Option<Loss<'static>> {
        // The same replacement over and over, or other blanks, undo nothing.
        let sweeps = sweeps(commit);
        let is_rewritten =
            |hunk: &&Hunk| !hunk.is_blank && !hunk.swap.is_some_and(|swap| sweeps.contains(&swap));
        let went = |file: &FileChange| -> BTreeSet<u64> {
            file.hunks.iter().filter(is_rewritten).flat_map(|hunk| hunk.went.iter().copied()).collect()
        };
        let gone: BTreeMap<&[u8], BTreeSet<u64>> =
            commit.code().map(|file| (file.path.as_slice(), went(file))).collect();
        let undone = |past: &Past| -> usize {
            let in_file = |(path, lines): (&&[u8], &BTreeSet<u64>)| {
                past.came.get(*path).map_or(0, |came| came.intersection(lines).count())
            };
            gone.iter().map(in_file).sum()
        };
        let past = self.past.iter().rev().find(|past| {
            let count = undone(past);
            count >= CHURN && count * 2 >= past.came_count
        })?;
        Some(Loss {
            target: None, rule: &rules::CHURN,
            points: 8.0,
            seen: format!("{} of the {} lines that {} brought go again.", undone(past), past.came_count, past.name),
            advice: "Bring them in the form they end up with: fold the two, or make the first a preparation that stays.".to_owned(),
        })
    }

    fn jump(&self, now: &Past) -> Option<Loss<'static>> {
        let (last, earlier) =
            self.past.iter().rev().enumerate().find(|(_, past)| !past.symbols.is_disjoint(&now.symbols))?;
        if last == 0 {
            return None;
        }
        let between = self.past.iter().rev().take(last);
        let is_elsewhere = |past: &Past| {
            past.files.is_disjoint(&now.files)
                && past.files.is_disjoint(&earlier.files)
                && past.area.is_some()
                && past.area != now.area
                && past.area != earlier.area
        };
        if now.area != earlier.area || !between.clone().all(is_elsewhere) {
            return None;
        }
        let (file, symbol) = now.symbols.intersection(&earlier.symbols).next()?;
        Some(Loss {
            target: Some(earlier.id.clone()),
            rule: &rules::TOPIC_JUMP,
            points: 4.0,
            seen: format!(
                "It goes on with `{symbol}` in {}, which {} changed, after {last} commits about something else.",
                String::from_utf8_lossy(file),
                earlier.name
            ),
            advice: format!(
                "Move it right behind {}: they share no file with what is between.",
                earlier.name
            ),
        })
    }

    /// Whether this commit is what an earlier one prepared, with others between.
    fn apart(&mut self, now: &Past) -> Vec<Late> {
        let mut late = Vec::new();
        let count = self.past.len();
        for (index, past) in self.past.iter_mut().enumerate() {
            if !past.prepares || past.was_continued || past.files.is_disjoint(&now.files) {
                continue;
            }
            past.was_continued = true;
            let between = count - index - 1;
            if between > 0 {
                late.push(Late {
                    id: past.id.clone(),
                    name: past.name.clone(),
                    loss: Loss {
                        target: Some(now.id.clone()),
                        rule: &rules::REFACTORING_APART,
                        points: 4.0,
                        seen: format!(
                            "It prepares {}, but {between} commits about something else stand between.",
                            now.name
                        ),
                        advice: "Put the preparation right before what it prepares.".to_owned(),
                    },
                });
            }
        }
        late
    }

    /// Files that an earlier commit already asked for, and that only this one brings.
    fn wanted_too_early(&mut self, commit: &Commit) -> Vec<Late> {
        let mut late = Vec::new();
        for file in commit.files.iter().filter(|file| file.status == Status::Added) {
            for past in &mut self.past {
                let found = past.wants.iter().position(|(name, asker)| is_wanted(file, name, asker));
                let Some(index) = found else { continue };
                past.wants.remove(index);
                late.push(Late {
                    id: past.id.clone(),
                    name: past.name.clone(),
                    loss: Loss {
                        target: Some(commit.id.clone()),
                        rule: &rules::INCOMPLETE,
                        points: 25.0,
                        seen: format!(
                            "It asks for {}, which comes only with {}.",
                            file.name(),
                            commit.name()
                        ),
                        advice: "Bring the file with the commit that asks for it, or ask for it later."
                            .to_owned(),
                    },
                });
            }
        }
        late
    }
}

/// Whether a text starts with these words, not only with their letters.
fn is_start(text: &str, words: &str) -> bool {
    let ends_itself = words.ends_with(['!', ' ']);
    text.strip_prefix(words)
        .is_some_and(|rest| ends_itself || !rest.starts_with(|letter: char| letter.is_alphanumeric()))
}

fn mixed_kinds(commit: &Commit, lowered: &str) -> Option<Loss<'static>> {
    let lose = |points: f64, seen: String, advice: &str| {
        Some(Loss { target: None, rule: &rules::MIXED_KINDS, points, seen, advice: advice.to_owned() })
    };
    let kinds = commit.message.kinds();
    if let [first, second, ..] = &kinds[..] {
        let seen = format!("The subject names a {} and a {}.", first.name(), second.name());
        return lose(6.0, seen, "Make each a commit of its own, the refactoring first.");
    }
    if let Some(words) = BESIDE.iter().find(|words| lowered.contains(**words)) {
        return lose(
            3.0,
            format!("The message says `{words}`: something else is in it too."),
            "Commit that by itself.",
        );
    }
    let idle = commit.code().find(|file| file.idle_lines() > 0);
    let blank_lines: u32 = commit.code().map(FileChange::idle_lines).sum();
    let other_lines = commit.code_lines() - blank_lines;
    if blank_lines >= BLANK && other_lines >= BLANK {
        let name = idle.map(FileChange::name).unwrap_or_default();
        let seen = format!(
            "{blank_lines} lines change in blanks only ({name}), beside {other_lines} that change in substance."
        );
        return lose(6.0, seen, "Commit the blanks by themselves, before the rest.");
    }
    None
}

fn incomplete(commit: &Commit, lowered: &str) -> Option<Loss<'static>> {
    let lose = |seen: String, advice: &str| {
        Some(Loss { target: None, rule: &rules::INCOMPLETE, points: 25.0, seen, advice: advice.to_owned() })
    };
    let marked = commit.code().find(|file| file.hunks.iter().any(|hunk| hunk.has_conflict_mark));
    if let Some(file) = marked {
        return lose(
            format!("{} has marks of an unresolved conflict.", file.name()),
            "Resolve the conflict in this commit.",
        );
    }
    let words = BREAKS.iter().find(|words| lowered.contains(**words))?;
    lose(format!("The message says `{words}`."), "Join it with the commit that makes it whole.")
}

#[cfg(test)]
mod tests {
    use super::Narrative;
    use crate::history::parse;

    #[test]
    fn dates_may_lie_as_far_apart_as_numbers_go() {
        let log = b"\x01aa\0t\0\0a@b.c\0-9223372036854775808\0Begin\n\0\
                    \x01bb\0t\0aa\0a@b.c\x009223372036854775807\0Go on\n\0";
        let mut narrative = Narrative::default();
        let mut seen = 0;
        let read = parse(&mut &log[..], |commit| {
            let _ = narrative.check(&commit);
            seen += 1;
        });
        assert!(read.is_ok());
        assert_eq!(seen, 2);
    }
}

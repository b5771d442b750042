//! The rules, in the order of the post's three guidelines, and what a breach of each costs.

use ironbird_report::{Rule, Severity};

/// Fix-up noise.
pub static FIXUP: Rule = Rule::new(
    "commit-story/fixup",
    Severity::Error,
    "A commit only mends an earlier one of the same branch",
    "The post: a commit fixing a typo from an earlier commit, or a mixed bag of review feedback, tells of the journey and not of \
     the change. Told by the subject (fixup!, wip, address review, oops) or by a small commit whose every removed line came with \
     one earlier commit of the same author. Costs 25 points.",
);
/// Reverts of one's own.
pub static OWN_REVERT: Rule = Rule::new(
    "commit-story/own-revert",
    Severity::Warning,
    "A commit takes back an earlier one of the same series",
    "The post: a later commit that undoes something from an earlier one leaves the reader with a weak model of the change. Only a \
     revert within a series is meant: taking back what others have built on is honest. Costs 15 points.",
);
/// Merges of the main branch.
pub static MERGE_NOISE: Rule = Rule::new(
    "commit-story/merge-noise",
    Severity::Warning,
    "A merge brings the main branch into a topic",
    "The post: a merge commit resolving conflicts with the main branch is no part of the story. Rebase instead. Merges of topics \
     into the main branch, and a maintainer's pulls, are not meant. Told by the message that git writes, and by whose work the first \
     parent is. Costs 5 points.",
);
/// Mixed kinds.
pub static MIXED_KINDS: Rule = Rule::new(
    "commit-story/mixed-kinds",
    Severity::Warning,
    "A commit mixes kinds of building block",
    "The post: treat commits as building blocks of different types (bugfix, refactor, stylistic change, feature) and do not mix \
     them. Told by the subject (fix this and rename that), by words such as `while at it`, and by places that change in blanks only \
     beside functions that change in substance. Costs 6 points, words alone 3.",
);
/// Jumping topics.
pub static TOPIC_JUMP: Rule = Rule::new(
    "commit-story/topic-jump",
    Severity::Note,
    "A topic is left and taken up again",
    "The post: component A, then component B, then A again. Two commits of one author and series change the same function, and \
     those between have neither a file nor an area in common with them. Costs 4 points.",
);
/// Refactorings that stand alone.
pub static REFACTORING_APART: Rule = Rule::new(
    "commit-story/refactoring-apart",
    Severity::Note,
    "A preparation does not stand right before what it prepares",
    "The post: add your `implement feature` commit immediately after the refactoring that sets it up. The commit says that it \
     prepares something, the next has no file in common with it, and a later one has. Costs 4 points.",
);
/// Undone work.
pub static CHURN: Rule = Rule::new(
    "commit-story/churn",
    Severity::Warning,
    "A commit rewrites much of what an earlier one of the series brought",
    "The post: when a later commit undoes something from an earlier, partial commit, the churn weakens the reader's model. At least \
     8 lines, and half of what the earlier commit brought, went again. Costs 8 points.",
);
/// Size.
pub static TOO_LARGE: Rule = Rule::new(
    "commit-story/too-large",
    Severity::Warning,
    "A commit asks for too much at once",
    "The post: a small commit has minimal scope; it does one thing, and lines are no firm measure. Counted are functions, files \
     and lines of the program itself. Tests, docs, data, generated and vendored files, moved lines, renames and the same \
     replacement over and over are not. Files that are new in folders of their own are read once and break nothing that stood \
     before: they count a quarter. Above 600 lines, 40 functions or 25 files (ours); costs 3 points, 6 above twice that, 9 above \
     four times.",
);
/// Several things.
pub static SEVERAL_THINGS: Rule = Rule::new(
    "commit-story/several-things",
    Severity::Note,
    "A commit changes parts that have nothing to do with each other",
    "The post: one thing. Files are related when they share a folder, a name, or a rare word in their changed lines. The commit \
     falls into groups without any relation, each of at least 12 changed lines. Costs 4 points.",
);
/// Form of the subject.
pub static SUBJECT: Rule = Rule::new(
    "commit-story/subject",
    Severity::Warning,
    "A subject does not say in one line what the commit does",
    "It is empty, a filler (`update`, `misc`, one word), runs on into the body without a blank line, or is longer than 72 \
     letters, where `git log --oneline` and mails wrap. Costs 2 to 20 points.",
);
/// The why.
pub static WHY: Rule = Rule::new(
    "commit-story/why",
    Severity::Warning,
    "A message does not say why",
    "The post's four questions: intent, context, implementation, justification. Whether prose answers them cannot be told without \
     reading it; that there is none can. A commit that changes more than 15 lines of the program and says nothing but its subject \
     costs 6 points, 10 above 100 lines; one of more than 200 lines with fewer than 10 words of body 4.",
);
/// Trailers.
pub static TRAILERS: Rule = Rule::new(
    "commit-story/trailers",
    Severity::Note,
    "A trailer is not of the form that programs read",
    "Signed-off-by, Co-authored-by and the like are read by programs: `Name <mail>` after the colon, \
     no line twice in a row. Costs 1 point.",
);
/// Incomplete commits.
pub static INCOMPLETE: Rule = Rule::new(
    "commit-story/incomplete",
    Severity::Error,
    "A commit is not whole by itself",
    "The post: a commit is atomic when the repository builds, passes tests and works at that commit. Told without building: marks of \
     an unresolved conflict, a message that says it does not build, and files that are included or declared as modules here but \
     come with a later commit. Costs 25 points.",
);
/// Builds.
pub static BUILDS: Rule = Rule::new(
    "commit-story/builds",
    Severity::Error,
    "A commit does not build and pass by itself",
    "The post: an atomic commit builds and passes its tests, else bisect has to skip it. The command was run on each commit's own \
     work tree. Costs 40 points.",
);

/// Rules that are decided from history alone.
pub static READ: [&Rule; 13] = [
    &FIXUP,
    &OWN_REVERT,
    &MERGE_NOISE,
    &MIXED_KINDS,
    &TOPIC_JUMP,
    &REFACTORING_APART,
    &CHURN,
    &TOO_LARGE,
    &SEVERAL_THINGS,
    &SUBJECT,
    &WHY,
    &TRAILERS,
    &INCOMPLETE,
];

/// Rules that need to know what a commit changes, which the first commit of a shallow clone does not tell.
pub static OF_CHANGES: [&Rule; 9] = [
    &FIXUP,
    &MIXED_KINDS,
    &TOPIC_JUMP,
    &REFACTORING_APART,
    &CHURN,
    &TOO_LARGE,
    &SEVERAL_THINGS,
    &WHY,
    &INCOMPLETE,
];

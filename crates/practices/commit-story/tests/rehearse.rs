//! Planted faults are hunted by real git bisect, and the same seed gives the same bytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use ironbird_commit_story::rehearse::{Options, RehearseError, run};
use ironbird_report::{Measure, Outcome, Value, Verdict, html, json};
use support::Repo;

/// A program whose parts come one at a time, each with a test that runs all of them.
fn project(commits: usize) -> Repo {
    let repo = Repo::new();
    repo.write("test.sh", "for part in part_*.sh; do sh \"$part\" | grep -q 'all is well' || exit 1; done\n");
    repo.change("part_0.sh", "answer='all is well'\necho \"$answer\"\n", "Begin");
    for number in 1..=commits {
        let part = format!("answer_{number}='all is well'\necho \"$answer_{number}\"\n");
        repo.change(&format!("part_{number}.sh"), &part, &format!("Bring part {number}"));
    }
    repo
}

fn options(repo: &Repo) -> Options {
    Options {
        repo: repo.path().to_owned(),
        range: "HEAD".to_owned(),
        most: 500,
        test: "sh ./test.sh".to_owned(),
        build: None,
        faults: 5,
        seed: 7,
        squash: Some(4),
        limit: None,
        jobs: Some(2),
    }
}

fn measure<'a>(verdict: &'a Verdict, name: &str) -> &'a Measure {
    verdict.measures.iter().find(|measure| measure.name == name).unwrap()
}

#[test]
fn small_atomic_commits_are_found_and_leave_little_to_read() {
    let repo = project(16);
    let before = repo.everything();
    let verdict = run(&options(&repo), "ironbird rehearse", &|_| {}).unwrap();
    assert_eq!(repo.everything(), before, "the repository is as it was");
    verdict.validate().unwrap();
    assert_eq!(verdict.outcome(2), Outcome::Holds, "{}", verdict.reason(2));
    assert_ne!(verdict.outcome(1), Outcome::Holds, "{}", verdict.reason(1));
    assert_eq!(measure(&verdict, "Faulty commit named").values[2], Value::Single(1.0));
    assert_eq!(
        measure(&verdict, "⌈log₂ N⌉").values,
        [Value::Single(2.0), Value::Single(4.0), Value::Single(4.0)]
    );
    let [squashed, _, fine] = &measure(&verdict, "Lines left to read").values[..] else { panic!() };
    // Each part is two lines, and four of them are squashed into one commit.
    assert_eq!((squashed.typical(), fine.typical()), (Some(8.0), Some(2.0)));
    assert!(
        verdict
            .experiment
            .injections
            .iter()
            .any(|injection| injection.action.contains("a line is lost from part_"))
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let repo = project(8);
    let rehearse = |seed: u64, jobs: usize| {
        let options = Options { seed, jobs: Some(jobs), faults: 3, ..options(&repo) };
        let verdict = run(&options, "replay", &|_| {}).unwrap();
        json::verdict(&verdict) + &html::verdict(&verdict)
    };
    assert_eq!(rehearse(7, 1), rehearse(7, 3));
    assert_ne!(rehearse(7, 2), rehearse(8, 2));
}

#[test]
fn a_test_that_sees_nothing_is_said_and_one_that_fails_is_refused() {
    let repo = project(6);
    let blind = Options { test: "true".to_owned(), faults: 2, ..options(&repo) };
    let verdict = run(&blind, "replay", &|_| {}).unwrap();
    assert!(verdict.notes.iter().any(|note| note.text.starts_with("For 2 faults the test saw none")));
    assert_eq!(measure(&verdict, "Faulty commit named").values[2], Value::Single(1.0));
    let failing = Options { test: "false".to_owned(), ..options(&repo) };
    assert!(matches!(run(&failing, "replay", &|_| {}), Err(RehearseError::Test { .. })));
    let short = Options { range: "HEAD~1..HEAD".to_owned(), ..options(&repo) };
    assert!(matches!(run(&short, "replay", &|_| {}), Err(RehearseError::Git(_))));
}

//! What a history falls short of is found, with the commit, the reason and the fix; honest commits lose nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::sync::Mutex;
use std::time::Duration;

use ironbird_commit_story::check::build::Build;
use ironbird_commit_story::check::{Options, is_lowered, run, score_of};
use ironbird_report::Findings;
use support::Repo;

fn options(repo: &Repo, range: &str) -> Options {
    Options {
        repo: repo.path().to_owned(),
        range: range.to_owned(),
        most: 1000,
        allows_shallow: false,
        rules: Vec::new(),
        ratchet: None,
        build: None,
    }
}

fn check(repo: &Repo, range: &str) -> Findings {
    run(&options(repo, range), &|_| {}).unwrap()
}

/// The rules that found something in a commit, by its subject.
fn rules(findings: &Findings, subject: &str) -> Vec<String> {
    let of = findings.findings.iter().filter(|finding| finding.resource.ends_with(subject));
    of.map(|finding| finding.rule.trim_start_matches("commit-story/").to_owned()).collect()
}

fn lines(from: u32, to: u32) -> String {
    (from..to).map(|number| format!("    let value_{number} = compute_{number}();\n")).collect()
}

fn function(name: &str, body: &str) -> String {
    format!("fn {name}() {{\n{body}}}\n\n")
}

const WHY: &str =
    "\n\nThe old way read the whole file again for every line, which took\nminutes for what users have.\n";

#[test]
fn honest_commits_lose_nothing() {
    let repo = Repo::new();
    repo.change("src/lib.rs", &function("first", &lines(0, 40)), &format!("Read values{WHY}"));
    repo.change("src/lib.rs", &function("first", &lines(0, 41)), "Read one more value");
    repo.change("README.md", &"word ".repeat(3000), "Explain it all");
    repo.git(&["mv", "src/lib.rs", "src/values.rs"]);
    repo.commit("Name the file after what it holds");
    repo.commit("Release 1.0");
    let findings = check(&repo, "HEAD");
    assert_eq!(findings.findings, []);
    assert_eq!(score_of(&findings), Some(100.0));
    assert_eq!(findings.exit_code(), 0);
}

#[test]
fn a_rename_throughout_is_one_thing_and_new_code_of_that_size_is_not() {
    let repo = Repo::new();
    for number in 0..60 {
        repo.write(
            format!("src/part_{number}.rs"),
            function("work", &format!("    old_name({number});\n").repeat(12)),
        );
    }
    repo.commit(format!("Bring the parts{WHY}"));
    for number in 0..60 {
        repo.write(
            format!("src/part_{number}.rs"),
            function("work", &format!("    new_name({number});\n").repeat(12)),
        );
    }
    repo.commit("Call it by its new name");
    for number in 0..60 {
        repo.write(format!("src/part_{number}.rs"), function("work", &lines(number, number + 12)));
    }
    repo.commit(format!("Compute anew{WHY}"));
    let findings = check(&repo, "HEAD");
    assert!(rules(&findings, "Call it by its new name").is_empty(), "{findings:?}");
    assert!(rules(&findings, "Compute anew").contains(&"too-large".to_owned()));
}

#[test]
fn the_stream_of_consciousness_of_the_post_is_found() {
    let repo = Repo::new();
    repo.write("src/parse.rs", function("parse", "    one();\n"));
    repo.write("web/page.rs", function("page", "    draw();\n"));
    repo.commit("Begin");
    repo.git(&["branch", "base"]);
    repo.change("src/parse.rs", &function("parse", &lines(0, 12)), &format!("parse: read values{WHY}"));
    repo.change("web/page.rs", &function("page", &lines(50, 60)), &format!("page: draw values{WHY}"));
    repo.change(
        "src/parse.rs",
        &function("parse", &lines(0, 14)),
        &format!("parse: read the last values{WHY}"),
    );
    repo.change(
        "src/parse.rs",
        &function("parse", &lines(0, 14).replace("value_3 ", "value_three ")),
        "Fix typo",
    );
    repo.change("web/page.rs", &function("page", &lines(70, 90)), "fixup! page: draw values");
    repo.change("web/page.rs", &function("page", &lines(100, 130)), "update");
    repo.git(&["revert", "--no-edit", "HEAD"]);
    let findings = check(&repo, "base..HEAD");
    assert_eq!(rules(&findings, "parse: read the last values"), ["topic-jump"]);
    assert_eq!(rules(&findings, "Fix typo"), ["fixup"]);
    assert_eq!(rules(&findings, "fixup! page: draw values"), ["why", "fixup"]);
    assert_eq!(rules(&findings, " update"), ["subject", "why", "churn"]);
    assert!(rules(&findings, "Revert \"update\"").contains(&"own-revert".to_owned()));
    assert!(score_of(&findings).unwrap() < 88.0);
    let only = Options { rules: vec!["fixup".to_owned()], ..options(&repo, "base..HEAD") };
    assert_eq!(
        score_of(&run(&only, &|_| {}).unwrap()),
        Some(100.0 - 50.0 / 7.0),
        "only rules that are chosen count"
    );
    let fix = findings.findings.iter().find(|finding| finding.resource.ends_with("Fix typo")).unwrap();
    assert!(fix.advice.contains("parse: read values"), "{}", fix.advice);
    let lost: f64 = findings.findings.iter().map(|finding| finding.figure.as_ref().unwrap().value).sum();
    assert!((100.0 - lost / 7.0 - score_of(&findings).unwrap()).abs() < 1e-9, "every point lost is named");
}

#[test]
fn mixed_kinds_and_things_without_relation_are_found() {
    let repo = Repo::new();
    let style = "fn style() {\n  if a {\n  b();\n  c();\n  d();\n  }\n}\n";
    repo.write("one/alpha/a.rs", function("alpha", "    a();\n"));
    repo.write("two/beta/b.rs", function("beta", "    b();\n"));
    repo.write("one/alpha/style.rs", style);
    repo.commit("Begin");
    repo.write("one/alpha/a.rs", function("alpha", &lines(0, 30)));
    repo.write("one/alpha/style.rs", style.replace("  ", "    "));
    repo.commit(format!("Compute alpha{WHY}"));
    repo.change("one/alpha/a.rs", &function("alpha", &lines(0, 31)), "Fix alpha and rename its values");
    repo.write("one/alpha/a.rs", function("alpha", &lines(0, 60)));
    repo.write(
        "two/beta/b.rs",
        function("beta", &lines(0, 60).replace("value", "digit").replace("compute", "invent")),
    );
    repo.commit(format!("Do two things{WHY}"));
    let findings = check(&repo, "HEAD");
    assert_eq!(rules(&findings, "Compute alpha"), ["mixed-kinds"]);
    assert_eq!(rules(&findings, "Fix alpha and rename its values"), ["mixed-kinds"]);
    assert_eq!(rules(&findings, "Do two things"), ["several-things"]);
}

#[test]
fn what_comes_too_late_is_found_without_building() {
    let repo = Repo::new();
    repo.change("src/lib.rs", "pub mod early;\npub mod late;\n", "Declare the parts");
    repo.change("src/late.rs", "pub fn late() {}\n", "Bring the late part");
    repo.change(
        "src/lib.rs",
        "pub mod early;\n<<<<<<< mine\npub mod late;\n>>>>>>> theirs\n",
        "Merge by hand",
    );
    let findings = check(&repo, "HEAD");
    assert_eq!(rules(&findings, "Declare the parts"), ["incomplete"]);
    assert_eq!(rules(&findings, "Merge by hand"), ["incomplete"]);
}

#[test]
fn only_merges_of_the_main_line_into_work_are_noise() {
    let repo = Repo::new();
    repo.change("base", "1", "Base");
    repo.git(&["switch", "--quiet", "--create", "topic"]);
    repo.change("topic", "1", "Topic work");
    repo.git(&["switch", "--quiet", "main"]);
    repo.change("base", "2", "Main work");
    repo.git(&["switch", "--quiet", "topic"]);
    repo.git(&["merge", "--quiet", "--no-ff", "--no-edit", "main"]);
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-ff", "--no-edit", "topic"]);
    let findings = check(&repo, "HEAD");
    assert_eq!(findings.findings.len(), 1);
    assert!(findings.findings[0].resource.contains("Merge branch 'main' into topic"));
}

#[test]
fn every_commit_is_built_once_in_a_tree_of_its_own() {
    let repo = Repo::new();
    let cache = tempfile::tempdir().unwrap();
    repo.change("test.sh", "exit 0\n", "Begin");
    repo.change("test.sh", "echo out of order; exit 3\n", "Break it");
    repo.change("test.sh", "exit 0\n", "Mend it");
    repo.write("left-behind", "");
    repo.write("test.sh", "test ! -e left-behind\n");
    fs::remove_file(repo.path().join("left-behind")).unwrap();
    repo.commit("See that nothing is left behind");
    let before = repo.everything();
    let build = Build {
        command: "sh test.sh && touch left-behind".to_owned(),
        jobs: Some(1),
        limit: None,
        keeps_ignored: false,
        cache: Some(cache.path().to_owned()),
    };
    let with = |build: Build| Options { build: Some(build), ..options(&repo, "HEAD") };
    let told = Mutex::new(0);
    let findings = run(&with(build.clone()), &|progress| {
        if progress.what == "building" {
            *told.lock().unwrap() = progress.of;
        }
    })
    .unwrap();
    assert_eq!(told.into_inner().unwrap(), 3, "the first and third tree are one");
    assert_eq!(rules(&findings, "Break it"), ["builds"]);
    assert!(findings.findings[0].seen.contains("exit status 3: out of order"));
    assert_eq!(findings.findings.len(), 1);
    let again = run(&with(build.clone()), &|_| {}).unwrap();
    let built = again.read.iter().find(|read| read.what == "trees built").unwrap();
    assert_eq!(built.count, Some(1), "only what failed is built again");
    assert_eq!(repo.everything(), before);
    let slow =
        Build { command: "sleep 30 & sleep 30".to_owned(), limit: Some(Duration::from_millis(100)), ..build };
    let late = run(&with(slow), &|_| {}).unwrap();
    assert_eq!(late.findings.len(), 4);
    assert!(late.findings[0].seen.contains("longer"));
}

#[test]
fn a_shallow_clone_is_undecided_where_it_is_cut_unless_told_to_leave_that_out() {
    let repo = Repo::new();
    for number in 0..4 {
        repo.change("file", &"line\n".repeat(number + 1), &format!("Commit number {number}"));
    }
    let clone = Repo::new();
    clone.git(&["fetch", "--quiet", "--depth=2", &format!("file://{}", repo.path().display()), "main"]);
    let findings = check(&clone, "FETCH_HEAD");
    assert_eq!((findings.unread.len(), findings.exit_code()), (1, 2));
    let allowed = Options { allows_shallow: true, ..options(&clone, "FETCH_HEAD") };
    assert_eq!(run(&allowed, &|_| {}).unwrap().exit_code(), 0);
}

#[test]
fn a_dirty_tree_and_a_rebase_do_not_disturb() {
    let repo = Repo::new();
    repo.change("file", "one\n", "Write one");
    repo.git(&["branch", "base"]);
    repo.change("file", "two\n", "Write two instead");
    repo.git(&["switch", "--quiet", "--create", "topic", "base"]);
    repo.change("file", "three\n", "Write three instead");
    let conflict = repo.command().args(["rebase", "main"]).output().unwrap();
    assert!(!conflict.status.success());
    let before = repo.everything();
    let findings = check(&repo, "HEAD");
    assert!(
        findings.read.iter().any(|read| read.what.contains("a rebase is in progress")),
        "{:?}",
        findings.read
    );
    assert_eq!(repo.everything(), before);
}

#[test]
fn a_change_that_lowers_the_score_is_told() {
    let repo = Repo::new();
    repo.change("file", "one\n", "Write one");
    repo.change("file", "two\n", "update");
    repo.git(&["branch", "base"]);
    let lowered = |repo: &Repo| {
        let options = Options { ratchet: Some("base".to_owned()), ..options(repo, "HEAD") };
        is_lowered(&run(&options, &|_| {}).unwrap())
    };
    assert!(!lowered(&repo), "nothing came since");
    repo.change("file", "three\n", "Write three");
    assert!(!lowered(&repo));
    repo.change("file", "four\n", "fixup! Write three");
    assert!(lowered(&repo));
}

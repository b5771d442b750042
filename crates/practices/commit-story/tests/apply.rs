//! A reorganized branch leads to the same files, and the branch it is made of is never touched.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use ironbird_commit_story::apply::{ApplyError, Options, Prepared, prepare};
use ironbird_commit_story::check;
use support::{Repo, strange};

fn options(repo: &Repo, range: &str) -> Options {
    Options { repo: repo.path().to_owned(), range: range.to_owned(), branch: None }
}

fn plan(repo: &Repo) -> Prepared {
    prepare(&options(repo, "base..HEAD")).unwrap()
}

fn subjects(repo: &Repo, range: &str) -> Vec<String> {
    repo.git(&["log", "--reverse", "--format=%s", range]).lines().map(str::to_owned).collect()
}

fn score(repo: &Repo, range: &str) -> f64 {
    let options = check::Options {
        repo: repo.path().to_owned(),
        range: range.to_owned(),
        most: 1000,
        allows_shallow: false,
        rules: Vec::new(),
        ratchet: None,
        build: None,
    };
    check::score_of(&check::run(&options, &|_| {}).unwrap()).unwrap()
}

fn body(name: &str, count: u32) -> String {
    let lines: String = (0..count).map(|number| format!("    {name}_{number}();\n")).collect();
    format!("fn {name}() {{\n{lines}}}\n")
}

const WHY: &str = "\n\nReaders could not find their page, because\nit was drawn before it was read.\n";

/// The branch of the post: a topic that is left and taken up again, a typo, a fixup, a revert, a mixed commit.
fn messy() -> Repo {
    let repo = Repo::new();
    repo.write("one/parse.rs", body("parse", 1));
    repo.write("two/page.rs", body("page", 1));
    repo.write("two/style.rs", "fn style() {\n  a();\n  b();\n  c();\n  d();\n}\n");
    repo.commit("Begin");
    repo.git(&["branch", "base"]);
    repo.change("one/parse.rs", &body("parse", 12), &format!("parse: read values{WHY}"));
    repo.change("two/page.rs", &body("page", 10), &format!("page: draw values{WHY}"));
    repo.change("one/parse.rs", &body("parse", 14), &format!("parse: read the last values{WHY}"));
    repo.change("one/parse.rs", &body("parse", 14).replace("parse_3(", "parse_three("), "Fix typo");
    repo.change("two/page.rs", &body("page", 11), "fixup! page: draw values");
    repo.change("two/wrong.rs", &body("wrong", 3), "Try something");
    repo.git(&["revert", "--no-edit", "HEAD"]);
    repo.write("two/style.rs", "fn style() {\n    a();\n    b();\n    c();\n    d();\n}\n");
    repo.write("two/page.rs", body("page", 40));
    repo.commit("page: draw much more");
    repo
}

#[test]
fn a_messy_branch_becomes_a_story_with_the_same_files() {
    let repo = messy();
    let old = repo.git(&["rev-parse", "HEAD"]);
    let before = repo.everything();
    let prepared = plan(&repo);
    assert_eq!(repo.everything(), before, "a plan writes nothing");
    let todo = prepared.plan.todo();
    let verbs: Vec<&str> = todo.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(verbs, ["pick", "fixup", "pick", "pick", "fixup", "edit", "#", "drop", "drop"], "{todo}");
    prepared.apply().unwrap();
    assert_eq!(prepared.branch, "main-story");
    assert_eq!(repo.git(&["rev-parse", "main"]), old);
    assert_eq!(repo.git(&["diff", "main", "main-story"]), "");
    let expected = [
        "parse: read values",
        "parse: read the last values",
        "page: draw values",
        "page: draw much more (1/2: blanks only)",
        "page: draw much more (2/2: the rest)",
    ];
    assert_eq!(subjects(&repo, "base..main-story"), expected);
    assert!(score(&repo, "base..main-story") > score(&repo, "base..main") + 5.0);
    let last = repo.git(&["log", "-1", "--format=%an %ad%n%B", "--date=iso-strict", "main-story"]);
    assert!(last.starts_with("Ada 2026-03-02T09:00:00Z"), "{last}");
    assert!(last.contains("Implementation: 29 lines change in two/page.rs."), "{last}");
    assert!(last.contains("Justification: TODO"), "{last}");
    assert!(repo.git(&["status", "--porcelain"]).is_empty());
    repo.git(&["fsck", "--strict"]);
}

#[test]
fn the_list_is_one_that_rebase_takes() {
    let repo = messy();
    let list = plan(&repo).plan.todo().replace("\nedit ", "\npick ");
    let file = repo.write(".git/list", list);
    let editor = format!("cp '{}'", file.display());
    repo.git(&["-c", &format!("sequence.editor={editor}"), "rebase", "--interactive", "base"]);
    let expected =
        ["parse: read values", "parse: read the last values", "page: draw values", "page: draw much more"];
    assert_eq!(subjects(&repo, "base..main"), expected);
}

#[test]
fn what_conflicts_is_left_alone_and_said() {
    let repo = Repo::new();
    repo.change("a.rs", "fn a() {\n    one();\n}\n", "Begin");
    repo.git(&["branch", "base"]);
    repo.change("a.rs", "fn a() {\n    two();\n}\n", "Make it two");
    repo.change("a.rs", "fn a() {\n    three();\n}\n", "Make it three");
    repo.change("a.rs", "fn a() {\n    four();\n}\n", "fixup! Make it two");
    let prepared = plan(&repo);
    assert!(prepared.plan.is_empty(), "{}", prepared.plan.todo());
    assert!(prepared.plan.left[0].contains("conflicts"), "{:?}", prepared.plan.left);
}

#[test]
fn a_good_branch_stays_as_it_is() {
    let repo = messy();
    plan(&repo).apply().unwrap();
    repo.git(&["switch", "--quiet", "main-story"]);
    let again = plan(&repo);
    assert!(again.plan.is_empty(), "{:?}", again.plan.done);
    assert_eq!(again.tip, repo.git(&["rev-parse", "HEAD"]), "every commit is the one that it was");
}

#[test]
fn parts_without_relation_are_split_and_strange_names_survive() {
    let repo = Repo::new();
    repo.change("README", "begin", "Begin");
    repo.git(&["branch", "base"]);
    repo.write("one/alpha/a.rs", body("alpha", 20));
    repo.write("two/beta/b.rs", body("gamma", 20));
    repo.write(strange(b"two/beta/caf\xe9\nb.dat"), [0, 1, 2]);
    fs::remove_file(repo.path().join("README")).unwrap();
    repo.commit(format!("Bring two things{WHY}"));
    let prepared = plan(&repo);
    prepared.apply().unwrap();
    assert_eq!(repo.git(&["diff", "main", "main-story"]), "");
    assert_eq!(repo.git(&["show", "--format=", "--name-only", "main-story~"]), "one/alpha/a.rs");
}

#[test]
fn commits_are_ordered_by_what_they_need() {
    let repo = Repo::new();
    let two = |parse: u32, read: u32| body("parse", parse) + &body("read", read);
    repo.write("one/parse.rs", two(30, 5));
    repo.write("two/page.rs", body("page", 2));
    repo.change("src/lib.rs", "mod first;\n", "Begin");
    repo.git(&["branch", "base"]);
    repo.change("src/lib.rs", "mod first;\nmod second;\n", "Use the second part");
    repo.change("src/second.rs", "pub fn second() {}\n", "Bring the second part");
    repo.change("one/parse.rs", &two(31, 5), "Make room\n\nIn preparation for reading more.");
    repo.change("two/page.rs", &body("page", 4), "Draw a little more");
    repo.change("one/parse.rs", &two(31, 9), "Read more");
    plan(&repo).apply().unwrap();
    let expected =
        ["Bring the second part", "Use the second part", "Draw a little more", "Make room", "Read more"];
    assert_eq!(subjects(&repo, "base..main-story"), expected);
    assert_eq!(repo.git(&["diff", "main", "main-story"]), "");
}

#[test]
fn blanks_are_split_off_within_a_file() {
    let repo = Repo::new();
    let tight = "fn style() {\n  a();\n  b();\n  c();\n  d();\n}\n\n";
    repo.change("one.rs", &format!("{tight}{}", body("work", 3)), "Begin");
    repo.git(&["branch", "base"]);
    let wide = tight.replace("  ", "    ");
    repo.change("one.rs", &format!("{wide}{}", body("work", 12)), &format!("Work more{WHY}"));
    plan(&repo).apply().unwrap();
    assert_eq!(repo.git(&["show", "main-story~:one.rs"]), format!("{wide}{}", body("work", 3)).trim_end());
    assert_eq!(repo.git(&["diff", "main", "main-story"]), "");
    assert!(score(&repo, "base..main-story") > score(&repo, "base..main"));
}

/// Two functions of one file and a test of each, as they were and after work on both.
fn two_functions(repo: &Repo, parse: u32, paint: u32) {
    repo.write("src/lib.rs", format!("{}\n{}", body("parse_header", parse), body("paint_border", paint)));
    let test = |name: &str, count: u32| format!("fn tests_{name}() {{\n    {name}({count});\n}}\n");
    repo.write("tests/all.rs", test("parse_header", parse) + "\n" + &test("paint_border", paint));
}

#[test]
fn places_that_share_no_name_are_split_where_a_commit_is_of_several_kinds() {
    let repo = Repo::new();
    two_functions(&repo, 3, 3);
    repo.commit("Begin");
    repo.git(&["branch", "base"]);
    two_functions(&repo, 10, 12);
    repo.commit(format!("Fix the header and add a border{WHY}"));
    plan(&repo).apply().unwrap();
    assert_eq!(repo.git(&["diff", "main", "main-story"]), "");
    assert_eq!(
        subjects(&repo, "base..main-story"),
        [
            "Fix the header and add a border (1/2: fn parse_header() {)",
            "Fix the header and add a border (2/2: fn paint_border() {)",
        ]
    );
    let between = repo.git(&["show", "main-story~:src/lib.rs"]);
    assert_eq!(between, format!("{}\n{}", body("parse_header", 10), body("paint_border", 3)).trim_end());
    let tested = repo.git(&["show", "main-story~:tests/all.rs"]);
    assert!(tested.contains("parse_header(10)") && tested.contains("paint_border(3)"), "{tested}");
}

#[test]
fn places_stay_together_where_nothing_is_wrong_or_a_name_is_shared() {
    for (subject, shared) in
        [("Draw headers as they are read", false), ("Fix the header and add a border", true)]
    {
        let repo = Repo::new();
        two_functions(&repo, 3, 3);
        repo.commit("Begin");
        repo.git(&["branch", "base"]);
        two_functions(&repo, 10, 12);
        if shared {
            let text = fs::read_to_string(repo.path().join("src/lib.rs")).unwrap();
            repo.write("src/lib.rs", text.replace("parse_header_9()", "parse_header_9(paint_border_9())"));
        }
        repo.commit(format!("{subject}{WHY}"));
        let prepared = plan(&repo);
        assert!(prepared.plan.is_empty(), "{subject}: {:?}", prepared.plan.done);
    }
}

#[test]
fn what_cannot_be_reorganized_is_refused_and_nothing_is_run() {
    let repo = messy();
    let refused = |options: &Options| prepare(options).unwrap_err();
    assert!(matches!(refused(&options(&repo, "HEAD")), ApplyError::NoBase(_)));
    let taken = Options { branch: Some("main".to_owned()), ..options(&repo, "base..HEAD") };
    assert!(matches!(refused(&taken), ApplyError::Branch(..)));
    let wrong = Options { branch: Some("a..b".to_owned()), ..options(&repo, "base..HEAD") };
    assert!(matches!(refused(&wrong), ApplyError::Branch(..)));
    let sign = repo.path().join("was-run");
    let hook =
        repo.write(".git/hooks/reference-transaction", format!("#!/bin/sh\ntouch '{}'\n", sign.display()));
    fs::set_permissions(hook, fs::Permissions::from_mode(0o755)).unwrap();
    plan(&repo).apply().unwrap();
    assert!(!sign.exists(), "no hook was run");
    repo.git(&["switch", "--quiet", "--create", "side", "base"]);
    repo.change("side", "side", "Side");
    repo.git(&["merge", "--quiet", "--no-edit", "main"]);
    assert!(matches!(refused(&options(&repo, "base..HEAD")), ApplyError::Merge(..)));
    repo.write(".git/rebase-merge/onto", "");
    assert!(matches!(refused(&options(&repo, "base..main")), ApplyError::InProgress("rebase")));
}

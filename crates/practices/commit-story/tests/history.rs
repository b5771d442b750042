//! Histories of every kind are read as they are, and what a repository names is never run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use ironbird_commit_story::git::{GitError, View};
use ironbird_commit_story::history::{Commit, Nature, Range, Status, list, read};
use support::{Repo, strange};

fn commits(repo: &Repo, range: &str) -> Vec<Commit> {
    let view = View::open(repo.path()).unwrap();
    let range = Range::resolve(view.source(), range).unwrap();
    view.learn_attributes(&range.tip).unwrap();
    let listed = list(&view, &range, 1000).unwrap();
    let mut found = Vec::new();
    let done: Result<(), GitError> = read(&view, &listed, |commit| {
        found.push(commit);
        Ok(())
    });
    done.unwrap();
    found
}

#[test]
fn every_kind_of_change_is_read() {
    let repo = Repo::new();
    repo.write(strange(b"caf\xe9\nnew \x01line.c"), "int a;\n");
    repo.write("blob", [0, 1, 2, 3]);
    repo.write("src/long.rs", "fn first() {\n    1\n}\n\nfn second() {\n    2\n}\n");
    repo.commit(b"Latin \xe9 in a message\n\nBody");
    repo.commit("Nothing at all");
    repo.write("src/long.rs", "fn first() {\n    1\n}\n\nfn second() {\n    3\n}\n");
    repo.write("blob", [0, 9]);
    fs::remove_file(repo.path().join(strange(b"caf\xe9\nnew \x01line.c"))).unwrap();
    std::os::unix::fs::symlink("blob", repo.path().join(strange(b"caf\xe9\nnew \x01line.c"))).unwrap();
    repo.commit("Change them\n\n\x01abc\ndiff --git a/x b/x\n@@ -1 +1 @@\n");
    repo.git(&["mv", "src/long.rs", "src/short.rs"]);
    repo.commit("Move it");
    let read = commits(&repo, "HEAD");
    assert_eq!(read.len(), 4);
    assert_eq!(read[0].message.subject, "Latin é in a message", "git itself mends what is no UTF-8");
    assert_eq!(read[0].file_count, 3);
    assert_eq!(read[0].files[1].path, b"caf\xe9\nnew \x01line.c");
    assert!(read[0].files[0].is_opaque, "binary");
    assert_eq!(read[1].files, []);
    let changed: Vec<_> = read[2].files.iter().map(|file| (file.status, file.added, file.removed)).collect();
    assert_eq!(changed, [(Status::Modified, 0, 0), (Status::Modified, 1, 1), (Status::Modified, 1, 1)]);
    let symbol = &read[2].files.last().unwrap().hunks[0].symbol;
    assert_eq!(symbol, "fn second() {");
    assert_eq!(read[3].files[0].status, Status::Renamed);
    assert_eq!((read[3].files[0].name().as_str(), read[3].files[0].lines()), ("src/short.rs", 0));
}

#[test]
fn merges_of_any_width_are_read_in_order() {
    let repo = Repo::new();
    repo.change("base", "base", "Base");
    for side in ["one", "two", "three"] {
        repo.git(&["switch", "--quiet", "--create", side, "main"]);
        repo.change(side, side, side);
    }
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-ff", "-m", "Octopus", "one", "two", "three"]);
    let read = commits(&repo, "HEAD");
    assert_eq!(read.len(), 5);
    let last = read.last().unwrap();
    assert!(last.is_merge());
    assert_eq!((last.parents.len(), last.files.len()), (4, 0));
    for (index, commit) in read.iter().enumerate() {
        assert!(
            commit.parents.iter().all(|parent| read[..index].iter().any(|earlier| earlier.id == *parent))
        );
    }
    assert_eq!(commits(&repo, "one..HEAD").len(), 3);
}

#[test]
fn a_shallow_clone_ends_where_it_was_cut() {
    let repo = Repo::new();
    for number in 0..5 {
        repo.change("file", &"line\n".repeat(number + 1), &format!("Commit {number}"));
    }
    let clone = Repo::new();
    let address = format!("file://{}", repo.path().display());
    clone.git(&["fetch", "--quiet", "--depth=2", &address, "main"]);
    let read = commits(&clone, "FETCH_HEAD");
    assert_eq!(read.iter().map(|commit| commit.is_cut).collect::<Vec<_>>(), [true, false]);
    assert_eq!((read[0].files.len(), read[1].files.len()), (0, 1));
}

#[test]
fn a_submodule_is_a_name_and_not_code() {
    let other = Repo::new();
    other.change("file", "text", "Other");
    let repo = Repo::new();
    repo.git(&["submodule", "--quiet", "add", &other.path().display().to_string(), "sub"]);
    repo.commit("Add a submodule");
    let read = commits(&repo, "HEAD");
    let sub = read[0].files.iter().find(|file| file.path == b"sub").unwrap();
    assert_eq!((sub.nature, sub.is_opaque), (Nature::Made, true));
}

#[test]
fn generated_files_are_known_by_attributes_and_by_their_head() {
    let repo = Repo::new();
    repo.write(".gitattributes", "api/*.rs linguist-generated=true\n");
    repo.write("api/types.rs", "struct Type;\n");
    repo.write("src/made.rs", "// Made by a tool. DO NOT EDIT.\nstruct Made;\n");
    repo.write("src/own.rs", "struct Own;\n");
    repo.commit("Add types");
    let read = commits(&repo, "HEAD");
    let code: Vec<String> = read[0].code().map(|file| file.name()).collect();
    assert_eq!(code, [".gitattributes", "src/own.rs"]);
}

#[test]
fn a_linked_work_tree_a_bare_repository_and_sha256_are_read() {
    let repo = Repo::new();
    repo.change("file", "text", "First");
    repo.git(&["worktree", "add", "--quiet", "linked", "-b", "side"]);
    let view = View::open(&repo.path().join("linked")).unwrap();
    assert_eq!(view.source().branch().as_deref(), Some("side"));
    let bare = Repo::new();
    bare.git(&["clone", "--quiet", "--bare", &repo.path().display().to_string(), "bare.git"]);
    assert!(View::open(&bare.path().join("bare.git")).is_ok());
    let long = Repo::new();
    fs::remove_dir_all(long.path().join(".git")).unwrap();
    long.git(&["init", "--quiet", "--object-format=sha256", "--initial-branch=main"]);
    long.change("file", "text", "Long names");
    assert_eq!(commits(&long, "HEAD")[0].id.len(), 64);
}

#[test]
fn what_is_not_there_is_said() {
    let empty = Repo::new();
    let view = View::open(empty.path()).unwrap();
    assert!(matches!(Range::resolve(view.source(), "HEAD"), Err(GitError::Empty)));
    assert!(matches!(Range::resolve(view.source(), "main..topic"), Err(GitError::Unknown(_))));
    let nowhere = tempfile::tempdir().unwrap();
    assert!(matches!(View::open(nowhere.path()), Err(GitError::NotARepository { .. })));
}

#[test]
fn nothing_that_a_repository_names_is_run() {
    let repo = Repo::new();
    let sign = repo.path().join("was-run");
    let program = repo.write(".git/evil", format!("#!/bin/sh\ntouch '{}'\n", sign.display()));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let evil = program.display().to_string();
    repo.write(".gitattributes", "* diff=evil filter=evil merge=evil\n");
    repo.change("file", "one\n", "One");
    repo.change("file", "two\n", "Two");
    for hook in ["post-checkout", "reference-transaction", "post-index-change", "pre-commit"] {
        let hook = repo.write(format!(".git/hooks/{hook}"), format!("#!/bin/sh\n{evil}\n"));
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for (name, value) in [
        ("diff.evil.command", evil.as_str()),
        ("diff.evil.textconv", &evil),
        ("diff.external", &evil),
        ("filter.evil.smudge", &evil),
        ("filter.evil.clean", &evil),
        ("filter.evil.process", &evil),
        ("merge.evil.driver", &evil),
        ("core.fsmonitor", &evil),
        ("core.pager", &evil),
        ("core.sshCommand", &evil),
        ("core.editor", &evil),
        ("gpg.program", &evil),
        ("log.showSignature", "true"),
        ("alias.rev-parse", &format!("!{evil}")),
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", "/nowhere"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", &evil),
    ] {
        repo.git(&["config", name, value]);
    }
    // A missing object would be fetched, by a program that the repository names.
    let blob = repo.git(&["rev-parse", "HEAD:file"]);
    let missing = repo.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    let before = repo.everything();
    assert_eq!(commits(&repo, "HEAD").len(), 2);
    assert!(!sign.exists());
    assert_eq!(repo.everything(), before, "reading changes nothing");
    fs::remove_file(missing).unwrap();
    let view = View::open(repo.path()).unwrap();
    let range = Range::resolve(view.source(), "HEAD").unwrap();
    let listed = list(&view, &range, 10).unwrap();
    let outcome: Result<(), GitError> = read(&view, &listed, |_| Ok(()));
    assert!(outcome.is_err(), "what is missing is said");
    assert!(!sign.exists());
}

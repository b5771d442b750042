//! Repositories to look at, made with real git.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A repository in a folder of its own.
pub struct Repo {
    folder: tempfile::TempDir,
}

impl Repo {
    /// An empty one, on the branch `main`.
    pub fn new() -> Self {
        let repo = Self { folder: tempfile::tempdir().expect("a scratch folder") };
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    /// Its work tree.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A git command in it, as a user of some settled identity and date would run it.
    pub fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.current_dir(self.path()).stdin(Stdio::null());
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Ada")
                .env(format!("GIT_{role}_EMAIL"), "ada@example.com");
            command.env(format!("GIT_{role}_DATE"), "2026-03-02T09:00:00Z");
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.args(["-c", "protocol.file.allow=always"]);
        command
    }

    /// Runs git, which must succeed, and gives its answer.
    pub fn git(&self, arguments: &[&str]) -> String {
        let done = self.command().args(arguments).output().expect("git runs");
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
    }

    /// Writes a file.
    pub fn write(&self, path: impl AsRef<OsStr>, content: impl AsRef<[u8]>) -> PathBuf {
        let full = self.path().join(Path::new(path.as_ref()));
        fs::create_dir_all(full.parent().expect("a folder")).expect("the folder is made");
        fs::write(&full, content).expect("the file is written");
        full
    }

    /// Commits all there is; gives the commit's name.
    pub fn commit(&self, message: impl AsRef<[u8]>) -> String {
        self.git(&["add", "--all"]);
        let file = self.path().join(".git/message");
        fs::write(&file, message).expect("the message is written");
        self.git(&[
            "commit",
            "--quiet",
            "--allow-empty",
            "--allow-empty-message",
            "--cleanup=verbatim",
            "--file",
            ".git/message",
        ]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Writes one file and commits.
    pub fn change(&self, path: &str, content: &str, message: &str) -> String {
        self.write(path, content);
        self.commit(message)
    }

    /// All that is in the folder, with its content: to see that nothing was changed.
    pub fn everything(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut all = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("the folder is read") {
                let path = entry.expect("an entry").path();
                let kind = fs::symlink_metadata(&path).expect("it is there");
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() {
                    all.push((path.clone(), fs::read(&path).expect("it is read")));
                }
            }
        }
        all.sort();
        all
    }
}

/// A name that is no text in any encoding we know.
pub fn strange(name: &[u8]) -> &OsStr {
    OsStr::from_bytes(name)
}

//! A repository of our own over the user's objects.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{GitError, command, line, output};

/// Bytes of a `.gitattributes` that are looked at.
const MOST_ATTRIBUTES: usize = 256 * 1024;

/// Which of git's own patterns tell the function around a change, by the end of a file's name.
/// See gitattributes(5), "Defining a custom hunk-header". C is left to git's default, a line that begins with a letter: it finds
/// the same functions in C, and the pattern would take a seventh of the time of reading a history such as git's.
const DRIVERS: &[(&str, &str)] = &[
    ("bash", "*.sh *.bash"),
    ("cpp", "*.cc *.cpp *.cxx *.hh *.hpp *.mm"),
    ("csharp", "*.cs"),
    ("css", "*.css *.scss"),
    ("elixir", "*.ex *.exs"),
    ("golang", "*.go"),
    ("html", "*.html *.htm"),
    ("java", "*.java"),
    ("kotlin", "*.kt *.kts"),
    ("markdown", "*.md"),
    ("perl", "*.pl *.pm *.t"),
    ("php", "*.php"),
    ("python", "*.py *.pyi"),
    ("ruby", "*.rb"),
    ("rust", "*.rs"),
    ("scheme", "*.scm"),
    ("tex", "*.tex"),
];

/// The user's repository, which is only asked for names and where its parts are.
#[derive(Debug, Clone)]
pub struct Source {
    /// The git folder of this work tree.
    pub git_dir: PathBuf,
    /// The git folder that all work trees share.
    pub common_dir: PathBuf,
    /// Where its objects are.
    pub objects: PathBuf,
    /// `sha1` or `sha256`.
    pub format: String,
}

impl Source {
    /// Finds the repository that `path` is in.
    ///
    /// # Errors
    /// When it is in none.
    pub fn find(path: &Path) -> Result<Self, GitError> {
        let ask = |what: &[&str]| -> Result<String, GitError> {
            let mut asked = command(None);
            asked.arg("-C").arg(path).arg("rev-parse").args(what);
            output(&mut asked).map(line)
        };
        let not_a_repository = |error: GitError| match error {
            GitError::Refused { said, .. } => GitError::NotARepository { path: path.to_owned(), said },
            other => other,
        };
        let git_dir = PathBuf::from(ask(&["--absolute-git-dir"]).map_err(not_a_repository)?);
        // A relative answer is relative to the folder that git was started in.
        let absolute = |answer: String| fs::canonicalize(path.join(answer)).map_err(GitError::Scratch);
        let common_dir = absolute(ask(&["--git-common-dir"])?)?;
        let objects = absolute(ask(&["--git-path", "objects"])?)?;
        let format = ask(&["--show-object-format"])?;
        Ok(Self { git_dir, common_dir, objects, format })
    }

    /// The commit that a name means in the user's repository.
    ///
    /// # Errors
    /// When it means none.
    pub fn resolve(&self, name: &str) -> Result<String, GitError> {
        let mut asked = self.command();
        let wanted = format!("{name}^{{commit}}");
        asked.args(["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]);
        match output(&mut asked) {
            Ok(answer) => Ok(line(answer)),
            Err(GitError::Refused { .. }) if name == "HEAD" => Err(GitError::Empty),
            Err(GitError::Refused { .. }) => Err(GitError::Unknown(name.to_owned())),
            Err(other) => Err(other),
        }
    }

    /// A command on the user's own repository; it must be one that runs nothing.
    pub(crate) fn command(&self) -> Command {
        command(Some(&self.git_dir))
    }

    /// What git is in the middle of in this work tree: `rebase`, `merge`, …
    pub fn in_progress(&self) -> Option<&'static str> {
        let signs = [
            ("rebase-merge", "rebase"),
            ("rebase-apply", "rebase"),
            ("MERGE_HEAD", "merge"),
            ("CHERRY_PICK_HEAD", "cherry-pick"),
            ("REVERT_HEAD", "revert"),
            ("BISECT_LOG", "bisect"),
        ];
        signs.into_iter().find(|(file, _)| self.git_dir.join(file).exists()).map(|(_, name)| name)
    }

    /// The branch that is checked out, without `refs/heads/`.
    pub fn branch(&self) -> Option<String> {
        let mut asked = self.command();
        asked.args(["symbolic-ref", "--quiet", "--short", "HEAD"]);
        output(&mut asked).ok().map(line)
    }
}

/// An empty repository of our own, in a scratch folder, that borrows the objects of the user's.
#[derive(Debug)]
pub struct View {
    source: Source,
    scratch: TempDir,
}

impl View {
    /// Makes a view of the repository that `path` is in.
    ///
    /// # Errors
    /// When there is no repository, or no scratch folder.
    pub fn open(path: &Path) -> Result<Self, GitError> {
        let source = Source::find(path)?;
        let scratch =
            tempfile::Builder::new().prefix("ironbird-story-").tempdir().map_err(GitError::Scratch)?;
        let view = Self { source, scratch };
        view.lay_out().map_err(GitError::Scratch)?;
        Ok(view)
    }

    fn lay_out(&self) -> std::io::Result<()> {
        let dir = self.git_dir();
        for folder in ["objects/info", "refs/heads", "info"] {
            fs::create_dir_all(dir.join(folder))?;
        }
        fs::write(dir.join("HEAD"), "ref: refs/heads/none\n")?;
        let (version, extension) = match self.source.format.as_str() {
            "sha1" => (0, String::new()),
            other => (1, format!("[extensions]\n\tobjectFormat = {other}\n")),
        };
        // Files above a mebibyte are told to differ, not compared line by line: that keeps git's memory bounded.
        let settings = "[diff]\n\talgorithm = myers\n\tindentHeuristic = false\n\trenameLimit = 200\n[user]\n\tname = ironbird\n\
                        \temail = ironbird@localhost\n[i18n]\n\tlogOutputEncoding = UTF-8\n[advice]\n\tdetachedHead = false\n";
        let core = format!(
            "[core]\n\trepositoryFormatVersion = {version}\n\tbare = true\n\tbigFileThreshold = 1m\n{extension}{settings}"
        );
        fs::write(dir.join("config"), core)?;
        fs::write(dir.join("objects/info/alternates"), alternates(&self.source.objects))?;
        let shallow = self.source.common_dir.join("shallow");
        if shallow.exists() {
            fs::copy(shallow, dir.join("shallow"))?;
        }
        Ok(())
    }

    /// The view's own git folder.
    pub fn git_dir(&self) -> PathBuf {
        self.scratch.path().join("view.git")
    }

    /// The scratch folder, for work trees and the like. It goes when the view goes.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The user's repository.
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// A git command in the view.
    pub(crate) fn command(&self) -> Command {
        command(Some(&self.git_dir()))
    }

    /// What a git command in the view answers.
    ///
    /// # Errors
    /// When it cannot be run, or does not succeed.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Result<String, GitError> {
        output(self.command().args(arguments)).map(line)
    }

    /// Commits whose parents are not there because the clone is shallow.
    pub fn cut(&self) -> Vec<String> {
        let text = fs::read_to_string(self.git_dir().join("shallow")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Lets diffs know the functions of each language, and what `commit` marks as generated or not to be compared.
    ///
    /// # Errors
    /// When the scratch folder cannot be written.
    pub fn learn_attributes(&self, commit: &str) -> Result<(), GitError> {
        let mut attributes = String::new();
        for (driver, patterns) in DRIVERS {
            for pattern in patterns.split(' ') {
                attributes.push_str(&format!("{pattern} diff={driver}\n"));
            }
        }
        let mut asked = self.command();
        asked.args(["cat-file", "blob", &format!("{commit}:.gitattributes")]);
        // A repository without the file is the usual case.
        let own = output(&mut asked).unwrap_or_default();
        if own.len() <= MOST_ATTRIBUTES {
            attributes.push_str(&undiffed(&String::from_utf8_lossy(&own)));
        }
        fs::write(self.git_dir().join("info/attributes"), attributes).map_err(GitError::Scratch)
    }
}

/// The lines of a `.gitattributes` that take files out of a comparison, and nothing else of it.
fn undiffed(attributes: &str) -> String {
    let mut kept = String::new();
    for text in attributes.lines() {
        let mut words = text.split_whitespace();
        let Some(pattern) = words.next().filter(|word| !word.starts_with(['#', '[', '"'])) else { continue };
        let is_out = |word: &str| {
            let (name, value) = word.split_once('=').unwrap_or((word, "true"));
            let marks = ["linguist-generated", "linguist-vendored", "binary"];
            word == "-diff" || (marks.contains(&name) && value == "true")
        };
        if words.any(is_out) {
            kept.push_str(&format!("{pattern} -diff\n"));
        }
    }
    kept
}

/// The file that names where else objects are, with the path quoted so that any path is one line.
fn alternates(objects: &Path) -> Vec<u8> {
    let path: OsString = objects.as_os_str().to_owned();
    let mut quoted = vec![b'"'];
    for byte in path.as_encoded_bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend([b'\\', *byte]),
            b'\n' => quoted.extend(b"\\n"),
            _ => quoted.push(*byte),
        }
    }
    quoted.extend(b"\"\n");
    quoted
}

#[cfg(test)]
mod tests {
    use super::{alternates, undiffed};
    use std::path::Path;

    #[test]
    fn only_what_takes_files_out_is_kept() {
        let given = "# a comment\n*.c diff=evil\n*.pb.go linguist-generated=true\n*.bin binary\n*.x linguist-generated=false\n\
                     [attr]macro -diff\n*.lock -diff text\n";
        assert_eq!(undiffed(given), "*.pb.go -diff\n*.bin -diff\n*.lock -diff\n");
    }

    #[test]
    fn a_strange_path_stays_one_line() {
        assert_eq!(alternates(Path::new("/a \"b\"\n/o")), b"\"/a \\\"b\\\"\\n/o\"\n");
    }
}

//! Apply: a branch, reorganized on a new branch with the same result. The branch itself is never touched.

pub mod object;
pub mod partial;
pub mod plan;
pub mod split;
mod strand;
mod template;

use std::path::PathBuf;

use crate::git::{GitError, View, output, output_with};
use crate::history::{Commit, Range, list, read};
use object::{Object, Picker};
use plan::{Plan, Unit};

/// Commits of a branch that are reorganized at once.
const MOST: usize = 500;

/// What to reorganize.
#[derive(Debug, Clone)]
pub struct Options {
    /// A folder in the repository.
    pub repo: PathBuf,
    /// The branch, as BASE..TIP.
    pub range: String,
    /// Name of the new branch; the branch's own with `-story` unless given.
    pub branch: Option<String>,
}

/// Why a branch cannot be reorganized.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The range has no base.
    #[error("`{0}` is a whole history, which others have built on: give the branch as BASE..TIP")]
    NoBase(String),
    /// There is a merge in it.
    #[error("{0} is a merge; make the branch one line first: git rebase {1}")]
    Merge(String, String),
    /// The clone ends within it.
    #[error("{0} has no parent in this shallow clone: git fetch --unshallow")]
    Cut(String),
    /// It is too long.
    #[error("the branch has more than {MOST} commits; give a part of it as BASE..TIP")]
    TooLong,
    /// Git is in the middle of something.
    #[error("a {0} is in progress here: finish or abort it first")]
    InProgress(&'static str),
    /// The new branch's name is taken, or none.
    #[error("a branch `{0}` cannot be made: {1}; name another with --branch")]
    Branch(String, String),
    /// The result would differ.
    #[error("the reorganized branch would not lead to the same files as the branch; nothing was written")]
    Differs,
}

/// A plan, and the commits that it made, in our own view. Nothing is in the user's repository yet.
#[derive(Debug)]
pub struct Prepared {
    view: View,
    /// What is planned.
    pub plan: Plan,
    /// Name of the new branch.
    pub branch: String,
    /// Its last commit.
    pub tip: String,
    /// The tree that the branch and the new branch both lead to.
    pub tree: String,
    old_tip: String,
}

/// Plans, makes the commits in our own view, and proves that they lead to the same files.
///
/// # Errors
/// When the branch cannot be reorganized.
pub fn prepare(options: &Options) -> Result<Prepared, ApplyError> {
    let view = View::open(&options.repo)?;
    if let Some(what) = view.source().in_progress() {
        return Err(ApplyError::InProgress(what));
    }
    let range = Range::resolve(view.source(), &options.range)?;
    let base_name = range.base.clone().ok_or_else(|| ApplyError::NoBase(options.range.clone()))?;
    let branch = branch_name(&view, options, &range.tip)?;
    view.learn_attributes(&range.tip)?;
    let listed = list(&view, &range, MOST + 1)?;
    if listed.len() > MOST {
        return Err(ApplyError::TooLong);
    }
    let mut commits: Vec<Commit> = Vec::new();
    read(&view, &listed, |commit| {
        if commit.is_cut || commit.parents.is_empty() {
            return Err(ApplyError::Cut(commit.name()));
        }
        if commit.is_merge() {
            return Err(ApplyError::Merge(commit.name(), base_name.clone()));
        }
        commits.push(commit);
        Ok(())
    })?;
    // Without a commit there is nothing to do: the base is where it all leads.
    let base = commits.first().and_then(|first| first.parents.first()).unwrap_or(&base_name).clone();
    let goal = commits
        .last()
        .map_or_else(|| Object::read(&view, &base).map(|base| base.tree), |last| Ok(last.tree.clone()))?;
    let picker = Picker::new(&view);
    let base_tree = Object::read(&view, &base)?.tree;
    let plan = Plan::make(&picker, &view, &base_tree, commits)?;
    let (tip, tree) = write(&view, &picker, &plan, (&base, &base_tree))?;
    if tree != goal {
        return Err(ApplyError::Differs);
    }
    let old_tip = range.tip;
    Ok(Prepared { plan, branch, tip, tree, old_tip, view })
}

fn branch_name(view: &View, options: &Options, tip: &str) -> Result<String, ApplyError> {
    let own = || {
        view.source().branch().map_or_else(|| format!("story-{}", &tip[..12]), |name| format!("{name}-story"))
    };
    let name = options.branch.clone().unwrap_or_else(own);
    let full = format!("refs/heads/{name}");
    if view.ask(&["check-ref-format", &full]).is_err() || name.starts_with('-') {
        return Err(ApplyError::Branch(name, "git takes no such name".to_owned()));
    }
    let mut asked = view.source().command();
    asked.args(["rev-parse", "--verify", "--quiet", &full]);
    if output(&mut asked).is_ok() {
        return Err(ApplyError::Branch(name, "it is there already".to_owned()));
    }
    Ok(name)
}

/// Writes the commits of a plan into the view; gives the last one and its tree.
fn write(
    view: &View,
    picker: &Picker<'_>,
    plan: &Plan,
    (base, base_tree): (&str, &str),
) -> Result<(String, String), ApplyError> {
    let mut parent = base.to_owned();
    let mut tree = base_tree.to_owned();
    for unit in &plan.units {
        for name in std::iter::once(&unit.pick).chain(&unit.folded) {
            tree = picker.pick(&tree, name)?.ok_or(ApplyError::Differs)?;
        }
        let own = Object::read(view, &unit.pick)?;
        let message = message(view, plan, unit, &own)?;
        let is_same = own.parents == [parent.clone()] && own.tree == tree && own.message == message;
        parent = if is_same {
            unit.pick.clone()
        } else {
            Object { tree: tree.clone(), parents: vec![parent], message, ..own }.write(view)?
        };
    }
    Ok((parent, tree))
}

fn message(view: &View, plan: &Plan, unit: &Unit, own: &Object) -> Result<Vec<u8>, GitError> {
    let mut text = own.message.clone();
    let mut add = |more: &[u8]| {
        let end = text.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
        text.truncate(end);
        text.extend(b"\n\n");
        text.extend(more);
    };
    for folded in unit.folded.iter().filter(|id| plan.is_squash(id)) {
        let other = Object::read(view, folded)?;
        // The subject only says where it belongs.
        let body =
            other.message.iter().position(|byte| *byte == b'\n').map_or(&[][..], |end| &other.message[end..]);
        if !body.trim_ascii().is_empty() {
            add(body.trim_ascii());
        }
    }
    if let Some(template) = &unit.template {
        add(template.as_bytes());
    }
    Ok(text)
}

impl Prepared {
    /// Brings the commits and the new branch into the user's repository: objects that were not there, and one name.
    ///
    /// # Errors
    /// When git refuses, such as because the name was taken meanwhile.
    pub fn apply(&self) -> Result<(), ApplyError> {
        let mut pack = self.view.command();
        pack.args(["pack-objects", "--revs", "--stdout", "--quiet"]);
        let packed = output_with(&mut pack, format!("{}\n^{}\n", self.tip, self.old_tip).as_bytes())?;
        let mut unpack = self.view.source().command();
        unpack.args(["unpack-objects", "-q"]);
        output_with(&mut unpack, &packed)?;
        let mut create = self.view.source().command();
        create.args(["update-ref", "--stdin"]);
        for role in ["AUTHOR", "COMMITTER"] {
            create
                .env(format!("GIT_{role}_NAME"), "ironbird")
                .env(format!("GIT_{role}_EMAIL"), "ironbird@localhost");
        }
        output_with(&mut create, format!("create refs/heads/{} {}\n", self.branch, self.tip).as_bytes())?;
        Ok(())
    }
}

//! Commits as git keeps them, byte for byte, so that authors, dates and encodings stay what they are.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::git::{GitError, View, line, output, output_with};

/// A commit object: its head lines but tree and parents, and its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The tree.
    pub tree: String,
    /// The parents.
    pub parents: Vec<String>,
    /// The lines of author, committer and encoding. A signature is left out: it is of the old commit.
    pub head: Vec<u8>,
    /// The message.
    pub message: Vec<u8>,
}

impl Object {
    /// Reads a commit.
    ///
    /// # Errors
    /// When git fails, or it is no commit.
    pub fn read(view: &View, id: &str) -> Result<Self, GitError> {
        let bytes = output(view.command().args(["cat-file", "commit", id]))?;
        Self::parse(&bytes).ok_or_else(|| GitError::Answer(format!("{id} is not a commit")))
    }

    /// Reads a commit's bytes.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(2).position(|pair| pair == b"\n\n")?;
        let mut object = Self {
            tree: String::new(),
            parents: Vec::new(),
            head: Vec::new(),
            message: bytes[end + 2..].to_vec(),
        };
        for row in bytes[..end].split(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(row);
            match text.split_once(' ') {
                Some(("tree", name)) => object.tree = name.to_owned(),
                Some(("parent", name)) => object.parents.push(name.to_owned()),
                Some(("author" | "committer" | "encoding", _)) => {
                    object.head.extend(row);
                    object.head.push(b'\n');
                }
                _ => {}
            }
        }
        (!object.tree.is_empty()).then_some(object)
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("tree {}\n", self.tree).into_bytes();
        for parent in &self.parents {
            bytes.extend(format!("parent {parent}\n").as_bytes());
        }
        bytes.extend(&self.head);
        bytes.push(b'\n');
        bytes.extend(&self.message);
        bytes
    }

    /// Writes it into the view; gives its name.
    ///
    /// # Errors
    /// When git refuses.
    pub fn write(&self, view: &View) -> Result<String, GitError> {
        let mut command = view.command();
        command.args(["hash-object", "-t", "commit", "-w", "--stdin"]);
        output_with(&mut command, &self.bytes()).map(line)
    }
}

/// Puts changes of commits on top of other trees, as a rebase would, without a work tree.
#[derive(Debug)]
pub struct Picker<'a> {
    view: &'a View,
    /// What came of each (tree, commit) so far; none where they conflict.
    known: Mutex<HashMap<(String, String), Option<String>>>,
}

impl<'a> Picker<'a> {
    /// A picker in a view.
    pub fn new(view: &'a View) -> Self {
        Self { view, known: Mutex::new(HashMap::new()) }
    }

    /// The tree that comes of `commit`'s change on top of `tree`; none where they conflict.
    ///
    /// # Errors
    /// When git fails.
    pub fn pick(&self, tree: &str, commit: &str) -> Result<Option<String>, GitError> {
        let key = (tree.to_owned(), commit.to_owned());
        if let Some(known) = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let picked = self.merge(tree, commit)?;
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(key, picked.clone());
        Ok(picked)
    }

    fn merge(&self, tree: &str, commit: &str) -> Result<Option<String>, GitError> {
        let theirs = Object::read(self.view, commit)?;
        let parent =
            theirs.parents.first().ok_or_else(|| GitError::Answer(format!("{commit} has no parent")))?;
        if Object::read(self.view, parent)?.tree == tree {
            return Ok(Some(theirs.tree));
        }
        // A commit of our own beside theirs, so that the parent is what both come from.
        let ours =
            Object { tree: tree.to_owned(), parents: vec![parent.clone()], ..theirs }.write(self.view)?;
        let mut command = self.view.command();
        command.args(["merge-tree", "--write-tree", "--no-messages", &ours, commit]);
        let done = command.output().map_err(GitError::Run)?;
        match done.status.code() {
            Some(0) => Ok(Some(line(done.stdout))),
            // git-merge-tree(1): 1 for conflicts, anything else for trouble.
            Some(1) => Ok(None),
            _ => Err(crate::git::refused(&command, &done)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Object;
    use proptest::prelude::*;

    #[test]
    fn a_signature_goes_and_all_else_stays() {
        let raw = b"tree 12\nparent 34\nauthor A <a> 1 +0000\ncommitter B <b> 2 +0100\nencoding latin1\ngpgsig -----BEGIN\n more\n -----END\n\nS\xe9\n\nbody\n";
        let object = Object::parse(raw).unwrap();
        assert_eq!((object.tree.as_str(), object.parents.as_slice()), ("12", &["34".to_owned()][..]));
        let expected = b"tree 12\nparent 34\nauthor A <a> 1 +0000\ncommitter B <b> 2 +0100\nencoding latin1\n\nS\xe9\n\nbody\n";
        assert_eq!(object.bytes(), expected);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(object) = Object::parse(&bytes) {
                prop_assert_eq!(Object::parse(&object.bytes()), Some(object));
            }
        }
    }
}

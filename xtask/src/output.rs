//! Generated files: written, or compared with what is checked in.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

/// Files by their path in the repository.
#[derive(Default)]
pub struct Output {
    files: BTreeMap<String, Vec<u8>>,
    /// Folders and endings of which nothing but `files` may be there.
    owned: Vec<(String, String)>,
}

impl Output {
    /// Adds a file.
    pub fn add(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.files.insert(path.to_string(), content.into());
    }

    /// Declares that every file in `folder` whose name ends in `.ending` is generated.
    pub fn owns(&mut self, folder: &str, ending: &str) {
        self.owned.push((folder.to_string(), format!(".{ending}")));
    }

    /// Writes what differs, removes what is generated no more, and says so.
    pub fn write(&self) -> anyhow::Result<()> {
        let root = crate::root();
        for path in self.stale(&root)? {
            fs::remove_file(root.join(&path))?;
            println!("removed {path}");
        }
        for path in self.different(&root) {
            let full = root.join(path);
            if let Some(folder) = full.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&full, &self.files[path]).with_context(|| format!("cannot write {path}"))?;
            println!("{:>8} bytes  {path}", self.files[path].len());
        }
        let total: usize = self.files.values().map(Vec::len).sum();
        println!("{} files, {total} bytes", self.files.len());
        Ok(())
    }

    /// Paths whose content is not the one that was generated.
    pub fn differences(&self) -> anyhow::Result<Vec<String>> {
        let root = crate::root();
        let mut paths = self.stale(&root)?;
        paths.extend(self.different(&root).map(str::to_string));
        Ok(paths)
    }

    fn different(&self, root: &Path) -> impl Iterator<Item = &str> {
        let changed = move |path: &str, content: &[u8]| match fs::read(root.join(path)) {
            Ok(present) => present != content && !same_text(path, &present, content),
            Err(_) => true,
        };
        self.files.iter().filter(move |(path, content)| changed(path, content)).map(|(path, _)| path.as_str())
    }

    fn stale(&self, root: &Path) -> anyhow::Result<Vec<String>> {
        let mut stale = Vec::new();
        for (folder, ending) in &self.owned {
            let Ok(entries) = fs::read_dir(root.join(folder)) else {
                continue;
            };
            for entry in entries {
                let name = entry?.file_name().to_string_lossy().into_owned();
                let path = format!("{folder}/{name}");
                if name.ends_with(ending.as_str()) && !self.files.contains_key(&path) {
                    stale.push(path);
                }
            }
        }
        stale.sort();
        Ok(stale)
    }
}

/// Whether two gzipped files hold the same: another version of the compressor may write other bytes.
fn same_text(path: &str, left: &[u8], right: &[u8]) -> bool {
    let text = |bytes: &[u8]| {
        let mut text = String::new();
        flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).ok().map(|_| text)
    };
    path.ends_with(".gz") && text(left).is_some_and(|present| text(right) == Some(present))
}

/// `source` as rustfmt writes it, by the repository's `rustfmt.toml`.
pub fn formatted(source: &str) -> anyhow::Result<Vec<u8>> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(crate::root().join("rustfmt.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run rustfmt (`rustup component add rustfmt`)")?;
    let mut stdin = rustfmt.stdin.take().context("rustfmt has no input")?;
    let text = source.to_string();
    let feeder = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = rustfmt.wait_with_output()?;
    ensure!(output.status.success(), "rustfmt refused what was generated");
    feeder.join().ok().context("rustfmt's feeder panicked")??;
    Ok(output.stdout)
}

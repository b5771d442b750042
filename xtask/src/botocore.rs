//! Finds and reads botocore's models.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::json::Json;

/// A botocore package on this machine, of the version the repository is pinned to.
pub struct Botocore {
    folder: PathBuf,
}

impl Botocore {
    /// The package in `folder`, or the one that Python imports (`.venv`, else `python3`); an error if it is not of `version`.
    pub fn find(folder: Option<&Path>, version: &str) -> anyhow::Result<Self> {
        let found = match folder {
            Some(given) => given.to_path_buf(),
            None => imported().with_context(|| {
                format!("`pip install botocore=={version}`, or say where it is with --botocore DIR")
            })?,
        };
        let init = found.join("__init__.py");
        let text = fs::read_to_string(&init).with_context(|| format!("cannot read {}", init.display()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("__version__ = "));
        let present = line.unwrap_or("unknown").trim_matches(['\'', '"']);
        if present != version {
            bail!(
                "{} is botocore {present}, and crates/models/services.toml asks for {version}",
                found.display()
            );
        }
        Ok(Self { folder: found })
    }

    /// The model (its newest API version) and the paginators of `service`, a folder's name in botocore.
    pub fn read(&self, service: &str) -> anyhow::Result<(Json, Json)> {
        let versions = self.folder.join("data").join(service);
        let mut newest = None;
        for entry in fs::read_dir(&versions).with_context(|| format!("no folder {}", versions.display()))? {
            newest = newest.max(Some(entry?.path()));
        }
        let folder = newest.with_context(|| format!("{} is empty", versions.display()))?;
        let model = with_extras(&folder, "service-2")?;
        let model = model.with_context(|| format!("{} has no service-2.json", folder.display()))?;
        let paginators = with_extras(&folder, "paginators-1")?;
        Ok((model, paginators.unwrap_or(Json::Null)))
    }
}

fn imported() -> anyhow::Result<PathBuf> {
    let code = "import botocore, os; print(os.path.dirname(botocore.__file__))";
    let ours = crate::root().join(".venv/bin/python");
    let python = if ours.is_file() { ours } else { PathBuf::from("python3") };
    let output = Command::new(python).args(["-c", code]).output().context("cannot run python3")?;
    if !output.status.success() {
        bail!("Python has no botocore");
    }
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

/// The file of that name, with what its `sdk-extras` file merges into it, as botocore does.
fn with_extras(folder: &Path, name: &str) -> anyhow::Result<Option<Json>> {
    let Some(mut json) = read_json(&folder.join(format!("{name}.json")))? else {
        return Ok(None);
    };
    if let Some(extras) = read_json(&folder.join(format!("{name}.sdk-extras.json")))?
        && let Some(more) = extras.get("merge")
    {
        merge(&mut json, more);
    }
    Ok(Some(json))
}

/// Reads `path`, or the gzipped file beside it.
fn read_json(path: &Path) -> anyhow::Result<Option<Json>> {
    let mut text = String::new();
    let mut gzipped = path.to_path_buf();
    gzipped.as_mut_os_string().push(".gz");
    if path.is_file() {
        text = fs::read_to_string(path)?;
    } else if gzipped.is_file() {
        flate2::read::GzDecoder::new(fs::File::open(&gzipped)?).read_to_string(&mut text)?;
    } else {
        return Ok(None);
    }
    let json = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    Ok(Some(json))
}

fn merge(into: &mut Json, from: &Json) {
    if let (Json::Object(entries), Json::Object(more)) = (&mut *into, from) {
        for (key, value) in more {
            match entries.iter_mut().find(|(name, _)| name == key) {
                Some((_, present)) => merge(present, value),
                None => entries.push((key.clone(), value.clone())),
            }
        }
        return;
    }
    *into = from.clone();
}

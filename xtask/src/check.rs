//! `cargo xtask check-generated`: what is checked in is what the generators make.

use std::path::Path;

use anyhow::bail;

use crate::output::Output;
use crate::{api, coverage, models};

/// Fails, naming the files and the chore that makes them, if a generator would change something; `binary` tells the
/// coverage. Without a botocore of the right version, and unless `botocore` asks for one, the models are not checked;
/// the reason is then given back.
pub fn generated(botocore: Option<&Path>, binary: &Path) -> anyhow::Result<Option<String>> {
    let mut wrong = Vec::new();
    let mut unchecked = None;
    match models::find(botocore) {
        Ok(package) => compare("models", &models::make(&package)?, &mut wrong)?,
        Err(error) if botocore.is_none() => {
            unchecked = Some(format!("the models are not checked: {error:#}"));
        }
        Err(error) => return Err(error),
    }
    compare("api", &api::make()?, &mut wrong)?;
    compare("coverage", &coverage::make(binary)?, &mut wrong)?;
    if !wrong.is_empty() {
        bail!("not as generated:\n{}", wrong.join("\n"));
    }
    println!("{}", unchecked.as_deref().unwrap_or("everything is as generated"));
    Ok(unchecked)
}

fn compare(chore: &str, output: &Output, wrong: &mut Vec<String>) -> anyhow::Result<()> {
    let different = output.differences()?;
    if !different.is_empty() {
        wrong.push(format!("  {}\n  run `cargo xtask {chore}`", different.join("\n  ")));
    }
    Ok(())
}

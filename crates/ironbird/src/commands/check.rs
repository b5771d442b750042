//! `ironbird check`

use anyhow::bail;
use clap::{Args, ValueEnum};
use ironbird_capacity_flexibility::check;
use ironbird_report::{Findings, Severity, json, junit, sarif, text};

use super::account::{self, Account};
use crate::{Verdict, output};

/// Look where an account falls short of the practices; it only reads
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird check                                              this shell's account
  ironbird check capacity-flexibility --profile prod --region eu-west-1
  ironbird check --endpoint-url http://127.0.0.1:4599 --json  a rig
  ironbird check --rule narrow-types --rule unused-zones      two rules only
  ironbird check --sarif > findings.sarif

Exit status: 0 nothing found, 1 findings, 2 something could not be read (the report says what, and which rules that
leaves undecided).")]
pub struct Check {
    /// Practices to check; all unless given
    #[arg(value_enum)]
    practices: Vec<Practice>,
    #[command(flatten)]
    account: Account,
    /// Only this rule; may be given several times
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,
    /// The least severity that makes the exit status 1
    #[arg(long, value_enum, default_value = "note")]
    fail_on: Least,
    /// Print JSON
    #[arg(long, group = "format")]
    json: bool,
    /// Print SARIF 2.1.0
    #[arg(long, group = "format")]
    sarif: bool,
    /// Print JUnit XML
    #[arg(long, group = "format")]
    junit: bool,
}

/// A practice that can be checked.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Practice {
    CapacityFlexibility,
}

/// A severity, as it is given.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Least {
    Error,
    Warning,
    Note,
}

impl Least {
    const fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Note => Severity::Note,
        }
    }
}

impl Check {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let Self { practices: _, account, rules, fail_on, json, sarif, junit } = self;
        // There is one practice so far: none given and that one given are the same.
        let mut findings = account.with(async |client| Ok(check::run(client).await?))?;
        if !rules.is_empty() {
            let known: Vec<String> = findings.rules.iter().map(|rule| rule.id.to_string()).collect();
            findings = match check::only(findings, &rules) {
                Ok(findings) => findings,
                Err(unknown) => bail!("there is no rule {unknown}; there are {}", known.join(", ")),
            };
        }
        output::write(&render(&findings, [json, sarif, junit]))?;
        match findings.exit_code_from(fail_on.severity()) {
            0 => Ok(Verdict::Good),
            1 => Ok(Verdict::Negative),
            _ => bail!("{} could not be read; rules that depend on it are undecided", unread(&findings)),
        }
    }
}

fn render(findings: &Findings, [as_json, as_sarif, as_junit]: [bool; 3]) -> String {
    if as_json {
        return json::findings(findings);
    }
    if as_sarif {
        return sarif::findings(findings);
    }
    if as_junit {
        return junit::findings(findings);
    }
    text::findings(findings, account::style())
}

fn unread(findings: &Findings) -> String {
    let mut names: Vec<&str> = findings.unread.iter().map(|unread| unread.what.as_str()).collect();
    names.dedup();
    names.join(", ")
}

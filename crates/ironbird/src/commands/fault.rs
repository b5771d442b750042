//! `ironbird fault`

use std::time::Duration;

use bytes::Bytes;
use clap::{Args, Subcommand};
use http::Method;
use ironbird_gateway::own::faults::{Fault as Rule, FaultList};

use crate::remote::{Remote, percent_encode};
use crate::{Verdict, duration, output};

/// Let matching calls fail
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird fault add slow-api --service ec2 --operation RunInstances --code RequestLimitExceeded --status 503 --for 10m
  ironbird fault add half --service sts --share 0.5 --code InternalFailure
  ironbird fault list
  ironbird fault remove half")]
pub struct Fault {
    #[command(flatten)]
    remote: Remote,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show all rules
    List,
    /// Add a rule, or replace the one of that name
    Add(Box<Add>),
    /// Remove a rule
    Remove {
        /// Name of the rule
        id: String,
    },
}

#[derive(Args)]
struct Add {
    /// Name of the rule
    id: String,
    /// Only calls of this service, such as ec2
    #[arg(long)]
    service: Option<String>,
    /// Only this operation, such as RunInstances
    #[arg(long, requires = "service")]
    operation: Option<String>,
    /// Only calls of this caller: an ARN, or a service such as autoscaling.amazonaws.com
    #[arg(long)]
    principal: Option<String>,
    /// Only calls of this account
    #[arg(long)]
    account: Option<String>,
    /// Only calls in this Region
    #[arg(long)]
    region: Option<String>,
    /// Only requests in which this is a value: a zone, an id, a name; given again, each of them
    #[arg(long, value_name = "TEXT")]
    mentions: Vec<String>,
    /// Share of the matching calls that fail, from 0 to 1
    #[arg(long, default_value_t = 1.0)]
    share: f64,
    /// How long the rule holds, in the rig's time: 90s, 10m, 2h; until it is removed unless given
    #[arg(long = "for", value_name = "SPAN", value_parser = duration::parse)]
    span: Option<Duration>,
    /// Error code of the answer
    #[arg(long, default_value = "InternalFailure")]
    code: String,
    /// Message of the answer
    #[arg(long)]
    message: Option<String>,
    /// HTTP status of the answer
    #[arg(long, default_value_t = 500)]
    status: u16,
}

impl Fault {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let rules: Vec<Rule> = match self.action {
            Action::List => self.remote.get::<FaultList>("faults")?.faults,
            Action::Add(add) => {
                let path = format!("faults/{}", percent_encode(&add.id));
                vec![self.remote.send_json(Method::PUT, &path, &add.rule())?]
            }
            Action::Remove { id } => {
                let path = format!("faults/{}", percent_encode(&id));
                self.remote.send::<FaultList>(Method::DELETE, &path, Bytes::new())?.faults
            }
        };
        if self.json {
            output::say_json(&rules)?;
        } else if rules.is_empty() {
            output::say("there are no faults")?;
        } else {
            output::say(&table(&rules))?;
        }
        Ok(Verdict::Good)
    }
}

impl Add {
    fn rule(self) -> Rule {
        Rule {
            id: None,
            service: self.service,
            operation: self.operation,
            principal: self.principal,
            account: self.account,
            region: self.region,
            mentions: self.mentions,
            share: Some(self.share),
            from: None,
            until: None,
            for_seconds: self.span.map(|span| span.as_secs_f64()),
            code: self.code,
            message: self.message,
            status: Some(self.status),
        }
    }
}

fn table(rules: &[Rule]) -> String {
    let rows: Vec<Vec<String>> = rules
        .iter()
        .map(|rule| {
            vec![
                rule.id.clone().unwrap_or_default(),
                matching(rule),
                rule.share.map_or_else(String::new, |share| share.to_string()),
                rule.code.clone(),
                rule.status.map_or_else(String::new, |status| status.to_string()),
                rule.until.clone().unwrap_or_else(|| "removed".to_owned()),
            ]
        })
        .collect();
    output::table(&["NAME", "CALLS", "SHARE", "CODE", "STATUS", "UNTIL"], &[2, 4], &rows)
}

fn matching(rule: &Rule) -> String {
    let calls = match (&rule.service, &rule.operation) {
        (Some(service), Some(operation)) => format!("{service}:{operation}"),
        (Some(service), None) => format!("{service}:*"),
        (None, _) => "*".to_owned(),
    };
    let further = [&rule.principal, &rule.account, &rule.region].into_iter().flatten();
    further.chain(&rule.mentions).fold(calls, |text, more| text + " " + more)
}

//! `ironbird audit`

use clap::Args;
use ironbird_gateway::own::audit::{AuditQuery, Call, CallList};

use crate::remote::Remote;
use crate::{Verdict, output};

/// Show who called what
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird audit
  ironbird audit --failed --limit 10
  ironbird audit --account 999999999999 --region eu-west-1 --json")]
pub struct Audit {
    #[command(flatten)]
    remote: Remote,
    /// Calls of this account; the rig's default account unless given
    #[arg(long)]
    account: Option<String>,
    /// Calls in this Region; us-east-1 unless given
    #[arg(long)]
    region: Option<String>,
    /// Most calls to show, the newest first
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Only calls that failed
    #[arg(long)]
    failed: bool,
    /// Print JSON, with the parameters of each call
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let query = AuditQuery {
            account: self.account,
            region: self.region,
            limit: Some(self.limit.to_string()),
            failed: self.failed.then(|| "true".to_owned()),
        };
        let list: CallList = self.remote.get_with("audit", &query)?;
        if self.json {
            output::say_json(&list.calls)?;
        } else if list.calls.is_empty() {
            output::say("no calls")?;
        } else {
            let rows: Vec<Vec<String>> = list.calls.iter().map(row).collect();
            output::say(&output::table(&["TIME", "CALL", "BY", "OUTCOME"], &[], &rows))?;
        }
        Ok(Verdict::Good)
    }
}

/// The error's code, or that it went well, or that policies would not have let it.
fn outcome(call: &Call) -> String {
    match (&call.error_code, &call.would_deny) {
        (Some(code), _) => code.clone(),
        (None, Some(_)) => "ok (would be denied)".to_owned(),
        (None, None) => "ok".to_owned(),
    }
}

fn row(call: &Call) -> Vec<String> {
    vec![
        call.time.clone(),
        format!("{}:{}", call.service, call.operation),
        call.principal.clone(),
        outcome(call),
    ]
}

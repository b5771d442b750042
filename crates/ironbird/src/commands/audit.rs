//! `ironbird audit`

use clap::Args;
use ironbird_gateway::own::audit::{
    AuditQuery, Call, CallList, Needed, PolicyQuery, PolicySuggestion, Refused,
};

use crate::remote::Remote;
use crate::{Verdict, output};

/// Show who called what
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird audit
  ironbird audit --failed --limit 10
  ironbird audit --account 999999999999 --region eu-west-1 --json
  ironbird audit --suggest-policy arn:aws:iam::123456789012:role/Deploy > policy.json")]
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
    /// Begin of the span, such as 2026-03-01T00:00:00Z; the oldest call that is remembered unless given
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// End of the span; now unless given
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Print a policy that allows just what this user or role did, in whichever Region, and on standard error what to know of it
    #[arg(long, value_name = "ARN", conflicts_with_all = ["account", "region", "limit", "failed"])]
    suggest_policy: Option<String>,
    /// Print JSON: the parameters of each call, too, or all that there is to know of a policy
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub fn run(self) -> anyhow::Result<Verdict> {
        if let Some(principal) = self.suggest_policy {
            let query = PolicyQuery { principal, from: self.from, until: self.until };
            let suggestion: PolicySuggestion = self.remote.get_with("audit/policy", &query)?;
            return suggest(&suggestion, self.json);
        }
        let query = AuditQuery {
            account: self.account,
            region: self.region,
            limit: Some(self.limit.to_string()),
            failed: self.failed.then(|| "true".to_owned()),
            from: self.from,
            until: self.until,
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

/// The policy for programs, and what people should know of it beside it.
fn suggest(suggestion: &PolicySuggestion, json: bool) -> anyhow::Result<Verdict> {
    if json {
        output::say_json(suggestion)?;
    } else {
        if let Some(policy) = &suggestion.policy {
            output::say_json(policy)?;
        }
        for line in lines(suggestion) {
            output::complain(&line);
        }
    }
    Ok(if suggestion.policy.is_some() { Verdict::Good } else { Verdict::Negative })
}

fn lines(suggestion: &PolicySuggestion) -> Vec<String> {
    let PolicySuggestion { principal, calls, policy, wide, besides, denied, failed, notes } = suggestion;
    let mut lines = vec![match policy {
        Some(_) => format!("{calls} calls of {principal} went well, and the policy allows them"),
        None => format!("{calls} calls of {principal} went well, and there is nothing to allow"),
    }];
    lines.extend(notes.iter().cloned());
    lines.extend(wide.iter().map(|wide| format!("{} on {}: {}", wide.action, wide.resource, wide.why)));
    let unseen =
        |Needed { action, by }: &_| format!("{action}: needed by {by}, and CloudTrail has no event of it");
    lines.extend(besides.iter().map(unseen));
    let not_allowed = |refused: &Refused, how: &str| {
        let Refused { operation, error, calls } = refused;
        format!("not in the policy: {operation}, {how} with {error} ({calls})")
    };
    lines.extend(denied.iter().map(|refused| not_allowed(refused, "denied")));
    lines.extend(failed.iter().map(|refused| not_allowed(refused, "failed")));
    lines
}
